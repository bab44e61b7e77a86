"""Why an input took no effect: one code per record, from a closed list (docs/errors.md)."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Code(StrEnum):
    """Codes of dead letters, in the order in which they are looked for.

    Down to ``unit_unknown`` they are found in the message itself, the others by the agent that knows
    what came before, the program and the time.
    """

    JSON_INVALID = "json_invalid"
    SPECVERSION_UNKNOWN = "specversion_unknown"
    TYPE_UNKNOWN = "type_unknown"
    FIELD_MISSING = "field_missing"
    FIELD_INVALID = "field_invalid"
    PROGRAM_UNKNOWN = "program_unknown"
    CURRENCY_UNKNOWN = "currency_unknown"
    AMOUNT_PRECISION = "amount_precision"
    AMOUNT_NEGATIVE = "amount_negative"
    AMOUNT_OUT_OF_RANGE = "amount_out_of_range"
    UNIT_UNKNOWN = "unit_unknown"
    TOO_LATE = "too_late"
    IN_FUTURE = "in_future"
    ID_CONFLICT = "id_conflict"
    MARKET_UNKNOWN = "market_unknown"
    FX_RATE_MISSING = "fx_rate_missing"
    CURRENCY_MISMATCH = "currency_mismatch"
    ORDER_UNKNOWN = "order_unknown"


class DecodeError(Struct, frozen=True, gc=False):
    """A refused record: its code, and the path of the field or the reason, never a value of the event."""

    code: Code
    detail: str


class Refused(Exception):  # noqa: N818 - an outcome, not a fault of the program
    """Carries a ``DecodeError`` to the decoder's border; never leaves ``schemas``."""

    def __init__(self, code: Code, detail: str) -> None:
        super().__init__(code, detail)
        self.error = DecodeError(code, detail)
