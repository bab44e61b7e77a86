"""The catalogue against dates that others published; their sources are named in key_day_dates.toml."""

from __future__ import annotations

import tomllib
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from schemas.catalogue import catalogue
from streams.rules.calendar import KeyDayCalendar, Occurrence

PUBLISHED = tomllib.loads((Path(__file__).parent / "key_day_dates.toml").read_text())
ROWS = [tuple(row) for row in PUBLISHED["dates"]["rows"]]


def occurrences(id_: str, market: str, year: int) -> tuple[Occurrence, ...]:
    listed = catalogue()
    return KeyDayCalendar([listed.days[id_].key_day], market, listed.markets[market].tz).occurrences(year)


def first_and_last(found: Occurrence, market: str) -> tuple[date, date]:
    zone = ZoneInfo(catalogue().markets[market].tz)
    last = datetime.fromtimestamp(found.end / 1000, UTC) - timedelta(seconds=1)
    return found.day, last.astimezone(zone).date()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: "-".join(row[:3]))
def test_a_key_day_falls_on_the_date_that_was_published(row: tuple[str, ...]) -> None:
    id_, market, first = row[:3]
    dates = [first_and_last(one, market) for one in occurrences(id_, market, date.fromisoformat(first).year)]

    assert date.fromisoformat(first) in [start for start, _ in dates]
    for last in row[4:]:
        # Prime Day in the US ends at midnight in California, which is 03:00 of the next day in New York.
        late = timedelta(days=1 if (id_, market) == ("prime_day", "US") else 0)
        assert (date.fromisoformat(first), date.fromisoformat(last) + late) in dates


def test_enough_dates_are_held_and_each_names_its_source() -> None:
    assert len({row[:3] for row in ROWS}) == len(ROWS) >= 150
    assert {row[3] for row in ROWS} == set(PUBLISHED["sources"])
    assert len({row[1] for row in ROWS}) >= 30


def test_a_day_of_several_dates_a_year_has_no_others() -> None:
    for year in (2021, 2022):
        published = [
            row[2] for row in ROWS if row[0] == "trading_sundays_pl" and row[2].startswith(str(year))
        ]
        computed = [one.day.isoformat() for one in occurrences("trading_sundays_pl", "PL", year)]

        assert computed == published
