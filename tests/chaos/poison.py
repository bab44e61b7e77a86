"""What is wrong on purpose: records that must become dead letters, and events that come again under another id."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import orjson

from tests.chaos.stream import Item, format_amount, format_time

if TYPE_CHECKING:
    from tests.chaos.world import Order

#: Types whose second event of a business id is dropped whatever it holds, and a field that may then differ.
BUSINESS = {
    "order.placed": ("subtotal", "77.00"),
    "order.refunded": ("amount", "0.07"),
    "link.clicked": ("partner_id", "content5"),
    "referral.created": ("advocate_id", "another"),
    "redemption.requested": ("amount", 7),
    "adjustment.requested": ("amount", 77),
}


def event(count: int, kind: str, data: object, at: int, **changed: object) -> bytes:
    """A CloudEvent; ``changed`` replaces attributes."""
    attributes = {
        "specversion": "1.0",
        "id": f"e{count}",
        "source": "shop",
        "type": kind,
        "time": format_time(at),
        "data": data,
    }
    return orjson.dumps(attributes | changed)


def again(rng: random.Random, count: int, at: int, sent: Sequence[Item]) -> Item:
    """An event that was sent before, under another id and with other content; it has no effect."""
    earlier = rng.choice(sent)
    found = orjson.loads(earlier.value)
    if found["type"] not in BUSINESS:
        return earlier
    name, value = BUSINESS[found["type"]]
    return Item(
        earlier.topic, earlier.key, event(count, found["type"], found["data"] | {name: value}, at), at
    )


def record(rng: random.Random, count: int, at: int, sent: Sequence[Item], orders: Sequence[Order]) -> Item:
    """A record with its code, on any topic."""
    topic = rng.choice(
        ("orders", "orders", "orders", "clicks", "referrals", "partner-events", "account-requests")
    )
    kinds = {
        "orders": _orders,
        "clicks": _clicks,
        "referrals": _referrals,
        "partner-events": _partners,
        "account-requests": _requests,
    }
    if rng.random() < 0.15:
        return _conflict(rng.choice(sent), count, at)
    if topic == "orders" and rng.random() < 0.1:
        return _other_currency(rng.choice(orders), count, at)
    owner, code, value = rng.choice(kinds[topic](count, at, f"c{rng.randrange(500)}"))
    return Item(topic, owner.encode(), value, at, code)


Wrong = list[tuple[str, str, bytes]]


def _orders(count: int, at: int, customer: str) -> Wrong:
    data: dict[str, Any] = {
        "order_id": f"FR-{count}",
        "customer_id": customer,
        "market": "FR",
        "currency": "EUR",
        "subtotal": "10.00",
    }
    kind = "order.placed"
    return [
        (customer, code, value)
        for code, value in (
            ("json_invalid", b'{"id": "e%d' % count),
            ("json_invalid", b"\xff\xfe%d" % count),
            ("specversion_unknown", event(count, kind, data, at, specversion="7.0")),
            ("type_unknown", event(count, "order.imagined", data, at)),
            ("field_missing", event(count, kind, data | {"subtotal": None}, at)),
            ("amount_negative", event(count, kind, data | {"subtotal": "-1.00"}, at)),
            ("amount_precision", event(count, kind, data | {"subtotal": "1.001"}, at)),
            ("currency_unknown", event(count, kind, data | {"currency": "XXQ"}, at)),
            ("market_unknown", event(count, kind, data | {"market": "ZZ"}, at)),
            ("fx_rate_missing", event(count, kind, data | {"currency": "JPY", "subtotal": "10"}, at)),
            ("program_unknown", event(count, kind, data | {"program": "other"}, at)),
        )
    ]


def _clicks(count: int, at: int, customer: str) -> Wrong:
    data = {"click_id": f"k{count}", "customer_id": customer, "partner_id": "content0", "market": "FR"}
    kind = "link.clicked"
    return [
        (customer, "market_unknown", event(count, kind, data | {"market": "ZZ"}, at)),
        (customer, "field_missing", event(count, kind, data | {"partner_id": None}, at)),
        (customer, "type_unknown", event(count, "referral.created", data, at)),
    ]


def _referrals(count: int, at: int, customer: str) -> Wrong:
    data = {"referral_id": f"ref{count}", "code": "x", "advocate_id": "nobody", "friend_id": customer}
    kind = "referral.created"
    return [
        (customer, "field_missing", event(count, kind, data | {"advocate_id": None}, at)),
        (customer, "field_invalid", event(count, kind, data | {"code": 7}, at)),
        (customer, "json_invalid", b"[%d]" % count),
    ]


def _partners(count: int, at: int, customer: str) -> Wrong:
    del customer
    partner = "content0"
    data = {"partner_id": partner, "group": "content"}
    return [
        (partner, "field_missing", event(count, "partner.updated", data | {"group": None}, at)),
        (partner, "field_invalid", event(count, "partner.updated", data | {"markets": "FR"}, at)),
        (partner, "type_unknown", event(count, "partner.vanished", data, at)),
        (partner, "program_unknown", event(count, "partner.suspended", data | {"program": "other"}, at)),
    ]


def _requests(count: int, at: int, customer: str) -> Wrong:
    found: Wrong = []
    for account in (f"customer:{customer}", "partner:content0"):
        owner = account.partition(":")[2]
        data = {"redemption_id": f"red{count}", "account": account, "unit": "points", "amount": 1}
        kind = "redemption.requested"
        found += [
            (owner, "unit_unknown", event(count, kind, data | {"unit": "USD/2"}, at)),
            (owner, "amount_negative", event(count, kind, data | {"amount": -1}, at)),
            (owner, "field_invalid", event(count, kind, data | {"amount": 0}, at)),
            (owner, "field_missing", event(count, kind, data | {"unit": None}, at)),
        ]
    return found


def _other_currency(order: Order, count: int, at: int) -> Item:
    """A refund in another currency than its order's."""
    data = {
        "order_id": order.order_id,
        "customer_id": order.customer,
        "refund_id": f"r{count}",
        "amount": format_amount(1),
        "currency": "EUR" if order.currency == "USD" else "USD",
    }
    value = event(count, "order.refunded", data, at)
    return Item("orders", order.customer.encode(), value, at, "currency_mismatch")


def _conflict(earlier: Item, count: int, at: int) -> Item:
    """Another content under an identity that was sent before, on the same key."""
    found = orjson.loads(earlier.value)
    value = orjson.dumps(found | {"time": format_time(at), "data": found["data"] | {"note": count}})
    return Item(earlier.topic, earlier.key, value, at, "id_conflict")
