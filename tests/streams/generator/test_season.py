from __future__ import annotations

import datetime as dt
from collections import Counter

import msgspec
import pytest

from schemas.codec import Decoded, Decoder
from schemas.program_file import parse_toml
from schemas.programs import Programs
from streams.generator.event import TOPICS
from streams.generator.season import DAYS, EVENTS, season, season_program, season_start

TODAY = dt.date(2026, 11, 22)
START = season_start(TODAY)


@pytest.fixture(scope="module")
def events() -> list:
    return list(season(1, START, season_program(START)))


@pytest.mark.slow
def test_a_season_is_the_same_for_the_same_day_and_seed_and_ends_with_that_day(events: list) -> None:
    assert events == list(season(1, START, season_program(START)))
    assert [event.time for event in events] == sorted(event.time for event in events)
    days = {dt.datetime.fromtimestamp(event.time / 1000, dt.UTC).date() for event in events}
    assert len(days) in {DAYS, DAYS + 1}
    assert min(days) == START
    assert TODAY in days
    assert abs(len(events) - EVENTS) < EVENTS // 50
    assert {event.topic for event in events} == set(TOPICS)


def test_a_season_has_what_goes_wrong_and_people_who_decide_cases(events: list) -> None:
    program = parse_toml(season_program(START))
    assert program.program is not None, program.errors
    decode = Decoder(Programs([program.program])).decode
    refused: Counter[str] = Counter()
    decided: Counter[str] = Counter()
    for event in events:
        decoded = decode(event.topic, event.key, event.value, ())
        if not isinstance(decoded, Decoded):
            refused[decoded.code] += 1
        elif decoded.event.__class__.__name__ == "CaseResolved":
            decided[decoded.event.decision] += 1

    assert refused.keys() >= {"currency_unknown", "json_invalid", "type_unknown"}
    assert decided.keys() == {"upheld", "dismissed"}
    seen = Counter(event.value for event in events if event.topic == "orders")
    assert 10 < sum(count > 1 for count in seen.values()) < 100


@pytest.mark.parametrize("today", ["2026-01-01", "2026-02-28", "2027-06-15", "2028-03-01"])
def test_a_season_can_end_on_any_day(today: str) -> None:
    start = season_start(dt.date.fromisoformat(today))
    program = parse_toml(season_program(start)).program

    assert program is not None
    assert [goal.id for goal in program.goals] == ["newcomers", "partner-orders", "season"]
    first = next(iter(season(2, start, season_program(start))))
    assert msgspec.json.decode(first.value)["type"] == "partner.enrolled"
