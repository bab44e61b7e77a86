"""How far a budget is, day by day, beside an even pace."""

from __future__ import annotations

from datetime import date, timedelta

from projections.dashboard.budgets import budgets_page, pace
from tests.projections.dashboard.views import Given, view

FIRST = date(2026, 11, 1)
MONTH = [FIRST + timedelta(days=one) for one in range(30)]


def test_a_month_is_paced_by_its_whole_budget_up_to_today() -> None:
    spent = {FIRST: 100, FIRST + timedelta(days=2): 50, FIRST + timedelta(days=3): -20}

    found = pace(MONTH, FIRST + timedelta(days=4), 3_000, 130, spent)

    assert found.days == MONTH
    assert found.so_far == [100, 100, 150, 130, 130]
    assert (found.even[0], found.even[4], found.even[-1]) == (100, 500, 3_000)


def test_of_a_long_time_the_newest_days_go_on_from_what_was_spent_before() -> None:
    days = [FIRST + timedelta(days=one) for one in range(184)]

    found = pace(days, days[-1], 1_840, 1_840, {days[-2]: 30, days[-1]: 10})

    assert found.days == days[92:]
    assert (found.so_far[0], found.so_far[-2:]) == (1_800, [1_830, 1_840])
    assert (found.even[0], found.even[-1]) == (930, 1_840)


def test_a_day_that_is_ahead_of_the_clock_counts_when_something_was_spent_on_it() -> None:
    found = pace(MONTH, FIRST, 3_000, 7, {FIRST + timedelta(days=1): 7})

    assert found.so_far == [0, 7]


def over(
    period: str, budget_id: str, first_day: str | None, amount: int | None = 90_000
) -> dict[str, object]:
    return {
        "program": "demo",
        "budget_id": budget_id,
        "period": period,
        "amount": amount,
        "spent": 0,
        "reversed": 0,
        "first_day": first_day,
    }


def test_months_before_anything_was_granted_are_not_listed_among_those_that_are_over() -> None:
    rows = [
        over("2020-01", "trial", None),
        over("2026-09", "trial", "2026-09-12"),
        over("2026-10", "quiet", None),
        over("2026-10", "trial", "2026-10-01"),
        over("2026-10", "gone", None, amount=None),
    ]

    found = budgets_page(view(Given({"budgets": rows})))["over"]

    assert [(one["period"], one["id"]) for one in found] == [
        ("October 2026", "quiet"),
        ("October 2026", "trial"),
        ("September 2026", "trial"),
    ]
