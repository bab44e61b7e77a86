"""Calendar periods in home days, and the days on which reviews fall. Days are proleptic ordinals."""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from functools import lru_cache
from typing import Final, Literal

from schemas.program import Program, Review

Period = Literal["week", "month", "quarter", "year"]

#: Days that are remembered with their periods, each kind by itself.
_REMEMBERED_DAYS: Final = 4_096
_WEEK: Final = 7
_MONTHS: Final = {"month": 1, "quarter": 3, "year": 12}
_CADENCES: Final[dict[str, Period]] = {"weekly": "week", "monthly": "month", "quarterly": "quarter"}


@lru_cache(maxsize=_REMEMBERED_DAYS)
def period_of(period: Period, day: int) -> tuple[int, int]:
    """The first and the last day of the calendar period that a day lies in; weeks start on Monday."""
    on = date.fromordinal(day)
    if period == "week":
        first = day - on.weekday()
        return first, first + _WEEK - 1
    months = _MONTHS[period]
    month = (on.month - 1) // months * months + 1
    last = month + months - 1
    return (
        date(on.year, month, 1).toordinal(),
        date(on.year, last, monthrange(on.year, last)[1]).toordinal(),
    )


def review_day(review: Review, day: int) -> int:
    """The day of the review in the period that a day lies in: the last one where the period is too short."""
    first, last = period_of(_CADENCES[review.cadence], day)
    return min(first + review.day - 1, last)


def reviewed_span(review: Review, day: int) -> tuple[int, int] | None:
    """The days that a review on a day looks back on: those since the last one; ``None`` when none is due."""
    if review_day(review, day) != day:
        return None
    return _last_review(review, day), day - 1


def is_reviewed(program: Program, day: int) -> bool:
    """Whether any review of a program is due on a day."""
    return any(review_day(review, day) == day for review in program.reviews)


def span_before(review: Review, first: int) -> tuple[int, int]:
    """The days before those that begin with a review's day: what a review is compared with."""
    return _last_review(review, first), first - 1


def _last_review(review: Review, day: int) -> int:
    """The review's day before a day."""
    first, _ = period_of(_CADENCES[review.cadence], day)
    here = review_day(review, day)
    return here if here < day else review_day(review, first - 1)
