from __future__ import annotations

import json
import re
import tomllib
from datetime import date
from pathlib import Path

import pytest

from schemas.catalogue import CatalogueError, catalogue, read_catalogue
from schemas.key_days import Easter, Edition, Holiday, KeyDay, Rrule, Source
from schemas.program_file import parse_json, parse_toml
from tests import program_head

HEAD = (
    program_head.HEAD.replace("\n\n", "\n")
    + """[markets.US]
tz = "America/New_York"
[[key_day]]
"""
)
FR, US = "FR", "US"
NO_DAY = "key_day[0].rrule: needs FREQ (YEARLY, MONTHLY or WEEKLY) and one of BYDAY, BYMONTHDAY and BYYEARDAY"
PARTS = "FREQ, BYMONTH, BYDAY, BYMONTHDAY, BYYEARDAY, BYWEEKNO, BYSETPOS, WKST"
NO_DATES = "it falls on no day there until dates or overrides name some"


def entry(text: str) -> KeyDay:
    parsed = parse_toml(HEAD + text)
    assert parsed.program is not None, [str(error) for error in parsed.errors]
    (found,) = parsed.program.key_days
    return found


def errors(text: str) -> list[str]:
    parsed = parse_toml(HEAD + text)
    assert parsed.warnings == ()
    return [str(error) for error in parsed.errors]


def warnings(text: str) -> list[str]:
    parsed = parse_toml(HEAD + text)
    assert parsed.errors == ()
    return [str(warning) for warning in parsed.warnings]


def test_an_entry_of_its_own_with_every_key() -> None:
    found = entry(
        'id = "x"\nname = "The day"\nmarkets = ["FR"]\n'
        'rrule = "RRULE:FREQ=YEARLY;INTERVAL=1;BYMONTH=11;BYDAY=4TH"\noffset_days = -3\n'
        'start = "08:00"\nend = "20:30"\ndays = 4\ntz_policy = "organiser"\ntz = "Asia/Tokyo"\n'
        'overrides = { 2026 = ["2026-11-20"], 2027 = [] }\nnotice_days = [3, 30]\n'
    )

    assert found == KeyDay(
        id="x",
        name="The day",
        markets=frozenset({FR}),
        sources=(Source(rule=Rrule("FREQ=YEARLY;BYMONTH=11;BYDAY=4TH"), offset_days=-3),),
        years={2026: (Edition(start=date(2026, 11, 20)),), 2027: ()},
        status="computed",
        start_minute=480,
        end_minute=1230,
        days=4,
        tz="Asia/Tokyo",
        notice_days=(30, 3),
    )


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ('easter = "orthodox"', Easter("orthodox")),
        ('holiday = { country = "IN", name = "Diwali" }', Holiday("Diwali", "IN")),
        ('markets = ["US"]\nholiday = "Thanksgiving Day"', Holiday("Thanksgiving Day")),
    ],
)
def test_the_sources_of_an_entry(text: str, rule: Easter | Holiday) -> None:
    assert entry(f'id = "x"\n{text}').sources == (Source(rule=rule),)


@pytest.mark.parametrize(
    "dates",
    [
        '2026 = ["2026-06-23"]',
        "2026 = [2026-06-23]",
        '2026 = "2026-06-23"',
        '2026 = { start = "2026-06-23" }',
        "2026 = [{ start = 2026-06-23 }]",
    ],
)
def test_dates_are_written_as_texts_as_dates_or_with_an_end(dates: str) -> None:
    assert entry(f'id = "x"\ndates = {{ {dates} }}').years == {2026: (Edition(start=date(2026, 6, 23)),)}


def test_a_date_may_be_of_some_markets_and_have_an_end() -> None:
    found = entry(
        'id = "x"\ndates = { 2026 = ["2026-06-23", { start = "2026-06-20", end = "2026-06-21",\
 markets = ["US"] }] }'
    )

    assert found.editions(US, 2026) == (
        Edition(start=date(2026, 6, 20), end=date(2026, 6, 21), markets=frozenset({US})),
        Edition(start=date(2026, 6, 23)),
    )
    assert found.editions(FR, 2026) == (Edition(start=date(2026, 6, 23)),)
    assert found.editions(FR, 2027) is None


def test_a_program_travels_as_json_too() -> None:
    text = HEAD + 'use = "prime_day"\ndates = { 2027 = ["2027-06-22"] }\n'
    content = tomllib.loads(text)
    content["program"]["effective_from"] = "2026-01-01T00:00:00Z"

    assert parse_json(json.dumps(content)).program == parse_toml(text).program


def test_what_is_given_overrides_the_catalogue() -> None:
    listed = catalogue().days["black_friday"].key_day
    found = entry('id = "bf"\nuse = "black_friday"\nname = "BF"\nmarkets = ["FR"]\ndays = 4\nstart = "08:00"')

    assert (found.id, found.use, found.name) == ("bf", "black_friday", "BF")
    assert (found.days, found.start_minute, found.end_minute) == (4, 480, 1440)
    assert (found.sources, found.markets) == (listed.sources, frozenset({FR}))


