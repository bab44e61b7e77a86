"""The whole domain in one process: programs and lines in, ledger, attributions and dead letters out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from tests.oracle.compliance import Verdict, Watch
from tests.oracle.decode import TOPICS, Event, decode, same_value, time_of
from tests.oracle.desk import Desk
from tests.oracle.ledger import Entry, Ledger, Lot
from tests.oracle.post import Post
from tests.oracle.program import POINTS, Programs, Tiers, from_content
from tests.oracle.rewards import Beneficiary, Credit, Order, Partner, Rewards, Touch, attribute, newest
from tests.oracle.values import (
    DAY_MS,
    RefusedError,
    local_date,
    midnights,
    period_start,
    rounded,
    show_time,
)

Lines = dict[str, list[bytes]]


@dataclass
class Result:
    """What came out. Optional fields that are absent have no key."""

    entries: list[Entry]
    attributions: list[Entry]
    dead_letters: list[tuple[str, str, int]]  # code, topic, position
    balances: list[Entry]
    tiers: dict[str, str]
    notices: list[Entry]
    cases: list[Entry]  # what compliance told, in its order
    milestones: list[Entry]  # and the other agents


@dataclass
class _Referral:
    id: str
    advocate: str
    friend: str
    created: int
    device_id: str | None
    ip_hash: str | None
    state: str = "open"  # open, granted or declined
    home_date: date | None = None
    grants: list[Lot] = field(default_factory=list)
    order: Order | None = None

    @property
    def counts(self) -> bool:
        """Whether it was granted and is not reversed in full."""
        return self.state == "granted" and self.order is not None and self.order.refunded_share < 1


@dataclass
class _Customer:
    """What one program knows of one customer."""

    touches: list[Touch] = field(default_factory=list)
    devices: set[str] = field(default_factory=set)
    ips: set[str] = field(default_factory=set)
    ordered: bool = False


@dataclass
class _Program:
    """What one program knows."""

    id: str
    ledger: Ledger
    told: list[Entry]
    sent: list[Entry]
    #: The devices and addresses of customers, seen in any program.
    hands: dict[str, tuple[set[str], set[str]]]
    customers: dict[str, _Customer] = field(default_factory=dict)
    partners: dict[str, Partner] = field(default_factory=dict)
    suspended: set[str] = field(default_factory=set)
    orders: dict[str, Order] = field(default_factory=dict)
    waiting: list[Event] = field(default_factory=list)
    referrals: list[_Referral] = field(default_factory=list)
    credited: dict[str, list[tuple[Order, Credit]]] = field(default_factory=dict)
    levels: dict[str, str | None] = field(default_factory=dict)
    post: Post = field(init=False)
    watch: Watch = field(init=False)
    desk: Desk = field(init=False)

    def __post_init__(self) -> None:
        self.post = Post(self.id, self.ledger, self.sent, self.partners, self.suspended)
        self.watch = Watch(
            self.id, self.ledger, self.told, self.partners, self.suspended, self.credited, self.post
        )

    def customer(self, name: str) -> _Customer:
        if name not in self.customers:
            seen = self.hands.setdefault(name, (set(), set()))
            self.customers[name] = _Customer(devices=seen[0], ips=seen[1])
        return self.customers[name]


class Model:
    """One run. ``run`` may be called once."""

    def __init__(self, programs: Programs, *, dedupe_days: int = 45, order_memory_days: int = 120) -> None:
        self.programs = programs
        self.ledger = Ledger()
        self.attributions: list[Entry] = []
        self.dead_letters: list[tuple[str, str, int]] = []
        self.notices: list[Entry] = []
        self.cases: list[Entry] = []
        self.milestones: list[Entry] = []
        self._rewards = Rewards(self.ledger, self.milestones)
        self._states: dict[str, _Program] = {}
        self._hands: dict[str, tuple[set[str], set[str]]] = {}
        self._dedupe_ms = dedupe_days * DAY_MS
        self._memory_ms = order_memory_days * DAY_MS
        self._identities: dict[tuple[str, str, str, str], Event] = {}
        self._business: dict[tuple[str, ...], int] = {}
        self._now: int | None = None

    def run(self, lines: Lines, until: int | None = None) -> Result:
        """Handle all lines in their order, then the midnights up to and including ``until``."""
        records = [
            (time_of(raw), TOPICS.index(topic), position, topic, raw)
            for topic, raws in lines.items()
            for position, raw in enumerate(raws)
            if raw.strip()
        ]
        for time, _, position, topic, raw in sorted(records, key=lambda one: (one[0] or 0, *one[1:3])):
            try:
                event = decode(topic, position, raw, self.programs)
            except RefusedError as refused:
                self.dead_letters.append((refused.code, topic, position))
                continue
            assert event.time == time
            self._tick(event.time)
            try:
                self._handle(event)
            except RefusedError as refused:
                self.dead_letters.append((refused.code, topic, position))
        if until is not None and self._now is not None:
            self._tick(max(until, self._now))
        return Result(
            self.ledger.entries,
            self.attributions,
            self.dead_letters,
            self.ledger.balances(),
            {
                f"{name}/{partner}": level
                for name, state in self._states.items()
                for partner, level in state.levels.items()
                if level
            },
            self.notices,
            self.cases,
            self.milestones,
        )

    # Time

    def _tick(self, time: int) -> None:
        if self._now is not None:
            zones: dict[ZoneInfo, list[str]] = {}
            for program in self.programs.ids():
                zones.setdefault(self.programs.home(program), []).append(program)
            due = [
                (instant, str(zone), day, programs)
                for zone, programs in zones.items()
                for instant, day in midnights(self._now, time, zone)
            ]
            for instant, zone, day, programs in sorted(due):
                self._midnight([self._state(one) for one in programs], instant, day, zone)
        self._now = self.ledger.now = time

    def _midnight(self, states: list[_Program], instant: int, day: date, zone: str) -> None:
        """The midnight of all programs of a home zone."""
        self.ledger.now = instant
        for state in states:
            for event in list(state.waiting):
                if instant - event.time > self._memory_ms:
                    state.waiting.remove(event)
                    self._forget(event)
                    self.dead_letters.append(("order_unknown", event.topic, event.position))
        self.ledger.midnight({state.id for state in states}, day, zone)
        for state in states:
            version = self.programs.in_force(state.id, instant)
            if version is not None and version.tiers is not None:
                for partner in sorted(state.credited):
                    self._lower_tier(state, version.tiers, partner, day)
            if version is not None:
                spent = self._rewards.spent(version, day - timedelta(days=1))
                state.watch.midnight_of_terms(day, version)
                state.post.midnight(day, version)
                open_cases = state.watch.open_rules()
                state.watch.midnight_of_clicks(day, version)
                state.desk.midnight(instant, day, version, open_cases, spent)

    def _lower_tier(self, state: _Program, tiers: Tiers, partner: str, day: date) -> None:
        if tiers.window == "rolling":
            in_window = day
        elif period_start(tiers.window, day) == day:
            in_window = day - timedelta(days=1)
        else:
            return
        metric = self._metric(state, tiers, partner, in_window)
        if tiers.reached(metric) < self._level(state, tiers, partner):
            self._move_tier(state, tiers, partner, metric, in_window)

    def _move_tier(self, state: _Program, tiers: Tiers, partner: str, metric: int, day: date) -> None:
        before, after = self._level(state, tiers, partner), tiers.reached(metric)
        state.levels[partner] = tiers.name(after)
        if tiers.window == "rolling":
            start = day - timedelta(days=tiers.days - 1)
        else:
            start = period_start(tiers.window, day)
        change = {
            "partner_id": partner,
            "before": tiers.name(before) or "",
            "after": tiers.name(after) or "",
            "metric": tiers.metric,
            "value": metric,
            "window_start": start.isoformat(),
        }
        self._tell("tier.changed", **change)
        state.post.tier(change, up=after > before, unit=tiers.money)

    def _tell(self, kind: str, topic: str = "milestones", **data: Any) -> None:
        self.milestones.append({"type": kind, "topic": topic} | data)

    # Events

    def _state(self, program: str) -> _Program:
        if program not in self._states:
            state = self._states[program] = _Program(
                program, self.ledger, self.cases, self.notices, self._hands
            )
            state.desk = Desk(self.milestones, state.orders, state.credited, state.partners)
        return self._states[program]

    def _handle(self, event: Event) -> None:
        if event.type == "program.published":  # known by the number of its version
            self.programs.add(from_content(event.data))
            return
        identity = (event.topic, event.key, event.source, event.id)
        known = self._identities.get(identity)
        if known is not None and event.time - known.time < self._dedupe_ms:
            if same_value(known.content, event.content):
                return
            raise RefusedError("id_conflict")
        business = _business_id(event)
        first = self._business.get(business) if business else None
        repeated = first is not None and event.time - first <= self._memory_ms
        if not repeated:
            self._check(event)
            if business:
                self._business[business] = event.time
        self._identities[identity] = event
        if not repeated:
            self._apply(event)

    def _check(self, event: Event) -> None:
        """What can still be refused once an event is known to be new: market, rate, the refund's currency."""
        data, version = event.data, event.version
        if version is None:
            return
        if (
            event.type in {"order.placed", "link.clicked", "ad.observed"}
            and data["market"] not in version.markets
        ):
            raise RefusedError("market_unknown")
        if event.type == "order.placed" and version.rate(data["currency"], event.time) is None:
            raise RefusedError("fx_rate_missing")
        if event.type == "order.refunded":
            order = self._order(self._state(event.program), event)
            if order and order.currency != data["currency"]:
                raise RefusedError("currency_mismatch")

    def _forget(self, event: Event) -> None:
        """A waiting event came to nothing: it may be sent again."""
        self._identities.pop((event.topic, event.key, event.source, event.id), None)
        if business := _business_id(event):
            self._business.pop(business, None)

    def _apply(self, event: Event) -> None:
        data = event.data
        state = self._state(event.program)
        match event.type:
            case "order.placed":
                self._placed(state, event)
            case "order.refunded" | "order.cancelled":
                order = self._order(state, event)
                if order is None:
                    state.waiting.append(event)
                else:
                    self._give_back(state, order, event)
            case "link.clicked":
                customer = state.customer(data["customer_id"])
                _saw(customer, data)
                assert event.version is not None
                if state.watch.click(event, event.version):
                    touch = Touch(event.time, data["click_id"], data["partner_id"])
                    customer.touches = newest([*customer.touches, touch])
            case "referral.created":
                self._referred(state, event)
            case "redemption.requested" | "adjustment.requested":
                self._requested(state, event)
            case _:
                _of_partner(state, event)

    def _requested(self, state: _Program, event: Event) -> None:
        data = event.data
        account, unit, amount = data["account"], data["unit"], data["amount"]
        if event.type == "redemption.requested":
            available = self.ledger.purse(account, unit).available
            if not self.ledger.redeem(state.id, account, unit, amount, data["redemption_id"]):
                facts = {name: data[name] for name in ("redemption_id", "account", "unit", "amount")}
                self._tell("redemption.declined", **facts, available=available)
        else:
            day = local_date(event.time, self.programs.home(state.id))
            self.ledger.adjust(state.id, account, unit, amount, data["adjustment_id"], day)

    def _order(self, state: _Program, event: Event) -> Order | None:
        order = state.orders.get(event.data["order_id"])
        known = (
            order is not None
            and order.customer == event.data["customer_id"]
            and event.time - order.time <= self._memory_ms
        )
        return order if known else None

    # Orders

    def _placed(self, state: _Program, event: Event) -> None:
        order = self._new_order(state, event)
        customer = state.customer(order.customer)
        data = event.data
        attribute(order, customer.touches, data["partner_id"], data["click_id"])
        for credit in order.credits:
            if record := state.partners.get(credit.partner):
                credit.group = record.group
        state.desk.is_open = True
        self._attributed(order)
        verdicts = {one.partner: state.watch.order(order, one) for one in order.credits}
        beneficiaries = self._beneficiaries(state, order, verdicts)
        for credit in order.credits:
            state.credited.setdefault(credit.partner, []).append((order, credit))
        self._rewards.decide(order, beneficiaries)
        self._qualify(state, order)
        state.orders[order.id] = order
        customer.ordered = True
        _saw(customer, data)
        for credit in order.credits:
            self._raise_tier(state, order, credit.partner)
        for waited in list(state.waiting):
            if waited.data["order_id"] == order.id and waited.data["customer_id"] == order.customer:
                state.waiting.remove(waited)
                if waited.type == "order.refunded" and waited.data["currency"] != order.currency:
                    self._forget(waited)
                    self.dead_letters.append(("currency_mismatch", waited.topic, waited.position))
                else:
                    self._give_back(state, order, waited)

    def _new_order(self, state: _Program, event: Event) -> Order:
        data, version = event.data, event.version
        assert version is not None
        rate = version.rate(data["currency"], event.time)
        assert rate is not None
        categories: dict[str, int] = {}
        for category, amount in data["lines"]:
            categories[category] = categories.get(category, 0) + amount
        new = data["new_customer"]
        return Order(
            id=data["order_id"],
            program=state.id,
            version=version,
            customer=data["customer_id"],
            market=data["market"],
            time=event.time,
            home_date=local_date(event.time, version.home),
            currency=data["currency"],
            net=data["net"],
            home_net=rounded(rate * data["net"], version.rounding),
            home_gross=rounded(rate * data["gross"], version.rounding),
            coupons=data["coupons"],
            categories=categories,
            declared_channel=data["channel"],
            device_id=data["device_id"],
            ip_hash=data["ip_hash"],
            new_customer=not state.customer(data["customer_id"]).ordered if new is None else new,
            key_days=version.key_days_at(data["market"], event.time),
            seen={"source": event.source, "id": event.id, "occurred": show_time(event.time)},
        )

    def _beneficiaries(
        self, state: _Program, order: Order, verdicts: dict[str, Verdict]
    ) -> list[Beneficiary]:
        found = [Beneficiary(f"customer:{order.customer}", "customer")]
        tiers = order.version.tiers
        for credit in order.credits:
            partner = state.partners.get(credit.partner)
            rejected = verdicts[credit.partner].rejected
            suspended = credit.partner in state.suspended
            inactive = partner is None or suspended or not partner.agreed(order.market)
            one = Beneficiary(f"partner:{credit.partner}", "partner", credit.partner, credit.group)
            one.claw_back = partial(state.watch.claw_back, verdicts[credit.partner])
            found.append(one)
            if inactive or rejected:
                one.declined = "partner_inactive" if inactive else f"compliance: {rejected}"
                about = {"order_id": order.id, "partner_id": credit.partner}
                self._tell("accrual.declined", **about, reason=one.declined)
                continue
            one.case = verdicts[credit.partner].hold
            if tiers is not None and (position := self._level(state, tiers, credit.partner)) >= 0:
                level = tiers.levels[position]
                one.level, one.multiply = level.id, level.multiply
        return found

    def _attributed(self, order: Order) -> None:
        self.attributions.append(
            {
                "order_id": order.id,
                "customer_id": order.customer,
                "market": order.market,
                "reason": order.reason,
                "channel": order.channel,
                "occurred": show_time(order.time),
                "net": order.home_net,
                "gross": order.home_gross,
                "new_customer": order.new_customer,
                "coupons": order.coupons,
                "key_days": order.key_days,
                "credits": [
                    {
                        name: value
                        for name, value in {
                            "partner_id": credit.partner,
                            "weight": str(credit.weight),
                            "net": credit.net,
                            "gross": credit.gross,
                            "click_id": credit.click_id,
                            "click_to_order_ms": credit.click_to_order_ms,
                        }.items()
                        if value is not None
                    }
                    for credit in order.credits
                ],
            }
        )

    def _give_back(self, state: _Program, order: Order, event: Event) -> None:
        """A refund or a cancel of a known order."""
        if order.cancelled:
            return
        before = order.refunded_share
        if event.type == "order.cancelled":
            key = "cancel"
            order.refunded, order.cancelled = order.net, True
        else:
            key = event.data["refund_id"]
            order.refunded = min(order.net, order.refunded + event.data["amount"])
        share = order.refunded_share
        for lot in order.grants:
            target = rounded(lot.amount * share, order.version.rounding)
            if target > lot.reversed:
                self.ledger.reverse(lot, target - lot.reversed, f"{key}~{lot.entry_id}")
        if share == 1:
            for lot in order.referral_grants:
                if lot.kept:
                    self.ledger.reverse(lot, lot.kept, f"{key}~{lot.entry_id}")
        if before < share == 1:
            time = max(event.time, order.time)
            version = self.programs.in_force(state.id, time)
            assert version is not None
            state.watch.reversal(order, event, time, version)

    # Tiers

    def _level(self, state: _Program, tiers: Tiers, partner: str) -> int:
        """The position of a partner's level; before its first order what 0 reaches."""
        if partner in state.levels:
            return tiers.position(state.levels[partner])
        return tiers.reached(0)

    def _raise_tier(self, state: _Program, order: Order, partner: str) -> None:
        tiers = order.version.tiers
        if tiers is None:
            return
        metric = self._metric(state, tiers, partner, order.home_date)
        if tiers.reached(metric) > self._level(state, tiers, partner):
            self._move_tier(state, tiers, partner, metric, order.home_date)
        else:
            state.levels[partner] = tiers.name(self._level(state, tiers, partner))

    def _metric(self, state: _Program, tiers: Tiers, partner: str, day: date) -> int:
        """The metric of the window that holds a day (rolling: that ends with it)."""
        total = 0
        for order, credit in state.credited.get(partner, []):
            if tiers.window == "rolling":
                inside = timedelta(0) <= day - order.home_date < timedelta(days=tiers.days)
            else:
                inside = period_start(tiers.window, order.home_date) == period_start(tiers.window, day)
            if not inside:
                continue
            share = order.refunded_share
            if tiers.metric == "orders":
                total += share < 1
            else:
                total += credit.net - rounded(Fraction(credit.net) * share, order.version.rounding)
        return total

    # Referrals

    def _referred(self, state: _Program, event: Event) -> None:
        data = event.data
        friend = data["friend_id"]
        busy = any(one.friend == friend and one.state != "declined" for one in state.referrals)
        own = friend == data["advocate_id"]
        refused = own or state.customer(friend).ordered or busy
        if refused:
            self._decline(data["referral_id"], own=own)
        state.referrals.append(
            _Referral(
                data["referral_id"],
                data["advocate_id"],
                friend,
                event.time,
                data["device_id"],
                data["ip_hash"],
                "declined" if refused else "open",
            )
        )

    def _decline(self, referral_id: str, *, own: bool, **order_id: str) -> None:
        topic = "compliance" if own else "milestones"
        self._tell("referral.declined", topic, referral_id=referral_id, **order_id)

    def _qualify(self, state: _Program, order: Order) -> None:
        terms = order.version.referral
        referral = next(
            (one for one in state.referrals if one.friend == order.customer and one.state == "open"), None
        )
        if terms is None or referral is None or order.home_net < terms.min_order:
            return
        if order.time >= referral.created + terms.window_days * DAY_MS:
            return
        advocate = state.customer(referral.advocate)
        same_hands = {referral.device_id, order.device_id} & advocate.devices or (
            {referral.ip_hash, order.ip_hash} & advocate.ips
        )
        granted = sum(
            one.counts
            and one.advocate == referral.advocate
            and one.home_date is not None
            and period_start("month", one.home_date) == period_start("month", order.home_date)
            for one in state.referrals
        )
        if same_hands or (terms.cap_per_month is not None and granted >= terms.cap_per_month):
            referral.state = "declined"
            self._decline(referral.id, own=bool(same_hands), order_id=order.id)
            return
        referral.state, referral.home_date, referral.order = "granted", order.home_date, order
        multiplied = [one for one in order.key_days if one in terms.key_day_multiply]
        factor = max((terms.key_day_multiply[one] for one in multiplied), default=Fraction(1))
        for owner, points in (
            (referral.advocate, terms.advocate_points),
            (referral.friend, terms.friend_points),
        ):
            amount = rounded(points * factor, order.version.rounding)
            if amount:
                account = f"customer:{owner}"
                lot = self.ledger.grant(
                    kind="referral",
                    entry_id=f"{referral.id}~referral~{account}",
                    program=state.id,
                    account=account,
                    unit=POINTS,
                    amount=amount,
                    desired=amount,
                    source=f"program:{state.id}",
                    rule="referral",
                    order_id=order.id,
                    home_date=order.home_date,
                    hold_days=terms.hold_days,
                    expires_days=terms.expires_days,
                    version=order.version.version,
                    key_day=next((one for one in multiplied if terms.key_day_multiply[one] == factor), None),
                )
                referral.grants.append(lot)
                order.referral_grants.append(lot)


