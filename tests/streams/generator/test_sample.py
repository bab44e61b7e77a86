from __future__ import annotations

import datetime as dt
import json
from collections import Counter

import pytest

from schemas.codec import Decoder
from schemas.errors import DecodeError
from streams.generator.event import Generated
from streams.generator.rhythm import black_friday
from streams.generator.sample import DAYS_BEFORE, sample, start_of
from streams.imports.intake import AnyProgram

START = start_of(2025)


def small(seed: int = 1, orders: int = 2_000) -> list[Generated]:
    return list(sample(seed, orders, 100, START))


def test_the_same_seed_makes_the_same_events() -> None:
    assert small(1) == small(1)
    assert small(1) != small(2)


def test_events_come_in_the_order_of_time() -> None:
    times = [event.time for event in small()]

    assert times == sorted(times)


def test_there_is_everything_that_goes_wrong_in_real_streams() -> None:
    decoder = Decoder(AnyProgram())
    outcomes: Counter[str] = Counter()
    seen: Counter[bytes] = Counter()
    for topic, key, value, _ in sample(1, 2_000, 100, START, poison=20):
        decoded = decoder.decode(topic, key, value, ())
        outcomes[str(decoded.code) if isinstance(decoded, DecodeError) else type(decoded.event).__name__] += 1
        seen[value] += 1

    assert set(outcomes) >= {"OrderPlaced", "OrderRefunded", "OrderCancelled", "json_invalid", "type_unknown"}
    assert outcomes["OrderPlaced"] >= 2_000
    assert max(seen.values()) == 2


def test_without_poison_everything_decodes() -> None:
    decoder = Decoder(AnyProgram())
    events = sample(1, 500, 50, START, poison=0)

    assert not [
        each
        for each in events
        if isinstance(decoder.decode(each.topic, each.key, each.value, ()), DecodeError)
    ]


def test_the_key_is_the_customer() -> None:
    for topic, key, value, _ in sample(1, 500, 50, START, poison=0):
        assert (topic, key.decode()) == ("orders", json.loads(value)["data"]["customer_id"])


def test_black_friday_is_the_busiest_day() -> None:
    days = Counter((event.time - START) // 86_400_000 for event in small())

    assert max(days, key=lambda day: days[day]) == DAYS_BEFORE


@pytest.mark.parametrize(("year", "day"), [(2021, 26), (2024, 29), (2025, 28), (2026, 27), (2029, 23)])
def test_black_friday_follows_the_fourth_thursday(year: int, day: int) -> None:
    assert black_friday(year) == dt.date(year, 11, day)