def test_without_markets_the_catalogues_count() -> None:
    assert entry('use = "black_friday"').markets == frozenset({FR, US})
    assert entry('use = "thanksgiving_us"').markets == frozenset({US})
    assert entry('id = "x"\neaster = "western"').markets == frozenset({FR, US})


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ('rrule = "FREQ=YEARLY;BYDAY=1MO"', "11:key_day[0].id: is missing: a key day needs use or id"),
        (
            'use = "nope"\nstart = 1',
            "12:key_day[0].use: nope is not in the catalogue (keyday calendar prints it)",
        ),
        (
            'id = "x"',
            "11:key_day[0].rrule: is missing: a key day needs rrule, easter, holiday or dates",
        ),
        (
            'id = "x"\nrrule = "FREQ=YEARLY;BYDAY=1MO"\neaster = "western"',
            "14:key_day[0].easter: a key day has one source, and this one has rrule too",
        ),
        (
            'use = "black_friday"\nholiday = "x"\ndates = {}',
            "14:key_day[0].dates: a key day has one source, and this one has holiday too",
        ),
        ('use = "black_friday"\nlead_days = 1', "13:key_day[0].lead_days: is not known here"),
        (
            'id = "x"\nrrule = "YEARLY"',
            f"13:key_day[0].rrule: YEARLY is not known here: a rule has {PARTS}",
        ),
        (
            'id = "x"\nrrule = "FREQ=YEARLY;BYMONTHDAY=0"',
            "13:key_day[0].rrule: BYMONTHDAY=0 is no part of a rule of RFC 5545",
        ),
        (
            'id = "x"\nrrule = "FREQ=HOURLY;BYDAY=MO"',
            "13:key_day[0].rrule: FREQ=HOURLY is no part of a rule of RFC 5545",
        ),
        ('id = "x"\nrrule = "FREQ=YEARLY;FREQ=YEARLY"', "13:key_day[0].rrule: has a part twice"),
        ('id = "x"\nrrule = "BYDAY=MO"', f"13:{NO_DAY}"),
        (
            'id = "x"\nrrule = "FREQ=YEARLY;BYMONTH=6"',
            f"13:{NO_DAY}",
        ),
        (
            'id = "x"\nrrule = "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"',
            "13:key_day[0].rrule: never falls on a day",
        ),
        ('id = "x"\neaster = "eastern"', "13:key_day[0].easter: must be (western, orthodox, julian)"),
        (
            'id = "x"\nmarkets = ["FR"]\nholiday = "Diwali"',
            "14:key_day[0].holiday: Diwali is no holiday of FR in the holidays library",
        ),
        (
            'id = "x"\nholiday = { country = "ZZ", name = "Diwali" }',
            "13:key_day[0].holiday: ZZ is no country of the holidays library: say country",
        ),
        ('id = "x"\nholiday = { country = "IN" }', "13:key_day[0].holiday.name: is missing"),
        ('id = "x"\ndates = { soon = [] }', "13:key_day[0].dates.soon: is no year, as 2026"),
        (
            'id = "x"\ndates = { 2026 = ["2027-01-01"] }',
            "13:key_day[0].dates.2026[0].start: 2027-01-01 is not in 2026",
        ),
        (
            'id = "x"\ndates = { 2026 = ["23 June"] }',
            "13:key_day[0].dates.2026[0].start: must be a date, as 2026-06-23",
        ),
        (
            'id = "x"\ndates = { 2026 = [{ start = "2026-06-23", end = "2026-06-22" }] }',
            "13:key_day[0].dates.2026[0].end: must be from the start to 365 days later",
        ),
        (
            'id = "x"\nmarkets = ["FR"]\ndates = { 2026 = ["2026-01-01", { start = "2026-02-01", markets = ["US"] }] }',
            "14:key_day[0].dates.2026[1].markets: market US is none of this key day",
        ),
        (
            'id = "x"\ndates = { 2026 = ["2026-06-23"] }\noffset_days = 1',
            "14:key_day[0].offset_days: has nothing to be counted from: dates are the days themselves",
        ),
        (
            'use = "prime_day"\noffset_days = 1',
            "13:key_day[0].offset_days: has nothing to be counted from: prime_day is announced",
        ),
        (
            'use = "trading_sundays_pl"\nmarkets = ["FR"]\noffset_days = 1',
            "14:key_day[0].offset_days: trading_sundays_pl has several rules: name one with rrule",
        ),
        (
            'use = "black_friday"\noffset_days = 366',
            "13:key_day[0].offset_days: must be a whole number from -365 to 365",
        ),
        ('use = "black_friday"\ndays = 0', "13:key_day[0].days: must be a whole number from 1 to 366"),
        (
            'use = "black_friday"\nstart = "24:00"',
            '13:key_day[0].start: must be a local time from "00:00" to "23:59"',
        ),
        (
            'use = "black_friday"\nend = "24:01"',
            '13:key_day[0].end: must be a local time from "00:00" to "24:00"',
        ),
        (
            'use = "black_friday"\nstart = "12:00"\nend = "12:00"',
            "14:key_day[0].end: must be after start, as the window lies in one day",
        ),
        (
            'use = "black_friday"\ntz_policy = "organiser"',
            "11:key_day[0].tz: is missing: the zone of the organiser",
        ),
        (
            'use = "black_friday"\ntz_policy = "organiser"\ntz = "Mars/Phobos"',
            "14:key_day[0].tz: Mars/Phobos is not a zone of the IANA database",
        ),
        (
            'use = "black_friday"\ntz = "Asia/Tokyo"',
            '13:key_day[0].tz: needs tz_policy = "organiser": else each market has its own zone',
        ),
        ('use = "black_friday"\ntz_policy = "home"', "13:key_day[0].tz_policy: must be (market, organiser)"),
        (
            'use = "black_friday"\nnotice_days = [-1]',
            "13:key_day[0].notice_days: must be a list of days from 0 to 366, as [14, 3]",
        ),
        (
            'use = "black_friday"\n[[key_day]]\nuse = "black_friday"',
            "13:key_day[1].id: black_friday is declared twice",
        ),
    ],
)
def test_errors_name_path_and_line(text: str, error: str) -> None:
    assert errors(text) == [error]


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        (
            'use = "prime_big_deal_days"',
            f"11:key_day[0]: prime_big_deal_days has no dates for 2026 in FR, US: {NO_DATES}",
        ),
        (
            'id = "x"\ndates = { 2025 = ["2025-06-23"] }',
            f"11:key_day[0]: x has no dates for 2026 in FR, US: {NO_DATES}",
        ),
        (
            'use = "diwali"\nmarkets = ["US"]',
            f"11:key_day[0]: diwali has no dates for 2026 in US: {NO_DATES}",
        ),
        ('use = "eid_al_fitr"', "11:key_day[0]: eid_al_fitr is kept in none of the program's markets"),
    ],
)
def test_a_day_that_falls_on_no_day_is_a_warning(text: str, warning: str) -> None:
    assert warnings(text) == [warning]


