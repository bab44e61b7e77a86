"""What an order breaks, and what is quoted of it, whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from events.inputs import OrderPlaced
from events.messages import Breach, Credited
from events.outputs import Evidence
from schemas.program import Compliance
from streams.rules.credits import breaches
from streams.rules.state import Member

#: 2026-03-02T09:00:00Z.
AT = 1_772_442_000_000
RULES = Compliance(min_seconds=5)
OWN = Member(enrolled=True, customer_ids=["cleo", "leon"])


def credited(click_to_order_ms: int | None = 60_000, **order: Any) -> Credited:
    return Credited(
        partner_id="lea",
        order=OrderPlaced(
            **{
                "source": "shop",
                "id": "e-1",
                "time": AT,
                "program": "acme",
                "order_id": "o-1",
                "customer_id": "carl",
                "market": "FR",
                "currency": "EUR",
                "subtotal": 100,
                "net": 100,
                "gross": 100,
                **order,
            }
        ),
        version=1,
        channel="partner",
        new_customer=False,
        weights={"lea": (1, 1)},
        click_id="k-1",
        click_to_order_ms=click_to_order_ms,
    )


def evidence(summary: str, customer_id: str = "carl", **facts: Any) -> Evidence:
    return Evidence(
        summary=summary,
        source="shop",
        id="e-1",
        occurred="2026-03-02T09:00:00.000Z",
        market="FR",
        click_id="k-1",
        order_id="o-1",
        customer_id=customer_id,
        **facts,
    )


def test_an_order_by_a_customer_of_the_partners_own() -> None:
    summary = "order o-1 is by leon, one of the partner's own customers"

    assert breaches(RULES, OWN, None, credited(customer_id="leon")) == [
        Breach("self_referral", evidence(summary, "leon", shared="customer_id", own_customer_id="leon"))
    ]


@pytest.mark.parametrize(
    ("order", "marks", "shared", "whose"),
    [
        ({"device_id": "d"}, {"device d": ["mia", "cleo"]}, "device_id", "cleo"),
        ({"ip_hash": "h"}, {"address h": ["leon"]}, "ip_hash", "leon"),
        (
            {"device_id": "x", "ip_hash": "h"},
            {"device d": ["cleo"], "address h": ["leon"]},
            "ip_hash",
            "leon",
        ),
        (
            {"device_id": "d", "ip_hash": "h"},
            {"device d": ["cleo"], "address h": ["leon"]},
            "device_id",
            "cleo",
        ),
    ],
)
def test_an_order_from_a_device_or_an_address_of_the_partners_own(
    order: dict[str, str], marks: Mapping[str, Sequence[str]], shared: str, whose: str
) -> None:
    what = "device" if shared == "device_id" else "address"
    summary = f"order o-1 came from the {what} of {whose}, one of the partner's own customers"

    assert breaches(RULES, OWN, marks, credited(**order)) == [
        Breach("self_referral", evidence(summary, shared=shared, own_customer_id=whose))
    ]


@pytest.mark.parametrize(
    ("order", "marks"),
    [
        ({"device_id": "d", "ip_hash": "h"}, None),
        ({"device_id": "d"}, {"address d": ["cleo"]}),
        ({"ip_hash": "d"}, {"device d": ["cleo"]}),
        ({"device_id": "d"}, {"device d": ["mia"]}),
        ({}, {"device d": ["cleo"]}),
    ],
)
def test_nothing_in_common_is_no_breach(
    order: dict[str, str], marks: Mapping[str, Sequence[str]] | None
) -> None:
    assert breaches(RULES, OWN, marks, credited(**order)) == []


def test_customers_of_a_partner_without_own_ones_are_not_compared() -> None:
    marks = {"device d": ["cleo"]}

    assert breaches(RULES, Member(enrolled=True), marks, credited(customer_id="cleo", device_id="d")) == []


@pytest.mark.parametrize(("waited", "seconds"), [(None, None), (4_999, "4.999"), (5_000, None), (0, "0.000")])
def test_an_order_that_came_too_quickly(waited: int | None, seconds: str | None) -> None:
    breach = Breach(
        "click_to_order_time",
        evidence(
            f"order o-1 came {seconds} s after click k-1, at least 5 s are asked",
            click_to_order_ms=waited,
            min_seconds=5,
        ),
    )

    assert breaches(RULES, OWN, None, credited(waited)) == ([] if seconds is None else [breach])


@pytest.mark.parametrize(
    ("markets", "agreed"),
    [([], "none"), (["DE"], "DE"), (["DE", "ES"], "DE, ES"), (["DE", "FR"], None), (None, None)],
)
def test_an_order_from_a_market_that_was_not_agreed(markets: list[str] | None, agreed: str | None) -> None:
    found = breaches(RULES, Member(enrolled=True, markets=markets), None, credited())

    if agreed is None:
        assert found == []
    else:
        summary = f"order o-1 from market FR, the markets agreed are {agreed}"
        assert found == [Breach("market_not_agreed", evidence(summary, markets_agreed=tuple(markets or ())))]


def test_the_breaches_of_one_order_are_in_the_order_of_the_rules() -> None:
    member = Member(enrolled=True, customer_ids=["carl"], markets=["DE"])

    assert [breach.rule for breach in breaches(RULES, member, None, credited(0))] == [
        "self_referral",
        "click_to_order_time",
        "market_not_agreed",
    ]
