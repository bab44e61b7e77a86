from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from events.time import TIME_MAX_MS, TIME_MIN_MS, parse_time
from schemas.catalogue import catalogue
from schemas.key_days import Edition, KeyDay, Rrule, Source, Span
from streams.rules.calendar import KeyDayCalendar, MarketCalendar
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
dates = { 2026 = ["2026-11-29"] }
"""


def key_days(market: str, at: str) -> tuple[str, ...]:
    return MarketCalendar(program(PROGRAM), market).key_days_at(parse_time(at))


@pytest.mark.parametrize(
    ("market", "at", "ids"),
    [
        ("US", "2026-11-27T04:59:59.999Z", ()),
        ("US", "2026-11-27T05:00:00Z", ("black_friday", "bf-us")),
        ("US", "2026-11-28T04:59:59.999Z", ("black_friday", "bf-us")),
        ("US", "2026-11-28T05:00:00Z", ()),
        ("US", "2026-11-29T05:00:00Z", ("someday",)),
        ("NZ", "2026-11-29T05:00:00Z", ("someday",)),
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


def windows(zone: str, keys: str, year: int, *, market: str = "FR") -> list[tuple[str, str]]:
    """The year's windows of one key day in UTC."""
    text = PROGRAM.partition("[markets.US]")[0] + f'[markets.{market}]\ntz = "{zone}"\n[[key_day]]\n' + keys
    calendar = MarketCalendar(program(text), market)
    return [(format_time(start), format_time(end)) for start, end, _ in calendar.windows(year)]


