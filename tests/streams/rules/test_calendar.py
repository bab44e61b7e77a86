from __future__ import annotations

from datetime import date

import pytest

from events.time import TIME_MAX_MS, TIME_MIN_MS, parse_time
from streams.rules.calendar import MarketCalendar, fourth_thursday
from tests.scenarios.world import program

PROGRAM = """
[program]
id = "p"
version = 1
effective_from = 2020-01-01T00:00:00Z
currency = "EUR"
home_tz = "Europe/Paris"
[markets.US]
tz = "America/New_York"
[markets.NZ]
tz = "Pacific/Auckland"
[markets.AR]
tz = "America/Argentina/Buenos_Aires"
[[key_day]]
use = "cyber_monday"
[[key_day]]
use = "black_friday"
[[key_day]]
id = "bf-us"
use = "black_friday"
markets = ["US"]
[[key_day]]
id = "someday"
dates = { 2026 = ["2026-11-27"] }
"""


def key_days(market: str, at: str) -> tuple[str, ...]:
    return MarketCalendar(program(PROGRAM), market).key_days_at(parse_time(at))


@pytest.mark.parametrize(
    ("year", "black_friday"),
    [
        (2021, "2021-11-26"),
        (2024, "2024-11-29"),  # the fifth Friday
        (2026, "2026-11-27"),
        (2029, "2029-11-23"),  # not the last Friday
    ],
)
def test_black_friday_is_the_day_after_the_fourth_thursday(year: int, black_friday: str) -> None:
    assert date.fromordinal(fourth_thursday(year) + 1).isoformat() == black_friday


@pytest.mark.parametrize(
    ("market", "at", "ids"),
    [
        ("US", "2026-11-27T04:59:59.999Z", ()),
        ("US", "2026-11-27T05:00:00Z", ("black_friday", "bf-us")),
        ("US", "2026-11-28T04:59:59.999Z", ("black_friday", "bf-us")),
        ("US", "2026-11-28T05:00:00Z", ()),
        ("US", "2026-11-30T12:00:00Z", ("cyber_monday",)),
        ("NZ", "2026-11-26T10:59:59Z", ()),
        ("NZ", "2026-11-26T11:00:00Z", ("black_friday",)),
        ("NZ", "2026-11-27T10:59:59Z", ("black_friday",)),
        ("AR", "2026-11-27T12:00:00Z", ("black_friday",)),
        ("AR", "2026-11-30T12:00:00Z", ()),  # the catalogue's Cyber Monday leaves Argentina out
    ],
)
def test_key_days_are_local_days_of_the_market(market: str, at: str, ids: tuple[str, ...]) -> None:
    assert key_days(market, at) == ids


@pytest.mark.parametrize("at", [TIME_MIN_MS, TIME_MAX_MS])
def test_the_ends_of_the_calendar_have_no_key_days(at: int) -> None:
    assert MarketCalendar(program(PROGRAM), "US").key_days_at(at) == ()


def test_what_is_remembered_is_bounded() -> None:
    calendar = MarketCalendar(program(PROGRAM), "US")
    for utc_day in range(9_000):
        calendar.key_days_at(utc_day * 86_400_000)

    assert len(calendar._by_utc_day) <= 8_192
