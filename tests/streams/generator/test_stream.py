from __future__ import annotations

import datetime as dt
import hashlib
import os
import subprocess
import sys
import tracemalloc
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from events.inputs import LinkClicked, OrderCancelled, OrderPlaced, OrderRefunded, PartnerEnrolled
from streams.generator.markets import MARKETS
from streams.generator.program import program_text, read_rules
from streams.generator.rhythm import black_friday, uplift
from streams.generator.stream import Parameters, ParametersError, stream
from tests.streams.generator.streams import START, Made, made, parameters

DIGEST = """
import hashlib
from tests.streams.generator.streams import made
digest = hashlib.sha256()
for event in made(events=3_000, breaches=0.05).events:
    digest.update(repr(event).encode())
print(digest.hexdigest())
"""


@pytest.fixture(scope="module")
def large() -> Made:
    return made(events=60_000)


@pytest.mark.slow
def test_the_same_seed_makes_the_same_bytes_in_another_process() -> None:
    digest = hashlib.sha256()
    for event in made(events=3_000, breaches=0.05).events:
        digest.update(repr(event).encode())
    for hash_seed in ("1", "2"):
        other = subprocess.run(
            [sys.executable, "-c", DIGEST],
            cwd=Path(__file__).resolve().parents[3],
            env=os.environ | {"PYTHONHASHSEED": hash_seed, "TZ": "Asia/Tokyo"},
            capture_output=True,
            text=True,
            check=True,
        )

        assert other.stdout.strip() == digest.hexdigest()


def test_another_seed_makes_other_events_with_ids_of_their_own() -> None:
    one, other = made(events=2_000), made(events=2_000, seed=2)

    assert not {fact.id for fact in one.facts} & {fact.id for fact in other.facts}


@pytest.mark.slow
def test_every_event_decodes_and_has_an_identity_of_its_own(large: Made) -> None:
    assert large.dead == []
    assert len({(fact.source, fact.id) for fact in large.facts}) == len(large.events) == 60_000


def test_events_come_by_time_within_the_span(large: Made) -> None:
    times = [event.time for event in large.events]
    first = int(dt.datetime(2025, 11, 1, tzinfo=dt.UTC).timestamp() * 1000)

    assert times == sorted(times)
    assert times[0] == first
    assert times[-1] < first + 35 * 86_400_000
    assert [fact.time for fact in large.facts] == times


def test_the_key_of_a_record_is_whom_it_is_about(large: Made) -> None:
    fields = {
        "clicks": "customer_id",
        "orders": "customer_id",
        "referrals": "friend_id",
        "partner-events": "partner_id",
        "account-requests": "account",
    }
    for event, fact in zip(large.events, large.facts, strict=True):
        owner = getattr(fact, fields[event.topic]).rpartition(":")[2]
        assert event.key.decode() == owner


def test_most_events_are_clicks_and_an_eighth_are_orders(large: Made) -> None:
    shares = Counter(event.topic for event in large.events)

    assert shares["clicks"] == pytest.approx(0.85 * 60_000, rel=0.02)
    assert shares["orders"] == pytest.approx(0.12 * 60_000, rel=0.08)
    assert set(shares) == {"clicks", "orders", "referrals", "partner-events", "account-requests"}


def test_enrolments_come_first_and_every_group_is_there(large: Made) -> None:
    enrolled = [fact for fact in large.facts if isinstance(fact, PartnerEnrolled)]

    assert enrolled == large.facts[:40]
    assert {each.group for each in enrolled} == {
        "influencer", "content", "coupon", "brand_partnership", "referral", "test",
    }  # fmt: skip
    assert {each.markets is None for each in enrolled} == {True, False}


def test_the_share_of_a_partner_is_one_over_its_number(large: Made) -> None:
    clicks = Counter(fact.partner_id for fact in large.facts if isinstance(fact, LinkClicked))

    # Of these, partner-003 has agreed to some markets only.
    for number in (2, 4, 5, 10):
        assert clicks["partner-001"] / clicks[f"partner-{number:03d}"] == pytest.approx(number, rel=0.15)


