"""How far a goal is, and how far it should be."""

from __future__ import annotations

from datetime import date

import pytest

from schemas.program import Goal
from streams.rules.goals import metric_of, standing

GOAL = Goal(id="g", scope="program", of=None, metric="orders", period="month", target=10)


@pytest.mark.parametrize(
    ("on", "actual", "expected", "pace", "reached"),
    [
        ("2026-06-01", 0, 0, "0.00", ()),
        ("2026-06-15", 4, 5, "0.80", ()),
        ("2026-06-15", 5, 5, "1.00", ("0.5",)),
        ("2026-06-30", 7, 10, "0.70", ("0.5",)),
        ("2026-06-30", 8, 10, "0.80", ("0.5", "0.8")),
        ("2026-06-03", 30, 1, "30.00", ("0.5", "0.8", "1")),
        ("2026-06-15", -2, 5, "-0.40", ()),
    ],
)
def test_a_goal_in_the_middle_of_its_month(
    on: str, actual: int, expected: int, pace: str, reached: tuple[str, ...]
) -> None:
    one = standing(GOAL, date.fromisoformat(on).toordinal(), actual)

    assert (one.expected, one.pace, one.reached) == (expected, pace, reached)


def test_each_metric_counts_its_own() -> None:
    metrics = ("orders", "revenue", "new_customers")
    goals = [Goal(id="g", scope="program", of=None, metric=one, period="month", target=1) for one in metrics]

    assert [metric_of(goal, (1, 2, 3)) for goal in goals] == [1, 2, 3]
