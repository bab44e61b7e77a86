"""Calendar days of a named zone: which day an instant lies in, and when a day begins.

Days are proleptic ordinals (``date.toordinal``). A day is the half-open span between two local midnights, so
that it can be 23 or 25 hours long. A midnight that falls in a DST gap is read with the offset before the gap;
one that occurs twice is its first occurrence.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from typing import Final
from zoneinfo import ZoneInfo

_UTC_DAY_MS: Final = 86_400_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_ORDINAL: Final = date(1970, 1, 1).toordinal()
_MS: Final = timedelta(milliseconds=1)
#: UTC days remembered per zone; more than the span in which events of one task lie.
_REMEMBERED_DAYS: Final = 8_192
_FIRST_ORDINAL: Final = date.min.toordinal() + 2
_LAST_ORDINAL: Final = date.max.toordinal() - 2
_LAST: Final = date.max.toordinal()


class HomeDays:
    """The days of one zone. ``ordinal`` is a dictionary look-up once a day was seen, less on the last one."""

    __slots__ = ("_days", "_last", "_zone", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self._zone = ZoneInfo(name)
        self._days: dict[int, tuple[tuple[int, ...], int]] = {}
        #: A span of time without a midnight, and the day that it lies in.
        self._last = (0, 0, 0)

    def ordinal(self, at: int) -> int:
        """The home date (ordinal) of an instant in milliseconds."""
        start, end, day = self._last
        if start <= at < end:
            return day
        utc_day = at // _UTC_DAY_MS
        known = self._days.get(utc_day)
        if known is None:
            known = self._look_up(utc_day)
        midnights, before = known
        position = bisect_right(midnights, at)
        bounds = (utc_day * _UTC_DAY_MS, *midnights, (utc_day + 1) * _UTC_DAY_MS)
        self._last = (bounds[position], bounds[position + 1], before + position)
        return before + position

    def midnights(self, at: int) -> tuple[int, ...]:
        """The midnights within the UTC day of an instant, all in milliseconds."""
        utc_day = at // _UTC_DAY_MS
        return (self._days.get(utc_day) or self._look_up(utc_day))[0]

    def midnight(self, ordinal: int) -> int:
        """The instant in milliseconds at which the day ``ordinal`` begins."""
        return self.instant(ordinal, time.min)

    def instant(self, ordinal: int, at: time) -> int:
        """The instant in milliseconds of a local time on the day ``ordinal``."""
        local = datetime.combine(date.fromordinal(ordinal), at, tzinfo=self._zone)
        return (local.astimezone(UTC) - _EPOCH) // _MS

    def _look_up(self, utc_day: int) -> tuple[tuple[int, ...], int]:
        """The midnights within a UTC day, and the day before the first of them."""
        start = utc_day * _UTC_DAY_MS
        around = utc_day + _EPOCH_ORDINAL
        candidates = range(max(around - 2, _FIRST_ORDINAL), min(around + 3, _LAST_ORDINAL) + 1)
        midnights = [(self.midnight(day), day) for day in candidates]
        before = max((day for at, day in midnights if at <= start), default=around - 1)
        within = tuple(at for at, _ in midnights if start < at < start + _UTC_DAY_MS)
        if len(self._days) >= _REMEMBERED_DAYS:
            self._days.clear()
        self._days[utc_day] = (within, before)
        return within, before


@cache
def home_days(zone: str) -> HomeDays:
    """The days of a zone, shared by all that ask for it."""
    return HomeDays(zone)


@lru_cache(maxsize=_REMEMBERED_DAYS)
def iso_date(ordinal: int) -> str:
    """``YYYY-MM-DD`` of an ordinal."""
    return date.fromordinal(ordinal).isoformat()


def clamp_day(ordinal: int) -> int:
    """The nearest day of the calendar, which ends on 9999-12-31."""
    return max(1, min(ordinal, _LAST))
