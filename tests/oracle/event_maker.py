"""The events of the people of one program of a world."""

from __future__ import annotations

import copy
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.oracle.dice import (
    BRAND_TERMS,
    CATEGORIES,
    CHANNELS,
    CODES,
    GROUPS,
    LOCALES,
    REFERRERS,
    TERMS_VERSIONS,
    URLS,
)
from tests.oracle.faults import Faults
from tests.oracle.values import DAY_MS, DIGITS, local_date, midnight, parse_time, show_time
from tests.oracle.world import Record, line


class EventMaker(Faults):
    """Makes a program and what its people do."""

    def make(self) -> None:
        first = self.first_version()
        self.world.programs.append(first)
        self.version = first
        versions = [first]
        if self.has("versions", 0.5):
            versions.append(self.next_version(first, 2))
            if self.random.random() < 0.3:
                versions.append(self.next_version(versions[-1], 3))
        for version in versions[1:]:
            if self.has("publish", 0.5):
                data = copy.deepcopy(version)
                time = self.time(parse_time(version["program"]["effective_from"]))
                self.emit("programs", "program.published", data, time)
            else:
                self.world.programs.append(version)
        self.events()

    def emit(self, topic: str, kind: str, data: dict[str, Any], time: int, name: str = "") -> dict[str, Any]:
        """One event, its time written in some zone."""
        if kind != "program.published" and (self.named or self.random.random() < 0.2):
            data = {"program": self.program} | data
        if self.has("same-ids", 0.03) and self.mine:
            name = str((self.random.choice(self.mine).event or {})["id"])
        event = {
            "specversion": "1.0",
            "id": name or self.next("e"),
            "source": self.pick("shop", "shop", "app"),
            "type": kind,
            "time": self.written(time),
            "data": data,
        }
        if self.random.random() < 0.1:
            event["subject"] = "ignored"
            event["data"]["note"] = self.pick("ignored", None, "@number:1e2@")
        self.mine.append(Record(topic, line(event), event))
        self.world.records.append(self.mine[-1])
        return event

    def written(self, time: int) -> str:
        text = show_time(time)
        if self.random.random() < 0.2:
            shown = show_time(time + 2 * 3_600_000)
            text = shown[:-1] + "+02:00"
        elif self.random.random() < 0.1:
            text = text[:-1] + "999Z"
        elif text.endswith(".000Z"):
            text = text[:-5] + "Z"
        return text

    def events(self) -> None:
        self.enrol()
        self.journey()
        names, weights = zip(*self.theme.happens, strict=True)
        for name in self.random.choices(names, weights, k=self.random.randint(8, 45)):
            getattr(self, name)()
        for _ in range(self.pick(0, 0, 2, 6)):
            self.repeat(self.random.choice(self.mine))
        for _ in range(self.pick(0, 0, 3)):
            if "same-ids" in self.on:
                self.borrow(self.random.choice(self.mine))
        if "bad-records" in self.on:
            for _ in range(self.pick(0, 2, 6)):
                self.break_one(self.random.choice(self.mine))
        if self.has("until", 0.6):
            until = max(self.times) + self.pick(0, 1, 5, 40, 150) * DAY_MS + self.pick(0, 12_345)
            self.world.until = max(self.world.until or "", show_time(until))

    def enrol(self) -> None:
        if not {"clicks", "declared", "coupons"} & self.on:
            return
        for partner in self.partners:
            if self.has("unknown-partners", 0.15):
                continue
            early = self.start - 90 * DAY_MS if self.random.random() < 0.8 else self.time()
            self.partner(partner, "partner.enrolled", early)

    def partner(self, partner: str, kind: str, time: int) -> None:
        data: dict[str, Any] = {"partner_id": partner, "group": self.pick(*GROUPS)}
        if self.random.random() < 0.3:
            data["markets"] = self.some(self.markets, least=0)
        if self.has("compliance", 0.3):
            data["customer_ids"] = self.some(self.customers[:2], least=0)
            data["paid_search_allowed"] = self.random.random() < 0.25
            data["terms_version"] = self.pick(None, "1", "1.2", *TERMS_VERSIONS)
        if self.has("letters", 0.5):
            data["locale"] = self.pick(*LOCALES)
            data["name"] = self.pick(None, "Léa", "{ $name }", "اسم")
        self.emit("partner-events", kind, data, time)

    def change_partner(self) -> None:
        if "suspensions" not in self.on:
            return
        partner = self.random.choice(self.partners)
        if self.has("compliance", 0.3):
            if self.random.random() < 0.5:
                self.partner(partner, "partner.updated", self.time())
            else:
                self.emit("partner-events", "partner.reinstated", {"partner_id": partner}, self.time())
            return
        kind = self.pick("partner.suspended", "partner.suspended", "partner.reinstated", "partner.updated")
        if kind == "partner.updated":
            self.partner(partner, kind, self.time())
        else:
            data = {"partner_id": partner}
            if self.has("letters", 0.3):
                data["reason"] = self.pick("fraud", "", "none", None)
            self.emit("partner-events", kind, data, self.time())

    def hands(self, data: dict[str, Any], chance: float = 0.15) -> None:
        if self.random.random() < chance:
            data["device_id"] = self.pick("d1", "d2", "d3")
        if self.random.random() < chance:
            data["ip_hash"] = self.pick("i1", "i2", "d1")

    def faults_of(self, click: dict[str, Any]) -> None:
        """What a click may be caught at."""
        if self.has("compliance", 0.3):
            if self.random.random() < 0.4:
                click["url"] = self.pick(*URLS)
            if self.random.random() < 0.4:
                click["referrer"] = self.pick(*REFERRERS)

    def ad(self) -> None:
        if "compliance" not in self.on:
            return
        market = self.random.choice(self.markets)
        terms = self.version["markets"][market].get("brand_terms") or BRAND_TERMS
        data: dict[str, Any] = {
            "partner_id": self.random.choice(self.partners),
            "engine": "google",
            "keyword": self.keyword(self.random.choice(terms)),
            "market": market,
        }
        if self.random.random() < 0.2:
            data["rank"] = self.pick(1, None, -1)
        self.emit("partner-events", "ad.observed", data, self.time())

    def keyword(self, term: str) -> str:
        """A brand term as people bid on it, or nearly."""
        for _ in range(self.pick(0, 1, 1, 2)):
            place = self.random.randrange(len(term) + 1)
            before, after = term[:place], term[place:]
            term = self.pick(
                term.upper(),
                before + self.pick("-", ".", "'", "!", "·") + after,
                before + self.pick("x", "é", "ё", "λ") + after,
                before + after[1:],
                before + self.pick("y", "é") + after[1:],
                before + after[1:2] + after[:1] + after[2:],
                before + "\u0301" + after if before[-1:].isalpha() else term,
                "".join(chr(ord(one) + 0xFEE0) if "!" <= one <= "~" else one for one in term),
            )
        return str(self.pick(term, term, f"buy {term} cheap", f"{term}.com", f"my{term}", f"  {term} "))

    def resolve(self, cases: list[dict[str, Any]]) -> None:
        """Decide some of the cases there will be: early, late, twice, of another partner or unknown."""
        for case in cases:
            often = 0.6 if case["type"] == "compliance.violation_detected" else 0.1
            if not self.has("resolutions") or self.random.random() > often:
                continue
            for _ in range(self.pick(1, 1, 1, 1, 2, 3)):
                zone = ZoneInfo(self.home)
                day = local_date(case["time"], zone) + timedelta(days=self.pick(1, 1, 2, 8))
                near = self.pick(1, 1000, 60_001, 3_600_000, 2 * DAY_MS, 40 * DAY_MS)
                if self.random.random() < 0.15:
                    near = self.pick(-DAY_MS, -1, 0)
                time = self.pick(case["time"] + near, midnight(day, zone) + self.pick(-1, 0, 1))
                name = case["case_id"]
                if self.random.random() < 0.08:
                    name = self.pick(name[:-1] + "x", "nothing", name.replace("~", "-"))
                partner = case["partner_id"]
                if self.random.random() < 0.05:
                    partner = self.random.choice(self.partners)
                data = {"case_id": name, "partner_id": partner, "actor": "ann"}
                data["decision"] = self.pick("upheld", "dismissed")
                self.emit("partner-events", "compliance.case_resolved", data, time)
                if self.random.random() < 0.1:
                    self.repeat(self.mine[-1])
                if "bad-records" in self.on and self.random.random() < 0.1:
                    self.break_one(self.mine[-1])

    def give_back(self) -> None:
        """All of an order, at once or in two parts."""
        placed = self.random.choice(self.orders)
        order = placed["data"]
        data = {"order_id": order["order_id"], "customer_id": order["customer_id"]}
        time = self.time(parse_time(placed["time"]))
        if "early-refunds" not in self.on:
            time = max(time, parse_time(placed["time"]))
        if self.random.random() < 0.5 and "cancels" in self.on:
            self.emit("orders", "order.cancelled", data, time)
        if self.random.random() < 0.6 and "refunds" in self.on:
            more = {"refund_id": self.next("f"), "amount": 99999, "currency": order["currency"]}
            self.emit("orders", "order.refunded", data | more, time + self.pick(0, 1, 1000))

    def click(self) -> None:
        if "clicks" not in self.on - self.theme.never:
            return
        near = None
        if self.orders and self.random.random() < 0.5:
            near = parse_time(self.random.choice(self.orders)["time"])
        data: dict[str, Any] = {
            "click_id": self.next("c"),
            "customer_id": self.random.choice(self.customers),
            "partner_id": self.random.choice(self.partners),
            "market": self.random.choice(self.markets),
        }
        self.hands(data)
        self.faults_of(data)
        many = 60 if self.random.random() < 0.01 else 1  # more than are kept, rarely
        for _ in range(many):
            self.clicks.append(self.emit("clicks", "link.clicked", dict(data), self.time(near)))
            data["click_id"] = self.next("c")
            data["partner_id"] = self.random.choice(self.partners)

    def journey(self) -> None:
        """A few clicks of one customer and then an order, some exactly as old as the lookback."""
        customer = self.random.choice(self.customers)
        time = self.time()
        if "clicks" in self.on - self.theme.never:
            market = self.random.choice(self.markets)
            data = {"customer_id": customer, "market": market}
            first = time
            for _ in range(self.pick(1, 2, 2, 3, 5)):
                data = data | {"click_id": self.next("c"), "partner_id": self.random.choice(self.partners)}
                self.hands(data, 0.05)
                self.faults_of(data)
                self.clicks.append(self.emit("clicks", "link.clicked", data, time))
                time += self.pick(0, 1, 60_000, 3_600_000)
            if self.random.random() < 0.2:
                lookback = self.version["program"]["lookback_days"] * DAY_MS
                time = max(time, first + lookback + self.pick(-1, 0, 1))
        self.order(customer, time)

    def order(self, customer: str | None = None, time: int | None = None) -> None:
        currency = self.random.choice(self.currencies)
        digits = DIGITS[currency]
        net = self.pick(0, 1, 10, 30, 50, 90, 110, 999, 1000, 1010, 2000, 3000, 4330, 5000, 10001, 12990)
        discount = self.pick(0, 0, 0, 1, 500)
        data: dict[str, Any] = {
            "order_id": self.next("o"),
            "customer_id": customer or self.random.choice(self.customers),
            "market": self.random.choice(self.markets),
            "currency": currency,
            "subtotal": self.amount(net + discount, digits),
        }
        if discount or self.random.random() < 0.1:
            data["discount"] = self.amount(discount, digits)
        if self.has("gross", 0.4):
            data["tax"] = self.amount(self.pick(0, 1, 19, 333), digits)
            data["shipping"] = self.amount(self.pick(0, 5, 499), digits)
        if self.has("coupons", 0.25):
            data["coupons"] = self.some((*CODES, "OTHER"))
        if self.has("conditions", 0.3):
            data["channel"] = self.pick(*CHANNELS)
        self.name_partner(data, at_once=time is not None)
        if self.random.random() < 0.1:
            data["new_customer"] = self.random.random() < 0.5
        if self.random.random() < 0.1:
            data[self.pick("channel", "click_id", "partner_id", "device_id")] = None
        if self.has("category", 0.5):
            data["lines"] = [self.order_line(number, digits) for number in range(self.pick(0, 1, 2, 3))]
        self.hands(data)
        self.orders.append(self.emit("orders", "order.placed", data, time or self.time()))

    def name_partner(self, data: dict[str, Any], *, at_once: bool) -> None:
        if self.has("clicks", 0.25) and self.clicks:
            click = self.random.choice(self.clicks)["data"]
            data["click_id"] = click["click_id"]
            if not at_once and self.random.random() < 0.8:
                data["customer_id"] = click["customer_id"]
        if self.has("declared", 0.2):
            names = [*self.partners, "nobody"] if "unknown-partners" in self.on else self.partners
            data["partner_id"] = self.random.choice(names)

    def order_line(self, number: int, digits: int) -> dict[str, Any]:
        return {
            "line_id": str(number + 1),
            "sku": f"sku{number}",
            "category": self.pick(*CATEGORIES),
            "quantity": self.pick(1, 2),
            "amount": self.amount(self.pick(0, 1, 50, 999, 5001), digits),
        }

    def refund(self) -> None:
        placed = self.random.choice(self.orders)
        order = placed["data"]
        occurred = parse_time(placed["time"])
        data: dict[str, Any] = {"order_id": order["order_id"], "customer_id": order["customer_id"]}
        for _ in range(self.pick(1, 1, 2, 3)):
            time = self.time(occurred)
            if self.has("memory", 0.2):  # so long before that it is just remembered, or just not
                time = occurred - 120 * DAY_MS + self.pick(-DAY_MS, -1, 0, 1)
            if "early-refunds" not in self.on:
                time = max(time, occurred)
            if self.random.random() < 0.25:
                if "cancels" in self.on:
                    self.emit("orders", "order.cancelled", dict(data), time)
            elif "refunds" in self.on:
                currency = order["currency"]
                if self.has("bad-records", 0.05):
                    currency = "GBP"
                amount = self.pick(0, 1, 10, 50, 100, 333, 1000, 2165, 5000, 12990)
                more = {
                    "refund_id": self.next("f"),
                    "amount": self.amount(amount, DIGITS[currency]),
                    "currency": currency,
                }
                self.emit("orders", "order.refunded", data | more, time)
        if self.has("early-refunds", 0.05):
            lost = {"order_id": "never", "customer_id": order["customer_id"]}
            self.emit("orders", "order.cancelled", lost, self.time())

    def request(self) -> None:
        owners = [f"customer:{one}" for one in self.customers]
        if "partners" in self.on:
            owners += [f"partner:{one}" for one in self.partners[:2]]
        unit = "points" if self.has("points", 0.3) else f"{self.currency}/{self.digits}"
        data: dict[str, Any] = {"account": self.random.choice(owners), "unit": unit}
        time = self.time()
        if self.theme_name == "held lots" and self.random.random() < 0.5:  # a debt that an order pays
            placed = self.random.choice(self.orders)
            data["account"] = f"partner:{self.random.choice(self.partners)}"
            time = parse_time(placed["time"]) - self.pick(0, 1, 1000)
        if self.has("adjustments", 0.5):
            amount = self.pick(1, 50, 325, 1000, -1, -50, -325, -1000, -2500)
            more = {"adjustment_id": self.next("j"), "amount": amount, "reason": "goodwill", "actor": "ann"}
            self.emit("account-requests", "adjustment.requested", data | more, time)
            time += self.pick(0, 1, 1000, DAY_MS)
        if self.has("redemptions", 0.8):
            more = {"redemption_id": self.next("d"), "amount": self.pick(1, 2, 10, 50, 100, 325, 649)}
            self.emit("account-requests", "redemption.requested", data | more, time)

    def referred(self) -> None:
        if "referrals" not in self.on:
            return
        data: dict[str, Any] = {
            "referral_id": self.next("g"),
            "code": "HI",
            "advocate_id": self.random.choice([self.customers[0], *self.customers[:3]]),
            "friend_id": self.random.choice([*self.customers[:3], *[self.next("friend")] * 3]),
        }
        self.hands(data, 0.1)
        time = self.time()
        if self.random.random() < 0.6:
            time = self.start - self.pick(0, 1, 2) * DAY_MS
        self.emit("referrals", "referral.created", data, time)
        window = self.version.get("referral", {}).get("window_days", 1) * DAY_MS
        if self.random.random() < 0.3:
            seen = {"device_id": self.pick("d1", "d2", "d3"), "ip_hash": self.pick("i1", "i2")}
            click = {"click_id": self.next("c"), "customer_id": data["advocate_id"]}
            click |= {"partner_id": self.partners[0], "market": self.markets[0]} | seen
            if "clicks" in self.on:
                self.emit("clicks", "link.clicked", click, time - self.pick(0, 1, DAY_MS))
        for _ in range(self.pick(0, 1, 1, 2)):
            late = self.pick(0, 0, 1, 1000, DAY_MS // 2, window - 1, window, window + 1)
            self.order(data["friend_id"], time + late)
            if self.has("cancels", 0.3):
                order = {"order_id": self.orders[-1]["data"]["order_id"], "customer_id": data["friend_id"]}
                self.emit("orders", "order.cancelled", order, time + late + 1)
        if data["friend_id"] not in self.customers:
            self.customers.append(data["friend_id"])
