"""What holds for partners, budgets, caps, tiers, referrals and requests together, whatever comes and when."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.time import DAY_MS, format_time, parse_time
from tests.oracle.worlds import make_world
from tests.program_head import PROGRAM_TABLE
from tests.scenarios import invariants
from tests.scenarios.scattered import Scattered
from tests.scenarios.world import World

START = parse_time("2026-11-25T20:00:00Z")
LATER = 400 * DAY_MS
TOPICS = ("partner-events", "clicks", "referrals", "orders", "account-requests")

Event = tuple[int, str, dict[str, Any]]

PROGRAM = (
    PROGRAM_TABLE
    + """\
attribution = "{attribution}"
bonus_stacking = "{stacking}"

[markets.FR]
tz = "Europe/Paris"

[coupons]
LEA = "lea"

[[key_day]]
use = "black_friday"

[[accrual]]
id = "base"
to = "partner"
unit = "money"
rate = "0.1"
hold_days = 1
expires_days = 3
cap = {{ period = "day", amount = "5.00", over = "{over}" }}
budget = "main"

[[accrual]]
id = "thanks"
to = "customer"
unit = "money"
rate = "0.05"
expires_days = 2
when = {{ min_order = "10.00" }}
cap = {{ period = "week", amount = "3.00", over = "{over}" }}
budget = "main"

[[accrual]]
id = "points"
to = "customer"
unit = "points"
rate = "1"
hold_days = 1

[[bonus]]
id = "extra"
to = "partner"
unit = "money"
multiply = "2"
hold_days = 0
cap = {{ period = "month", amount = "4.00", over = "{over}" }}
budget = "side"

[[bonus]]
id = "friday"
to = "customer"
unit = "money"
on = ["black_friday"]
flat = "0.70"
budget = "side"

[[budget]]
id = "main"
amount = "6.00"
period = "lifetime"
over = "{over_budget}"

[[budget]]
id = "side"
amount = "3.00"
period = "month"
over = "{over_budget}"

[tiers]
metric = "revenue"
window = {{ rolling_days = 2 }}
levels = [{{ id = "low", from = "0" }}, {{ id = "high", from = "60.00", multiply = "1.5" }}]

