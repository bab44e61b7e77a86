"""What a key day came to, against the same weekdays before, and how it ranks (DOMAIN section 10)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from fractions import Fraction
from typing import Final

from msgspec import Struct

from events.milestones import Baseline
from events.time import DAY_MS
from streams.rules.calendar import MarketCalendar, Occurrence
from streams.rules.home_days import HomeDays
from streams.rules.text import ratio_text

#: Days before a key day that its baseline is taken from.
BASELINE_DAYS: Final = 28
_WEEK: Final = 7
_UPLIFT_DIGITS: Final = 4
_COUNT_DIGITS: Final = 2

#: Orders, net and new customers of a day in the market.
DayFigures = Callable[[int], tuple[int, int, int]]


class KeyDayResult(Struct, array_like=True, frozen=True, gc=False):
    """A key day that was closed, as it is ranked: revenue per 24 hours, and the uplift in ten-thousandths."""

    key_day: str
    market: str
    #: The first local day.
    day: int
    revenue: int
    productivity: int
    uplift: int | None

    @property
    def uplift_text(self) -> str | None:
        return None if self.uplift is None else ratio_text(self.uplift, 10**_UPLIFT_DIGITS, _UPLIFT_DIGITS)


def local_days(zone: HomeDays, one: Occurrence) -> range:
    """The days of the market that a key day touches."""
    return range(zone.ordinal(one.start), zone.ordinal(one.end - 1) + 1)


def baseline_days(calendar: MarketCalendar, one: Occurrence, first_day: int) -> list[list[int]]:
    """For each day of a key day, the same weekdays of the 4 weeks before it that are no key days themselves.

    Days before ``first_day``, the first that was counted at all, do not count.
    """
    days = local_days(calendar.zone, one)
    before = range(max(days[0] - BASELINE_DAYS, first_day), days[0])
    plain = [day for day in before if not _is_key_day(calendar, day)]
    return [[other for other in plain if (day - other) % _WEEK == 0] for day in days]


def baseline(
    calendar: MarketCalendar, one: Occurrence, first_day: int, figures: DayFigures
) -> Baseline | None:
    """The mean of the days before, for the part of its days that a key day has; ``None`` without any."""
    days = baseline_days(calendar, one, first_day)
    if not all(days):
        return None
    sums = [Fraction(0)] * 3
    for same in days:
        for other in same:
            for position, value in enumerate(figures(other)):
                sums[position] += Fraction(value, len(same))
    orders, revenue, new = (value * _part_of_its_days(calendar.zone, one) for value in sums)
    return Baseline(
        sum(map(len, days)),
        ratio_text(orders.numerator, orders.denominator, _COUNT_DIGITS),
        round(revenue),
        ratio_text(new.numerator, new.denominator, _COUNT_DIGITS),
    )


def result(one: Occurrence, market: str, revenue: int, usual: Baseline | None) -> KeyDayResult:
    """A key day as it is ranked from now on."""
    uplift = None
    if usual is not None and usual.revenue > 0:
        uplift = round(Fraction((revenue - usual.revenue) * 10**_UPLIFT_DIGITS, usual.revenue))
    productivity = round(Fraction(revenue * DAY_MS, one.end - one.start))
    return KeyDayResult(one.key_day.id, market, one.day.toordinal(), revenue, productivity, uplift)


def ranks(one: KeyDayResult, others: Iterable[KeyDayResult]) -> tuple[int, int | None, int]:
    """The ranks of a key day in its market by productivity and by potential, and how many are ranked."""
    rivals = [other for other in others if other.market == one.market]
    productivity = 1 + sum(other.productivity > one.productivity for other in rivals)
    potential = None
    if one.uplift is not None:
        potential = 1 + sum(other.uplift is not None and other.uplift > one.uplift for other in rivals)
    return productivity, potential, len(rivals)


def ended(calendar: MarketCalendar, after: int, until: int) -> Iterator[Occurrence]:
    """The key days of a market that end in ``(after, until]``."""
    year = date.fromordinal(calendar.zone.ordinal(until)).year
    for near in (year - 1, year):
        for one in calendar.occurrences(near):
            if after < one.end <= until:
                yield one


def ahead(calendar: MarketCalendar, day: int) -> Iterator[tuple[Occurrence, int]]:
    """What is to be announced on a home day in a market: key days, and how many days they are ahead."""
    year = date.fromordinal(day).year
    for near in (year, year + 1, year + 2):
        for one in calendar.occurrences(near):
            days = one.day.toordinal() - day
            if days in one.key_day.notice_days:
                yield one, days


def _part_of_its_days(zone: HomeDays, one: Occurrence) -> Fraction:
    days = local_days(zone, one)
    return Fraction(one.end - one.start, zone.midnight(days[-1] + 1) - zone.midnight(days[0]))


def _is_key_day(calendar: MarketCalendar, day: int) -> bool:
    """Whether a day of the market touches a key day."""
    zone = calendar.zone
    return calendar.touches(zone.midnight(day), zone.midnight(day + 1))
