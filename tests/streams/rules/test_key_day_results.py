"""What a key day came to against the days before it, worked out by hand."""

from __future__ import annotations

from datetime import date

import pytest

from events.milestones import Baseline
from events.time import DAY_MS, HOUR_MS, parse_time
from streams.rules.calendar import MarketCalendar, Occurrence
from streams.rules.key_day_results import (
    KeyDayResult,
    ahead,
    baseline,
    baseline_days,
    ended,
    local_days,
    ranks,
    result,
)
from tests.scenarios.world import program

TEXT = """
[program]
id = "acme"
effective_from = 2026-01-01T00:00:00Z
currency = "EUR"
home_tz = "UTC"
[markets.FR]
tz = "Europe/Paris"
[[key_day]]
id = "party"
dates = { 2026 = ["2026-06-26", "2026-06-12"] }
[[key_day]]
id = "evening"
start = "18:00"
dates = { 2026 = ["2026-06-18"] }
[[key_day]]
id = "fair"
days = 2
dates = { 2026 = ["2026-07-03"] }
"""
CALENDAR = MarketCalendar(program(TEXT), "FR")
NEVER = 0


def day(text: str) -> int:
    return date.fromisoformat(text).toordinal()


def occurrence(key_day: str, first: str) -> Occurrence:
    (found,) = (
        one for one in CALENDAR.occurrences(2026) if (one.key_day.id, one.day.isoformat()) == (key_day, first)
    )
    return found


def dates(days: list[int]) -> list[str]:
    return [date.fromordinal(one).isoformat() for one in days]


def test_the_days_of_a_key_day_are_those_that_it_touches() -> None:
    assert dates(list(local_days(CALENDAR.zone, occurrence("party", "2026-06-26")))) == ["2026-06-26"]
    assert dates(list(local_days(CALENDAR.zone, occurrence("fair", "2026-07-03")))) == [
        "2026-07-03",
        "2026-07-04",
    ]


def test_the_baseline_is_the_weekday_of_four_weeks_without_key_days() -> None:
    (same,) = baseline_days(CALENDAR, occurrence("party", "2026-06-26"), NEVER)

    # A Friday; the one of the 12th was a key day, too.
    assert dates(same) == ["2026-05-29", "2026-06-05", "2026-06-19"]


def test_the_day_before_a_key_day_is_none_and_one_of_an_evening_is() -> None:
    # Thursday 2026-06-25 is not a key day, Thursday the 18th had a key evening, the 11th was the eve of one.
    thursday = Occurrence(
        occurrence("party", "2026-06-26").key_day,
        parse_time("2026-06-24T22:00:00Z"),
        parse_time("2026-06-25T22:00:00Z"),
        date(2026, 6, 25),
        "announced",
    )

    assert [dates(same) for same in baseline_days(CALENDAR, thursday, NEVER)] == [
        ["2026-05-28", "2026-06-04", "2026-06-11"]
    ]


def test_days_that_were_not_counted_are_not_in_the_baseline() -> None:
    (same,) = baseline_days(CALENDAR, occurrence("party", "2026-06-26"), day("2026-06-06"))

    assert dates(same) == ["2026-06-19"]


def test_a_baseline_is_the_mean_of_each_weekday_summed() -> None:
    sales = {day("2026-06-05"): (1, 100, 1), day("2026-06-19"): (4, 201, 0), day("2026-06-27"): (2, 50, 2)}

    found = baseline(CALENDAR, occurrence("fair", "2026-07-03"), NEVER, lambda one: sales.get(one, (0, 0, 0)))

    # Fridays 5 and 19 June (12 and 26 are key days): 301 / 2. Saturdays 6, 13, 20, 27 June: 50 / 4.
    assert found == Baseline(6, "3.00", 163, "1.00")


