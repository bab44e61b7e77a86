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

_MINUTE = re.compile(r"(\d{4}-\d\d-\d\d)[Tt]([01]\d|2[0-3]):([0-5]\d):", re.ASCII)
_REST = re.compile(r"(?:\.(\d+))?(?:[Zz]|([+-])([01]\d|2[0-3]):([0-5]\d))", re.ASCII)
_TWO_DIGITS = tuple(f"{number:02}" for number in range(100))
_THREE_DIGITS = tuple(f"{number:03}" for number in range(1_000))
#: Parts of texts that are remembered, each.
_REMEMBERED = 8_192
_minutes: dict[str, int] = {}
#: The last time that was formatted, or read as it would be formatted, and its text.
_last: list[tuple[int | None, str]] = [(None, "")]
_FORMATTED_CHARS = len("2026-01-01T00:00:00.000Z")
_rests: dict[str, int] = {}
_SECONDS_MS = {f"{second:02}": second * SECOND_MS for second in range(61)}


def parse_time(text: str) -> int:
    """Milliseconds since the epoch of an RFC 3339 time; digits beyond the millisecond are cut off.

    A leap second (``23:59:60`` in UTC) is the second after it, as in POSIX time. ``ValueError`` when the
    text is no such time, has no offset, or lies outside the years 0001 to 9999.
    """
    second = text[17:19]
    try:
        minute, rest = text[:17], text[19:]
        time = (
            (_minutes[minute] if minute in _minutes else _minute_ms(minute))
            + _SECONDS_MS[second]
            + (_rests[rest] if rest in _rests else _rest_ms(rest))
        )
    except KeyError:
        raise ValueError("not an RFC 3339 time") from None
    if second == "60" and time % DAY_MS >= SECOND_MS:
        raise ValueError("a leap second only ends a day in UTC")
    if not TIME_MIN_MS <= time <= TIME_MAX_MS:
        raise ValueError("outside the years 0001 to 9999 in UTC")
    if len(text) == _FORMATTED_CHARS and text[10] == "T" and text[23] == "Z" and second != "60":
        _last[0] = time, text
    return time


def format_time(time: int) -> str:
    """RFC 3339 in UTC with milliseconds, such as ``2026-01-01T00:00:00.000Z``."""
    # What an order leads to has its time: the last one is asked for again and again.
    last, text = _last[0]
    if last == time:
        return text
    second, millisecond = divmod(time, SECOND_MS)
    minute, second = divmod(second, 60)
    text = f"{_minute_text(minute)}{_TWO_DIGITS[second]}.{_THREE_DIGITS[millisecond]}Z"
    _last[0] = time, text
    return text


# Events come by the minute and from few offsets, so the parts that take a pattern are remembered.


def _minute_ms(text: str) -> int:
    """Milliseconds from the epoch to a local minute such as ``2026-01-01T00:00:``, read as UTC."""
    match = _MINUTE.fullmatch(text)
    if match is None:
        raise ValueError("not an RFC 3339 time")
    day, hour, minute = match.groups()
    midnight = (date.fromisoformat(day).toordinal() - _EPOCH_DAY) * DAY_MS
    return _remember(_minutes, text, midnight + int(hour) * HOUR_MS + int(minute) * MINUTE_MS)


def _rest_ms(text: str) -> int:
    """Milliseconds of a fraction, less those of the offset that follows it."""
    match = _REST.fullmatch(text)
    if match is None:
        raise ValueError("not an RFC 3339 time with an offset")
    fraction, sign, hours, minutes = match.groups()
    time = int(fraction[:3].ljust(3, "0")) if fraction else 0
    if sign is not None:
        offset = int(hours) * HOUR_MS + int(minutes) * MINUTE_MS
        time += -offset if sign == "+" else offset
    return _remember(_rests, text, time)


def _remember(known: dict[str, int], text: str, time: int) -> int:
    if len(known) >= _REMEMBERED:
        known.clear()
    known[text] = time
    return time


@lru_cache(maxsize=8_192)
def _minute_text(minutes: int) -> str:
    """The minute that began ``minutes`` after the epoch, such as ``2026-01-01T00:00:``."""
    day, minute = divmod(minutes, 1_440)
    return f"{date.fromordinal(day + _EPOCH_DAY).isoformat()}T{minute // 60:02}:{minute % 60:02}:"
