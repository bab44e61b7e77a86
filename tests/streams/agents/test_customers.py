from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from events.inputs import (
    AdjustmentRequested,
    CaseResolved,
    InputEvent,
    LinkClicked,
    OrderCancelled,
    PartnerSuspended,
    ProgramPublished,
    ReferralCreated,
)
from events.outputs import Cause, DeadLetter, Posting, Reward, RewardEvent
from events.time import DAY_MS, format_time, parse_time
from streams.rules.state import Customer
from tests.scenarios.world import World

PROGRAMS = Path(__file__).parents[2] / "scenarios" / "programs"
ACME, POINTS, HAVANA = ((PROGRAMS / f"{name}.toml").read_text() for name in ("acme", "points", "havana"))
HEAD: dict[str, Any] = {"source": "s", "id": "e", "time": 0, "program": "acme"}


def order(order_id: str, subtotal: str = "100.00", **more: Any) -> dict[str, Any]:
    return {
        "order_id": order_id,
        "customer_id": "ada",
        "market": "FR",
        "currency": "EUR",
        "subtotal": subtotal,
    } | more


def refund(order_id: str, refund_id: str, amount: str = "10.00", **more: Any) -> dict[str, Any]:
    return {
        "order_id": order_id,
        "customer_id": "ada",
        "refund_id": refund_id,
        "amount": amount,
        "currency": "EUR",
    } | more


def keys_under(world: World, prefix: bytes) -> int:
    return sum(key.startswith(prefix) for key in world.reader.values)


def test_an_accrual_says_all_there_is_to_say() -> None:
    world = World(ACME)
    world.send("order.placed", "2026-11-27T10:00:00+01:00", order("o1", "129.90"), id_="evt-1")

    assert world.outputs[1] == RewardEvent(
        parse_time("2026-11-27T09:00:00Z"),
        Reward(
            entry_id="o1~bf-double~customer:ada",
            seq=2,
            program="acme",
            program_version=1,
            account="customer:ada",
            kind="bonus",
            unit="EUR/2",
            amount=650,
            postings=(Posting("program:acme", "customer:ada:pending", 650),),
            caused_by=Cause("shop", "evt-1"),
            rule="bf-double",
            order_id="o1",
            key_day="black_friday",
            available_on="2026-12-27",
            explain=(
                "black_friday in FR",
                "6.50 * (2 - 1) = 6.50, rounded half_even to 6.50 EUR",
                "hold 30 days from 2026-11-27",
            ),
        ),
    )


def test_a_grant_without_hold_is_available_on_its_day() -> None:
    world = World(POINTS)
    world.send("order.placed", "2026-03-01T23:30:00Z", order("o1", new_customer=False))

    (reward,) = world.rewards
    assert reward.available_on == "2026-03-02"
    assert reward.postings == (Posting("program:points", "customer:ada:available", 100),)


def test_a_release_says_which_midnight_caused_it() -> None:
    world = World(ACME)
    world.send("order.placed", "2026-03-01T12:00:00Z", order("o1"))
    world.tick_until(parse_time("2026-04-30T00:00:00Z"))

    event = world.outputs[-1]
    assert event == RewardEvent(
        parse_time("2026-03-30T22:00:00Z"),
        Reward(
            entry_id="release~customer:ada~EUR/2~2026-03-31",
            seq=2,
            program="acme",
            program_version=1,
            account="customer:ada",
            kind="released",
            unit="EUR/2",
            amount=500,
            postings=(Posting("customer:ada:pending", "customer:ada:available", 500),),
            caused_by=Cause("keyday/clock", "Europe/Paris/2026-03-31"),
            explain=("5.00 EUR/2 due by 2026-03-31",),
        ),
    )


def test_a_reversal_names_what_it_reverses_and_how_much() -> None:
    world = World(ACME)
    world.send("order.placed", "2026-03-01T12:00:00Z", order("o1", "129.90"))
    world.send("order.refunded", "2026-03-02T12:00:00Z", refund("o1", "r1", "43.30"), id_="evt-2")

    event = world.outputs[-1]
    assert event == RewardEvent(
        parse_time("2026-03-02T12:00:00Z"),
        Reward(
            entry_id="r1~o1~base~customer:ada",
            seq=2,
            program="acme",
            program_version=1,
            account="customer:ada",
            kind="reversed",
            unit="EUR/2",
            amount=217,
            postings=(Posting("customer:ada:pending", "program:acme", 217),),
            caused_by=Cause("shop", "evt-2"),
            rule="base",
            order_id="o1",
            reverses="o1~base~customer:ada",
            explain=(
                "6.50 * 43.30 / 129.90, rounded half_even to 2.17",
                "2.17 - 0.00 reversed before, from pending",
            ),
        ),
    )


