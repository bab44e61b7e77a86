"""When things happen: by the hour of the day, the day of the week, and the shopping days of November.

Weights are integers, so that they add up to the same everywhere.
"""

from __future__ import annotations

import datetime as dt
from array import array
from collections.abc import Sequence
from itertools import accumulate
from typing import Final
from zoneinfo import ZoneInfo

from events.time import DAY_MS, HOUR_MS
from streams.generator.markets import MarketFacts

#: Activity by local hour: quiet nights, a lunch break, the peak in the evening.
HOURS: Final = (8, 5, 3, 2, 2, 4, 9, 18, 28, 36, 42, 46, 52, 48, 42, 40, 42, 48, 58, 70, 78, 72, 48, 22)
#: Activity by local weekday, from Monday.
WEEKDAYS: Final = (100, 96, 94, 98, 102, 112, 124)
#: Activity in broad markets, in percent of an ordinary day, by days after Black Friday.
BLACK_FRIDAY_WEEK: Final = {-4: 200, -3: 200, -2: 210, -1: 240, 0: 400, 1: 280, 2: 260, 3: 340}
SINGLES_DAY: Final = (11, 11)
SINGLES_DAY_UPLIFT: Final = 220
ORDINARY: Final = 100
_NOVEMBER: Final = 11
_DECEMBER: Final = 12
_EPOCH: Final = dt.date(1970, 1, 1)


def black_friday(year: int) -> dt.date:
    """The day after the fourth Thursday of November."""
    first = dt.date(year, _NOVEMBER, 1)
    thursday = first + dt.timedelta(days=(3 - first.weekday()) % 7 + 21)
    return thursday + dt.timedelta(days=1)


def uplift(day: dt.date, market: MarketFacts) -> int:
    """Activity of a local day in percent of an ordinary one."""
    if not market.broad or day.month not in {_NOVEMBER, _DECEMBER}:
        return ORDINARY
    if (day.month, day.day) == SINGLES_DAY:
        return SINGLES_DAY_UPLIFT
    return BLACK_FRIDAY_WEEK.get((day - black_friday(day.year)).days, ORDINARY)


class Rhythm:
    """The activity of each hour of a span of whole days in UTC, by market."""

    def __init__(self, start: dt.date, days: int, markets: Sequence[MarketFacts]) -> None:
        self.start_ms = (start - _EPOCH).days * DAY_MS
        self.hours = days * 24
        self.end_ms = self.start_ms + self.hours * HOUR_MS
        self._markets = tuple((market, ZoneInfo(market.zone)) for market in markets)
        weights = (sum(self._weights(hour)) for hour in range(self.hours))
        self._until = array("q", accumulate(weights))

    def target(self, events: int, hour: int) -> int:
        """How many of ``events`` happen until the end of an hour, which counts from 0."""
        return events * self._until[hour] // self._until[-1]

    def shares(self, hour: int) -> list[int]:
        """Activity of the markets in an hour, added up."""
        return list(accumulate(self._weights(hour)))

    def _weights(self, hour: int) -> list[int]:
        at = self.start_ms // 1000 + hour * 3600
        found = []
        for market, zone in self._markets:
            local = dt.datetime.fromtimestamp(at, zone)
            day = local.date()
            found.append(market.size * HOURS[local.hour] * WEEKDAYS[day.weekday()] * uplift(day, market))
        return found
