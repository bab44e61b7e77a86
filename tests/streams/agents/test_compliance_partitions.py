"""Rules about clicks need what partners say of themselves, wherever a customer's task is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from events.time import DAY_MS, format_time, parse_time
from schemas.programs import Programs
from streams.app import make_agents
from streams.engine.embedded import Embedded
from streams.engine.partitioner import partition_of
from streams.engine.record import OutRecord
from streams.engine.settings import Settings
from tests.scenarios.world import TOPIC_OF, program

PARTITIONS = 3
START = parse_time("2026-03-01T10:00:00Z")
BRAND = Path(__file__).parents[2] / "scenarios" / "programs" / "brand.toml"
RULES = """
[[accrual]]
id = "base"
to = "partner"
unit = "money"
rate = "0.05"

[compliance]
paid_traffic = { action = "suspend" }
self_referral = { action = "hold" }
click_flooding = { min_clicks = 9, min_conversion = 0.5 }
"""


def record(number: int, type_: str, data: dict[str, Any], at: int) -> OutRecord:
    key = (data.get("customer_id") or data["partner_id"]).encode()
    body = {"specversion": "1.0", "id": f"e{number}", "source": "shop", "type": type_}
    value = json.dumps(body | {"time": format_time(at), "data": data}).encode()
    return OutRecord(TOPIC_OF[type_], partition_of(key, PARTITIONS), at, key, value)


def found(embedded: Embedded, topic: str) -> list[dict[str, Any]]:
    logged = [
        json.loads(one.value or b"")
        for partition in range(PARTITIONS)
        for one in embedded.log.read(topic, partition, 0, 1000)
    ]
    return sorted(logged, key=lambda one: (one["time"], one["id"]))


def test_every_task_of_the_customers_knows_the_partners(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    programs = Programs([program(BRAND.read_text() + RULES)])
    embedded = Embedded.open(
        tmp_path,
        programs,
        make_agents(settings, programs),
        now=lambda: START + 61 * DAY_MS,
        partitions=PARTITIONS,
    )
    assert isinstance(embedded, Embedded)
    buyers = {partition_of(f"c{n}".encode(), PARTITIONS): f"c{n}" for n in range(20)}
    assert len(buyers) == PARTITIONS
    number, at = 0, START

    def send(type_: str, **data: Any) -> None:
        nonlocal number, at
        number, at = number + 1, at + 60_000
        embedded.append([record(number, type_, data, at)])
        embedded.catch_up()

    def click(customer: str, **data: Any) -> None:
        send(
            "link.clicked", click_id=f"k{number}", customer_id=customer, partner_id="lea", market="FR", **data
        )

    def order(customer: str, **data: Any) -> None:
        fields = {"order_id": f"o{number}", "market": "FR", "currency": "EUR", "subtotal": "100.00"}
        send("order.placed", customer_id=customer, **fields, **data)

    try:
        send("partner.enrolled", partner_id="lea", group="content", customer_ids=[buyers[0]])
        # The partner's own customer lives on another task than some of the others.
        click(buyers[0], device_id="d1")
        for buyer in buyers.values():
            click(buyer)
            order(buyer, device_id="d1" if buyer != buyers[0] else "d2")
        for _ in range(2):
            for buyer in buyers.values():
                click(buyer)
        at = START + DAY_MS
        # The suspended partner's clicks are touches, wherever they are, and earn nothing.
        click(buyers[1], url="https://shop.example/?gclid=1")
        for buyer in buyers.values():
            click(buyer)
        at = START + 60 * DAY_MS
        for buyer in buyers.values():
            click(buyer)
            order(buyer)

        seen = [(one["type"], one["id"]) for one in found(embedded, "compliance")]
        assert seen == [
            ("compliance.violation_detected", "self_referral~lea~2026-03-01"),
            ("compliance.evidence_added", "self_referral~lea~2026-03-01~evidence~2"),
            ("compliance.evidence_added", "self_referral~lea~2026-03-01~evidence~3"),
            ("compliance.violation_detected", "click_flooding~lea~2026-03-01"),
            ("compliance.violation_detected", "paid_traffic~lea~2026-03-02"),
            ("compliance.partner_suspended", "paid_traffic~lea~2026-03-02~suspended~1"),
            # Rules look at suspended partners, too.
            ("compliance.violation_detected", "self_referral~lea~2026-04-30"),
        ]
        kinds = [one["type"] for one in found(embedded, "rewards")]
        assert kinds.count("reward.accrued") == kinds.count("reward.held") == 3
        attributions = found(embedded, "attributions")
        assert [len(one["data"]["credits"]) for one in attributions] == [1] * 6
    finally:
        embedded.close()