def test_a_refund_that_waited_takes_effect_at_the_time_of_its_order() -> None:
    world = World(ACME)
    world.send("order.refunded", "2026-03-01T12:00:00Z", refund("o1", "r1"))
    world.send("order.placed", "2026-03-02T12:00:00Z", order("o1"))

    times = [event.time for event in world.outputs]
    assert times == [parse_time("2026-03-02T12:00:00Z")] * 2


def test_a_refund_given_up_goes_to_the_dead_letters_with_its_own_bytes() -> None:
    world = World(ACME)
    world.send("order.refunded", "2026-03-01T12:00:00Z", refund("o1", "r1"), id_="early")
    world.tick_until(parse_time("2026-06-29T21:59:59Z"))
    assert world.outputs == []
    world.tick_until(parse_time("2026-06-29T22:00:00Z"))

    (letter,) = world.outputs
    assert isinstance(letter, DeadLetter)
    assert (letter.code, letter.topic, letter.partition, letter.offset) == ("order_unknown", "orders", 0, 0)
    assert letter.time == parse_time("2026-06-29T22:00:00Z")
    assert letter.key == b"ada"
    assert b'"id": "early"' in (letter.value or b"")
    assert [keys_under(world, prefix) for prefix in (b"w", b"d", b"r")] == [0, 0, 0]


def test_a_waiting_refund_leaves_nothing_behind_once_applied() -> None:
    world = World(ACME)
    world.send("order.refunded", "2026-03-01T12:00:00Z", refund("o1", "r1"))
    assert (keys_under(world, b"w"), keys_under(world, b"d")) == (1, 1)
    world.send("order.placed", "2026-03-02T12:00:00Z", order("o1"))

    assert [keys_under(world, prefix) for prefix in (b"w", b"d", b"l")] == [0, 0, 1]
    assert world.agent._state.customer("ada").waiting == 0


def test_refund_ids_that_look_alike_behind_their_customer_are_kept_apart() -> None:
    world = World(ACME)
    at = "2026-03-01T14:00:00Z"

    assert world.send("order.refunded", at, refund("o1", "x", customer_id="ad")) == "ok"
    assert world.send("order.refunded", at, refund("o1", "dx", customer_id="a")) == "ok"


def test_a_refund_does_not_wait_for_an_order_that_was_forgotten_by_then() -> None:
    world = World(ACME)
    time = parse_time("2026-06-01T00:00:00Z")
    world.send("order.refunded", format_time(time), refund("o1", "r1"))
    world.send("order.refunded", format_time(time - 1), refund("o1", "r2"))
    world.send("order.placed", format_time(time - 1 - 120 * DAY_MS), order("o1"))

    assert [reward.entry_id for reward in world.rewards] == [
        "o1~base~customer:ada",
        "r2~o1~base~customer:ada",
    ]
    assert world.agent._state.customer("ada").waiting == 1


def test_a_customer_is_new_to_each_program() -> None:
    other = POINTS.replace('id = "points"', 'id = "other"', 1)
    world = World(POINTS, other)
    for number, program in enumerate(["points", "other", "points", "other"]):
        world.send("order.placed", "2026-03-01T12:00:00Z", order(f"o{number}", "0.00", program=program))

    assert [reward.entry_id.partition("~")[0] for reward in world.rewards] == ["o0", "o1"]


def test_a_clipped_refund_says_what_it_was_clipped_to() -> None:
    world = World(ACME)
    world.send("order.placed", "2026-03-01T12:00:00Z", order("o1"))
    world.send("order.refunded", "2026-03-01T12:00:00Z", refund("o1", "r1", "250.00"))

    assert world.rewards[-1].explain == (
        "5.00 * 100.00 / 100.00, rounded half_even to 5.00",
        "5.00 - 0.00 reversed before, from pending",
    )


@pytest.mark.parametrize(
    ("after", "outcome"), [(120 * DAY_MS, "duplicate"), (120 * DAY_MS + 1, "ok"), (-DAY_MS, "duplicate")]
)
def test_an_order_id_is_known_for_the_memory(after: int, outcome: str) -> None:
    world = World(ACME)
    first = parse_time("2026-03-01T12:00:00Z")
    world.send("order.placed", format_time(first), order("o1"))

    assert world.send("order.placed", format_time(first + after), order("o1")) == outcome


@pytest.mark.parametrize(("after", "outcome"), [(120 * DAY_MS, "duplicate"), (120 * DAY_MS + 1, "ok")])
def test_a_refund_id_is_known_for_the_memory(after: int, outcome: str) -> None:
    world = World(ACME)
    first = parse_time("2026-03-01T12:00:00Z")
    world.send("order.placed", format_time(first), order("o1"))
    world.send("order.refunded", format_time(first), refund("o1", "r1"))

    assert world.send("order.refunded", format_time(first + after), refund("o1", "r1")) == outcome


