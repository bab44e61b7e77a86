"""Home midnights as instants, and the records of the topic ``clock`` that carry them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from functools import lru_cache
from heapq import merge
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from streams.engine.limits import DAY_MS

#: The proleptic ordinal of 1970-01-01, where the count of milliseconds starts.
EPOCH_DAY = date(1970, 1, 1).toordinal()
_MILLISECOND = timedelta(milliseconds=1)


class Midnight(Struct, frozen=True, order=True, gc=False):
    """The home day ``day`` (proleptic ordinal) of ``zone`` begins at the instant ``at`` (ms)."""

    at: int
    zone: str
    day: int


class Minute(Struct, frozen=True, gc=False):
    """A minute of the wall clock has passed; ``at`` is now (ms)."""

    at: int


class _Tick(Struct, frozen=True, omit_defaults=True, gc=False):
    type: str
    zone: str = ""
    date: str = ""


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Tick).decode


@lru_cache(maxsize=4096)
def midnight_of(zone: str, day: int) -> int:
    """The instant (ms) at which the home day ``day`` of ``zone`` begins.

    ``fold=0`` is what DOMAIN section 14 asks for: in a gap the offset before it, of two the first.
    """
    offset = datetime.fromordinal(day).replace(tzinfo=ZoneInfo(zone), fold=0).utcoffset()
    assert offset is not None  # noqa: S101  ZoneInfo always knows its offset
    return (day - EPOCH_DAY) * DAY_MS - offset // _MILLISECOND


def midnights(zone: str, after: int, until: int) -> Iterator[Midnight]:
    """The home midnights of ``zone`` in ``(after, until]``, earliest first."""
    # No offset is a whole day and a skipped day shares its instant with the next: two days back is enough.
    first = max(after // DAY_MS + EPOCH_DAY - 2, date.min.toordinal())
    for day in range(first, date.max.toordinal() + 1):
        at = midnight_of(zone, day)
        if at > until:
            return
        if at > after:
            yield Midnight(at, zone, day)


def all_midnights(zones: Iterable[str], after: int, until: int) -> Iterator[Midnight]:
    """The home midnights of all ``zones`` in ``(after, until]``, by instant, zone and day."""
    return merge(*(midnights(zone, after, until) for zone in sorted(set(zones))))


def next_midnight(zones: Iterable[str], after: int) -> int | None:
    """The instant of the first home midnight of ``zones`` after ``after``; ``None`` past year 9999."""
    # Three days always hold a midnight, also where a zone skipped or repeated a day.
    return next((m.at for m in all_midnights(zones, after, after + 3 * DAY_MS)), None)


def encode_midnight(midnight: Midnight) -> bytes:
    """The record value of a home midnight; the record's timestamp is its instant."""
    return _encode(_Tick("clock.midnight", midnight.zone, date.fromordinal(midnight.day).isoformat()))


def encode_minute() -> bytes:
    """The record value of a minute tick; the record's timestamp is now."""
    return _encode(_Tick("clock.minute"))


def decode_tick(value: bytes | None, timestamp: int) -> Midnight | Minute | None:
    """The tick of a clock record with its timestamp (ms), or ``None`` when it is not one."""
    try:
        tick = _decode(value or b"")
        if tick.type == "clock.minute":
            return Minute(timestamp)
        if tick.type == "clock.midnight" and tick.zone:
            return Midnight(timestamp, tick.zone, date.fromisoformat(tick.date).toordinal())
    except (msgspec.DecodeError, ValueError):
        return None
    return None