def test_a_market_that_the_program_does_not_have_is_a_warning() -> None:
    text = 'use = "black_friday"\nmarkets = ["FR", "XX"]'

    assert warnings(text) == ["13:key_day[0].markets: market XX is not declared: it has no such day"]
    assert entry(text).markets == frozenset({FR})


def test_unconfirmed_dates_are_a_warning_until_the_program_names_some() -> None:
    text = 'use = "buen_fin_mx"\nmarkets = ["FR"]\n'
    (warning,) = warnings(text)
    assert warning.startswith("11:key_day[0]: the dates of buen_fin_mx for 2026 in FR are unconfirmed: ")
    assert warnings(text + 'overrides = { 2026 = ["2026-11-13"] }') == []


def test_a_day_that_is_over_or_called_off_is_no_warning() -> None:
    assert warnings('use = "dia_sin_iva_co"\nmarkets = ["FR"]') == []
    assert warnings('use = "prime_big_deal_days"\ndates = { 2026 = [] }') == []


def test_the_documented_key_days_are_valid() -> None:
    text = (Path(__file__).parents[2] / "docs" / "calendar.md").read_text()
    (block,) = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    parsed = parse_toml(HEAD.removesuffix("[[key_day]]\n") + block)

    assert parsed.errors == ()
    assert parsed.warnings == ()


def test_the_catalogue_has_36_markets_and_a_source_for_every_day() -> None:
    listed = catalogue()

    assert len(listed.markets) == 36
    assert len(listed.days) >= 160
    assert [day.key_day.id for day in listed.days.values() if not day.sources or not day.confidence] == []
    assert {market for day in listed.days.values() for market in day.key_day.markets} == set(listed.markets)
    for market in listed.markets:
        assert sum(market in day.key_day.markets for day in listed.days.values()) >= 5


def test_what_nobody_confirmed_is_not_called_a_fact() -> None:
    for day in catalogue().days.values():
        announced = [
            one for years in day.key_day.years.values() for one in years if one.status == "announced"
        ]
        if set(day.sources) == {"mem"}:
            assert (day.confidence, announced) == ("unconfirmed", []), day.key_day.id


def test_a_broken_catalogue_names_all_its_errors() -> None:
    text = (Path(__file__).parents[2] / "schemas" / "key_days.toml").read_text()
    content = tomllib.loads(text)
    content["key_day"][0]["markets"] = ["XX"]
    content["key_day"][1]["sources"] = ["hearsay"]
    content["key_day"][2]["id"] = content["key_day"][0]["id"]

    with pytest.raises(CatalogueError) as caught:
        read_catalogue(content)

    assert str(caught.value).split("; ") == [
        "key_day[0].markets: market XX is not declared",
        "key_day[1].sources: hearsay is not declared",
        "key_day[2].id: thanksgiving_us is declared twice",
    ]