@pytest.mark.parametrize(("after", "reversed_"), [(120 * DAY_MS, 1), (120 * DAY_MS + 1, 0)])
def test_an_order_can_be_refunded_for_the_memory(after: int, reversed_: int) -> None:
    world = World(ACME)
    first = parse_time("2026-03-01T12:00:00Z")
    world.send("order.placed", format_time(first), order("o1"))
    world.send("order.refunded", format_time(first + after), refund("o1", "r1"))

    assert [reward.kind for reward in world.rewards].count("reversed") == reversed_


def test_the_past_is_forgotten_in_slices_and_not_before_a_late_event_could_ask_for_it() -> None:
    world = World(ACME, POINTS, slice_accounts=2)
    for number in range(40):
        data = order(f"o{number}", program=("acme", "points")[number % 2])
        world.send("order.placed", "2026-03-01T12:00:00Z", data)
        data = refund(f"o{number}", f"r{number}", program=("acme", "points")[number % 2])
        world.send("order.refunded", "2026-03-01T12:00:00Z", data)
    world.tick_until(parse_time("2026-09-26T00:00:00Z"))
    assert (keys_under(world, b"o"), keys_under(world, b"r")) == (40, 40)
    before = world.slices
    world.tick_until(parse_time("2026-11-27T00:00:00Z"))

    assert (keys_under(world, b"o"), keys_under(world, b"r")) == (0, 0)
    assert world.slices - before > 80 / (2 * 5)


def test_orders_of_partners_are_forgotten_when_nobody_can_refund_them_any_more() -> None:
    world = World(ACME, slice_accounts=2)
    for number in range(12):
        world.send("order.placed", "2026-03-01T12:00:00Z", order(f"o{number}", partner_id="lea"))
    credited = world.readers[1].values

    world.tick_until(parse_time("2026-09-26T00:00:00Z"))
    assert sum(key.startswith(b"o") for key in credited) == 12
    assert sum(key.startswith(b"y") for key in credited) == 12
    world.tick_until(parse_time("2026-11-27T00:00:00Z"))
    assert not [key for key in credited if key.startswith((b"o", b"y"))]


def test_a_midnight_ticked_again_does_nothing() -> None:
    world = World(ACME)
    world.send("order.placed", "2026-03-01T12:00:00Z", order("o1"))
    at = parse_time("2026-03-30T22:00:00Z")
    day = 739706
    world.midnight("Europe/Paris", day, at)
    world.midnight("Europe/Paris", day, at)
    world.midnight("Europe/Paris", day - 1, at - DAY_MS)
    world.send("order.cancelled", "2026-03-01T13:00:00Z", {"order_id": "o1", "customer_id": "ada"})

    assert [reward.kind for reward in world.rewards] == ["accrued", "released", "reversed"]
    world.check_ledger()


def test_a_missed_midnight_is_made_up_for_by_the_next() -> None:
    world = World(ACME)
    world.send("order.placed", "2026-03-01T12:00:00Z", order("o1"))
    world.send("order.placed", "2026-03-02T12:00:00Z", order("o2"))
    world.midnight("Europe/Paris", 739800, parse_time("2026-07-02T22:00:00Z"))

    assert [reward.amount for reward in world.rewards] == [500, 500, 1000]
    world.check_ledger()


def test_a_midnight_costs_what_falls_due() -> None:
    world = World(ACME, slice_accounts=10)
    for number in range(35):
        data = order(f"o{number}", customer_id=f"c{number:02}")
        world.send("order.placed", "2026-03-01T12:00:00Z", data)
    world.tick_until(parse_time("2026-03-30T21:00:00Z"))
    before = world.slices
    world.tick_until(parse_time("2026-03-30T22:00:00Z"))

    assert world.slices - before == 4
    released = [reward.account for reward in world.rewards if reward.kind == "released"]
    assert released == [f"customer:c{number:02}" for number in range(35)]
    assert keys_under(world, b"d") == 0


def test_programs_of_two_zones_release_one_account_apart() -> None:
    paris = POINTS.replace("[[accrual]]\n", "[[accrual]]\nhold_days = 1\n")
    world = World(paris, HAVANA)
    at = "2026-03-01T12:00:00Z"
    world.send("order.placed", at, order("o1", program="points", new_customer=False))
    world.send("order.placed", at, order("o2", program="havana", subtotal="7.00"))
    world.tick_until(parse_time("2026-03-10T00:00:00Z"))

    released = [(reward.entry_id, reward.program, reward.amount) for reward in world.rewards[2:]]
    assert released == [
        ("release~customer:ada~points~2026-03-02", "points", 100),
        ("release~customer:ada~points~2026-03-02~America/Havana", "havana", 7),
    ]
    world.check_ledger()