def test_part_of_a_day_is_compared_with_the_same_part() -> None:
    # Six of 24 hours, over the Thursdays 21 and 28 May, 4 and 11 June.
    found = baseline(CALENDAR, occurrence("evening", "2026-06-18"), NEVER, lambda _: (10, 1_000, 2))

    assert found == Baseline(4, "2.50", 250, "0.50")


def test_without_any_day_before_there_is_no_baseline() -> None:
    one = occurrence("party", "2026-06-26")

    assert baseline(CALENDAR, one, one.day.toordinal(), lambda _: (1, 1, 1)) is None


@pytest.mark.parametrize(
    ("usual", "uplift"),
    [
        (None, None),
        (Baseline(4, "0.00", 0, "0.00"), None),
        (Baseline(4, "0.01", 1, "0.00"), 29_990_000),
        (Baseline(4, "9.00", 2_000, "1.00"), 5_000),
        (Baseline(4, "9.00", 4_000, "1.00"), -2_500),
    ],
)
def test_a_result_is_revenue_per_day_and_the_uplift(usual: Baseline | None, uplift: int | None) -> None:
    one = occurrence("evening", "2026-06-18")
    assert one.end - one.start == 6 * HOUR_MS

    assert result(one, "FR", 3_000, usual) == KeyDayResult(
        "evening", "FR", day("2026-06-18"), 3_000, 3_000 * DAY_MS // (6 * HOUR_MS), uplift
    )


def test_ranks_count_who_was_better_in_the_same_market() -> None:
    def closed(name: str, market: str, productivity: int, uplift: int | None) -> KeyDayResult:
        return KeyDayResult(name, market, 0, 1, productivity, uplift)

    best, second, third = (
        closed("best", "FR", 30, -1),
        closed("second", "FR", 20, 9),
        closed("third", "FR", 10, None),
    )
    everyone = [third, closed("abroad", "US", 99, 99), best, second]

    assert ranks(best, everyone) == (1, 2, 3)
    assert ranks(second, everyone) == (2, 1, 3)
    assert ranks(third, everyone) == (3, None, 3)


def test_key_days_end_once() -> None:
    end = occurrence("party", "2026-06-26").end

    assert [one.key_day.id for one in ended(CALENDAR, end - 1, end)] == ["party"]
    assert list(ended(CALENDAR, end, end + HOUR_MS)) == []
    assert list(ended(CALENDAR, end - HOUR_MS, end - 1)) == []


def test_key_days_are_ahead_on_the_days_of_their_notice() -> None:
    told = [
        (one.key_day.id, days, when)
        for when in ("2026-06-11", "2026-06-12", "2026-06-13", "2026-06-23")
        for one, days in ahead(CALENDAR, day(when))
    ]

    assert told == [("party", 14, "2026-06-12"), ("party", 3, "2026-06-23")]


def test_key_days_at_the_turn_of_a_year_end_and_are_announced() -> None:
    turn = """
[[key_day]]
id = "turn"
days = 5
dates = { 2026 = ["2026-12-30"], 2027 = ["2027-12-30"] }
[[key_day]]
id = "new-year"
dates = { 2027 = ["2027-01-02"], 2028 = ["2028-01-01"] }
notice_days = [300, 366]
"""
    calendar = MarketCalendar(program(TEXT.split("[[key_day]]", maxsplit=1)[0] + turn), "FR")
    end = parse_time("2027-01-03T23:00:00Z")

    assert [one.key_day.id for one in ended(calendar, end - 1, end)] == ["turn"]
    assert [(one.day.isoformat(), days) for one, days in ahead(calendar, day("2026-03-08"))] == [
        ("2027-01-02", 300)
    ]
    assert [(one.day.isoformat(), days) for one, days in ahead(calendar, day("2026-12-31"))] == [
        ("2028-01-01", 366)
    ]
    assert [(one.day.isoformat(), days) for one, days in ahead(calendar, day("2026-12-16"))] == [
        ("2026-12-30", 14)
    ]
