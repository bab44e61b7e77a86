"""What an order earns: attribution, accruals, caps, budgets, tier extras and bonuses (DOMAIN 4, 5, 14)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any

from tests.oracle.ledger import Ledger, Lot
from tests.oracle.program import POINTS, Budget, Rule, Version
from tests.oracle.values import period_start, rounded, same_period, split

_TOUCHES_KEPT = 50


@dataclass(frozen=True, order=True)
class Touch:
    time: int
    click_id: str
    partner: str


@dataclass
class Credit:
    """One partner's part of an order."""

    partner: str
    weight: Fraction
    net: int
    gross: int
    click_id: str | None = None
    click_to_order_ms: int | None = None
    #: Of the partner, when the order was decided.
    group: str = ""


@dataclass
class Partner:
    """A partner's record."""

    group: str
    markets: list[str] | None
    customer_ids: list[str]
    terms_version: str | None
    paid_search_allowed: bool
    locale: str | None
    name: str | None

    def agreed(self, market: str) -> bool:
        return self.markets is None or market in self.markets


@dataclass
class Case:
    """A case of one rule, partner and home date; ``held`` is what it moved to held, in that order."""

    id: str
    rule: str
    partner: str
    open: bool = True
    opening: int = 0
    number: int = 0
    held: list[Lot] = field(default_factory=list)
    ever_held: list[Lot] = field(default_factory=list)


@dataclass
class Order:
    """A decided order; ``net`` is in its own currency, ``home_net`` in the program's."""

    id: str
    program: str
    version: Version
    customer: str
    market: str
    time: int
    home_date: date
    currency: str
    net: int
    home_net: int
    home_gross: int
    coupons: list[str]
    categories: dict[str, int]
    declared_channel: str | None
    device_id: str | None
    ip_hash: str | None
    new_customer: bool
    key_days: list[str]
    #: The event that placed it, as evidence names it.
    seen: dict[str, Any]
    reason: str = ""
    channel: str = ""
    credits: list[Credit] = field(default_factory=list)
    grants: list[Lot] = field(default_factory=list)
    referral_grants: list[Lot] = field(default_factory=list)
    refunded: int = 0
    cancelled: bool = False

    @property
    def refunded_share(self) -> Fraction:
        """Which part of net went back; an order with net 0 goes back by a cancel only."""
        if self.cancelled:
            return Fraction(1)
        return Fraction(self.refunded, self.net) if self.net else Fraction(0)


def newest(touches: list[Touch]) -> list[Touch]:
    """The touches that are kept of one customer."""
    return sorted(touches)[-_TOUCHES_KEPT:]


def attribute(order: Order, touches: list[Touch], partner_id: str | None, click_id: str | None) -> None:
    """Fill in reason, channel and credits."""
    version = order.version
    counting = [one for one in sorted(touches) if order.time - version.lookback_ms < one.time <= order.time]
    of_coupons = [version.coupons[code] for code in order.coupons if code in version.coupons]
    clicked = [one for one in counting if one.click_id == click_id]
    weighted: list[tuple[Touch, Fraction]] = []
    whole = Fraction(1)
    weights: dict[str, Fraction] = {}
    if partner_id is not None:
        order.reason, weights = "declared", {partner_id: whole}
    elif version.coupon_wins and of_coupons:
        order.reason, weights = "coupon", {of_coupons[0]: whole}
    elif click_id is not None and clicked:
        order.reason, weighted = "click_id", [(clicked[-1], whole)]
    elif counting:
        order.reason, weighted = version.attribution, _model(version.attribution, counting)
    else:
        order.reason = "unattributed"
    for touch, weight in weighted:
        weights[touch.partner] = weights.get(touch.partner, Fraction(0)) + weight
    nets, grosses = split(order.home_net, weights), split(order.home_gross, weights)
    for partner in sorted(weights):
        credit = Credit(partner, weights[partner], nets[partner], grosses[partner])
        own = [touch for touch, _ in weighted if touch.partner == partner]
        if own:
            credit.click_id = max(own).click_id
            credit.click_to_order_ms = order.time - max(own).time
        order.credits.append(credit)
    order.channel = order.declared_channel or ("partner" if order.credits else "direct")


