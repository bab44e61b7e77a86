"""What holds of cases whatever comes: holding conserves, dismissing undoes it, upholding leaves nothing."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from events.outputs import CaseEvidence
from events.time import DAY_MS, format_time, parse_time
from tests.program_head import PROGRAM_TABLE
from tests.scenarios import invariants
from tests.scenarios.world import World

START = parse_time("2026-03-01T08:00:00Z")
PROGRAM = (
    PROGRAM_TABLE
    + """\
attribution = "linear"

[markets.FR]
tz = "Europe/Paris"
brand_terms = ["acme"]

[[accrual]]
id = "base"
to = "partner"
unit = "money"
rate = "0.1"
hold_days = 2
cap = {{ period = "week", amount = "20.00" }}
budget = "main"

[[accrual]]
id = "now"
to = "partner"
unit = "points"
rate = "1"

[[bonus]]
id = "extra"
to = "partner"
unit = "money"
multiply = "2"
hold_days = 0
budget = "main"

[[budget]]
id = "main"
amount = "50.00"

[compliance]
self_referral = {{ action = "{first}" }}
click_to_order_time = {{ action = "{second}" }}
brand_bidding = {{ action = "{third}" }}
reversal_rate = {{ action = "{third}", min_orders = 3 }}
"""
)

customers = st.sampled_from(["ada", "bob", "own"])
partners = st.sampled_from(["lea", "max"])
gaps = st.sampled_from([0, 0, 1_000, 2_000, 3_600_000, DAY_MS, 3 * DAY_MS])
orders = st.integers(1, 9)
clicked = st.tuples(st.just("link.clicked"), gaps, customers, partners, orders)
placed = st.tuples(st.just("order.placed"), gaps, customers, partners, orders)
refunded = st.tuples(st.just("order.refunded"), gaps, customers, partners, orders)
cancelled = st.tuples(st.just("order.cancelled"), gaps, customers, partners, orders)
seen = st.tuples(st.just("ad.observed"), gaps, customers, partners, orders)
resolved = st.tuples(st.just("compliance.case_resolved"), gaps, customers, partners, orders)
streams = st.lists(
    st.one_of(clicked, clicked, placed, placed, placed, refunded, cancelled, resolved), max_size=25
)
Step = tuple[str, int, str, str, int]
Balances = dict[str, dict[str, int]]


def play(stream: list[Step], decision: str, **actions: str) -> World:
    """A world after a stream, in which every case is resolved alike, at the latest after it."""
    return play_on(stream, decision, 0, **actions)[0]


def play_on(stream: list[Step], decision: str, wait: int, **actions: str) -> tuple[World, list[Balances]]:
    """The same with the last cases resolved ``wait`` ms later, and the balances on each of the days after that."""
    world = World(PROGRAM.format(**actions))
    for partner in ("lea", "max"):
        data = {"partner_id": partner, "group": "content", "customer_ids": ["own"]}
        world.send("partner.enrolled", format_time(START), data)
    time, whose, known = START, dict[int, str](), set[int]()
    for number, (kind, gap, customer, partner, order) in enumerate(stream):
        time += gap
        owner = whose.setdefault(order, customer)
        data = {
            "link.clicked": {"click_id": f"c{number}", "customer_id": customer, "partner_id": partner}
            | {"market": "FR"},
            "order.placed": {"order_id": f"o{order}", "customer_id": owner, "market": "FR", "currency": "EUR"}
            | {"subtotal": f"{order * 7}.50"},
            "order.refunded": {"order_id": f"o{order}", "customer_id": owner, "refund_id": f"r{number}"}
            | {"amount": f"{number}.00", "currency": "EUR"},
            "order.cancelled": {"order_id": f"o{order}", "customer_id": owner},
            "ad.observed": {"partner_id": partner, "engine": "e", "keyword": "acme", "market": "FR"},
        }
        if kind in {"order.refunded", "order.cancelled"} and order not in known:
            continue  # it would wait until it is too old
        if kind == "order.placed":
            known.add(order)
        if kind == "compliance.case_resolved":
            resolve_all(world, time, decision)
        else:
            world.send(kind, format_time(time), data[kind])
        invariants.check(world)
    time += wait
    resolve_all(world, time, decision)
    after = []
    for day in range(1, 10):
        world.tick_until(time + day * DAY_MS)
        after.append(balances(world))
    invariants.check(world)
    invariants.check_rest(world)
    return world, after


def resolve_all(world: World, time: int, decision: str) -> None:
    cases = [one.data for one in world.decisions if isinstance(one.data, CaseEvidence)]
    for case_id, partner in dict.fromkeys((one.case_id, one.partner_id) for one in cases):
        data = {"case_id": case_id, "partner_id": partner, "decision": decision, "actor": "mia"}
        world.send("compliance.case_resolved", format_time(time), data)


def balances(world: World) -> Balances:
    """What is not 0."""
    found = {name: {u: n for u, n in units.items() if n} for name, units in world.balances().items()}
    return {name: units for name, units in found.items() if units}


@settings(max_examples=40)
@given(streams, st.sampled_from([0, 3 * DAY_MS]))
@example([("link.clicked", 0, "ada", "lea", 1), ("order.placed", 1_000, "ada", "lea", 2)], 0)
@example([("link.clicked", 0, "ada", "lea", 1), ("order.placed", 1_000, "ada", "lea", 2)], 3 * DAY_MS)
def test_a_hold_that_is_dismissed_leaves_the_ledger_as_if_there_had_been_none(
    stream: list[Step], wait: int
) -> None:
    held, after_holds = play_on(stream, "dismissed", wait, first="hold", second="hold", third="flag")
    flagged, after_flags = play_on(stream, "dismissed", wait, first="flag", second="flag", third="flag")

    # From the next midnight on, and not only when all is released.
    assert after_holds == after_flags
    kinds = Counter(one.kind for one in held.rewards)
    assert kinds["unheld"] <= kinds["held"]
    assert {kind: n for kind, n in kinds.items() if kind not in {"held", "unheld", "released"}} == {
        kind: n for kind, n in Counter(one.kind for one in flagged.rewards).items() if kind != "released"
    }


@settings(max_examples=40)
@given(streams)
def test_upheld_leaves_nothing_of_what_was_held(stream: list[Step]) -> None:
    world = play(stream, "upheld", first="hold", second="hold", third="flag")

    grants = {one.entry_id: one.amount for one in world.rewards if one.kind in invariants.GRANTS}
    left = Counter(grants)
    for one in world.rewards:
        if one.kind == "reversed":
            left[one.reverses or ""] -= one.amount
    held = {one.entry_id.split("~", 4)[4]: one.amount for one in world.rewards if one.kind == "held"}
    assert all(left[name] == 0 for name, amount in held.items() if amount == grants[name])
    assert not any(
        amount
        for name, units in world.balances().items()
        if name.endswith(":held")
        for amount in units.values()
    )


actions = st.sampled_from(["flag", "hold", "reject", "clawback", "suspend"])


@settings(max_examples=60)
@given(
    st.lists(st.one_of(clicked, placed, placed, refunded, cancelled, seen, resolved), max_size=25),
    actions,
    actions,
    actions,
    st.sampled_from(["upheld", "dismissed"]),
)
def test_the_books_balance_whatever_is_done_about_breaches(
    stream: list[Step], first: str, second: str, third: str, decision: str
) -> None:
    world = play(stream, decision, first=first, second=second, third=third)

    detected = [one for one in world.decisions if isinstance(one.data, CaseEvidence)]
    assert all(count == 1 for count in Counter((one.topic, one.id) for one in world.decisions).values())
    assert all(one.data.case_id.startswith(f"{one.data.rule}~{one.key}~") for one in detected)  # type: ignore[union-attr]


def test_an_example_holds_something() -> None:
    """So that the properties are about something."""
    stream: list[Any] = [("link.clicked", 0, "ada", "lea", 1), ("order.placed", 1_000, "ada", "lea", 2)]
    world = play(stream, "dismissed", first="flag", second="hold", third="flag")

    assert Counter(one.kind for one in world.rewards)["unheld"] == 3
