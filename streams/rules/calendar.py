"""Key days: which of them an instant falls on in a market.

Each day of the catalogue is a fixed distance from the fourth Thursday of November. Black Friday is the day
after it, which is neither the last nor the fourth Friday of every November.
"""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Final

from schemas.program import KeyDay, Program
from streams.rules.home_days import HomeDays, clamp_day, home_days

_UTC_DAY_MS: Final = 86_400_000
_THURSDAY: Final = 3
#: Ordinals outside the years 2 to 9998 have no neighbours in the proleptic calendar.
_YEARS: Final = range(2, 9_999)
_EPOCH_ORDINAL: Final = date(1970, 1, 1).toordinal()
#: UTC days remembered per market.
_REMEMBERED_DAYS: Final = 8_192

_CYBER_MONDAY: Final = """
    US CA GB IE FR DE AT CH ES IT PT NL BE PL UA SE MX BR CO TR IN HK JP KR SG ID AU NZ ZA NG
"""
#: Days after the fourth Thursday of November, and the markets that keep the day.
_CATALOGUE: Final[dict[str, tuple[int, frozenset[str]]]] = {
    "black_friday": (1, frozenset([*_CYBER_MONDAY.split(), "AR", "CL"])),
    "cyber_monday": (4, frozenset(_CYBER_MONDAY.split())),
}

Window = tuple[int, int, str]


@cache
def fourth_thursday(year: int) -> int:
    """The ordinal of the fourth Thursday of November."""
    first = date(year, 11, 1)
    return first.toordinal() + (_THURSDAY - first.weekday()) % 7 + 21


def keeps(entry: KeyDay, market: str) -> bool:
    """Whether an entry of a program file applies in a market; without markets the catalogue's count."""
    if entry.use not in _CATALOGUE:
        return False
    return market in (entry.markets if entry.markets is not None else _CATALOGUE[entry.use][1])


class MarketCalendar:
    """The key days of one market of one program version."""

    __slots__ = ("_by_utc_day", "_days", "_entries")

    def __init__(self, program: Program, market: str) -> None:
        self._days: HomeDays = home_days(program.markets[market].tz)
        self._entries = tuple(entry for entry in program.key_days if keeps(entry, market))
        self._by_utc_day: dict[int, tuple[Window, ...]] = {}

    def key_days_at(self, at: int) -> tuple[str, ...]:
        """The ids of the key days that an instant falls on, in the order of the program file."""
        utc_day = at // _UTC_DAY_MS
        windows = self._by_utc_day.get(utc_day)
        if windows is None:
            windows = self._look_up(utc_day)
        if not windows:
            return ()
        return tuple(name for start, end, name in windows if start <= at < end)

    def windows(self, year: int) -> tuple[Window, ...]:
        """(start, end, id) of the year's key days, milliseconds, ``end`` exclusive."""
        found = []
        for entry in self._entries:
            day = fourth_thursday(year) + _CATALOGUE[entry.use or ""][0]
            found.append((self._days.midnight(day), self._days.midnight(day + 1), entry.id))
        return tuple(found)

    def _look_up(self, utc_day: int) -> tuple[Window, ...]:
        start = utc_day * _UTC_DAY_MS
        year = date.fromordinal(clamp_day(utc_day + _EPOCH_ORDINAL)).year
        windows = tuple(
            window
            for near in (year - 1, year, year + 1)
            if near in _YEARS
            for window in self.windows(near)
            if window[0] < start + _UTC_DAY_MS and start < window[1]
        )
        if len(self._by_utc_day) >= _REMEMBERED_DAYS:
            self._by_utc_day.clear()
        self._by_utc_day[utc_day] = windows
        return windows
