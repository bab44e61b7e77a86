"""Times: RFC 3339 with an offset to milliseconds since the epoch (UTC), and back."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache

DAY_MS = 86_400_000
HOUR_MS = 3_600_000
MINUTE_MS = 60_000
SECOND_MS = 1_000

_EPOCH_DAY = date(1970, 1, 1).toordinal()

#: The first and the last instant that ``YYYY-MM-DD`` can write.
TIME_MIN_MS = (date.min.toordinal() - _EPOCH_DAY) * DAY_MS
TIME_MAX_MS = (date.max.toordinal() - _EPOCH_DAY + 1) * DAY_MS - 1

_RFC3339 = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt]([01]\d|2[0-3]):([0-5]\d):([0-5]\d|60)(?:\.(\d+))?"
    r"(?:[Zz]|([+-])([01]\d|2[0-3]):([0-5]\d))",
    re.ASCII,
)


def parse_time(text: str) -> int:
    """Milliseconds since the epoch of an RFC 3339 time; digits beyond the millisecond are cut off.

    A leap second (``23:59:60`` in UTC) is the second after it, as in POSIX time. ``ValueError`` when the
    text is no such time, has no offset, or lies outside the years 0001 to 9999.
    """
    match = _RFC3339.fullmatch(text)
    if match is None:
        raise ValueError("not an RFC 3339 time with an offset")
    day, hour, minute, second, fraction, sign, offset_hours, offset_minutes = match.groups()
    time = _day_ms(day) + int(hour) * HOUR_MS + int(minute) * MINUTE_MS + int(second) * SECOND_MS
    if sign is not None:
        offset = int(offset_hours) * HOUR_MS + int(offset_minutes) * MINUTE_MS
        time = time - offset if sign == "+" else time + offset
    if second == "60" and time % DAY_MS:
        raise ValueError("a leap second only ends a day in UTC")
    if fraction is not None:
        time += int(fraction[:3].ljust(3, "0"))
    if not TIME_MIN_MS <= time <= TIME_MAX_MS:
        raise ValueError("outside the years 0001 to 9999 in UTC")
    return time


def format_time(time: int) -> str:
    """RFC 3339 in UTC with milliseconds, such as ``2026-01-01T00:00:00.000Z``."""
    day, rest = divmod(time, DAY_MS)
    hour, rest = divmod(rest, HOUR_MS)
    minute, rest = divmod(rest, MINUTE_MS)
    second, millisecond = divmod(rest, SECOND_MS)
    return f"{_day_text(day)}T{hour:02}:{minute:02}:{second:02}.{millisecond:03}Z"


@lru_cache(maxsize=4_096)
def _day_ms(day: str) -> int:
    return (date.fromisoformat(day).toordinal() - _EPOCH_DAY) * DAY_MS


@lru_cache(maxsize=4_096)
def _day_text(day: int) -> str:
    return date.fromordinal(day + _EPOCH_DAY).isoformat()
