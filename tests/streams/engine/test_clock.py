from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.engine.clock import (
    Midnight,
    Minute,
    all_midnights,
    decode_tick,
    encode_midnight,
    encode_minute,
    midnight_of,
    midnights,
    next_midnight,
)

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


def day(text: str) -> int:
    return date.fromisoformat(text).toordinal()


@pytest.mark.parametrize(
    ("zone", "home_date", "instant"),
    [
        ("Europe/Paris", "2026-01-01", "2025-12-31T23:00:00+00:00"),
        ("Europe/Paris", "2026-07-01", "2026-06-30T22:00:00+00:00"),
        # Brazil's clocks went forward at midnight: 00:00 is in the gap and is read with the offset before it.
        ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00+00:00"),
        # And back at midnight: 00:00 of the 18th came once, the hour before it twice.
        ("America/Sao_Paulo", "2018-02-18", "2018-02-18T03:00:00+00:00"),
        # Cuba's clocks go back at 01:00: 00:00 comes twice and the first counts.
        ("America/Havana", "2025-11-02", "2025-11-02T04:00:00+00:00"),
        # Samoa skipped the 30th: its midnight is that of the 31st.
        ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00+00:00"),
        ("Pacific/Apia", "2011-12-31", "2011-12-30T10:00:00+00:00"),
        ("Asia/Kathmandu", "2026-03-01", "2026-02-28T18:15:00+00:00"),
    ],
)
def test_a_home_day_begins_at_its_local_midnight(zone: str, home_date: str, instant: str) -> None:
    assert midnight_of(zone, day(home_date)) == ms(instant)


def test_midnights_are_after_the_start_and_up_to_the_end() -> None:
    first, second = ms("2026-03-28T23:00:00+00:00"), ms("2026-03-29T22:00:00+00:00")

    found = list(midnights("Europe/Paris", first, second))

    # The day of the change of clocks has 23 hours; the midnight at the start is left out, the one at the end is not.
    assert found == [Midnight(second, "Europe/Paris", day("2026-03-30"))]
    assert list(midnights("Europe/Paris", first - 1, second - 1)) == [
        Midnight(first, "Europe/Paris", day("2026-03-29"))
    ]
    assert list(midnights("Europe/Paris", second, first)) == []


@given(
    st.sampled_from(
        ["Europe/Paris", "America/New_York", "Pacific/Apia", "Australia/Lord_Howe", "America/Havana"]
    ),
    st.integers(ms("1995-01-01T00:00:00+00:00"), ms("2037-01-01T00:00:00+00:00")),
    st.integers(0, 900 * DAY_MS),
)
def test_every_home_day_begins_once(zone: str, start: int, length: int) -> None:
    found = list(midnights(zone, start, start + length))

    days = [one.day for one in found]
    assert days == list(range(days[0], days[0] + len(days))) if days else length <= 26 * HOUR_MS
    assert all(start < one.at <= start + length for one in found)
    assert all(one.at <= other.at <= one.at + 25 * HOUR_MS for one, other in pairwise(found))
    for one in found:
        before = datetime.fromtimestamp((one.at - 1) / 1000, ZoneInfo(zone)).date().toordinal()
        assert before < one.day


@given(st.integers(ms("2000-01-01T00:00:00+00:00"), ms("2030-01-01T00:00:00+00:00")), st.integers(0, 10**10))
def test_cut_anywhere_the_parts_are_the_whole(start: int, length: int) -> None:
    zones = ["Europe/Paris", "Asia/Tokyo"]
    end, cut = start + 30 * DAY_MS, start + length % (30 * DAY_MS)

    parts = [*all_midnights(zones, start, cut), *all_midnights(zones, cut, end)]

    assert parts == list(all_midnights(zones, start, end))
    assert parts == sorted(parts)
    assert next_midnight(zones, start) == parts[0].at


def test_the_calendar_ends_with_the_year_9999() -> None:
    end = int(datetime(9999, 12, 31, 12, tzinfo=UTC).timestamp() * 1000)

    assert next_midnight(["UTC"], end) is None
    assert [one.day for one in midnights("UTC", end - DAY_MS, end + 10 * DAY_MS)] == [date.max.toordinal()]
    assert next_midnight([], 0) is None


def test_the_calendar_starts_with_the_year_1() -> None:
    start = -62_135_596_800_000

    assert next(midnights("UTC", start - 1, start + DAY_MS)) == Midnight(start, "UTC", 1)


def test_a_tick_goes_through_a_clock_record() -> None:
    midnight = Midnight(ms("2025-12-31T23:00:00+00:00"), "Europe/Paris", day("2026-01-01"))

    assert encode_midnight(midnight) == (
        b'{"type":"clock.midnight","zone":"Europe/Paris","date":"2026-01-01"}'
    )
    assert decode_tick(encode_midnight(midnight), midnight.at) == midnight
    assert encode_minute() == b'{"type":"clock.minute"}'
    assert decode_tick(encode_minute(), 60_000) == Minute(60_000)


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"",
        b"\xff",
        b"[]",
        b'{"type":"clock.noon"}',
        b'{"type":"clock.midnight","date":"2026-01-01"}',
        b'{"type":"clock.midnight","zone":"Europe/Paris","date":"2026-02-30"}',
    ],
)
def test_what_is_no_tick_is_none(value: bytes | None) -> None:
    assert decode_tick(value, 0) is None
