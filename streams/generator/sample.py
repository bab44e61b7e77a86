"""A small seeded stream of orders around a Black Friday, with what goes wrong in real streams."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator, Sequence
from heapq import heappop, heappush
from typing import Any, Final

import msgspec

from events.time import DAY_MS
from streams.generator.event import ORDERS, Generated
from streams.generator.rhythm import black_friday

#: The stream begins so many days before Black Friday and is so many days long.
DAYS_BEFORE: Final = 14
DAYS: Final = 28
#: Orders on these days after the first, relative to an ordinary day: the weekend of Black Friday.
RUSH: Final = {DAYS_BEFORE: 5, DAYS_BEFORE + 1: 2, DAYS_BEFORE + 2: 2, DAYS_BEFORE + 3: 4}
#: Markets with their currencies; one that stands there twice is twice as frequent.
MARKETS: Final = (("FR", "EUR"), ("US", "USD"), ("FR", "EUR"), ("DE", "EUR"))
#: How many of a thousand orders lead to …
REFUNDS: Final = 60
CANCELS: Final = 20
DUPLICATES: Final = 15
POISON: Final = 4
_PRICES_MINOR: Final = (999, 1499, 1999, 2499, 3499, 4999, 7999, 12999, 24999)

_encode = msgspec.json.Encoder().encode


def start_of(year: int) -> int:
    """Where ``sample`` begins for a year: a midnight in UTC, in milliseconds since the epoch."""
    first = black_friday(year) - dt.timedelta(days=DAYS_BEFORE)
    return (first - dt.date(1970, 1, 1)).days * DAY_MS


def sample(
    seed: int,
    orders: int,
    customers: int,
    start_ms: int,
    *,
    markets: Sequence[tuple[str, str]] = MARKETS,
    poison: int = POISON,
) -> Iterator[Generated]:
    """Events in the order of time, the same for the same arguments.

    ``orders`` orders of ``customers`` customers over ``DAYS`` days from ``start_ms``; then refunds,
    cancels and repeats of them, and ``poison`` records in a thousand that cannot be decoded.
    """
    rng = random.Random(seed)  # noqa: S311 -- a reproducible sample, no secret
    later: list[tuple[int, int, bytes, bytes]] = []
    for number, at in enumerate(_times(rng, orders, start_ms), start=1):
        while later and later[0][0] <= at:
            yield _due(later)
        order = _order(rng, number, at, customers, markets)
        key = order["data"]["customer_id"].encode()
        yield Generated(ORDERS, key, _encode(order), at)
        for event, due in _aftermath(rng, order, number, at):
            heappush(later, (due, number, key, _encode(event)))
        if rng.randrange(1000) < poison:
            heappush(later, (at + rng.randrange(DAY_MS), number, key, _poison(rng, order)))
    while later:
        yield _due(later)


def _due(later: list[tuple[int, int, bytes, bytes]]) -> Generated:
    at, _, key, value = heappop(later)
    return Generated(ORDERS, key, value, at)


def _times(rng: random.Random, orders: int, start_ms: int) -> Iterator[int]:
    """When orders are placed, ascending: more of them in the rush."""
    weights = [RUSH.get(day, 1) for day in range(DAYS)]
    total, before, placed = sum(weights), 0, 0
    for day, weight in enumerate(weights):
        before += weight
        until = orders * before // total
        for offset in sorted(rng.randrange(DAY_MS) for _ in range(until - placed)):
            yield start_ms + day * DAY_MS + offset
        placed = until


def _order(
    rng: random.Random, number: int, at: int, customers: int, markets: Sequence[tuple[str, str]]
) -> dict[str, Any]:
    # The square favours small numbers: a few customers order often, most seldom.
    customer = customers * rng.randrange(1000) * rng.randrange(1000) // 1_000_000
    market, currency = markets[customer % len(markets)]
    subtotal = rng.choice(_PRICES_MINOR) * rng.choice((1, 1, 1, 2, 3))
    discount = subtotal // 10 if rng.randrange(10) == 0 else 0
    return _event(
        f"order-{number}",
        "order.placed",
        at,
        {
            "order_id": f"order-{number}",
            "customer_id": f"customer-{customer + 1}",
            "market": market,
            "currency": currency,
            "subtotal": _decimal(subtotal),
            "discount": _decimal(discount),
            "shipping": "4.90",
            "channel": rng.choice(("direct", "email", "search")),
        },
    )


def _aftermath(
    rng: random.Random, order: dict[str, Any], number: int, at: int
) -> Iterator[tuple[dict[str, Any], int]]:
    """What follows an order, with its time: a refund, a cancel, the same event once more."""
    data = order["data"]
    about = {"order_id": data["order_id"], "customer_id": data["customer_id"]}
    chance = rng.randrange(1000)
    if chance < REFUNDS:
        due = at + rng.randrange(DAY_MS, 10 * DAY_MS)
        net = _minor(data["subtotal"]) - _minor(data["discount"])
        amount = net if rng.randrange(2) else net // 3
        refund = about | {
            "refund_id": f"refund-{number}",
            "amount": _decimal(amount),
            "currency": data["currency"],
        }
        yield _event(f"refund-{number}", "order.refunded", due, refund), due
    elif chance < REFUNDS + CANCELS:
        due = at + rng.randrange(DAY_MS)
        yield _event(f"cancel-{number}", "order.cancelled", due, about | {"reason": "changed mind"}), due
    elif chance < REFUNDS + CANCELS + DUPLICATES:
        yield order, at + rng.randrange(3_600_000)


def _poison(rng: random.Random, order: dict[str, Any]) -> bytes:
    """An event that must end in dead-letters."""
    data = order["data"] | {"order_id": f"{order['id']}-poison"}
    broken: tuple[dict[str, Any], ...] = (
        order | {"id": f"{order['id']}-poison", "data": data | {"subtotal": "-1.00", "discount": "0"}},
        order | {"id": f"{order['id']}-poison", "data": data | {"currency": "XXQ"}},
        order | {"id": f"{order['id']}-poison", "type": "order.teleported"},
    )
    which = rng.randrange(len(broken) + 1)
    return _encode(broken[0])[:-100] if which == len(broken) else _encode(broken[which])


def _event(id_: str, type_: str, at: int, data: dict[str, Any]) -> dict[str, Any]:
    moment = dt.datetime.fromtimestamp(at // 1000, dt.UTC)
    return {
        "specversion": "1.0",
        "id": id_,
        "source": "sample",
        "type": type_,
        "time": f"{moment:%Y-%m-%dT%H:%M:%S}.{at % 1000:03d}Z",
        "data": data,
    }


def _decimal(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02d}"


def _minor(decimal: str) -> int:
    whole, cents = decimal.split(".")
    return int(whole) * 100 + int(cents)