def test_key_days_are_two_to_four_times_as_busy_in_broad_markets(large: Made) -> None:
    zone = ZoneInfo("America/New_York")
    clicks = Counter(
        dt.datetime.fromtimestamp(fact.time // 1000, zone).date()
        for fact in large.facts
        if isinstance(fact, LinkClicked) and fact.market == "US"
    )

    for key_day, ordinary, factor in (
        ("2025-11-28", "2025-11-14", 4.0),
        ("2025-12-01", "2025-11-17", 3.4),
        ("2025-11-11", "2025-11-18", 2.2),
    ):
        uplifted = clicks[dt.date.fromisoformat(key_day)] / clicks[dt.date.fromisoformat(ordinary)]
        assert uplifted == pytest.approx(factor, rel=0.2)


def test_nights_are_quiet_and_evenings_are_not(large: Made) -> None:
    hours: Counter[int] = Counter()
    for fact in large.facts:
        if isinstance(fact, LinkClicked):
            zone = ZoneInfo(MARKETS[fact.market].zone)
            hours[dt.datetime.fromtimestamp(fact.time // 1000, zone).hour] += 1

    assert hours[20] > 20 * hours[3] > 0


def test_orders_come_after_clicks_without_one_and_with_coupons(large: Made) -> None:
    clicks = {fact.click_id: fact for fact in large.facts if isinstance(fact, LinkClicked)}
    orders = [fact for fact in large.facts if isinstance(fact, OrderPlaced)]
    led = [order for order in orders if order.click_id is not None]

    assert 0.3 < len(led) / len(orders) < 0.6
    assert 0.08 < sum(bool(order.coupons) for order in orders) / len(orders) < 0.25
    assert all(order.discount > 0 for order in orders if order.coupons)
    for order in led:
        click = clicks[order.click_id or ""]
        assert (click.customer_id, click.market) == (order.customer_id, order.market)
        assert click.device_id == order.device_id
        assert 60_000 <= order.time - click.time <= 4 * 86_400_000
    for order in orders:
        assert order.currency == MARKETS[order.market].currency
        assert sum(line.amount for line in order.lines) == order.subtotal


def test_what_is_taken_back_was_ordered_before_and_is_never_more(large: Made) -> None:
    orders = {fact.order_id: fact for fact in large.facts if isinstance(fact, OrderPlaced)}
    refunded: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    for fact in large.facts:
        if isinstance(fact, OrderRefunded):
            order = orders[fact.order_id]
            assert fact.time > order.time
            assert (fact.customer_id, fact.currency) == (order.customer_id, order.currency)
            refunded[fact.order_id] += fact.amount
            kinds["full" if fact.amount == order.net else "part"] += 1
        elif isinstance(fact, OrderCancelled):
            assert fact.time >= orders[fact.order_id].time
            kinds["cancel"] += 1

    assert all(amount <= orders[order].net for order, amount in refunded.items())
    assert min(kinds[kind] for kind in ("full", "part", "cancel")) > 50


@pytest.mark.parametrize("markets", [tuple(MARKETS)[:24], tuple(MARKETS)[24:]])
def test_every_market_and_its_currency_can_be_generated(markets: tuple[str, ...]) -> None:
    found = made(markets=markets, events=5_000, days=10, breaches=0.02)

    assert found.dead == []
    assert {fact.market for fact in found.facts if isinstance(fact, LinkClicked)} == set(markets)


@pytest.mark.parametrize(
    "given",
    [
        {"events": 1, "partners": 1},
        {"events": 40},
        {"events": 41, "days": 1},
        {"events": 3_000, "days": 400, "start": dt.date(1999, 12, 31)},
        {"events": 5_000, "customers": 5, "days": 1},
    ],
)
def test_there_are_exactly_as_many_events_as_asked_for(given: dict[str, Any]) -> None:
    found = made(**given)

    assert len(found.events) == given["events"]
    assert found.dead == []


@pytest.mark.slow
def test_a_stream_is_made_as_it_is_read_and_forgets_it() -> None:
    asked = parameters(events=10_000_000, customers=1_000)
    rules = read_rules(program_text(asked.markets, asked.partners, START))
    events = stream(asked, rules, lambda _: None)
    list(islice(events, 2_000))
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    for _ in islice(events, 30_000):
        pass
    after, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    # What stays is due later: about one in ten events, and a few hundred bytes each.
    assert after - before < 2_500_000
    assert peak - before < 3_000_000


def test_a_market_is_as_busy_as_its_calendar_says() -> None:
    friday = black_friday(2025)

    assert uplift(friday, MARKETS["FR"]) == 400
    assert uplift(friday, MARKETS["AE"]) == 100
    assert uplift(friday + dt.timedelta(3), MARKETS["US"]) == 340
    assert 200 <= uplift(dt.date(2025, 11, 11), MARKETS["CN"]) <= 400
    assert uplift(dt.date(2025, 6, 1), MARKETS["FR"]) == 100


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"markets": ("FR", "XX")}, "XX is none"),
        ({"markets": ()}, "markets are some of"),
        ({"markets": ("FR", "FR")}, "named twice"),
        ({"customers": 4}, "fewer customers than markets"),
        ({"events": 39}, "an event for each"),
        ({"days": 5_000}, "days"),
        ({"breaches": 0.5}, "between 0 and 0.2"),
        ({"breaches": float("nan")}, "between 0 and 0.2"),
    ],
)
def test_parameters_that_fit_no_stream_say_so(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ParametersError, match=message):
        parameters(**given)


def test_a_program_without_the_market_is_refused() -> None:
    rules = read_rules(program_text(("FR",), 1, START))

    with pytest.raises(ParametersError, match="no market DE"):
        stream(parameters(), rules, lambda _: None)


def test_parameters_are_frozen() -> None:
    assert hash(parameters()) == hash(Parameters(**vars(parameters())))
