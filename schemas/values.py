"""Values that JSON types do not tell: currencies, amounts, accounts and units.

Each function reads one value at a path of the event and raises ``Refused`` with the code that fits.
"""

from __future__ import annotations

from typing import Any

from events.currencies import SCALES
from events.limits import AMOUNT_MAX_MINOR, ID_MAX_CHARS
from events.money import AmountError, from_integer, parse_decimal, parse_number
from events.units import UNITS
from schemas.errors import Code, Refused
from schemas.json_tree import JsonNumber

_OWNERS = ("customer", "partner")
_BUCKETS = (":pending", ":available", ":held")


def read_currency(value: Any, path: str) -> int:
    """Digits after the point of a currency code."""
    if type(value) is not str:
        raise _missing_or_invalid(value, path)
    scale = SCALES.get(value)
    if scale is None:
        raise Refused(Code.CURRENCY_UNKNOWN, path)
    return scale


def read_amount(value: Any, scale: int, path: str) -> int:
    """Minor units of a decimal string or a JSON number."""
    try:
        if type(value) is str:
            return parse_decimal(value, scale)
        if type(value) is JsonNumber:
            return parse_number(value.literal, scale)
        if type(value) is int:
            return from_integer(value, scale)
    except AmountError as error:
        raise Refused(Code(error.fault), path) from None
    raise _missing_or_invalid(value, path)


def read_optional_amount(value: Any, scale: int, path: str) -> int:
    """Like ``read_amount``; 0 when absent."""
    return 0 if value is None else read_amount(value, scale, path)


def read_account(value: Any, path: str) -> str:
    """An owner's account without bucket."""
    if type(value) is not str:
        raise _missing_or_invalid(value, path)
    kind, _, owner = value.partition(":")
    if kind not in _OWNERS or not 0 < len(owner) <= ID_MAX_CHARS or value.endswith(_BUCKETS):
        raise Refused(Code.FIELD_INVALID, path)
    return value


def read_unit(value: Any, path: str) -> str:
    """A unit that a ledger can have; whether it is the program's is for the agent to say."""
    if type(value) is not str:
        raise _missing_or_invalid(value, path)
    if value not in UNITS:
        raise Refused(Code.UNIT_UNKNOWN, path)
    return value


def read_redeemed(value: Any, path: str) -> int:
    """A positive integer of the ledger's unit."""
    if type(value) is int and value < 0:
        raise Refused(Code.AMOUNT_NEGATIVE, path)
    return read_adjusted(value, path)


def read_adjusted(value: Any, path: str) -> int:
    """An integer of the ledger's unit, not 0."""
    if type(value) is not int:
        raise _missing_or_invalid(value, path)
    if value == 0:
        raise Refused(Code.FIELD_INVALID, path)
    if value > AMOUNT_MAX_MINOR or value < -AMOUNT_MAX_MINOR:
        raise Refused(Code.AMOUNT_OUT_OF_RANGE, path)
    return value


def _missing_or_invalid(value: Any, path: str) -> Refused:
    return Refused(Code.FIELD_MISSING if value is None else Code.FIELD_INVALID, path)
