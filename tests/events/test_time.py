"""Times: RFC 3339 with an offset, to the millisecond."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.time import TIME_MAX_MS, TIME_MIN_MS, format_time, parse_time

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2026-11-27T04:59:59Z", "2026-11-27T04:59:59.000Z"),
        ("2026-11-27T00:00:00-05:00", "2026-11-27T05:00:00.000Z"),
        ("2026-01-01t00:00:00.5z", "2026-01-01T00:00:00.500Z"),
        ("2026-01-01T00:00:00.1239999999999999Z", "2026-01-01T00:00:00.123Z"),
        ("1969-12-31T23:59:59.9999Z", "1969-12-31T23:59:59.999Z"),
        ("2024-02-29T12:00:00+05:45", "2024-02-29T06:15:00.000Z"),
        ("2026-01-01T00:00:00-00:00", "2026-01-01T00:00:00.000Z"),
        ("2026-01-01T00:00:00+23:59", "2025-12-31T00:01:00.000Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"),
        ("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"),
        ("2026-01-01T00:00:00.500Z", "2026-01-01T00:00:00.500Z"),
        ("2026-01-01t00:00:00.500Z", "2026-01-01T00:00:00.500Z"),
        ("2026-01-01T00:00:00.500z", "2026-01-01T00:00:00.500Z"),
        ("2016-12-31T23:59:60.500Z", "2017-01-01T00:00:00.500Z"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z"),
        ("2016-12-31T18:59:60.25-05:00", "2017-01-01T00:00:00.250Z"),
    ],
)
def test_a_time_with_an_offset_is_read_to_the_millisecond(text: str, shown: str) -> None:
    assert format_time(parse_time(text)) == shown


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-01-01",
        "2026-01-01T00:00:00",
        "2026-01-01T00:00Z",
        "2026-01-01 00:00:00Z",
        "2026-01-01T00:00:00+0100",
        "2026-01-01T00:00:00+01",
        "2026-01-01T00:00:00,5Z",
        "2026-01-01T00:00:00.Z",
        "2026-01-01T24:00:00Z",
        "2026-01-01T00:60:00Z",
        "2026-01-01T00:00:61Z",
        "2026-01-01T12:00:60Z",
        "2026-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "2026-01-01T00:00:00+24:00",
        "2026-01-01T00:00:00+00:60",
        "2026-01-01T00-00:00Z",
        "2026-01-01T00:00-00Z",
        "2026-01-01T00:00:00Z ",
        " 2026-01-01T00:00:00Z",
        "2026-01-01T00:00:00Z\n",
        "2026-W01-1T00:00:00Z",
        "20260101T000000Z",
        "\uff12026-01-01T00:00:00Z",
        "2026-01-01T00:0\uff10:00Z",
        "2026-01-01T00:00:00.\u0665Z",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
        "9999-12-31T23:59:60Z",
        "1700000000000",
    ],
)
def test_what_is_no_such_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"RFC 3339|leap second|year|month|day"):
        parse_time(text)


edge_times = st.one_of(
    st.sampled_from([TIME_MIN_MS, TIME_MIN_MS + 1, -1, 0, 1, 86_399_999, 86_400_000, TIME_MAX_MS]),
    st.integers(TIME_MIN_MS, TIME_MAX_MS),
)


@given(time=edge_times)
def test_every_time_reads_back(time: int) -> None:
    assert parse_time(format_time(time)) == time


@given(
    time=st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 12, 31)),  # noqa: DTZ001
    offset=st.integers(-1439, 1439),
)
def test_times_agree_with_the_standard_library(time: datetime, offset: int) -> None:
    local = time.replace(tzinfo=timezone(timedelta(minutes=offset)))

    assert parse_time(local.isoformat()) == (local - EPOCH) // timedelta(milliseconds=1)
