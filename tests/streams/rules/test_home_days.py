from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.time import TIME_MAX_MS, TIME_MIN_MS, parse_time
from streams.engine.clock import midnight_of
from streams.rules.home_days import HomeDays, clamp_day, home_days, iso_date

ZONES = [
    "UTC",
    "Europe/Paris",
    "America/New_York",
    "America/Havana",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Kiritimati",
    "Africa/Monrovia",
]
YEARS_1950_TO_2050 = st.integers(-631_152_000_000, 2_524_608_000_000)


@pytest.mark.parametrize(
    ("zone", "instant", "day"),
    [
        ("Europe/Paris", "2026-03-28T23:00:00Z", "2026-03-29"),
        ("Europe/Paris", "2026-03-29T21:59:59.999Z", "2026-03-29"),  # 23 hours long
        ("Europe/Paris", "2026-03-29T22:00:00Z", "2026-03-30"),
        ("Europe/Paris", "2026-10-25T22:59:59.999Z", "2026-10-25"),  # 25 hours long
        ("Europe/Paris", "2026-10-25T23:00:00Z", "2026-10-26"),
        ("America/Havana", "2026-03-08T04:59:59Z", "2026-03-07"),  # clocks go from 00:00 to 01:00
        ("America/Havana", "2026-03-08T05:00:00Z", "2026-03-08"),
        ("Asia/Kathmandu", "2026-01-01T18:14:59Z", "2026-01-01"),
        ("Asia/Kathmandu", "2026-01-01T18:15:00Z", "2026-01-02"),
        ("Pacific/Apia", "2011-12-30T09:59:59Z", "2011-12-29"),  # the 30th was skipped
        ("Pacific/Apia", "2011-12-30T10:00:00Z", "2011-12-31"),
        # Clocks went back from 00:01 to 23:01: the day goes on from its first midnight.
        ("America/St_Johns", "2010-11-07T02:30:00Z", "2010-11-07"),
        ("America/St_Johns", "2010-11-07T02:29:59Z", "2010-11-06"),
        ("America/St_Johns", "2010-11-07T02:31:00Z", "2010-11-07"),
    ],
)
def test_the_day_of_an_instant(zone: str, instant: str, day: str) -> None:
    assert iso_date(HomeDays(zone).ordinal(parse_time(instant))) == day


@pytest.mark.parametrize("zone", ZONES)
@given(at=YEARS_1950_TO_2050)
def test_an_instant_lies_between_the_midnights_of_its_day(zone: str, at: int) -> None:
    days = home_days(zone)
    day = days.ordinal(at)

    assert days.midnight(day) <= at < days.midnight(day + 1)


@pytest.mark.parametrize("zone", ZONES)
@given(day=st.integers(date(1950, 1, 1).toordinal(), date(2050, 1, 1).toordinal()))
def test_midnights_are_those_of_the_clock(zone: str, day: int) -> None:
    assert home_days(zone).midnight(day) == midnight_of(zone, day)


@given(at=st.integers(0, 4_102_444_800_000))
def test_days_are_the_dates_on_the_wall(at: int) -> None:
    wall = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at)).date()

    assert home_days("UTC").ordinal(at) == wall.toordinal()


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/New_York"])
@pytest.mark.parametrize("at", [TIME_MIN_MS, TIME_MAX_MS])
def test_the_ends_of_the_calendar_have_a_day(zone: str, at: int) -> None:
    day = HomeDays(zone).ordinal(at)

    assert date.min <= date.fromordinal(clamp_day(day)) <= date.max
    assert iso_date(clamp_day(day + 36_500))


def test_the_first_instant_lies_on_the_first_day() -> None:
    assert clamp_day(HomeDays("UTC").ordinal(TIME_MIN_MS)) == date.min.toordinal()


def test_a_day_outside_the_calendar_is_its_nearest() -> None:
    assert [clamp_day(day) for day in (-5, 0, 1, 2)] == [1, 1, 1, 2]
    last = date.max.toordinal()
    assert [clamp_day(day) for day in (last - 1, last, last + 1)] == [last - 1, last, last]


def test_what_is_remembered_is_bounded() -> None:
    days = HomeDays("Europe/Paris")
    for utc_day in range(9_000):
        days.ordinal(utc_day * 86_400_000)

    assert len(days._days) <= 8_192
