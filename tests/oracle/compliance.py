"""The rules that partners can break, the cases they open and what is done about it (DOMAIN 9 and 14)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from tests.oracle.decode import Event
from tests.oracle.ledger import Entry, Ledger, Lot
from tests.oracle.program import Version
from tests.oracle.rewards import Case, Credit, Order, Partner
from tests.oracle.terms import RULES
from tests.oracle.values import local_date

_HOUR_MS = 3_600_000
_REVERSAL_DAYS = 30


@dataclass
class Verdict:
    """What the evidence of one event comes to for one partner."""

    rejected: str | None = None  # the first rule that rejects
    hold: Case | None = None
    clawbacks: list[tuple[Case, date, date]] = field(default_factory=list)


@dataclass
class Watch:
    """What compliance knows of one program."""

    program: str
    ledger: Ledger
    told: list[Entry]
    partners: dict[str, Partner]
    #: Partners that may not earn, and those of them that compliance stopped: their clicks are no touches.
    suspended: set[str]
    credited: dict[str, list[tuple[Order, Credit]]]
    stopped: set[str] = field(default_factory=set)
    cases: dict[str, Case] = field(default_factory=dict)
    clicks: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    per_hour: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    per_day: Counter[tuple[str, date]] = field(default_factory=Counter)
    #: The terms version that each partner's was last found to be older than.
    reported: dict[str, str] = field(default_factory=dict)

    # Evidence

    def click(self, event: Event, version: Version) -> bool:
        """Judge a click; whether it is a touch."""
        data, terms = event.data, version.terms
        partner = data["partner_id"]
        day = local_date(event.time, version.home)
        known = self.partners.get(partner)
        listed = known is not None and data["customer_id"] in known.customer_ids
        self.clicks.setdefault(partner, []).append(data | {"listed": listed})
        hour = (partner, data["customer_id"], event.time // _HOUR_MS)
        self.per_hour[hour] += 1
        self.per_day[partner, day] += 1
        fired = []
        if record := known:
            if terms.is_paid(data["url"]) and not record.paid_search_allowed:
                fired.append("paid_traffic")
            if self.per_hour[hour] > terms.setting("click_flooding", "max_clicks_per_customer_hour", 30):
                fired.append("click_flooding")
            if terms.is_denied(data["referrer"]):
                fired.append("disallowed_referrer")
            if not record.agreed(data["market"]):
                fired.append("market_not_agreed")
        verdict = self._judge(partner, fired, day, version, of="click")
        self.claw_back(verdict)
        return verdict.rejected is None and partner not in self.stopped

    def ad(self, event: Event, version: Version) -> None:
        data = event.data
        record = self.partners.get(data["partner_id"])
        if record is None or record.paid_search_allowed:
            return
        if version.terms.holds_brand_term(data["market"], data["keyword"]):
            self._alone(data["partner_id"], "brand_bidding", local_date(event.time, version.home), version)

    def order(self, order: Order, credit: Credit, touched: Callable[[str], set[str]]) -> Verdict:
        """Judge a credit of an order. What it claws back is left to the caller."""
        fired = []
        if record := self.partners.get(credit.partner):
            if self._is_own(order, credit.partner, record, touched):
                fired.append("self_referral")
            seconds = order.version.terms.exact("click_to_order_time", "min_seconds", "5")
            if credit.click_to_order_ms is not None and credit.click_to_order_ms < seconds * 1000:
                fired.append("click_to_order_time")
            if not record.agreed(order.market):
                fired.append("market_not_agreed")
        return self._judge(credit.partner, fired, order.home_date, order.version, of="order")

    def _is_own(
        self, order: Order, partner: str, record: Partner, touched: Callable[[str], set[str]]
    ) -> bool:
        """Of customers who were listed after a click, only clicks that are kept as touches count."""
        if order.customer in record.customer_ids:
            return True
        return any(
            click["customer_id"] in record.customer_ids
            and (click["listed"] or click["click_id"] in touched(click["customer_id"]))
            and any(
                click[name] is not None and click[name] == value
                for name, value in (("device_id", order.device_id), ("ip_hash", order.ip_hash))
            )
            for click in self.clicks.get(partner, [])
        )

    def reversal(self, order: Order, day: date, version: Version) -> None:
        """An order went back in full on a day."""
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
            rate = Fraction(sum(share == 1 for share in shares), len(shares))
            if credit.partner in self.partners and rate > terms.exact("reversal_rate", "max_rate", "0.4"):
                self._alone(credit.partner, "reversal_rate", day, version, since=first)

    def midnight(self, day: date, version: Version) -> None:
        """Terms may be due from now on; then the clicks of the home day that ended are told."""
        terms, ended = version.terms, day - timedelta(days=1)
        for partner in sorted(self.partners):
            self._terms(partner, day, version)
            clicks = self.per_day[partner, ended]
            if clicks and clicks >= terms.setting("click_flooding", "min_clicks", 10000):
                orders = sum(order.home_date == ended for order, _ in self.credited.get(partner, []))
                if Fraction(orders, clicks) < terms.exact("click_flooding", "min_conversion", "0.0005"):
                    self._alone(partner, "click_flooding", ended, version)

    def record(self, partner: str, day: date, version: Version) -> None:
        """A record came: current terms begin anew."""
        if not version.terms.outdates(self.partners[partner].terms_version):
            self.reported.pop(partner, None)
        self._terms(partner, day, version)

    def _terms(self, partner: str, day: date, version: Version) -> None:
        """Look at the terms that a partner agreed to, once until the program has others."""
        terms = version.terms
        if terms.version is None or day < terms.due or self.reported.get(partner) == terms.version:
            return
        if terms.outdates(self.partners[partner].terms_version):
            self.reported[partner] = terms.version
            self._alone(partner, "terms_outdated", day, version)

    # Cases

    def _alone(self, partner: str, rule: str, day: date, version: Version, since: date | None = None) -> None:
        self.claw_back(self._judge(partner, [rule], day, version, of="neither", since=since))

    def _judge(
        self,
        partner: str,
        fired: list[str],
        day: date,
        version: Version,
        *,
        of: str,
        since: date | None = None,
    ) -> Verdict:
        """Tell of every rule that fired, and do at once what does not wait for grants."""
        verdict = Verdict()
        for rule in sorted(fired, key=RULES.index):
            action = version.terms.action(rule)
            if (action == "hold" and of != "order") or (action == "reject" and of == "neither"):
                action = "flag"
            case = self._case(rule, partner, day, action)
            if action == "reject":
                verdict.rejected = verdict.rejected or rule
            elif action == "hold":
                verdict.hold = verdict.hold or case
            elif action == "clawback":
                verdict.clawbacks.append((case, since or day, day))
            elif action == "suspend":
                self.suspended.add(partner)
                self.stopped.add(partner)
        return verdict

    def _case(self, rule: str, partner: str, day: date, action: str) -> Case:
        case_id = f"{rule}~{partner}~{day}"
        case = self.cases.get(case_id)
        added = case is not None and case.open
        if case is None:
            case = self.cases[case_id] = Case(case_id, rule, partner)
        case.open = True
        self.told.append(
            {
                "type": "compliance.evidence_added" if added else "compliance.violation_detected",
                "case_id": case_id,
                "rule": rule,
                "partner_id": partner,
                "action": action,
                "program": self.program,
                "time": self.ledger.now,
            }
        )
        return case

    def claw_back(self, verdict: Verdict) -> None:
        """Reverse what is left of the partner's grants of the days of a case, in the order of home dates and credits."""
        for case, first, last in verdict.clawbacks:
            for lot in self._grants(case.partner, first, last):
                if lot.kept and lot not in case.ever_held:
                    self.ledger.reverse(lot, lot.kept, f"{case.id}~{lot.entry_id}")

    def _grants(self, partner: str, first: date, last: date) -> Iterable[Lot]:
        account = f"partner:{partner}"
        found = [
            lot
            for lot in self.ledger.grants
            if lot.program == self.program and lot.account == account and first <= lot.home_date <= last
        ]
        return sorted(found, key=lambda lot: lot.home_date)

    def resolve(self, event: Event) -> None:
        """A person decided: what is still held is reversed or put back."""
        data = event.data
        case = self.cases.get(data["case_id"])
        if case is None or case.partner != data["partner_id"] or not case.open:
            unknown = case is None or case.partner != data["partner_id"]
            self.told.append(
                {
                    "type": "case.resolution_ignored",
                    "case_id": data["case_id"],
                    "partner_id": data["partner_id"],
                    "reason": "case_unknown" if unknown else "case_resolved",
                    "program": self.program,
                    "time": self.ledger.now,
                }
            )
            return
        case.open = False
        held, case.held = case.held, []
        for lot in held:
            if data["decision"] == "dismissed":
                self.ledger.unhold(lot, case.id)
            elif lot.held:
                self.ledger.reverse(lot, lot.held, f"{case.id}~{lot.entry_id}")
