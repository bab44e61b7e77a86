"""Decisions on the wire."""

from __future__ import annotations

import json

from events.outputs import AttributionDecided, Credit, Decision
from schemas.decisions import encode_decision


def test_a_credit_without_a_click_names_none() -> None:
    credited = (Credit("lea", "2/5", 40, 44, "c1", 0), Credit("max", "3/5", 60, 66))
    decided = AttributionDecided(
        order_id="o1",
        program="acme",
        program_version=3,
        customer_id="ada",
        market="FR",
        channel="partner",
        reason="linear",
        occurred="2026-11-27T11:00:00.000Z",
        currency="EUR",
        net=100,
        gross=110,
        new_customer=False,
        coupons=(),
        key_days=(),
        credits=credited,
    )
    event = json.loads(
        encode_decision(
            Decision("attributions", "attribution.decided", "attribution~o1", "order:o1", "ada", 0, decided)
        )
    )

    assert event["data"]["credits"] == [
        {
            "partner_id": "lea",
            "weight": "2/5",
            "net": 40,
            "gross": 44,
            "click_id": "c1",
            "click_to_order_ms": 0,
        },
        {"partner_id": "max", "weight": "3/5", "net": 60, "gross": 66},
    ]
    assert (event["data"]["coupons"], event["data"]["key_days"], event["data"]["new_customer"]) == (
        [],
        [],
        False,
    )
