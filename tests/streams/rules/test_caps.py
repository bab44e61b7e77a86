"""Caps: the days of a period, what counts in it, and how much of a grant is left."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.program import Cap
from streams.rules.accrual import Granted
from streams.rules.caps import Over, allowed, capped, count, counted, period_of, spent, sum_of
from streams.rules.periods import period_of as calendar_period
from streams.rules.state import Customer


def ordinal(day: str) -> int:
    return date.fromisoformat(day).toordinal()


@pytest.mark.parametrize("day", ["2025-12-29", "2026-03-04", "2028-02-29"])
def test_a_day_is_a_period_of_its_own_and_others_are_those_of_the_calendar(day: str) -> None:
    assert period_of("day", ordinal(day)) == (ordinal(day), ordinal(day))
    assert period_of("week", ordinal(day)) == calendar_period("week", ordinal(day))
    assert period_of("month", ordinal(day)) == calendar_period("month", ordinal(day))


def test_a_lifetime_has_no_ends() -> None:
    assert period_of("lifetime", ordinal("2026-03-04")) == (None, None)


def test_a_cap_counts_what_its_rule_was_granted_less_what_was_reversed() -> None:
    owner = Customer()
    count(owner, "p", "r", 100, 240)
    count(owner, "p", "r", 100, -40)
    count(owner, "p", "r", 101, 50)
    count(owner, "p", "other", 100, 7)
    count(owner, "q", "r", 100, 9)

    assert [spent(owner, "p", "r", days) for days in ((100, 100), (101, 101), (100, 101), (None, None))] == [
        200,
        50,
        250,
        250,
    ]
    assert spent(owner, "q", "r", (None, None)) == 9
    assert spent(owner, "p", "never", (None, None)) == 0


def granted_daily(days: int) -> tuple[Customer, int]:
    """A customer with 1 granted on each of so many days from 2025-01-01 on, and the last of them."""
    owner, first = Customer(), ordinal("2025-01-01")
    for day in range(first, first + days):
        count(owner, "p", "r", day, 1)
    return owner, first + days - 1


def test_half_a_year_of_days_is_known_day_by_day() -> None:
    owner, last = granted_daily(180)

    assert all(spent(owner, "p", "r", (day, day)) == 1 for day in range(last - 179, last + 1))


def test_what_is_long_past_is_known_by_month_and_nothing_is_lost() -> None:
    owner, last = granted_daily(400)

    assert spent(owner, "p", "r", (None, None)) == 400
    for month in range(1, 13):
        begin, end = period_of("month", date(2025, month, 1).toordinal())
        assert begin is not None
        assert end is not None
        assert spent(owner, "p", "r", (begin, end)) == end - begin + 1
    assert all(spent(owner, "p", "r", (day, day)) == 1 for day in range(last - 89, last + 1))
    assert len(owner.granted["p\0r"]) < 200


def test_the_older_half_is_summed_up_once_there_are_more_than_180_days() -> None:
    owner, last = granted_daily(181)
    oldest_kept = last - 89

    assert spent(owner, "p", "r", (ordinal("2025-01-01"), ordinal("2025-01-01"))) == 31
    assert date.fromordinal(oldest_kept) - timedelta(days=1) == date(2025, 4, 1)
    assert spent(owner, "p", "r", (oldest_kept, oldest_kept)) == 1
    assert spent(owner, "p", "r", (ordinal("2025-04-01"), ordinal("2025-04-30"))) == 30


@settings(max_examples=25)
@given(st.lists(st.tuples(st.integers(0, 900), st.integers(-5, 9)), max_size=200))
def test_months_and_the_lifetime_add_up_however_many_days_there_were(
    sparse: list[tuple[int, int]],
) -> None:
    first = ordinal("2025-01-01")
    amounts = [*((day, 1) for day in range(0, 900, 2)), *sparse]
    by_day: dict[int, int] = {}
    for day, amount in amounts:
        by_day = counted(by_day, first + day, amount)

    months: Counter[tuple[int | None, int | None]] = Counter()
    for day, amount in amounts:
        months[period_of("month", first + day)] += amount
    assert {month: sum_of(by_day, month) for month in months} == dict(months)
    assert sum_of(by_day, (None, None)) == sum(months.values())
    assert len(by_day) <= 180


GRANT = Granted("accrued", "r", "EUR/2", 240, 0, None, ("2.40",))


def test_what_is_left_of_a_cap_is_granted_and_what_was_desired_is_said() -> None:
    trimmed = capped(GRANT, Cap("day", 500, "trim"), 480, 2)

    assert trimmed is not None
    assert (trimmed.amount, trimmed.desired) == (20, 240)
    assert trimmed.explain == ("2.40", "cap 5.00 a day: 0.20 left")
    assert capped(GRANT, Cap("day", 500, "trim"), 260, 2) == GRANT


@pytest.mark.parametrize("over", ["trim", "reject", "allow_last"])
def test_of_a_cap_that_is_used_up_nothing_is_granted(over: Over) -> None:
    assert capped(GRANT, Cap("day", 500, over), 500, 2) is None
    assert capped(GRANT, Cap("day", 500, over), 700, 2) is None


@pytest.mark.parametrize(
    ("over", "left", "amount"),
    [
        ("trim", 240, 240),
        ("trim", 239, 239),
        ("trim", 1, 1),
        ("trim", 0, 0),
        ("trim", -5, 0),
        ("reject", 240, 240),
        ("reject", 239, 0),
        ("allow_last", 1, 240),
        ("allow_last", 0, 0),
        ("allow_last", -5, 0),
    ],
)
def test_over_says_what_becomes_of_a_grant_that_does_not_fit(over: Over, left: int, amount: int) -> None:
    assert allowed(240, left, over) == amount


def test_the_last_minor_unit_of_a_cap_is_granted() -> None:
    last = capped(GRANT, Cap("day", 500, "trim"), 499, 2)

    assert last is not None
    assert last.amount == 1
