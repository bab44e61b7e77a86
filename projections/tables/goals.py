"""``goals``: how far each goal is in its period, as counted live and as it was told last."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Final

import msgspec
from msgspec import Struct

from projections.tables.column import about, columns_of
from projections.tables.ratios import share
from projections.tables.table import Row, Table, as_row
from projections.versions import Versions
from streams.rules.goals import standing
from streams.rules.home_days import iso_date

PREFIX: Final = b"g"

_TOLD = "milestones"
_LIVE = "attributions, orders, programs"


class Goal(Struct, frozen=True):
    """A goal of a program, a group or a partner in one of its periods.

    Orders count as in ``goal.progressed``: net less refunds, without orders refunded in full, by home day. They
    count in the goals of the version that decided them. What groups have is known from what was told alone.
    """

    program: Annotated[str, about("id", "The program.", _LIVE)]
    goal_id: Annotated[str, about("id", "The goal.", _LIVE)]
    of: Annotated[str, about("id", "The group or partner whose goal it is; empty for the program.", _LIVE)]
    period_start: Annotated[str, about("date", "First home day of the period.", _LIVE)]
    scope: Annotated[str, about("text", "program, group or partner.", _LIVE)]
    metric: Annotated[str, about("text", "revenue, orders or new_customers.", _LIVE)]
    unit: Annotated[
        str, about("text", "The unit of the amounts: the program's money, or the metric.", "programs")
    ]
    period_end: Annotated[str | None, about("date", "Last home day of the period.", "programs")]
    target: Annotated[
        int | None, about("minor", "What is to be reached: minor units, or a count.", "programs")
    ]
    actual: Annotated[int | None, about("minor", "What was reached so far; none for groups.", _LIVE)]
    share: Annotated[str | None, about("ratio", "actual ÷ target.", _LIVE)]
    day: Annotated[str | None, about("date", "Last home day with an order that counts.", _LIVE)]
    expected: Annotated[
        int | None, about("minor", "The part of the target that goes with the days up to day.", _LIVE)
    ]
    pace: Annotated[str | None, about("ratio", "actual ÷ expected.", _LIVE)]
    reached: Annotated[
        dict[str, str], about("date", "Shares of the target that were told, and the day of each.", _TOLD)
    ]
    told_day: Annotated[str | None, about("date", "The home day at whose end it was told last.", _TOLD)]
    told_actual: Annotated[int | None, about("minor", "What was reached then.", _TOLD)]
    told_pace: Annotated[str | None, about("ratio", "The pace then.", _TOLD)]


class StoredGoal(Struct, array_like=True):
    """The row as it is stored; ``day`` is an ordinal, 0 before the first order."""

    program: str
    goal_id: str
    of: str
    period_start: str
    scope: str = ""
    metric: str = ""
    unit: str = ""
    actual: int = 0
    day: int = 0
    reached: dict[str, str] = {}
    period_end: str | None = None
    target: int | None = None
    told_day: str | None = None
    told_actual: int | None = None
    told_pace: str | None = None


_decode: Final = msgspec.msgpack.Decoder(StoredGoal).decode


def show(raw: bytes, versions: Versions) -> Iterator[Row]:
    """The row of a stored value."""
    one = _decode(raw)
    target, end, expected, pace = one.target, one.period_end, None, None
    home = versions.home(one.program)
    day = one.day or (date.fromisoformat(one.told_day).toordinal() if one.told_day else 0)
    if home is not None and day:
        program = versions.in_force(one.program, home.midnight(day + 1) - 1)
        known = () if program is None else program.goals
        goal = next((each for each in known if each.id == one.goal_id), None)
        if goal is not None:
            at = standing(goal, day, one.actual)
            target, end = goal.target, iso_date(at.last)
            if one.day:
                expected, pace = at.expected, at.pace
    live = one.scope != "group"
    yield as_row(
        Goal(
            program=one.program,
            goal_id=one.goal_id,
            of=one.of,
            period_start=one.period_start,
            scope=one.scope,
            metric=one.metric,
            unit=one.unit,
            period_end=end,
            target=target,
            actual=one.actual if live else None,
            share=share(one.actual, target) if live and target else None,
            day=iso_date(one.day) if one.day else None,
            expected=expected,
            pace=pace,
            reached=dict(sorted(one.reached.items())),
            told_day=one.told_day,
            told_actual=one.told_actual,
            told_pace=one.told_pace,
        )
    )


TABLE: Final = Table(
    name="goals",
    doc="Per program, goal, whose it is, and period: actual against target.",
    columns=columns_of(Goal),
    key=("program", "goal_id", "of", "period_start"),
    prefix=PREFIX,
    show=show,
    filters=("program", "goal_id", "of", "scope", "metric", "period_start"),
    ranges=("period_start",),
    narrow=("program", "goal_id", "of", "period_start"),
)
