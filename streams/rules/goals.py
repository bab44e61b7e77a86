"""Goals: how far each is, and how far it should be at this point of its period (DOMAIN section 10)."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from events.messages import Figures
from events.money import round_ratio
from schemas.program import Goal
from streams.rules.periods import period_of
from streams.rules.text import ratio_text

#: Shares of the target that are told, in percent and as they are written.
WHOLE: Final = "1"
MARKS: Final = ((50, "0.5"), (80, "0.8"), (100, WHOLE))
_PERCENT: Final = 100


class Standing(Struct, frozen=True):
    """A goal in the period of a day, at the end of that day.

    ``expected`` is the part of the target that goes with the days that are over, ``pace`` the actual as a
    multiple of it.
    """

    goal: Goal
    first: int
    last: int
    actual: int
    expected: int
    pace: str

    @property
    def reached(self) -> tuple[str, ...]:
        """The shares of the target that are reached, ascending."""
        return tuple(text for share, text in MARKS if self.actual * _PERCENT >= share * self.goal.target)


def standing(goal: Goal, day: int, actual: int) -> Standing:
    """Where a goal stands when ``actual`` was brought from the start of its period to the end of ``day``."""
    first, last = period_of(goal.period, day)
    over, days = day - first + 1, last - first + 1
    expected = round_ratio(goal.target * over, days, "half_even")
    return Standing(goal, first, last, actual, expected, ratio_text(actual * days, goal.target * over, 2))


def metric_of(goal: Goal, figures: Figures) -> int:
    """What counts for a goal."""
    orders, net, new_customers = figures
    return {"orders": orders, "revenue": net, "new_customers": new_customers}[goal.metric]
