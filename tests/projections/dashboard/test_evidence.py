from __future__ import annotations

import pytest

from events.outputs import Evidence
from projections.dashboard.evidence import facts, sentence
from projections.dashboard.reader import reader
from streams.explain.languages import LANGUAGES

SEEN = {"source": "shop", "id": "e1", "occurred": "2026-11-27T10:00:00.000Z", "summary": "as recorded"}
AD = SEEN | {"engine": "search.example", "market": "FR", "keyword": "acme code", "brand_term": "acme"}
#: Of each rule: evidence with the facts that it records, and what a reader of English is told.
PIECES = [
    (
        "brand_bidding",
        AD | {"matched": "acme", "rank": 2},
        "An ad on search.example in France beside the keyword “acme code”, which holds the brand term “acme”",
    ),
    ("brand_bidding", AD | {"matched": "acne"}, "which holds “acne”, close to the brand term “acme”"),
    ("paid_traffic", SEEN | {"parameter": "gclid"}, "A click was paid for: its address carries gclid"),
    (
        "self_referral",
        SEEN | {"order_id": "o1", "shared": "customer_id", "own_customer_id": "c9"},
        "Order o1 is by c9",
    ),
    (
        "self_referral",
        SEEN | {"order_id": "o1", "shared": "device_id", "own_customer_id": "c9"},
        "the device of c9",
    ),
    (
        "self_referral",
        SEEN | {"order_id": "o1", "shared": "ip_hash", "own_customer_id": "c9"},
        "network address of c9",
    ),
    (
        "click_to_order_time",
        SEEN | {"order_id": "o1", "click_id": "k1", "click_to_order_ms": 4507, "min_seconds": 5},
        "Order o1 came 4.507 sec after click k1; at least 5 sec are asked",
    ),
    ("click_flooding", SEEN | {"clicks": 1234, "limit": "30"}, "in one hour: 1,234; allowed: 30"),
    (
        "click_flooding",
        SEEN | {"clicks": 10000, "orders": 2, "limit": "0.0005"},
        "10,000 clicks: 2; a conversion of at least 0.05% is expected",
    ),
    ("disallowed_referrer", SEEN | {"host": "bad.example"}, "A click came from bad.example"),
    (
        "market_not_agreed",
        SEEN | {"market": "US", "markets_agreed": ["DE", "FR"]},
        "A click from United States; the markets agreed are Germany and France",
    ),
    ("market_not_agreed", SEEN | {"market": "US", "order_id": "o1", "markets_agreed": []}, "agreed are none"),
    (
        "reversal_rate",
        SEEN | {"order_id": "o1", "orders": 50, "reversed": 21, "limit": "0.4"},
        "Order o1 was reversed in full: 21 of 50 orders of 30 days are; a share of 40% is allowed",
    ),
    (
        "terms_outdated",
        SEEN | {"terms_agreed": "2019", "terms_due": "2026-11-01"},
        "agreed to terms 2019; newer ones are due since Nov 1, 2026",
    ),
    ("terms_outdated", SEEN | {"terms_due": "2026-11-01"}, "has agreed to no terms"),
]


@pytest.mark.parametrize(("rule", "piece", "said"), PIECES)
def test_evidence_of_each_rule_is_told_in_a_sentence(rule: str, piece: dict[str, object], said: str) -> None:
    told = sentence(reader("en"), rule, piece)

    assert said in told.text
    assert not told.recorded


@pytest.mark.parametrize("language", LANGUAGES)
def test_evidence_is_told_in_every_language_with_its_facts(language: str) -> None:
    told = [sentence(reader(language), rule, piece) for rule, piece, _ in PIECES]

    assert not any(one.recorded for one in told)
    assert len({one.text for one in told}) == len(PIECES)
    names = [name for name in Evidence.__struct_fields__ if name not in {"summary", "occurred"}]
    assert [name for name in names if reader(language).named("fact", name) == name] == []


def test_evidence_that_lacks_a_fact_or_is_of_an_unknown_rule_stays_as_it_was_recorded() -> None:
    for rule in ("paid_traffic", "self_referral", "a_new_rule"):
        told = sentence(reader("fr"), rule, SEEN)
        assert (told.text, told.recorded) == ("as recorded", True)


def test_facts_carry_units_and_only_ids_are_set_apart() -> None:
    piece = SEEN | {"order_id": "o1", "click_to_order_ms": 1500, "market": "DE", "min_seconds": 5}
    found = {one.label: (one.text, one.is_id) for one in facts(reader("de"), "click_to_order_time", piece)}

    assert found == {
        "Quelle": ("shop", True),
        "Ereignis": ("e1", True),
        "Bestellung": ("o1", True),
        "Vom Klick zur Bestellung": ("1,5 Sek.", False),
        "Markt": ("Deutschland", False),
        "Mindestzeit": ("5 Sek.", False),
    }