def _model(name: str, touches: list[Touch]) -> list[tuple[Touch, Fraction]]:
    count = len(touches)
    match name:
        case "last_click":
            return [(touches[-1], Fraction(1))]
        case "first_click":
            return [(touches[0], Fraction(1))]
        case "linear":
            return [(touch, Fraction(1, count)) for touch in touches]
        case "position":
            return list(zip(touches, _position(count), strict=True))
    raise ValueError(name)


def _position(count: int) -> list[Fraction]:
    if count == 1:
        return [Fraction(1)]
    if count == 2:
        return [Fraction(1, 2)] * 2
    ends = Fraction(2, 5)
    return [ends, *[Fraction(1, 5) / (count - 2)] * (count - 2), ends]


@dataclass
class Beneficiary:
    """Somebody who may earn from an order, with its part of each basis."""

    account: str
    to: str
    partner: str | None = None
    group: str | None = None
    level: str | None = None
    multiply: Fraction = Fraction(1)
    posted: list[Lot] = field(default_factory=list)
    case: Case | None = None
    #: Why it earns nothing, and what is taken back once all is posted that it does earn.
    declined: str | None = None
    claw_back: Callable[[], None] | None = None


@dataclass
class Ask:
    """What a rule would grant: the rounded amount, and what its cap leaves of it."""

    rule: Rule
    kind: str
    desired: int
    capped: int


#: Who asks budgets next, for which wave, and what; ``end`` takes back what evidence says.
Queue = deque[tuple[Beneficiary, str, list[Ask]]]


