"""``budget_days``: what was spent of each budget, by home day."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final

import msgspec
from msgspec import Struct

from projections.tables.column import about, columns_of
from projections.tables.table import Row, Table, as_row
from projections.versions import Versions

PREFIX: Final = b"d"


class BudgetDay(Struct, frozen=True):
    """A budget on a home day with a grant from it; what is given back later changes the day of the grant.

    The days of a period add up to what ``budgets`` has for it.
    """

    program: Annotated[str, about("id", "The program.", "rewards")]
    budget_id: Annotated[str, about("id", "The budget.", "rewards")]
    day: Annotated[str, about("date", "Home day of the orders.", "rewards, programs")]
    unit: Annotated[str, about("text", "The unit of the money in this row.", "rewards")]
    granted: Annotated[int, about("minor", "Granted from the budget for these orders.", "rewards")]
    reversed: Annotated[int, about("minor", "Given back to it of these grants.", "rewards")]
    spent: Annotated[int, about("minor", "granted - reversed.", "rewards")]


_decode: Final = msgspec.msgpack.Decoder(tuple[str, str, str, str, int, int]).decode


def show(raw: bytes, _: Versions) -> Iterator[Row]:
    """The row of a stored value."""
    stored = _decode(raw)
    granted, back = stored[4:]
    yield as_row(BudgetDay(*stored, spent=granted - back))


TABLE: Final = Table(
    name="budget_days",
    doc="Per program, budget and home day: granted and given back.",
    columns=columns_of(BudgetDay),
    key=("program", "budget_id", "day"),
    prefix=PREFIX,
    show=show,
    filters=("program", "budget_id", "day"),
    ranges=("day",),
)
