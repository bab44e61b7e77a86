"""Calendar periods, and which days a review looks back on."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest

from schemas.program import Review
from streams.rules.home_days import iso_date
from streams.rules.periods import Period, period_of, reviewed_span, span_before


def day(text: str) -> int:
    return date.fromisoformat(text).toordinal()


@pytest.mark.parametrize(
    ("period", "on", "first", "last"),
    [
        ("week", "2026-03-02", "2026-03-02", "2026-03-08"),
        ("week", "2026-03-08", "2026-03-02", "2026-03-08"),
        ("week", "2026-01-01", "2025-12-29", "2026-01-04"),
        ("month", "2026-03-31", "2026-03-01", "2026-03-31"),
        ("month", "2026-04-01", "2026-04-01", "2026-04-30"),
        ("month", "2026-12-31", "2026-12-01", "2026-12-31"),
        ("month", "2028-02-29", "2028-02-01", "2028-02-29"),
        ("quarter", "2026-12-31", "2026-10-01", "2026-12-31"),
        ("year", "2026-06-15", "2026-01-01", "2026-12-31"),
    ],
)
def test_a_period_has_a_first_and_a_last_day_and_weeks_start_on_monday(
    period: Period, on: str, first: str, last: str
) -> None:
    assert tuple(map(iso_date, period_of(period, day(on)))) == (first, last)


@pytest.mark.parametrize(
    ("review", "on", "first", "before"),
    [
        (Review("r", "weekly", 1), "2026-03-09", "2026-03-02", "2026-02-23"),
        (Review("r", "weekly", 5), "2026-03-06", "2026-02-27", "2026-02-20"),
        (Review("r", "monthly", 1), "2026-03-01", "2026-02-01", "2026-01-01"),
        (Review("r", "monthly", 31), "2026-02-28", "2026-01-31", "2025-12-31"),
        (Review("r", "quarterly", 1), "2026-04-01", "2026-01-01", "2025-10-01"),
        (Review("r", "quarterly", 92), "2026-03-31", "2025-12-31", "2025-09-30"),
    ],
)
def test_a_review_looks_back_to_the_last_one(review: Review, on: str, first: str, before: str) -> None:
    span = reviewed_span(review, day(on))

    assert span is not None
    assert tuple(map(iso_date, span)) == (first, iso_date(day(on) - 1))
    assert tuple(map(iso_date, span_before(review, span[0]))) == (before, iso_date(span[0] - 1))


@pytest.mark.parametrize("cadence", ["weekly", "monthly", "quarterly"])
@pytest.mark.parametrize("on", [1, 7])
def test_every_day_is_in_one_review(cadence: str, on: int) -> None:
    review = Review("r", cadence, on)  # type: ignore[arg-type]
    start = day("2024-01-15")
    spans = [span for today in range(start, start + 800) if (span := reviewed_span(review, today))]

    assert len(spans) > 7
    assert [other[0] - one[1] for one, other in pairwise(spans)] == [1] * (len(spans) - 1)