def test_grants_above_the_range_of_the_ledger_are_refused() -> None:
    greedy = ACME.replace('rate = "0.05"', 'rate = "1000000"')
    world = World(greedy)

    assert world.send("order.placed", "2026-03-01T12:00:00Z", order("o1", "10000000.00")) == "ok"
    outcome = world.send("order.placed", "2026-03-01T12:00:00Z", order("o2", "10000000.01"))
    assert outcome == "amount_out_of_range"


ENORMOUS = """
[[accrual]]
id = "much"
to = "partner"
unit = "money"
rate = "1000000"

[[bonus]]
id = "more"
to = "partner"
unit = "money"
multiply = "1000000"
"""


def test_flat_grants_that_a_bonus_takes_above_the_range_are_refused() -> None:
    rules = ENORMOUS.replace('"partner"', '"customer"').replace('rate = "1000000"', 'flat = "10001000.00"')
    world = World(ACME + rules)

    assert world.send("order.placed", "2026-03-01T12:00:00Z", order("o1")) == "amount_out_of_range"


def test_grants_of_partners_above_the_range_of_the_ledger_are_refused() -> None:
    world = World(ACME + ENORMOUS)
    at = "2026-03-01T12:00:00Z"
    world.send("partner.enrolled", at, {"partner_id": "lea", "group": "content"})

    assert world.send("order.placed", at, order("o1", "0.01", partner_id="lea")) == "ok"
    assert world.rewards[-1].amount <= 10**15
    outcome = world.send("order.placed", at, order("o2", "10000000000.00", partner_id="lea"))
    assert outcome == "amount_out_of_range"
    assert world.send("order.placed", at, order("o2", "10000000000.00")) == "ok"


def test_lines_above_the_range_of_the_ledger_are_refused() -> None:
    shoes = ENORMOUS.replace('rate = "1000000"', 'rate = "1000000"\nwhen = { category = ["shoes"] }')
    line = {"line_id": "1", "sku": "s", "category": "shoes", "quantity": 1, "amount": "10000000000.00"}
    world = World(ACME + shoes)
    at = "2026-03-01T12:00:00Z"

    outcome = world.send("order.placed", at, order("o1", "0.01", partner_id="lea", lines=[line]))
    assert outcome == "amount_out_of_range"


def test_the_last_days_of_the_calendar_do_no_harm() -> None:
    world = World(ACME)
    world.send("order.refunded", "9999-12-31T23:59:59Z", refund("o1", "r1"))
    world.send("order.placed", "9999-12-31T23:59:59Z", order("o1"))

    assert [reward.available_on for reward in world.rewards] == ["9999-12-31", None]


def test_clipped_refunds_are_counted() -> None:
    world = World(ACME)
    world.send("order.placed", "2026-03-01T12:00:00Z", order("o1"))
    for number, amount in enumerate(["100.00", "0.00", "0.01"]):
        world.send("order.refunded", "2026-03-01T12:00:00Z", refund("o1", f"r{number}", amount))

    assert world.clipped == 1


@pytest.mark.parametrize(
    ("event", "owner"),
    [
        (OrderCancelled(**HEAD, order_id="o", customer_id="ada"), "ada"),
        (LinkClicked(**HEAD, click_id="k", customer_id="ada", partner_id="lea", market="FR"), "ada"),
        (ReferralCreated(**HEAD, referral_id="r", code="c", advocate_id="ada", friend_id="bob"), "bob"),
        (
            AdjustmentRequested(
                **HEAD,
                adjustment_id="a",
                account="customer:a:b",
                unit="points",
                amount=1,
                reason="r",
                actor="x",
            ),
            "a:b",
        ),
        (PartnerSuspended(**HEAD, partner_id="lea"), None),
        (CaseResolved(**HEAD, case_id="c", partner_id="lea", decision="upheld", actor="x"), None),
        (ProgramPublished(**HEAD, content=b"{}"), None),
    ],
)
def test_the_owner_is_the_key_of_the_topic_of_what_belongs_to_customers(
    event: InputEvent, owner: str | None
) -> None:
    assert World(ACME).agent.owner(event) == owner


def test_owners_have_a_record_from_their_first_event_on() -> None:
    world = World(ACME)
    assert world.agent.entities.get(b"ada") is None
    world.send("order.refunded", "2026-03-01T12:00:00Z", refund("o1", "r1"))

    assert world.agent.entities.get(b"ada") is not None
    assert world.agent.entities.get(b"bob") is None


def test_what_the_engine_notes_stays_in_the_owners_record() -> None:
    world = World(ACME)
    world.agent.entities.put(b"ada", Customer(memory=b"noted"))
    world.send("order.placed", "2026-03-02T12:00:00Z", order("o1"))

    found = world.agent.entities.get(b"ada")
    assert found is not None
    assert (found.memory, found.seq) == (b"noted", 1)
