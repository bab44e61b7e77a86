"""``budgets``: what is spent of each budget, by its period."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final

import msgspec
from msgspec import Struct

from events.time import format_time
from projections.tables.column import about, columns_of
from projections.tables.ratios import share
from projections.tables.table import Row, Table, as_row
from projections.versions import Versions

PREFIX: Final = b"b"


class Budget(Struct, frozen=True):
    """A budget in a month, or over its lifetime; the month is that of the home days of the orders.

    It has a row, with nothing spent, from the month on in which a version with it comes into force, and for
    every month with an order of such a version.
    """

    program: Annotated[str, about("id", "The program.", "rewards, milestones")]
    budget_id: Annotated[str, about("id", "The budget.", "rewards, milestones")]
    period: Annotated[str, about("month", "A home month such as 2026-11, or lifetime.", "rewards, programs")]
    unit: Annotated[str, about("text", "The unit of the money in this row.", "programs")]
    amount: Annotated[
        int | None,
        about(
            "minor",
            "What may be spent, by the version in force at as_of (before: at the last order, else when it came into "
            "force); none if it has no such budget.",
            "programs",
        ),
    ]
    granted: Annotated[int, about("minor", "Granted from the budget.", "rewards")]
    reversed: Annotated[int, about("minor", "Given back to it by reversals.", "rewards")]
    spent: Annotated[int, about("minor", "granted - reversed.", "rewards")]
    left: Annotated[int | None, about("minor", "amount - spent, not below 0.", "rewards, programs")]
    share: Annotated[str | None, about("ratio", "spent ÷ amount.", "rewards, programs")]
    first_day: Annotated[str | None, about("date", "Home day of its first grant.", "rewards, programs")]
    last_day: Annotated[str | None, about("date", "Home day of its last grant.", "rewards, programs")]
    as_of: Annotated[str | None, about("time", "Time of its last grant.", "rewards")]
    reached: Annotated[
        dict[str, str],
        about("time", "Alerts that were told, by share of the amount, and when.", "milestones"),
    ]


class StoredBudget(Struct, array_like=True):
    """The budget as it is stored; days and times are 0 before the first grant.

    ``seen`` is the last order of a version with it in its period, ``start`` the first time that such a
    version is in force.
    """

    program: str
    budget_id: str
    period: str
    unit: str
    granted: int = 0
    reversed: int = 0
    first: int = 0
    last: int = 0
    reached: dict[str, int] = {}
    seen: int = 0
    start: int = 0


_decode: Final = msgspec.msgpack.Decoder(StoredBudget).decode


def show(raw: bytes, versions: Versions) -> Iterator[Row]:
    """The row of a stored value."""
    one = _decode(raw)
    at = one.last or max(one.reached.values(), default=0) or one.seen or one.start
    budget = versions.budget(one.program, one.budget_id, at)
    spent, amount = one.granted - one.reversed, None if budget is None else budget.amount
    yield as_row(
        Budget(
            program=one.program,
            budget_id=one.budget_id,
            period=one.period,
            unit=one.unit,
            amount=amount,
            granted=one.granted,
            reversed=one.reversed,
            spent=spent,
            left=None if amount is None else max(0, amount - spent),
            share=None if amount is None else share(spent, amount),
            first_day=_day(versions, one.program, one.first),
            last_day=_day(versions, one.program, one.last),
            as_of=format_time(one.last) if one.last else None,
            reached={mark: format_time(at) for mark, at in sorted(one.reached.items())},
        )
    )


def _day(versions: Versions, program: str, at: int) -> str | None:
    return versions.day(program, at) if at else None


TABLE: Final = Table(
    name="budgets",
    doc="Per program, budget and period: granted, given back and left.",
    columns=columns_of(Budget),
    key=("program", "budget_id", "period"),
    prefix=PREFIX,
    show=show,
    filters=("program", "budget_id", "period"),
    ranges=("period",),
)
