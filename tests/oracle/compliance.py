"""The rules that partners can break, the cases they open and what is done about it (DOMAIN 9 and 14)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from tests.oracle.decode import Event
from tests.oracle.ledger import Entry, Ledger, Lot
from tests.oracle.post import Post
from tests.oracle.program import Version
from tests.oracle.rewards import Case, Credit, Order, Partner
from tests.oracle.terms import RULES
from tests.oracle.values import local_date, midnight, show_time

_HOUR_MS = 3_600_000
_REVERSAL_DAYS = 30
_OF_ADS = ("market", "engine", "keyword", "display_url", "destination", "ad_copy", "rank", "evidence_url")


@dataclass
class Fired:
    """A rule that fired: what shows it, and the time that this is about when it is not the home day."""

    rule: str
    facts: Entry
    window: tuple[int, int] | None = None


@dataclass
class Verdict:
    """What the evidence of one event comes to for one partner."""

    rejected: str | None = None  # the first rule that rejects
    hold: Case | None = None
    clawbacks: list[tuple[Case, int, int]] = field(default_factory=list)


def _window(fired: Fired, day: date, version: Version) -> tuple[int, int]:
    """The time that evidence is about: its own, else the home day of its case."""
    return fired.window or (midnight(day, version.home), midnight(day + timedelta(days=1), version.home))


@dataclass
class Watch:
    """What compliance knows of one program."""

    program: str
    ledger: Ledger
    told: list[Entry]
    partners: dict[str, Partner]
    #: Partners that may not earn, and those of them that compliance stopped.
    suspended: set[str]
    credited: dict[str, list[tuple[Order, Credit]]]
    post: Post
    stopped: set[str] = field(default_factory=set)
    cases: dict[str, Case] = field(default_factory=dict)
    clicks: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    per_hour: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    per_day: Counter[tuple[str, date]] = field(default_factory=Counter)
    #: The terms version that each partner's was last found to be older than.
    reported: dict[str, str] = field(default_factory=dict)

    def open_rules(self) -> list[str]:
        """The rule of each case that is open."""
        return [case.rule for case in self.cases.values() if case.open]

    # Evidence

    def click(self, event: Event, version: Version) -> bool:
        """Judge a click; whether it is a touch."""
        data, terms = event.data, version.terms
        partner = data["partner_id"]
        day = local_date(event.time, version.home)
        self.clicks.setdefault(partner, []).append(data)
        hour = (partner, data["customer_id"], event.time // _HOUR_MS)
        self.per_hour[hour] += 1
        self.per_day[partner, day] += 1
        fired = []
        if record := self.partners.get(partner):
            facts = _seen(event) | {name: data[name] for name in ("click_id", "customer_id", "market")}
            if (name := terms.paid_by(data["url"])) and not record.paid_search_allowed:
                fired.append(Fired("paid_traffic", facts | {"parameter": name}))
            most = terms.setting("click_flooding", "max_clicks_per_customer_hour", 30)
            if (clicks := self.per_hour[hour]) > most:
                start = hour[2] * _HOUR_MS
                counted = {"clicks": clicks, "limit": str(most)}
                fired.append(Fired("click_flooding", facts | counted, (start, start + _HOUR_MS)))
            if host := terms.denied(data["referrer"]):
                fired.append(Fired("disallowed_referrer", facts | {"host": host}))
            if not record.agreed(data["market"]):
                fired.append(Fired("market_not_agreed", facts | {"markets_agreed": record.markets}))
        verdict = self._judge(partner, fired, day, version, of="click")
        self.claw_back(verdict)
        return verdict.rejected is None

    def ad(self, event: Event, version: Version) -> None:
        data = event.data
        record = self.partners.get(data["partner_id"])
        if record is None or record.paid_search_allowed:
            return
        if term := version.terms.brand_term(data["market"], data["keyword"]):
            facts = _seen(event) | {name: data[name] for name in _OF_ADS} | {"brand_term": term}
            day = local_date(event.time, version.home)
            self._alone(data["partner_id"], Fired("brand_bidding", facts), day, version)

    def order(self, order: Order, credit: Credit) -> Verdict:
        """Judge a credit of an order. What it claws back is left to the caller."""
        fired = []
        if record := self.partners.get(credit.partner):
            facts = order.seen | {"order_id": order.id, "customer_id": order.customer, "market": order.market}
            facts |= {"click_id": credit.click_id}
            if shared := self._shared(order, credit.partner, record):
                fired.append(Fired("self_referral", facts | {"shared": shared}))
            seconds = order.version.terms.setting("click_to_order_time", "min_seconds", 5)
            if credit.click_to_order_ms is not None and credit.click_to_order_ms < seconds * 1000:
                waited = {"click_to_order_ms": credit.click_to_order_ms, "min_seconds": seconds}
                fired.append(Fired("click_to_order_time", facts | waited))
            if not record.agreed(order.market):
                fired.append(Fired("market_not_agreed", facts | {"markets_agreed": record.markets}))
        return self._judge(credit.partner, fired, order.home_date, order.version, of="order")

    def _shared(self, order: Order, partner: str, record: Partner) -> str | None:
        """What an order has in common with a customer of the partner's own."""
        if order.customer in record.customer_ids:
            return "customer_id"
        own = [click for click in self.clicks.get(partner, []) if click["customer_id"] in record.customer_ids]
        for name, value in (("device_id", order.device_id), ("ip_hash", order.ip_hash)):
            if value is not None and any(click[name] == value for click in own):
                return name
        return None

    def reversal(self, order: Order, event: Event, time: int, version: Version) -> None:
        """An order went back in full at a time."""
        day = local_date(time, version.home)
        terms = version.terms
        first = day - timedelta(days=_REVERSAL_DAYS - 1)
        for credit in order.credits:
            shares = [
                other.refunded_share
                for other, _ in self.credited[credit.partner]
                if first <= other.home_date <= day
            ]
            if not shares or len(shares) < terms.setting("reversal_rate", "min_orders", 50):
                continue
            reversed_ = sum(share == 1 for share in shares)
            most = str(terms.setting("reversal_rate", "max_rate", "0.4"))
            if credit.partner in self.partners and Fraction(reversed_, len(shares)) > Fraction(most):
                facts = _seen(event, time) | {"order_id": order.id, "orders": len(shares)}
                facts |= {"reversed": reversed_, "limit": most, "refund_id": event.data.get("refund_id")}
                window = midnight(first, version.home), midnight(day + timedelta(days=1), version.home)
                self._alone(credit.partner, Fired("reversal_rate", facts, window), day, version)

    def midnight_of_terms(self, day: date, version: Version) -> None:
        """Terms may be due from now on."""
        for partner in sorted(self.partners):
            self._terms(partner, day, version, self._clock(day, version))

    def midnight_of_clicks(self, day: date, version: Version) -> None:
        """The clicks of the home day that ended are told."""
        terms, ended = version.terms, day - timedelta(days=1)
        for partner in sorted(self.partners):
            clicks = self.per_day[partner, ended]
            if clicks and clicks >= terms.setting("click_flooding", "min_clicks", 10000):
                orders = sum(order.home_date == ended for order, _ in self.credited.get(partner, []))
                least = str(terms.setting("click_flooding", "min_conversion", "0.0005"))
                if Fraction(orders, clicks) < Fraction(least):
                    facts = self._clock(day, version) | {"clicks": clicks, "orders": orders, "limit": least}
                    self._alone(partner, Fired("click_flooding", facts), ended, version)

    def _clock(self, day: date, version: Version) -> Entry:
        return {
            "source": "keyday/clock",
            "id": f"{version.home}/{day}",
            "occurred": show_time(self.ledger.now),
        }

    def record(self, partner: str, event: Event, version: Version) -> None:
        """A record came: current terms begin anew."""
        if not version.terms.outdates(self.partners[partner].terms_version):
            self.reported.pop(partner, None)
        self._terms(partner, local_date(event.time, version.home), version, _seen(event))

    def _terms(self, partner: str, day: date, version: Version, seen: Entry) -> None:
        """Look at the terms that a partner agreed to, once until the program has others."""
        terms = version.terms
        if terms.version is None or day < terms.due or self.reported.get(partner) == terms.version:
            return
        agreed = self.partners[partner].terms_version
        if terms.outdates(agreed):
            self.reported[partner] = terms.version
            facts = seen | {"terms_agreed": agreed, "terms_due": terms.due.isoformat()}
            self._alone(partner, Fired("terms_outdated", facts), day, version)

    # Cases

    def _alone(self, partner: str, fired: Fired, day: date, version: Version) -> None:
        self.claw_back(self._judge(partner, [fired], day, version, of="neither"))

    def _judge(
        self,
        partner: str,
        fired: list[Fired],
        day: date,
        version: Version,
        *,
        of: str,
    ) -> Verdict:
        """Tell of every rule that fired, and do at once what does not wait for grants."""
        verdict = Verdict()
        for one in sorted(fired, key=lambda one: RULES.index(one.rule)):
            rule, action = one.rule, version.terms.action(one.rule)
            if (action == "hold" and of != "order") or (action == "reject" and of == "neither"):
                action = "flag"
            case = self._case(one, partner, day, action, version)
            if action == "reject":
                verdict.rejected = verdict.rejected or rule
            elif action == "hold":
                verdict.hold = verdict.hold or case
            elif action == "clawback":
                verdict.clawbacks.append((case, *_window(one, day, version)))
            elif action == "suspend":
                if partner not in self.stopped:
                    what = {"case_id": case.id, "rule": rule, "partner_id": partner}
                    self._tell("compliance.partner_suspended", what | {"program_version": version.version})
                    self.post.suspension(partner, local_date(self.ledger.now, version.home), rule=rule)
                self.suspended.add(partner)
                self.stopped.add(partner)
        return verdict

    def _case(self, fired: Fired, partner: str, day: date, action: str, version: Version) -> Case:
        case_id = f"{fired.rule}~{partner}~{day}"
        case = self.cases.get(case_id)
        added = case is not None and case.open
        if case is None:
            case = self.cases[case_id] = Case(case_id, fired.rule, partner)
        case.number += 1
        case.opening += not added
        case.open = True
        start, end = _window(fired, day, version)
        self._tell(
            "compliance.evidence_added" if added else "compliance.violation_detected",
            {
                "case_id": case_id,
                "rule": fired.rule,
                "partner_id": partner,
                "severity": version.terms.severity(fired.rule),
                "action": action,
                "evidence": {name: value for name, value in fired.facts.items() if value is not None},
                "window": {"start": show_time(start), "end": show_time(end)},
                "terms_version": version.terms.version,
                "program_version": version.version,
                "opening": case.opening,
                "number": case.number,
            },
        )
        self.post.case(case, day, action, opened=not added)
        return case

    def _tell(self, kind: str, data: Entry) -> None:
        self.told.append({"type": kind} | data | {"program": self.program, "time": self.ledger.now})

    def claw_back(self, verdict: Verdict) -> None:
        """Reverse what is left of the grants of the window of the evidence, by home date and credit."""
        for case, start, end in verdict.clawbacks:
            for lot in self._grants(case.partner, start, end):
                if lot.kept and lot not in case.ever_held:
                    self.ledger.reverse(lot, lot.kept, f"{case.id}~{lot.entry_id}")

    def _grants(self, partner: str, start: int, end: int) -> Iterable[Lot]:
        account = f"partner:{partner}"
        within = {order.id for order, _ in self.credited.get(partner, []) if start <= order.time < end}
        found = [
            lot
            for lot in self.ledger.grants
            if lot.program == self.program and lot.account == account and lot.order_id in within
        ]
        return sorted(found, key=lambda lot: lot.home_date)

    def resolve(self, event: Event) -> None:
        """A person decided: what is still held is reversed or put back."""
        data = event.data
        decided = {name: data[name] for name in ("case_id", "partner_id", "decision", "actor")}
        case = self.cases.get(data["case_id"])
        if case is None or case.partner != data["partner_id"] or not case.open:
            unknown = case is None or case.partner != data["partner_id"]
            reason = {"reason": "case_unknown" if unknown else "case_resolved"}
            self._tell("case.resolution_ignored", decided | reason)
            return
        case.open = False
        held, case.held = [lot for lot in case.held if lot.held], []
        amounts: Counter[str] = Counter()
        for lot in held:
            amounts[lot.unit] += lot.held
            if data["decision"] == "dismissed":
                self.ledger.unhold(lot, case.id)
            else:
                self.ledger.reverse(lot, lot.held, f"{case.id}~{lot.entry_id}")
        came = {"rule": case.rule, "opening": case.opening, "entries": len(held), "amounts": dict(amounts)}
        self._tell("compliance.case_resolved", decided | came)
        self.post.resolved(case, data["decision"])


def _seen(event: Event, time: int | None = None) -> Entry:
    """Which event shows it, and when that was."""
    occurred = event.time if time is None else time
    return {"source": event.source, "id": event.id, "occurred": show_time(occurred)}
