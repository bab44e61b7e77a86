"""Repeats, conflicts and broken records of the events of a world."""

from __future__ import annotations

import copy
from typing import Any

from tests.oracle.program_maker import ProgramMaker
from tests.oracle.values import DAY_MS, parse_time, show_time
from tests.oracle.world import Record, line

BUSINESS_IDS = {
    "order.placed": "order_id",
    "order.refunded": "refund_id",
    "link.clicked": "click_id",
    "referral.created": "referral_id",
    "redemption.requested": "redemption_id",
    "adjustment.requested": "adjustment_id",
}


class Faults(ProgramMaker):
    """Sends what was sent again, changed or broken."""

    def repeat(self, record: Record) -> None:
        """The same again, the same identity with other content, or the same fact under another identity."""
        event = copy.deepcopy(record.event)
        if event is None or event["type"] == "program.published":
            return
        roll = self.random.random()
        if roll < 0.4:
            if "duplicates" in self.on:
                keys = list(event)
                self.random.shuffle(keys)
                self.add(record.topic, {key: event[key] for key in keys})
        elif roll < 0.7:
            if "conflicts" in self.on:
                self.change(event)
                self.add(record.topic, event)
        elif "duplicates" in self.on and event["type"] != "order.cancelled":
            event["id"] = self.next("e")
            self.change(event)
            self.add(record.topic, event)

    def borrow(self, record: Record) -> None:
        """The order, refund, click or request id of another event of the type, of whomever it is."""
        event = copy.deepcopy(record.event)
        if event is None or event["type"] not in BUSINESS_IDS:
            return
        others = [
            one.event
            for one in self.mine
            if one.event is not None
            and one.event["type"] == event["type"]
            and kind_of_owner(one.event) == kind_of_owner(event)
        ]
        event["id"] = self.next("e")
        name = BUSINESS_IDS[event["type"]]
        event["data"][name] = self.random.choice(others)["data"][name]
        self.add(record.topic, event)

    def change(self, event: dict[str, Any]) -> None:
        """Some other content with the same ids, sometimes at another time."""
        data = event["data"]
        for name in ("subtotal", "amount"):
            if name in data and self.random.random() < 0.5:
                data[name] = 7 if event["type"].endswith("requested") else "7"
                if "discount" in data:
                    del data["discount"]
        data["remark"] = self.next("other")
        apart = 0
        if self.has("memory", 0.3):  # what is remembered for 45 or 120 days, to the millisecond
            apart = self.pick(45, 45, 50, 120) * DAY_MS + self.pick(-1, 0, 1)
        if apart or self.random.random() < 0.3:
            event["time"] = show_time(parse_time(event["time"]) + (apart or self.pick(-1, 1, 5000, DAY_MS)))

    def add(self, topic: str, event: dict[str, Any]) -> None:
        self.world.records.append(Record(topic, line(event), event))

    def break_one(self, record: Record) -> None:
        """A copy under other ids with one or two faults; sometimes it is sent again without them."""
        event = copy.deepcopy(record.event)
        if event is None or event["type"] == "program.published":
            return
        fresh(event, self.next("bad"))
        good = copy.deepcopy(event)
        roll = self.random.random()
        if roll < 0.15:
            bad = self.pick(b"\xff{}", b"[1]", b"{", b'"text"', b"null", b'{"id": NaN}', b'{"id": -Infinity}')
            self.world.records.append(Record(record.topic, bad))
            return
        topic = record.topic
        if roll < 0.2 and "clicks" in self.on:
            topic = "clicks" if topic == "orders" else "orders"
        faults = self.pick(1, 1, 2)
        for _ in range(faults):
            self.fault(event, alone=faults == 1)
        self.add(topic, event)
        if self.random.random() < 0.4:
            later = parse_time(good["time"]) + self.pick(0, 1000, DAY_MS)
            good["time"] = show_time(later)
            self.add(record.topic, good)

    def fault(self, event: dict[str, Any], *, alone: bool) -> None:
        """One fault; with others only one whose place in the order of checks is told."""
        data = event["data"] if isinstance(event.get("data"), dict) else {}
        where = self.random.random()
        if "program" in data and where < 0.1:
            del data["program"]
        elif where < 0.2:
            name = self.pick("specversion", "id", "source", "type", "time", "data")
            wrong = {
                "specversion": ("0.3", "1.0.2", 1),
                "id": ("", 7, ["x"]),
                "source": (7, True),
                "type": ("order.lost", "Order.Placed", 7),
                "time": ("2026-02-30T00:00:00Z", "2026-03-01T00:00:00", "soon", "", 7),
                "data": ("text", [], 0),
            }
            if self.random.random() < 0.4:
                event.pop(name, None)
            else:
                event[name] = self.pick(None, *wrong[name])
        elif where < 0.4 and data and alone:
            name = self.random.choice(sorted(set(data) - {"program"}) or ["note"])
            optional = ("note", "remark", "lines", "discount", "tax", "shipping", "coupons", "markets")
            if name in optional or name in {"channel", "new_customer", "click_id", "device_id", "ip_hash"}:
                data[name] = {"no": "such"} if name not in {"note", "remark"} else 1
            elif self.random.random() < 0.5:
                data[name] = self.pick(None, True, [1])
            else:
                data.pop(name, None)
        else:
            self.wrong_value(data)

    def wrong_value(self, data: dict[str, Any]) -> None:
        wrong: dict[str, tuple[Any, ...]] = {
            "market": ("XX",),
            "currency": ("XXX", "eur", "GBP"),
            "subtotal": ("-1", "1.0000", "1e3", "1,5", "", "-0", "@number:1e12@", "@number:1.0000@", "0x1"),
            "discount": ("99999999", "-0.01", "@number:-1@"),
            "unit": ("stars", "EUR/3", "GBP/2"),
            "account": ("ada", "customer:", "brand:ada", "customer:ada:pending"),
            "program": ("nobody",),
            "decision": ("Upheld", "", "reopened"),
            "rank": ("1", "@number:1.5@"),
            "paid_search_allowed": ("yes", 1),
        }
        if "account" in data:
            wrong["amount"] = (0, -5, "5", "@number:1.5@", True)
        elif "amount" in data:
            wrong["amount"] = ("-1", "1.0000", " 1", "@number:1000000000000000@", "@number:-0@")
        names = sorted(name for name in wrong if name in data or (name == "program" and "order_id" in data))
        if names:
            name = self.random.choice(names)
            data[name] = self.random.choice(wrong[name])


def kind_of_owner(event: dict[str, Any]) -> str:
    """Whose account is asked for: ids of requests are known by the agent of customers or that of partners."""
    return str(event["data"].get("account", "")).partition(":")[0]


def fresh(event: dict[str, Any], name: str) -> None:
    """Give an event ids that nothing else has."""
    event["id"] = name
    data = event["data"]
    if own := BUSINESS_IDS.get(event["type"]):
        data[own] = name