def format_time(at: int) -> str:
    return datetime.fromtimestamp(at // 1000, UTC).strftime("%m-%dT%H:%M:%S")


@pytest.mark.parametrize(
    ("zone", "day", "keys", "window"),
    [
        pytest.param(
            "Europe/London", "2025-03-30", "", ("03-30T00:00:00", "03-30T23:00:00"), id="a day of 23 hours"
        ),
        pytest.param(
            "America/New_York", "2026-11-01", "", ("11-01T04:00:00", "11-02T05:00:00"), id="a day of 25 hours"
        ),
        pytest.param(
            "America/Santiago",
            "2025-09-07",
            "",
            ("09-07T04:00:00", "09-08T03:00:00"),
            id="no midnight, Chile",
        ),
        pytest.param(
            "America/Santiago", "2025-09-06", "", ("09-06T04:00:00", "09-07T04:00:00"), id="the day before it"
        ),
        pytest.param(
            "Africa/Cairo", "2025-04-25", "", ("04-24T22:00:00", "04-25T21:00:00"), id="no midnight, Egypt"
        ),
        pytest.param(
            "Africa/Cairo",
            "2025-10-30",
            'start = "23:30"',
            ("10-30T20:30:00", "10-30T22:00:00"),
            id="half past eleven occurs twice: the first",
        ),
        pytest.param(
            "America/New_York",
            "2025-03-09",
            'start = "02:30"\nend = "03:30"\ndays = 2',
            ("03-09T07:30:00", "03-10T07:30:00"),
            id="half past two does not exist: the offset before the gap",
        ),
        pytest.param(
            "America/New_York",
            "2025-11-02",
            'start = "01:30"\nend = "01:31"',
            ("11-02T05:30:00", "11-02T05:31:00"),
            id="half past one occurs twice: the first",
        ),
        pytest.param(
            "Australia/Lord_Howe",
            "2025-10-05",
            'start = "02:15"',
            ("10-04T15:45:00", "10-05T13:00:00"),
            id="a gap of half an hour",
        ),
        pytest.param(
            "Pacific/Apia", "2011-12-29", "days = 2", ("12-29T10:00:00", "12-30T10:00:00"), id="a skipped day"
        ),
        pytest.param(
            "Asia/Kolkata",
            "2026-06-23",
            'start = "00:01"\ndays = 4\ntz_policy = "organiser"\ntz = "America/Los_Angeles"',
            ("06-23T07:01:00", "06-27T07:00:00"),
            id="the organiser's zone",
        ),
    ],
)
def test_windows_are_right_to_the_second(zone: str, day: str, keys: str, window: tuple[str, str]) -> None:
    own = f'id = "it"\ndates = {{ {day[:4]} = ["{day}"] }}\n{keys}'

    assert windows(zone, own, int(day[:4])) == [window]


@pytest.mark.parametrize(
    ("keys", "year", "starts"),
    [
        ('id = "x"\nrrule = "FREQ=MONTHLY;BYMONTH=2,3;BYDAY=-1SU"', 2026, ["02-22", "03-29"]),
        ('id = "x"\nrrule = "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29"', 2026, []),
        ('id = "x"\nrrule = "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29"', 2028, ["02-29"]),
        ('id = "x"\nrrule = "FREQ=YEARLY;BYMONTH=1;BYMONTHDAY=1"\noffset_days = -1', 2026, ["12-31"]),
        ('id = "x"\neaster = "western"\noffset_days = -2', 2026, ["04-03"]),
        ('id = "x"\neaster = "orthodox"', 2024, ["05-05"]),
        ('id = "x"\neaster = "julian"', 2026, ["03-30"]),
        ('id = "x"\nholiday = "Assumption Day"', 2026, ["08-15"]),
        ('id = "x"\nholiday = { country = "IN", name = "Diwali" }\noffset_days = -2', 2026, ["11-06"]),
        ('id = "x"\nholiday = { country = "AE", name = "Eid al-Fitr" }', 2033, ["01-02", "12-23"]),
        ('id = "x"\nholiday = { country = "CN", name = "Mid-Autumn Festival" }', 2150, []),
        ('id = "x"\ndates = { 2026 = ["2026-12-01", "2026-03-01"] }', 2026, ["03-01", "12-01"]),
        ('id = "x"\ndates = { 2026 = ["2026-12-01"] }', 2027, []),
        ('use = "black_friday"', 2029, ["11-23"]),  # not the last Friday
        ('use = "black_friday"', 2024, ["11-29"]),  # the fifth Friday
        ('use = "black_friday"\noffset_days = 4', 2026, ["11-30"]),
        ('use = "black_friday"\noverrides = { 2026 = ["2026-11-20"] }', 2026, ["11-20"]),
        ('use = "black_friday"\noverrides = { 2026 = ["2026-11-20"] }', 2027, ["11-26"]),
        ('use = "black_friday"\noverrides = { 2026 = [] }', 2026, []),
        ('use = "black_friday"\ndates = { 2026 = ["2026-11-20"] }', 2027, []),
        ('use = "black_friday"\nrrule = "FREQ=YEARLY;BYMONTH=7;BYMONTHDAY=1"', 2026, ["07-01"]),
        ('use = "prime_day"\ndates = { 2027 = ["2027-06-22"] }', 2026, ["06-23"]),
        ('use = "prime_day"\ndates = { 2027 = ["2027-06-22"] }', 2027, ["06-22"]),
        ('use = "eid_al_fitr"\nmarkets = ["AE"]\noffset_days = -3', 2026, ["03-17"]),
        ('use = "eid_al_fitr"\nmarkets = ["AE"]\noffset_days = -3', 2022, ["04-29"]),
    ],
)
def test_every_source_says_when_a_day_starts(keys: str, year: int, starts: list[str]) -> None:
    market = "AE" if "eid_al_fitr" in keys else "FR"
    found = windows("Etc/UTC", keys, year, market=market)

    assert [start[:5] for start, _ in found] == starts


@pytest.mark.parametrize(
    ("use", "more", "window"),
    [
        ("soldes_hiver_fr", "", ("01-07T08:00:00", "02-04T00:00:00")),
        ("soldes_hiver_fr", "days = 7", ("01-07T08:00:00", "01-14T00:00:00")),
        ("soldes_hiver_be", "", ("01-03T00:00:00", "02-01T00:00:00")),
        ("soldes_hiver_be", "days = 1", ("01-03T00:00:00", "01-04T00:00:00")),
        ("ramadan", "", ("02-18T00:00:00", "03-20T00:00:00")),
        ("prime_day", "days = 1", ("06-23T07:01:00", "06-24T07:00:00")),
        ("prime_day", 'tz_policy = "market"', ("06-23T00:01:00", "06-27T00:00:00")),
    ],
)
def test_a_window_of_the_catalogue_and_what_a_program_makes_of_it(
    use: str, more: str, window: tuple[str, str]
) -> None:
    market = {"soldes_hiver_fr": "FR", "soldes_hiver_be": "BE", "ramadan": "AE", "prime_day": "US"}[use]

    assert windows("Etc/UTC", f'use = "{use}"\n{more}', 2026, market=market) == [window]


def test_a_long_window_reaches_into_the_next_year() -> None:
    text = PROGRAM.partition("[markets.US]")[0]
    text += '[markets.AE]\ntz = "Asia/Dubai"\n[[key_day]]\nuse = "dubai_shopping_festival"\n'
    calendar = MarketCalendar(program(text), "AE")

    assert calendar.key_days_at(parse_time("2026-01-11T19:59:59.999Z")) == ("dubai_shopping_festival",)
    assert calendar.key_days_at(parse_time("2026-01-11T20:00:00Z")) == ()
    assert calendar.windows(2026) == ()


def starts_of(entry: KeyDay, market: str, *years: int) -> list[str]:
    calendar = KeyDayCalendar([entry], market, "Etc/UTC")
    return [one.day.isoformat() for year in years for one in calendar.occurrences(year)]


def fixed(month: int, day: int) -> Rrule:
    return Rrule(f"FREQ=YEARLY;BYMONTH={month};BYMONTHDAY={day}")


@pytest.mark.parametrize(
    ("use", "market", "year", "window"),
    [
        ("soldes_ete_be", "BE", 2020, ("08-01T00:00:00", "09-01T00:00:00")),  # moved by law, with its own end
        ("mothers_day_fr", "FR", 2023, ("06-04T00:00:00", "06-05T00:00:00")),  # its Sunday was Pentecost
        ("mothers_day_fr", "FR", 2026, ("05-31T00:00:00", "06-01T00:00:00")),
        ("christmas_julian_ua", "UA", 2023, ("01-07T00:00:00", "01-08T00:00:00")),
    ],
)
def test_what_is_known_of_single_years(use: str, market: str, year: int, window: tuple[str, str]) -> None:
    assert windows("Etc/UTC", f'use = "{use}"', year, market=market) == [window]


def test_a_day_is_kept_on_the_first_and_the_last_date_on_which_it_holds_and_not_beyond() -> None:
    markets = frozenset({"FR"})
    span = Span(date(2025, 7, 1), date(2026, 7, 1))
    whole = KeyDay(id="x", name="x", markets=markets, sources=(Source(rule=fixed(7, 1)),), valid=span)
    by_source = KeyDay(id="x", name="x", markets=markets, sources=(Source(rule=fixed(7, 1), valid=span),))

    for entry in (whole, by_source):
        assert starts_of(entry, "FR", 2024, 2025, 2026, 2027) == ["2025-07-01", "2026-07-01"]


def test_a_source_dates_a_day_in_its_markets_alone() -> None:
    sources = (
        Source(rule=fixed(5, 1), markets=frozenset({"FR"})),
        Source(rule=fixed(6, 1), markets=frozenset({"US"})),
        Source(rule=fixed(7, 1)),
    )
    entry = KeyDay(id="x", name="x", markets=frozenset({"FR", "US"}), sources=sources)

    assert starts_of(entry, "FR", 2026) == ["2026-05-01", "2026-07-01"]
    assert starts_of(entry, "US", 2026) == ["2026-06-01", "2026-07-01"]


def test_an_announced_day_lacks_dates_in_the_markets_that_were_not_told() -> None:
    told = Edition(start=date(2026, 7, 1), markets=frozenset({"US"}))
    entry = KeyDay(id="x", name="x", markets=frozenset({"FR", "US"}), years={2026: (told,)})

    assert KeyDayCalendar([entry], "US", "Etc/UTC").without_dates(2026) == ()
    assert KeyDayCalendar([entry], "FR", "Etc/UTC").without_dates(2026) == (entry,)


def test_a_window_ends_before_the_next_key_day_of_another_name_also_in_the_next_year() -> None:
    markets = frozenset({"FR"})
    feast = KeyDay(id="y", name="y", markets=markets, sources=(Source(rule=fixed(1, 24)),))
    fast = KeyDay(
        id="x",
        name="x",
        markets=markets,
        sources=(Source(rule=fixed(1, 5)), Source(rule=fixed(12, 26))),
        until=feast,
    )
    calendar = KeyDayCalendar([fast], "FR", "Etc/UTC")

    assert [(start, end) for start, end, _ in calendar.windows(2030)] == [
        (parse_time("2030-01-05T00:00:00Z"), parse_time("2030-01-24T00:00:00Z")),
        (parse_time("2030-12-26T00:00:00Z"), parse_time("2031-01-24T00:00:00Z")),
    ]


def test_a_window_that_begins_with_the_key_day_that_ends_it_lasts_to_the_next_one() -> None:
    markets = frozenset({"FR"})
    feast = KeyDay(id="y", name="y", markets=markets, sources=(Source(rule=fixed(1, 24)),))
    season = KeyDay(id="x", name="x", markets=markets, sources=feast.sources, until=feast)

    assert KeyDayCalendar([season], "FR", "Etc/UTC").windows(2030) == (
        (parse_time("2030-01-24T00:00:00Z"), parse_time("2031-01-24T00:00:00Z"), "x"),
    )


def test_a_window_that_ends_with_a_key_day_without_a_date_lasts_its_days() -> None:
    never = KeyDay(id="y", name="y", markets=frozenset({"FR"}))
    entry = KeyDay(
        id="x", name="x", markets=frozenset({"FR"}), sources=(Source(rule=fixed(7, 1)),), days=3, until=never
    )
    (found,) = KeyDayCalendar([entry], "FR", "Etc/UTC").windows(2026)

    assert (format_time(found[0]), format_time(found[1])) == ("07-01T00:00:00", "07-04T00:00:00")


def test_a_day_that_a_zone_skipped_is_no_window() -> None:
    assert windows("Pacific/Apia", 'id = "x"\ndates = { 2011 = ["2011-12-30"] }', 2011) == []


def test_overlapping_windows_of_one_day_count_once() -> None:
    text = PROGRAM.replace('["2026-11-29"]', '["2026-11-29", "2026-11-30"]') + "days = 2\n"
    calendar = MarketCalendar(program(text), "US")

    assert calendar.key_days_at(parse_time("2026-12-01T04:59:59Z")) == ("cyber_monday", "someday")


def test_an_announced_day_is_never_guessed() -> None:
    listed = catalogue()
    entry = listed.days["prime_big_deal_days"].key_day
    calendar = KeyDayCalendar([entry], "US", "America/New_York")

    assert [one.status for one in calendar.occurrences(2025)] == ["announced"]
    assert calendar.occurrences(2026) == ()
    assert calendar.without_dates(2026) == (entry,)
    assert calendar.without_dates(2025) == ()


def test_a_day_that_no_longer_takes_place_lacks_no_dates() -> None:
    entry = catalogue().days["dia_sin_iva_co"].key_day
    calendar = KeyDayCalendar([entry], "CO", "America/Bogota")

    assert calendar.without_dates(2026) == ()
    assert calendar.without_dates(2021) == (entry,)


def test_what_a_library_expects_is_an_estimate() -> None:
    entry = catalogue().days["eid_al_fitr"].key_day
    calendar = KeyDayCalendar([entry], "AE", "Asia/Dubai")

    assert [calendar.occurrences(year)[0].status for year in (2022, 2026, 2028)] == [
        "computed",
        "announced",
        "estimated",
    ]


@pytest.mark.slow
def test_every_day_of_the_catalogue_can_be_worked_out_in_every_market() -> None:
    listed = catalogue()
    for market in listed.markets.values():
        days: list[KeyDay] = [day.key_day for day in listed.days.values()]
        calendar = KeyDayCalendar(days, market.id, market.tz)
        for year in (1970, 2000, 2026, 2100):
            for one in calendar.occurrences(year):
                assert one.start < one.end
                assert one.day.year == year
                assert one.key_day.id in calendar.key_days_at(one.start)
                assert one.key_day.id in calendar.key_days_at(one.end - 1)


@pytest.mark.parametrize("at", [TIME_MIN_MS, TIME_MAX_MS])
def test_the_ends_of_the_calendar_have_no_key_days(at: int) -> None:
    assert MarketCalendar(program(PROGRAM), "US").key_days_at(at) == ()


def test_what_is_remembered_is_bounded() -> None:
    calendar = MarketCalendar(program(PROGRAM), "US")
    for utc_day in range(9_000):
        calendar.key_days_at(utc_day * 86_400_000)

    assert len(calendar._by_utc_day) <= 8_192


@pytest.mark.parametrize(
    ("start", "end", "touched"),
    [
        ("2026-11-27T04:00:00Z", "2026-11-27T05:00:00Z", False),
        ("2026-11-27T04:00:00Z", "2026-11-27T05:00:00.001Z", True),
        ("2026-11-28T04:59:59.999Z", "2026-11-28T06:00:00Z", True),
        ("2026-11-28T05:00:00Z", "2026-11-28T06:00:00Z", False),
        ("2026-11-20T00:00:00Z", "2026-12-20T00:00:00Z", True),
        ("2026-11-27T12:00:00Z", "2026-11-27T12:00:00.001Z", True),
        ("2026-12-01T05:00:00Z", "2026-12-20T00:00:00Z", False),
        ("2026-11-20T00:00:00Z", "2026-11-27T00:00:00Z", False),
    ],
)
def test_a_span_touches_a_key_day_that_it_shares_a_millisecond_with(
    start: str, end: str, *, touched: bool
) -> None:
    calendar = MarketCalendar(program(PROGRAM), "US")

    assert calendar.touches(parse_time(start), parse_time(end)) == touched
    assert calendar.touches(parse_time(start), parse_time(end)) == touched
