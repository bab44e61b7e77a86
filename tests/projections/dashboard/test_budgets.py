"""How far a budget is, day by day, beside an even pace."""

from __future__ import annotations

from datetime import date, timedelta

from projections.dashboard.budgets import pace

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
