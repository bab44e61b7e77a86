"""One event of each type with every field set, and what the decoder is given beside it."""

from __future__ import annotations

import copy
import json
from typing import Any

from schemas.codec import Decoded, Decoder
from schemas.errors import DecodeError

Tree = dict[str, Any]

TIME = "2026-11-27T12:00:00.000+01:00"
TIME_MS = 1_795_777_200_000

_DATA: dict[tuple[str, str], Tree] = {
    ("orders", "order.placed"): {
        "order_id": "o-1",
        "customer_id": "c-1",
        "market": "FR",
        "currency": "EUR",
        "subtotal": "129.90",
        "discount": "10",
        "tax": "24.00",
        "shipping": "4.90",
        "coupons": ["LEA10"],
        "channel": "email",
        "click_id": "k-1",
        "partner_id": "lea",
        "new_customer": True,
        "device_id": "d-1",
        "ip_hash": "h-1",
        "lines": [
            {"line_id": "1", "sku": "s-1", "category": "shoes", "quantity": 2, "amount": "100.00"},
            {"line_id": "2", "sku": "s-2", "category": "hats", "quantity": 1, "amount": "29.90"},
        ],
    },
    ("orders", "order.refunded"): {
        "order_id": "o-1",
        "customer_id": "c-1",
        "refund_id": "r-1",
        "amount": "43.30",
        "currency": "EUR",
    },
    ("orders", "order.cancelled"): {"order_id": "o-1", "customer_id": "c-1", "reason": "out of stock"},
    ("clicks", "link.clicked"): {
        "click_id": "k-1",
        "customer_id": "c-1",
        "partner_id": "lea",
        "market": "FR",
        "url": "https://shop.example/?utm_source=lea",
        "referrer": "https://lea.example/",
        "country": "FR",
        "device_id": "d-1",
        "ip_hash": "h-1",
    },
    ("referrals", "referral.created"): {
        "referral_id": "f-1",
        "code": "ANNA",
        "advocate_id": "c-2",
        "friend_id": "c-1",
        "device_id": "d-1",
        "ip_hash": "h-1",
    },
    ("partner-events", "partner.enrolled"): {
        "partner_id": "lea",
        "name": "Léa",
        "group": "content",
        "markets": ["FR"],
        "customer_ids": ["c-9"],
        "terms_version": "2026-01",
        "paid_search_allowed": True,
        "locale": "fr",
    },
    ("partner-events", "partner.updated"): {
        "partner_id": "lea",
        "name": "Léa",
        "group": "content",
        "markets": [],
        "customer_ids": ["c-9"],
        "terms_version": "2026-01",
        "paid_search_allowed": True,
        "locale": "fr",
    },
    ("partner-events", "partner.suspended"): {"partner_id": "lea", "reason": "terms", "actor": "ops"},
    ("partner-events", "partner.reinstated"): {"partner_id": "lea", "reason": "signed", "actor": "ops"},
    ("partner-events", "ad.observed"): {
        "partner_id": "lea",
        "engine": "google",
        "keyword": "acme shoes",
        "market": "FR",
        "display_url": "acme.example",
        "destination": "https://acme.example/",
        "ad_copy": "Acme shoes",
        "rank": 1,
        "evidence_url": "https://monitor.example/1",
    },
    ("partner-events", "compliance.case_resolved"): {
        "case_id": "brand_bidding~lea~2026-11-27",
        "partner_id": "lea",
        "decision": "upheld",
        "actor": "ops",
    },
    ("account-requests", "redemption.requested"): {
        "redemption_id": "x-1",
        "account": "customer:c-1",
        "unit": "points",
        "amount": 500,
    },
    ("account-requests", "adjustment.requested"): {
        "adjustment_id": "a-1",
        "account": "partner:lea",
        "unit": "EUR/2",
        "amount": -250,
        "reason": "goodwill",
        "actor": "ops",
    },
    ("programs", "program.published"): {"program": {"id": "acme", "version": 3}, "fx": {"USD": 0.9200}},
}

INPUTS = tuple(_DATA)


def example(topic: str = "orders", type_: str = "order.placed") -> Tree:
    """A fresh CloudEvent that may be changed."""
    return {
        "specversion": "1.0",
        "id": "e-1",
        "source": "shop/acme",
        "type": type_,
        "time": TIME,
        "data": copy.deepcopy(_DATA[topic, type_]),
    }


def wire(tree: Any) -> bytes:
    """The tree as UTF-8 JSON."""
    return json.dumps(tree, ensure_ascii=False).encode()


class Programs:
    """Loaded programs by id with the time from which they are in force."""

    def __init__(self, **since: int) -> None:
        self._since = since

    def money_unit(self, program_id: str) -> str | None:
        del program_id
        return "EUR/2"

    def resolve(self, program_id: str | None, time: int) -> str | None:
        if program_id is None:
            if len(self._since) != 1:
                return None
            program_id = next(iter(self._since))
        return program_id if program_id in self._since and self._since[program_id] <= time else None


DECODER = Decoder(Programs(acme=0))


def decode(tree: Any, topic: str = "orders", decoder: Decoder = DECODER) -> Decoded | DecodeError:
    """What the decoder says of a tree in structured mode, or of raw bytes."""
    return decoder.decode(topic, None, tree if isinstance(tree, bytes) else wire(tree), ())


def code(tree: Any, topic: str = "orders", decoder: Decoder = DECODER) -> str:
    """The code that an event is refused with."""
    outcome = decode(tree, topic, decoder)
    assert isinstance(outcome, DecodeError), outcome
    return outcome.code


def content(tree: Any, topic: str = "orders") -> int:
    """The content digest of a readable event."""
    outcome = decode(tree, topic)
    assert isinstance(outcome, Decoded), outcome
    return outcome.content