def _of_partner(state: _Program, event: Event) -> None:
    """A record replaces the one before; only a reinstatement ends a suspension."""
    data, version = event.data, event.version
    assert version is not None
    name = data["partner_id"]
    match event.type:
        case "partner.enrolled" | "partner.updated":
            state.partners[name] = Partner(
                data["group"],
                data["markets"],
                data["customer_ids"],
                data["terms_version"],
                data["paid_search_allowed"],
                data["locale"],
                data["name"],
            )
            state.watch.record(name, event, version)
            state.desk.is_open = True
        case "partner.suspended":
            begins = name not in state.suspended
            state.suspended.add(name)
            if begins:
                day = local_date(event.time, version.home)
                state.post.suspension(name, day, reason=data["reason"])
        case "partner.reinstated":
            ends = name in state.suspended
            state.suspended.discard(name)
            state.watch.stopped.discard(name)
            if ends:
                state.post.reinstated(name, local_date(event.time, version.home))
        case "ad.observed":
            state.watch.ad(event, version)
        case "compliance.case_resolved":
            state.watch.resolve(event)


#: The fields that make two events with different identities the same fact.
_BUSINESS = {
    "order.placed": ("order_id",),
    "order.refunded": ("customer_id", "refund_id"),
    "link.clicked": ("customer_id", "click_id"),
    "referral.created": ("referral_id",),
    "redemption.requested": ("redemption_id",),
    "adjustment.requested": ("adjustment_id",),
}


#: These ids are unique per customer, whatever the program.
_PER_CUSTOMER = ("link.clicked", "order.refunded")


def _business_id(event: Event) -> tuple[str, ...] | None:
    fields = _BUSINESS.get(event.type)
    if not fields:
        return None
    over = "" if event.type in _PER_CUSTOMER else event.program
    agent = event.data["account"].partition(":")[0] if "account" in event.data else ""
    return (event.type, over, agent, *(event.data[name] for name in fields))


def _saw(customer: _Customer, data: dict[str, Any]) -> None:
    customer.devices |= {data["device_id"]} - {None}
    customer.ips |= {data["ip_hash"]} - {None}
