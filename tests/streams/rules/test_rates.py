"""What is quoted as evidence of rules that count, whole: a partner manager sends it as it is."""

from __future__ import annotations

from datetime import date

import pytest

from events.inputs import AdObserved
from events.messages import Origin, Returned
from events.outputs import Evidence
from schemas.program import Compliance, Ratio
from streams.rules.ads import BrandMatch
from streams.rules.rates import (
    brand_bidding,
    fruitless,
    is_above,
    is_fruitless,
    reversal_rate,
    terms_outdated,
)

#: 2026-03-02T09:00:00Z.
AT = 1_772_442_000_000
AT_TEXT = "2026-03-02T09:00:00.000Z"
RULES = Compliance(
    min_orders=50, max_rate=Ratio(4, 1, "0.4"), min_clicks=1_000, min_conversion=Ratio(2, 3, "0.002")
)


@pytest.mark.parametrize(
    ("reversed_", "orders", "above"),
    [(20, 50, False), (21, 50, True), (49, 49, False), (40, 100, False), (41, 100, True)],
)
def test_more_than_the_share_of_enough_orders_is_too_many(
    reversed_: int, orders: int, *, above: bool
) -> None:
    assert is_above(reversed_, orders, RULES) == above


@pytest.mark.parametrize(
    ("orders", "clicks", "found"),
    [(1, 1_000, True), (2, 1_000, False), (0, 999, False), (3, 1_500, False), (3, 1_501, True)],
)
def test_less_than_the_conversion_of_enough_clicks_is_too_few(
    orders: int, clicks: int, *, found: bool
) -> None:
    assert is_fruitless(orders, clicks, RULES) == found


@pytest.mark.parametrize(
    ("cancelled", "refund_id", "what"), [(True, None, "cancelled"), (False, "r-7", "refunded in full")]
)
def test_reversed_orders_are_told_with_the_refund_that_was_one_too_many(
    *, cancelled: bool, refund_id: str | None, what: str
) -> None:
    returned = Returned(
        partner_id="lea",
        program="acme",
        order_id="o-1",
        refund_id=refund_id,
        refunded=100,
        currency="EUR",
        cancelled=cancelled,
        origin=Origin("shop", "e-1", AT),
    )

    assert reversal_rate(returned, 21, 50, RULES) == Evidence(
        summary=(f"order o-1 was {what}: 21 of 50 orders of 30 days are reversed, a share of 0.4 is allowed"),
        source="shop",
        id="e-1",
        occurred=AT_TEXT,
        order_id="o-1",
        refund_id=refund_id,
        orders=50,
        reversed=21,
        limit="0.4",
    )


def test_a_day_of_clicks_without_orders_is_told_by_the_midnight_that_ended_it() -> None:
    day = date(2026, 3, 31).toordinal()

    assert fruitless(1, 1_000, day, "Europe/Paris", AT, RULES) == Evidence(
        summary="orders for the 1000 clicks on 2026-03-31: 1; at least 0.002 a click are expected",
        source="keyday/clock",
        id="Europe/Paris/2026-04-01",
        occurred=AT_TEXT,
        clicks=1_000,
        orders=1,
        limit="0.002",
    )


@pytest.mark.parametrize(("agreed", "has"), [(None, "no terms"), ("2025-1", "terms 2025-1")])
def test_old_terms_are_told_with_those_that_are_due(agreed: str | None, has: str) -> None:
    rules = Compliance(terms_version="2026-1", terms_due=date(2026, 3, 1).toordinal())

    assert terms_outdated(agreed, rules, Origin("keyday/clock", "Europe/Paris/2026-03-02", AT)) == Evidence(
        summary=f"the partner has agreed to {has}, version 2026-1 is due since 2026-03-01",
        source="keyday/clock",
        id="Europe/Paris/2026-03-02",
        occurred=AT_TEXT,
        terms_agreed=agreed,
        terms_due="2026-03-01",
    )


@pytest.mark.parametrize(
    ("rank", "exact", "matched", "seen"),
    [
        (
            2,
            True,
            "acme",
            "an ad at rank 2 on google in FR beside the keyword 'acme shoes', which holds",
        ),
        (
            None,
            False,
            "acne",
            "an ad on google in FR beside the keyword 'acme shoes', which holds acne, which is close to",
        ),
    ],
)
def test_an_ad_is_told_with_all_that_was_seen_of_it(
    rank: int | None, *, exact: bool, matched: str, seen: str
) -> None:
    ad = AdObserved(
        source="monitor",
        id="ad-1",
        time=AT,
        program="acme",
        partner_id="lea",
        engine="google",
        keyword="acme shoes",
        market="FR",
        display_url="acme.example",
        destination="https://lea.example/go",
        ad_copy="Acme, less",
        rank=rank,
        evidence_url="https://monitor.example/1.png",
    )

    assert brand_bidding(ad, BrandMatch("acme", matched, exact)) == Evidence(
        summary=f"{seen} the brand term 'acme'",
        source="monitor",
        id="ad-1",
        occurred=AT_TEXT,
        market="FR",
        engine="google",
        keyword="acme shoes",
        brand_term="acme",
        matched=matched,
        display_url="acme.example",
        destination="https://lea.example/go",
        ad_copy="Acme, less",
        rank=rank,
        evidence_url="https://monitor.example/1.png",
    )
