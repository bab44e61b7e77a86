"""What was granted by home day stays bounded, and months still add up."""

from __future__ import annotations

from collections import Counter
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.rules.caps import counted, period_of, sum_of

FIRST = date(2025, 1, 1).toordinal()


@settings(max_examples=25)
@given(st.lists(st.tuples(st.integers(0, 900), st.integers(-5, 9)), max_size=200))
def test_months_and_the_lifetime_add_up_however_many_days_there_were(
    sparse: list[tuple[int, int]],
) -> None:
    amounts = [*((day, 1) for day in range(0, 900, 2)), *sparse]
    by_day: dict[int, int] = {}
    for day, amount in amounts:
        by_day = counted(by_day, FIRST + day, amount)

    months: Counter[tuple[int | None, int | None]] = Counter()
    for day, amount in amounts:
        months[period_of("month", FIRST + day)] += amount
    assert {month: sum_of(by_day, month) for month in months} == dict(months)
    assert sum_of(by_day, (None, None)) == sum(months.values())
    assert len(by_day) <= 180
