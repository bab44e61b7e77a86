"""What holds whatever comes: every stream of orders, refunds, cancels and midnights keeps the books."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from events.time import DAY_MS, format_time, parse_time
from tests.scenarios.world import World

PROGRAMS = Path(__file__).parents[2] / "scenarios" / "programs"
START = parse_time("2026-06-20T00:00:00Z")
TEXTS = {path.stem: path.read_text() for path in PROGRAMS.glob("*.toml")}

customers = st.sampled_from(["ada", "bob"])
order_ids = st.sampled_from(["o1", "o2", "o3"])
cents = st.integers(0, 30_000) | st.sampled_from([0, 1, 10**12])
currencies = st.sampled_from(["EUR", "EUR", "USD"])
placed = st.tuples(st.just("order.placed"), order_ids, customers, cents, currencies)
refunded = st.tuples(st.just("order.refunded"), order_ids, customers, cents, currencies)
cancelled = st.tuples(st.just("order.cancelled"), order_ids, customers, cents, currencies)
#: Milliseconds after the last event; below zero the event is late.
gaps = st.integers(-3 * DAY_MS, 3 * DAY_MS) | st.integers(0, 20 * DAY_MS) | st.just(0)
streams = st.lists(st.tuples(gaps, placed | refunded | cancelled), max_size=25)


def money(amount: int) -> str:
    return f"{amount // 100}.{amount % 100:02}"


def data_of(step: tuple[str, str, str, int, str], number: int) -> dict[str, Any]:
    kind, order_id, customer, amount, currency = step
    data: dict[str, Any] = {"program": "acme", "order_id": order_id, "customer_id": customer}
    if kind == "order.placed":
        data |= {"market": "FR", "currency": currency, "subtotal": money(amount)}
    elif kind == "order.refunded":
        data |= {"refund_id": f"r{number}", "currency": currency, "amount": money(amount)}
    return data


@settings(max_examples=60)
@given(streams)
def test_the_books_balance_after_every_stream(
    stream: list[tuple[int, tuple[str, str, str, int, str]]],
) -> None:
    world = World(TEXTS["acme"], memory_days=10)
    time, placed_at = START, dict[str, int]()
    for number, (gap, step) in enumerate(stream):
        time += gap
        # An order id that is used again once it is forgotten makes the same entry ids again.
        if step[0] == "order.placed" and time > placed_at.setdefault(step[1], time) + 10 * DAY_MS:
            continue
        world.send(step[0], format_time(time), data_of(step, number))
        world.check_ledger()
    world.tick_until(time + 60 * DAY_MS)

    world.check_ledger()
    assert all(
        amount == 0
        for account, units in world.balances().items()
        if account.endswith(":pending")
        for amount in units.values()
    )
    assert not [key for key in world.reader.values if key[:1] in {b"w", b"d"}]


@settings(max_examples=60)
@given(
    net=st.integers(1, 1_000_000),
    cuts=st.lists(st.integers(0, 1_000_000), max_size=6),
    gaps_days=st.lists(st.integers(0, 12), min_size=8, max_size=8),
    program=st.sampled_from([["acme"], ["acme-v2"], ["acme", "acme-v2"]]),
    order_at=st.integers(0, 7),
)
def test_a_full_refund_in_any_split_leaves_nothing(
    net: int, cuts: list[int], gaps_days: list[int], program: list[str], order_at: int
) -> None:
    points = [0, *sorted(cut % (net + 1) for cut in cuts), net]
    steps = [("order.refunded", end - start) for start, end in pairwise(points)]
    steps.insert(min(order_at, len(steps)), ("order.placed", net))
    world = World(*(TEXTS[name] for name in program))
    time = parse_time("2026-11-27T12:00:00Z")
    for number, (kind, amount) in enumerate(steps):
        time += gaps_days[number % 8] * DAY_MS
        world.send(kind, format_time(time), data_of((kind, "o1", "ada", amount, "EUR"), number))
    world.tick_until(time + 60 * DAY_MS)

    world.check_ledger()
    assert {amount for units in world.balances().values() for amount in units.values()} <= {0}
    granted = sum(reward.amount for reward in world.rewards if reward.kind in {"accrued", "bonus"})
    assert granted == sum(reward.amount for reward in world.rewards if reward.kind == "reversed")
