"""Key days: which of them an instant falls on in a market.

A window is half-open, from a local time on the first date to a local time on the last one. Local times are
those of the market, or of the organiser where a day starts everywhere at once; ``HomeDays`` says how they are
read where clocks change.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, time
from typing import Final

from msgspec import Struct

from schemas.key_day_gaps import lacks_dates
from schemas.key_days import DAY_MINUTES, KeyDay, Status
from schemas.program import Program
from streams.rules.home_days import HomeDays, clamp_day, home_days
from streams.rules.key_day_dates import Dated, dates_of

_UTC_DAY_MS: Final = 86_400_000
_HOUR_MINUTES: Final = 60
#: Years whose windows lie in the calendar, whatever their offsets and lengths.
_YEARS: Final = range(4, 9_996)
#: Years before and after an instant whose sources can reach it: an offset and a window are up to a year each.
_REACH: Final = 3
_EPOCH_ORDINAL: Final = date(1970, 1, 1).toordinal()
#: UTC days and years remembered per market.
_REMEMBERED_DAYS: Final = 8_192
_REMEMBERED_YEARS: Final = 64

Window = tuple[int, int, str]


class Occurrence(Struct, frozen=True):
    """One window of a key day: milliseconds since the epoch, ``end`` exclusive, and its first local date."""

    key_day: KeyDay
    start: int
    end: int
    day: date
    status: Status

    @property
    def window(self) -> Window:
        return self.start, self.end, self.key_day.id


class KeyDayCalendar:
    """Key days in one market, whose zone is ``tz``."""

    __slots__ = ("_by_first_year", "_by_utc_day", "_by_year", "_entries", "_market", "_zone")

    def __init__(self, key_days: Iterable[KeyDay], market: str, tz: str) -> None:
        self._market = market
        self._zone = home_days(tz)
        self._entries = tuple(entry for entry in key_days if market in entry.markets)
        self._by_utc_day: dict[int, tuple[Window, ...]] = {}
        self._by_year: dict[int, tuple[tuple[Occurrence, ...], ...]] = {}
        self._by_first_year: dict[int, tuple[Occurrence, ...]] = {}

    @property
    def zone(self) -> HomeDays:
        """The days of the market."""
        return self._zone

    def key_days_at(self, at: int) -> tuple[str, ...]:
        """The ids of the key days that an instant falls on, in the order of the program file."""
        utc_day = at // _UTC_DAY_MS
        windows = self._by_utc_day.get(utc_day)
        if windows is None:
            windows = self._look_up(utc_day)
        if not windows:
            return ()
        return tuple([name for start, end, name in windows if start <= at < end])

    def edges(self, at: int) -> list[int]:
        """Where key days that touch the UTC day of an instant begin or end, milliseconds."""
        utc_day = at // _UTC_DAY_MS
        windows = self._by_utc_day.get(utc_day)
        if windows is None:
            windows = self._look_up(utc_day)
        return [edge for start, end, _ in windows for edge in (start, end)]

    def touches(self, start: int, end: int) -> bool:
        """Whether any key day lies in part in ``[start, end)``, milliseconds."""
        for utc_day in range(start // _UTC_DAY_MS, (end - 1) // _UTC_DAY_MS + 1):
            windows = self._by_utc_day.get(utc_day)
            if windows is None:
                windows = self._look_up(utc_day)
            if any(window[0] < end and start < window[1] for window in windows):
                return True
        return False

    def occurrences(self, year: int) -> tuple[Occurrence, ...]:
        """The windows whose first date lies in the year, by entry and then by time."""
        known = self._by_first_year.get(year)
        if known is None:
            if len(self._by_first_year) >= _REMEMBERED_YEARS:
                self._by_first_year.clear()
            known = self._by_first_year[year] = tuple(
                one
                for entry in range(len(self._entries))
                for one in self._around(entry, year)
                if one.day.year == year
            )
        return known

    def windows(self, year: int) -> tuple[Window, ...]:
        """(start, end, id) of the year's key days, milliseconds, ``end`` exclusive."""
        return tuple(one.window for one in self.occurrences(year))

    def without_dates(self, year: int) -> tuple[KeyDay, ...]:
        """The key days that nobody can date in this year: announced ones whose dates are not known."""
        return tuple(entry for entry in self._entries if lacks_dates(entry, self._market, year))

    def _look_up(self, utc_day: int) -> tuple[Window, ...]:
        start = utc_day * _UTC_DAY_MS
        year = date.fromordinal(clamp_day(utc_day + _EPOCH_ORDINAL)).year
        windows: list[Window] = []
        for entry in range(len(self._entries)):
            touching = [
                one.window
                for one in self._around(entry, year)
                if one.start < start + _UTC_DAY_MS and start < one.end
            ]
            windows += touching if len(touching) <= 1 else _united(touching)
        if len(self._by_utc_day) >= _REMEMBERED_DAYS:
            self._by_utc_day.clear()
        found = self._by_utc_day[utc_day] = tuple(windows)
        return found

    def _around(self, entry: int, year: int) -> Iterator[Occurrence]:
        """All windows of an entry that can touch a year."""
        for near in range(year - _REACH, year + _REACH):
            yield from self._of_source_year(near)[entry]

    def _of_source_year(self, year: int) -> tuple[tuple[Occurrence, ...], ...]:
        """Per entry, the windows whose sources lie in a year."""
        known = self._by_year.get(year)
        if known is None:
            if len(self._by_year) >= _REMEMBERED_YEARS:
                self._by_year.clear()
            known = tuple(
                tuple(self._occurrences(entry, year)) if year in _YEARS else () for entry in self._entries
            )
            self._by_year[year] = known
        return known

    def _occurrences(self, entry: KeyDay, year: int) -> Iterator[Occurrence]:
        for dated in dates_of(entry, self._market, year):
            zone = self._zone_of(entry)
            start = _instant(zone, dated.start, entry.start_minute)
            end = self._end(entry, dated, zone)
            if start < end:
                yield Occurrence(entry, start, end, date.fromordinal(self._zone.ordinal(start)), dated.status)

    def _end(self, entry: KeyDay, dated: Dated, zone: HomeDays) -> int:
        last = dated.start + entry.days - 1
        until = entry.until
        if dated.end is not None:
            last = dated.end
        elif isinstance(until, KeyDay):
            year = date.fromordinal(dated.start).year
            starts = [day.start for near in (year, year + 1) for day in dates_of(until, self._market, near)]
            last = min((day for day in starts if day > dated.start), default=last + 1) - 1
        elif until is not None:
            last = date(date.fromordinal(dated.start).year, *until).toordinal()
        return _instant(zone, last, entry.end_minute)

    def _zone_of(self, entry: KeyDay) -> HomeDays:
        organised = entry.tz_markets is None or self._market in entry.tz_markets
        return home_days(entry.tz) if entry.tz is not None and organised else self._zone


class MarketCalendar(KeyDayCalendar):
    """The key days of one market of one program version."""

    __slots__ = ()

    def __init__(self, program: Program, market: str) -> None:
        super().__init__(program.key_days, market, program.markets[market].tz)


def _united(windows: list[Window]) -> list[Window]:
    """Windows of one key day that overlap, as the campaigns of two platforms do, as one: it counts once."""
    united: list[Window] = []
    for window in sorted(windows):
        if united and window[0] <= united[-1][1]:
            start, end, name = united.pop()
            united.append((start, max(end, window[1]), name))
        else:
            united.append(window)
    return united


def _instant(zone: HomeDays, day: int, minute: int) -> int:
    days, minute = divmod(minute, DAY_MINUTES)
    return zone.instant(day + days, time(minute // _HOUR_MINUTES, minute % _HOUR_MINUTES))