[referral]
window_days = 2
min_order = "5.00"
advocate_points = 50
friend_points = 30
cap_per_month = 2
hold_days = 1
"""
)

programs = st.builds(
    PROGRAM.format,
    attribution=st.sampled_from(["linear", "last_click", "position"]),
    stacking=st.sampled_from(["sum", "best"]),
    over=st.sampled_from(["trim", "reject", "allow_last"]),
    over_budget=st.sampled_from(["trim", "reject"]),
)
customers = st.sampled_from(["ada", "bob", "cy"])
partners = st.sampled_from(["lea", "max", "zoe"])
orders = st.sampled_from(["o1", "o2", "o3", "o4"])
cents = st.integers(0, 9_000) | st.sampled_from([0, 1, 999, 1000, 5000])
owners = customers.map(lambda one: f"customer:{one}") | partners.map(lambda one: f"partner:{one}")
units = st.sampled_from(["EUR/2", "EUR/2", "points"])
gaps = st.sampled_from([0, 0, 1, 1000, 3_600_000, 4 * 3_600_000, DAY_MS, 2 * DAY_MS, 9 * DAY_MS])


#: Orders more often than anything else, then refunds.
KINDS = (
    *("order.placed",) * 4,
    *("order.refunded",) * 2,
    "order.cancelled",
    "link.clicked",
    "referral.created",
    "partner.suspended",
    "partner.reinstated",
    "redemption.requested",
    "adjustment.requested",
)


def money(amount: int) -> str:
    return f"{amount // 100}.{amount % 100:02}"


@st.composite
def events(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """One event; ids come again, and refunds come for orders that never came."""
    kind = draw(st.sampled_from(KINDS))
    order_id = draw(orders)
    # Mostly each order has its customer; sometimes another one speaks of it.
    own = {"o1": "ada", "o2": "ada", "o3": "bob", "o4": "cy"}[order_id]
    customer = own if draw(st.integers(0, 9)) else draw(customers)
    data: dict[str, Any] = {}
    match kind:
        case "order.placed":
            data = {"order_id": order_id, "customer_id": customer, "market": "FR", "currency": "EUR"}
            data["subtotal"] = money(draw(cents))
            data |= draw(
                st.sampled_from([{}, {"partner_id": "max"}, {"coupons": ["LEA"]}, {"device_id": "d1"}])
            )
        case "order.refunded":
            data = {"order_id": order_id, "customer_id": customer, "currency": "EUR"}
            data |= {"refund_id": f"r{draw(st.integers(1, 6))}", "amount": money(draw(cents))}
        case "order.cancelled":
            data = {"order_id": order_id, "customer_id": customer}
        case "link.clicked":
            data = {"click_id": f"c{draw(st.integers(1, 9))}", "customer_id": draw(customers), "market": "FR"}
            data["partner_id"] = draw(partners)
        case "referral.created":
            data = {
                "referral_id": f"g{draw(st.integers(1, 4))}",
                "code": "HI",
                "advocate_id": draw(customers),
            }
            data["friend_id"] = draw(customers)
        case "partner.suspended" | "partner.reinstated":
            data = {"partner_id": draw(partners)}
        case "redemption.requested":
            account = draw(owners)  # a request id belongs to one account
            data = {"redemption_id": f"d{draw(st.integers(1, 4))} {account}", "account": account}
            data |= {"unit": draw(units), "amount": draw(st.integers(1, 400))}
        case "adjustment.requested":
            account = draw(owners)
            data = {"adjustment_id": f"j{draw(st.integers(1, 4))} {account}", "account": account}
            data |= {"unit": draw(units), "amount": draw(st.integers(-300, 300).filter(bool))}
            data |= {"reason": "goodwill", "actor": "ann"}
    return kind, data


def enrolments() -> list[Event]:
    return [
        (START, "partner.enrolled", {"partner_id": partner, "group": "content"})
        for partner in ("lea", "max", "zoe")
    ] + [
        (
            START,
            "link.clicked",
            {"click_id": f"c0{partner}", "customer_id": "ada", "market": "FR"} | {"partner_id": partner},
        )
        for partner in ("lea", "max")
    ]


@st.composite
def streams(draw: st.DrawFn, most: int = 25) -> list[Event]:
    found, time = enrolments(), START
    for gap, (kind, data) in draw(st.lists(st.tuples(gaps, events()), max_size=most)):
        # An order id that comes again once it is forgotten would make the same entry ids again.
        time = min(time + gap, START + 100 * DAY_MS)
        found.append((time, kind, data))
    return found


def play(world: World, stream: list[Event], *, each: bool = False) -> None:
    for time, kind, data in stream:
        world.send(kind, format_time(time), data)
        if each:
            invariants.check(world)


def rest(world: World, time: int) -> None:
    if isinstance(world, Scattered):
        world.finish(time)
    else:
        world.tick_until(time)
    invariants.check(world)
    invariants.check_rest(world)


@pytest.mark.slow
@settings(max_examples=40)
@given(programs, streams())
def test_books_budgets_and_caps_hold_after_every_event(program: str, stream: list[Event]) -> None:
    world = World(program)
    play(world, stream, each=True)
    rest(world, stream[-1][0] + LATER)


@pytest.mark.slow
@settings(max_examples=80)
@given(programs, streams(), st.randoms(use_true_random=False))
def test_books_budgets_and_caps_hold_when_agents_do_not_keep_pace(
    program: str, stream: list[Event], random: Random
) -> None:
    world = Scattered(random, program)
    play(world, stream)
    invariants.check_prefixes(world.programs.all(), world.reward_events, in_order=False)
    rest(world, stream[-1][0] + LATER)


@pytest.mark.slow
@settings(max_examples=40)
@given(programs, streams(), st.randoms(use_true_random=False), st.sampled_from(["refund", "cancel"]))
def test_whatever_is_taken_back_in_full_leaves_nothing(
    program: str, stream: list[Event], random: Random, how: str
) -> None:
    world = Scattered(random, program)
    play(world, stream)
    time = stream[-1][0]
    placed = {data["order_id"]: data for _, kind, data in reversed(stream) if kind == "order.placed"}
    for order_id, data in placed.items():
        whole: dict[str, Any] = {"order_id": order_id, "customer_id": data["customer_id"]}
        if how == "cancel" or data["subtotal"] == "0.00":  # of nothing nothing can be refunded
            world.send("order.cancelled", format_time(time), whole)
        else:
            whole |= {"refund_id": f"all {order_id}", "currency": "EUR", "amount": "100.00"}
            world.send("order.refunded", format_time(time), whole)
    world.finish(time + LATER)

    invariants.check(world)
    assert {order_id: invariants.left_of_order(world, order_id) for order_id in placed} == dict.fromkeys(
        placed, 0
    )
    for budget in ("main", "side"):
        assert sum(world.balances().get(f"budget:{budget}", {}).values()) == 0


@pytest.mark.slow
@settings(max_examples=40)
@given(programs, streams(most=15), st.lists(st.integers(0, 99), max_size=6), st.integers(0, 2))
def test_what_comes_again_changes_nothing(
    program: str, stream: list[Event], again: list[int], days_later: int
) -> None:
    once, twice = World(program), World(program)
    for world in (once, twice):
        play(world, stream)
        world.tick_until(stream[-1][0] + days_later * DAY_MS)
    known = {"order.placed", "order.refunded", "link.clicked", "redemption.requested", "adjustment.requested"}
    repeated = [one for one in stream if one[1] in known | {"referral.created"}]
    before = (list(twice.outputs), list(twice.decisions), dict(twice.reader.values))
    for number in again[: len(repeated)]:
        time, kind, data = repeated[number % len(repeated)]
        assert twice.send(kind, format_time(time), data) == "duplicate"
    assert (twice.outputs, twice.decisions, twice.reader.values) == before
    rest(once, stream[-1][0] + LATER)
    rest(twice, stream[-1][0] + LATER)

    assert invariants.by_owner(once) == invariants.by_owner(twice)


@pytest.mark.slow
@settings(max_examples=40)
@given(programs, st.lists(st.tuples(gaps, st.booleans(), st.integers(0, 9_000), st.booleans()), max_size=14))
def test_customers_and_partners_that_share_nothing_commute(
    program: str, steps: list[tuple[int, bool, int, bool]]
) -> None:
    text = "\n".join(line for line in program.splitlines() if not line.startswith("budget ="))
    stream: list[Event] = enrolments()[:3]
    time, last = START, {True: "", False: ""}
    for number, (gap, first, amount, refund) in enumerate(steps):
        time += gap
        customer, partner = ("ada", "lea") if first else ("bob", "max")
        data: dict[str, Any] = {"customer_id": customer, "currency": "EUR"}
        if refund and last[first]:
            data |= {"order_id": last[first], "refund_id": f"r{number}", "amount": money(amount)}
            stream.append((time, "order.refunded", data))
        else:
            last[first] = f"o{number}"
            data |= {
                "order_id": last[first],
                "market": "FR",
                "subtotal": money(amount),
                "partner_id": partner,
            }
            stream.append((time, "order.placed", data))
    # Within a home day all of one pair, then all of the other.
    zone = invariants.home_day
    mixed, parted = World(text), World(text)
    acme = mixed.programs.all()[0]
    order = sorted(stream, key=lambda one: (zone(acme, one[0]), one[2].get("customer_id", "")))
    for world, events_ in ((mixed, stream), (parted, order)):
        for number, (at, kind, data) in enumerate(events_):
            world.send(
                kind, format_time(at), data, id_=data.get("refund_id", data.get("order_id", f"p{number}"))
            )
        rest(world, time + LATER)

    assert invariants.by_owner(mixed) == invariants.by_owner(parted)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 25))
def test_random_worlds_keep_the_books_when_agents_do_not_keep_pace(seed: int) -> None:
    left_out = ("versions", "publish", "memory", "bad-records", "conflicts")
    made = make_world(f"scattered {seed}", left_out)
    told = [
        (parse_time(one.event["time"]), one.topic, json.loads(one.raw)) for one in made.records if one.event
    ]
    told.sort(key=lambda one: (one[0], TOPICS.index(one[1])))
    world = Scattered(Random(seed), *made.texts())
    for _, _, event in told:
        world.send(event["type"], event["time"], event["data"], id_=event["id"])
    rest(world, told[-1][0] + LATER)


def test_a_friends_first_good_order_qualifies_even_if_a_later_one_needs_no_budget() -> None:
    world = Scattered(
        Random(0), PROGRAM.format(attribution="linear", stacking="sum", over="trim", over_budget="trim")
    )
    world.patient = True
    play(
        world,
        [
            *enrolments(),
            (
                START,
                "referral.created",
                {"referral_id": "g1", "code": "HI", "advocate_id": "cy", "friend_id": "bob"},
            ),
            # The first asks a budget about "thanks", the second is too small for it.
            (START + 1, "order.placed", bought("o1", "bob", "20.00")),
            (START + 2, "order.placed", bought("o2", "bob", "6.00")),
        ],
    )
    world.patient = False
    rest(world, START + LATER)

    assert [one.order_id for one in world.rewards if one.kind == "referral"] == ["o1", "o1"]


@pytest.mark.parametrize("seed", range(20))
def test_a_refund_that_overtakes_the_budgets_of_a_partner_is_not_lost(seed: int) -> None:
    text = PROGRAM.format(attribution="linear", stacking="sum", over="trim", over_budget="trim")
    world = Scattered(Random(seed), text)
    # Too small for the customer's own budget, so that the refund is applied while the partner's is asked.
    order = bought("o1", "bob", "9.00") | {"partner_id": "max"}
    refund = {"order_id": "o1", "customer_id": "bob", "refund_id": "r1", "currency": "EUR", "amount": "9.00"}
    play(world, [*enrolments(), (START + 1, "order.placed", order), (START + 2, "order.refunded", refund)])
    rest(world, START + LATER)

    assert any(one.account == "partner:max" for one in world.rewards)
    assert invariants.left_of_order(world, "o1") == 0


def bought(order_id: str, customer: str, subtotal: str) -> dict[str, Any]:
    return {
        "order_id": order_id,
        "customer_id": customer,
        "market": "FR",
        "currency": "EUR",
        "subtotal": subtotal,
    }
