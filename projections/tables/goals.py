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
_LIVE = "attributions, orders, partner-events, programs"


class Goal(Struct, frozen=True):
    """A goal of a program, a group or a partner in one of its periods.

    Orders count as in ``goal.progressed``: net less refunds, without orders refunded in full, by home day. They
    count in the goals of the version that decided them; in those of groups with the group that the partner's
    newest record had at the order, each credit by itself. A goal of the program, or of a group or partner that
    it names, has a row, with nothing reached, for the period in which a version with it comes into force and
    for each with an order of such a version.
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
    actual: Annotated[int, about("minor", "What was reached so far.", _LIVE)]
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
    """The row as it is stored; ``days`` are ordinals, and how many orders count on each.

    ``seen`` is the last day with an order of a version with it, ``start`` the first on which such a version is
    in force.
    """

    program: str
    goal_id: str
    of: str
    period_start: str
    scope: str = ""
    metric: str = ""
    unit: str = ""
    actual: int = 0
    days: dict[int, int] = {}
    reached: dict[str, str] = {}
    period_end: str | None = None
    target: int | None = None
    told_day: str | None = None
    told_actual: int | None = None
    told_pace: str | None = None
    seen: int = 0
    start: int = 0

    @property
    def day(self) -> int:
        """The last day with an order that counts, 0 before the first."""
        return max(self.days, default=0)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known of it any more."""
        return not (self.days or self.reached or self.told_day or self.seen or self.start)


_decode: Final = msgspec.msgpack.Decoder(StoredGoal).decode


def show(raw: bytes, versions: Versions) -> Iterator[Row]:
    """The row of a stored value."""
    one = _decode(raw)
    target, end, expected, pace = one.target, one.period_end, None, None
    home = versions.home(one.program)
    told = date.fromisoformat(one.told_day).toordinal() if one.told_day else 0
    day = one.day or told or one.seen or one.start
    if home is not None and day:
        program = versions.in_force(one.program, home.midnight(day + 1) - 1)
        known = () if program is None else program.goals
        goal = next((each for each in known if each.id == one.goal_id), None)
        if goal is not None:
            at = standing(goal, day, one.actual)
            target, end = goal.target, iso_date(at.last)
            if one.day:
                expected, pace = at.expected, at.pace
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
            actual=one.actual,
            share=share(one.actual, target) if target else None,
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
)
