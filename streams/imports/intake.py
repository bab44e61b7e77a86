"""Rows in, valid orders out: each mapped event goes through the decoder before anybody gets it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, cast

from msgspec import Struct, field

from events.inputs import OrderPlaced
from schemas.codec import Decoder
from schemas.errors import DecodeError
from streams.imports.orders import Mapped, RowError
from streams.imports.table import Row

ORDERS = "orders"


class Refused(Struct, frozen=True, gc=False):
    """A row that became no order, and why."""

    line: int
    code: str
    detail: str
    row: list[str]


class Tally(Struct):
    """What an intake has seen so far; times are milliseconds since the epoch."""

    rows: int = 0
    orders: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    markets: Counter[str] = field(default_factory=Counter)
    currencies: Counter[str] = field(default_factory=Counter)
    first: int | None = None
    last: int | None = None

    def count(self, order: OrderPlaced) -> None:
        """One more order that is valid."""
        self.orders += 1
        self.markets[order.market] += 1
        self.currencies[order.currency] += 1
        self.first = order.time if self.first is None else min(self.first, order.time)
        self.last = order.time if self.last is None else max(self.last, order.time)


class AnyProgram:
    """Stands in for the programs where none are given: every event belongs to one, whatever its name."""

    def money_unit(self, program_id: str) -> str | None:  # noqa: ARG002 -- the protocol's
        return None

    def resolve(self, program_id: str | None, time: int) -> str | None:  # noqa: ARG002 -- the protocol's
        """The program as named."""
        return program_id or "any"


class Refuse(Protocol):
    """Where refused rows go."""

    def __call__(self, refused: Refused, /) -> None: ...


def valid_orders(
    rows: Iterable[Row], mapped: Callable[[Row], Mapped], decoder: Decoder, tally: Tally, refuse: Refuse
) -> Iterator[Mapped]:
    """The rows that are orders, in the file's order; the others go to ``refuse`` with their code."""
    for row in rows:
        tally.rows += 1
        try:
            order = mapped(row)
        except RowError as error:
            code, detail = error.code, error.detail
        else:
            decoded = decoder.decode(ORDERS, order.key, order.value, ())
            if not isinstance(decoded, DecodeError):
                tally.count(cast("OrderPlaced", decoded.event))
                yield order
                continue
            code, detail = str(decoded.code), decoded.detail
        tally.refused[code] += 1
        refuse(Refused(row.line, code, detail, row.cells))