class Rewards:
    """Decides the grants of one order after another."""

    def __init__(self, ledger: Ledger, milestones: list[dict[str, Any]]) -> None:
        self._ledger = ledger
        self._milestones = milestones
        self._told: set[tuple[str, str, date, Fraction]] = set()

    def decide(self, order: Order, beneficiaries: list[Beneficiary]) -> None:
        """Post all grants of an order; waves that ask a budget stand in one queue."""
        queue: Queue = deque()
        for one in beneficiaries:
            if one.declined:
                queue.append((one, "end", []))
            else:
                self._next(order, one, "accruals", self._accruals(order, one), queue)
        while queue:
            one, wave, asks = queue.popleft()
            if wave != "end":
                self._answered(order, one, wave, asks, queue)
            elif one.claw_back is not None:
                one.claw_back()

    def _next(self, order: Order, one: Beneficiary, wave: str, asks: list[Ask], queue: Queue) -> None:
        """Line up behind those who ask budgets already; a wave that asks none is posted at once."""
        if any(ask.rule.budget and ask.capped for ask in asks):
            queue.append((one, wave, asks))
        else:
            self._answered(order, one, wave, asks, queue)

    def _answered(self, order: Order, one: Beneficiary, wave: str, asks: list[Ask], queue: Queue) -> None:
        """Post what a wave got. What is then taken back, budgets hear of like of what is asked."""
        self._post(order, one, asks)
        if wave == "accruals":
            self._tier_extras(order, one)
            self._next(order, one, "bonuses", self._bonuses(order, one), queue)
        else:
            self._hold(one)
            queue.append((one, "end", []))

    def _hold(self, one: Beneficiary) -> None:
        """What was posted goes to the case that holds the order's grants, as far as it is left."""
        for lot in one.posted if one.case else ():
            assert one.case is not None
            if self._ledger.hold(lot, one.case.id):
                one.case.held.append(lot)
                one.case.ever_held.append(lot)

    def _accruals(self, order: Order, one: Beneficiary) -> list[Ask]:
        rules = [rule for rule in order.version.accruals if self._holds(order, one, rule)]
        winners = []
        for rule in rules:
            rivals = [other for other in rules if other.exclusive and other.exclusive == rule.exclusive]
            if not rivals or rule is min(rivals, key=lambda other: (-other.priority, other.id)):
                winners.append(rule)
        asks = []
        for rule in sorted(winners, key=lambda rule: rule.id):
            if rule.flat is not None:
                desired = rule.flat
            else:
                assert rule.factor is not None
                desired = rounded(rule.factor * self._basis(order, one, rule), order.version.rounding)
            asks.append(Ask(rule, "accrued", desired, self._capped(order, one, rule, desired)))
        return asks

    def _bonuses(self, order: Order, one: Beneficiary) -> list[Ask]:
        asks = []
        for rule in order.version.bonuses:
            on_day = not rule.on or set(rule.on) & set(order.key_days)
            if not on_day or not self._holds(order, one, rule) or not rule.runs_for(one.partner):
                continue
            base = sum(lot.amount for lot in one.posted if lot.unit == rule.unit and lot.kind == "accrued")
            if rule.flat is not None:
                desired = rule.flat
            else:
                assert rule.factor is not None
                desired = rounded(rule.factor * base, order.version.rounding)
            asks.append(Ask(rule, "bonus", desired, self._capped(order, one, rule, desired)))
        if order.version.stacking == "best":
            units = sorted({ask.rule.unit for ask in asks})
            asks = [
                min(
                    (ask for ask in asks if ask.rule.unit == unit), key=lambda ask: (-ask.capped, ask.rule.id)
                )
                for unit in units
            ]
        return sorted(asks, key=lambda ask: ask.rule.id)

    def _holds(self, order: Order, one: Beneficiary, rule: Rule) -> bool:
        if rule.to != one.to:
            return False
        when: dict[str, Any] = rule.when
        whole = order.home_gross if rule.basis == "gross" else order.home_net
        sets = {
            "market": {order.market},
            "channel": {order.channel},
            "category": set(order.categories),
            "coupon": set(order.coupons),
            "key_day": set(order.key_days),
            "partner_group": {one.group},
            "partner_id": {one.partner},
            "tier": {one.level},
        }
        return (
            all(set(when[name]) & values for name, values in sets.items() if name in when)
            and ("min_order" not in when or whole >= when["min_order"])
            and ("new_customer" not in when or order.new_customer == when["new_customer"])
        )

    def _basis(self, order: Order, one: Beneficiary, rule: Rule) -> int:
        if "category" in rule.when:
            lines = sum(order.categories.get(name, 0) for name in set(rule.when["category"]))
            rate = order.version.rate(order.currency, order.time)
            assert rate is not None
            total = rounded(rate * lines, order.version.rounding)
        else:
            total = order.home_gross if rule.basis == "gross" else order.home_net
        if one.partner is None:
            return total
        return split(total, {credit.partner: credit.weight for credit in order.credits})[one.partner]

    def _capped(self, order: Order, one: Beneficiary, rule: Rule, desired: int) -> int:
        if rule.cap is None:
            return desired
        used = sum(
            lot.kept
            for lot in self._ledger.grants
            if lot.program == order.program
            and lot.account == one.account
            and lot.rule == rule.id
            and same_period(rule.cap.period, lot.home_date, order.home_date)
        )
        return _granted(rule.cap.over, desired, rule.cap.amount - used)

    def _budgeted(self, order: Order, rule: Rule, asked: int) -> int:
        if rule.budget is None:
            return asked
        budget = order.version.budgets[rule.budget]
        return _granted(
            budget.over, asked, budget.amount - self._spent(order.program, budget, order.home_date)
        )

    def _spent(self, program: str, budget: Budget, day: date) -> int:
        return sum(
            lot.kept
            for lot in self._ledger.grants
            if lot.program == program
            and lot.source == f"budget:{budget.id}"
            and same_period(budget.period, lot.home_date, day)
        )

    def spent(self, version: Version, day: date) -> list[dict[str, Any]]:
        """What is spent of the budgets of a version in their periods of a day."""
        found = []
        for budget in version.budgets.values():
            period = "lifetime" if budget.period == "lifetime" else f"{day:%Y-%m}"
            spent = self._spent(version.id, budget, day)
            found.append({"budget_id": budget.id, "period": period, "spent": spent, "amount": budget.amount})
        return sorted(found, key=lambda one: str(one["budget_id"]))

    def _alert(self, order: Order, budget: Budget) -> None:
        """Tell what share of a budget is spent, each share once a period."""
        spent = self._spent(order.program, budget, order.home_date)
        period = period_start(budget.period, order.home_date)
        for share in (*budget.alerts, Fraction(1)):
            known = (order.program, budget.id, period, share)
            if spent < budget.amount * share or known in self._told:
                continue
            self._told.add(known)
            self._milestones.append(
                {
                    "type": "budget.exhausted" if share == 1 else "budget.threshold_reached",
                    "topic": "milestones",
                    "budget_id": budget.id,
                    "period": "lifetime" if budget.period == "lifetime" else f"{period:%Y-%m}",
                    "threshold": str(float(share)).removesuffix(".0"),
                }
            )

    def _post(self, order: Order, one: Beneficiary, asks: list[Ask]) -> None:
        base = [lot for lot in one.posted if lot.kind == "accrued"]
        for ask in asks:
            amount = self._budgeted(order, ask.rule, ask.capped)
            if not amount:
                continue
            hold, expires = ask.rule.hold_days or 0, ask.rule.expires_days
            if ask.kind == "bonus":
                longest_hold, longest_expiry = _longest(base, ask.rule.unit)
                hold = longest_hold if ask.rule.hold_days is None else hold
                expires = longest_expiry if expires is None else expires
            source = f"budget:{ask.rule.budget}" if ask.rule.budget else f"program:{order.program}"
            self._grant(
                order,
                one,
                ask.kind,
                ask.rule.id,
                ask.rule.unit,
                amount,
                ask.desired,
                source,
                hold,
                expires,
                [*ask.rule.on, *ask.rule.when.get("key_day", [])],
            )
            if ask.rule.budget:
                self._alert(order, order.version.budgets[ask.rule.budget])

    def _tier_extras(self, order: Order, one: Beneficiary) -> None:
        base = [lot for lot in one.posted if lot.kind == "accrued"]
        for unit in sorted({lot.unit for lot in base}):
            total = sum(lot.amount for lot in base if lot.unit == unit)
            extra = rounded(total * (one.multiply - 1), order.version.rounding)
            if extra:
                hold, expires = _longest(base, unit)
                rule = "tier-points" if unit == POINTS else "tier"
                source = f"program:{order.program}"
                self._grant(order, one, "tier", rule, unit, extra, extra, source, hold, expires)

    def _grant(
        self,
        order: Order,
        one: Beneficiary,
        kind: str,
        rule: str,
        unit: str,
        amount: int,
        desired: int,
        source: str,
        hold_days: int,
        expires_days: int | None,
        asked: Sequence[str] = (),
    ) -> None:
        lot = self._ledger.grant(
            kind=kind,
            entry_id=f"{order.id}~{rule}~{one.account}",
            program=order.program,
            account=one.account,
            unit=unit,
            amount=amount,
            desired=desired,
            source=source,
            rule=rule,
            order_id=order.id,
            home_date=order.home_date,
            hold_days=hold_days,
            expires_days=expires_days,
            version=order.version.version,
            key_day=next((one for one in asked if one in order.key_days), None),
        )
        one.posted.append(lot)
        order.grants.append(lot)


def _granted(over: str, desired: int, left: int) -> int:
    left = max(0, left)
    match over:
        case "trim":
            return min(desired, left)
        case "reject":
            return desired if desired <= left else 0
        case "allow_last":
            return desired if left > 0 else 0
    raise ValueError(over)


def _longest(base: list[Lot], unit: str) -> tuple[int, int | None]:
    """The longest hold and expiry of the accruals of a unit that were posted; no expiry is the longest."""
    lots = [lot for lot in base if lot.unit == unit]
    if not lots:
        return 0, None
    hold = max((lot.available_on - lot.home_date).days for lot in lots)
    spans = [None if lot.expires_on is None else (lot.expires_on - lot.home_date).days for lot in lots]
    known = [span for span in spans if span is not None]
    return hold, max(known) if len(known) == len(spans) else None
