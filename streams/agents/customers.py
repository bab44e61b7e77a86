"""The customers agent: what orders, refunds and midnights do to the accounts of customers."""

from __future__ import annotations

from itertools import islice
from typing import Final

from events.currencies import SCALES
from events.inputs import (
    AdjustmentRequested,
    AdObserved,
    CaseResolved,
    InputEvent,
    LinkClicked,
    OrderCancelled,
    OrderPlaced,
    OrderRefunded,
    PartnerRecord,
    PartnerStanding,
    ProgramPublished,
    RedemptionRequested,
    ReferralCreated,
)
from events.outputs import Cause, DeadLetter, Posting, Reward, RewardEvent
from events.time import DAY_MS
from events.units import unit_scale
from schemas.program import Program
from schemas.programs import Programs
from streams.agents import keys
from streams.engine.agent import DUPLICATE, Emit, Outcome, Rejection
from streams.engine.record import RecordLike
from streams.engine.state import Space, State
from streams.rules.accrual import Granted, accruals
from streams.rules.bonus import bonuses
from streams.rules.home_days import clamp_day, home_days, iso_date
from streams.rules.ledger import add_pending, find_account, open_account, release, take_pending
from streams.rules.plan import OrderFacts, Plan
from streams.rules.refunds import ROUNDINGS, target
from streams.rules.state import Customer, Grant, Order, TakeBack, Tick, Waiting
from streams.rules.text import decimal_text

#: The greatest amount of one posting, so that sums of many stay within 64 bits.
_MOST: Final = 10**15
#: Days between two sweeps for what is no longer remembered.
_SWEEP_DAYS: Final = 15


class Customers:
    """Owns every customer of its partition: accounts, orders, and refunds that wait for their order.

    Counts since start: ``refunds_clipped`` (more refunded than net, or after a cancel), ``refunds_waited``,
    ``orders_unknown``, ``ignored`` (events that have no effect on customers), ``forgotten`` (orders and
    refund ids past their memory).
    """

    name = "customers"
    inputs = ("clock", "customers-inbox", "orders")

    def __init__(
        self,
        state: State,
        programs: Programs,
        *,
        order_memory_days: int = 120,
        max_lateness_days: int = 90,
        cache_entities: int = 20_000,
    ) -> None:
        self._programs = programs
        self._memory_ms = order_memory_days * DAY_MS
        # What is late by as much as intake allows must still find what it would have found in time.
        self._keep_ms = (order_memory_days + max_lateness_days) * DAY_MS
        self._customers: Space[Customer] = state.space(b"c", Customer, cache_limit=cache_entities)
        self._orders: Space[Order] = state.space(b"o", Order, cache_limit=cache_entities)
        self._refund_ids: Space[int] = state.space(b"r", int, cache_limit=0)
        self._waiting: Space[Waiting] = state.space(b"w", Waiting, cache_limit=0)
        self._due: Space[bytes] = state.space(b"d", bytes, cache_limit=0)
        self._ticks: Space[Tick] = state.space(b"t", Tick, cache_limit=64)
        self._plans: dict[tuple[str, int], Plan] = {}
        self.refunds_clipped = 0
        self.refunds_waited = 0
        self.orders_unknown = 0
        self.ignored = 0
        self.forgotten = 0

    def handle(self, event: InputEvent, record: RecordLike, emit: Emit) -> Outcome:
        """Decide on an order, a refund or a cancel; what else comes has no effect on customers."""
        if isinstance(event, OrderPlaced):
            return self._place(event, emit)
        if isinstance(event, OrderRefunded | OrderCancelled):
            return self._take_back(event, record, emit)
        self.ignored += 1
        return None

    def owner(self, event: InputEvent) -> str:
        """The key that the event travels under: a customer's id for all that this agent acts on."""
        match event:
            case OrderPlaced() | OrderRefunded() | OrderCancelled() | LinkClicked():
                return event.customer_id
            case ReferralCreated():
                return event.friend_id
            case RedemptionRequested() | AdjustmentRequested():
                return event.account.partition(":")[2]
            case PartnerRecord() | PartnerStanding() | AdObserved() | CaseResolved():
                return event.partner_id
            case ProgramPublished():
                return event.program

    def knows(self, owner: str) -> bool:
        return self._customers.get(owner.encode()) is not None

    def midnight(self, zone: str, day: int, at: int, limit: int, emit: Emit) -> bool:
        """Give up refunds that waited too long, release what is due, and now and then forget the past."""
        tick_key = zone.encode()
        tick = self._ticks.get(tick_key) or Tick()
        if day <= tick.day:
            return True
        if tick.doing != day:
            tick.doing, tick.stage = day, 0
            tick.cursor = keys.due_day(zone, tick.day + 1 if tick.day else 0)
        left = self._work_off(zone, day, at, tick, limit, emit)
        if left and day % _SWEEP_DAYS == 0:
            left = self._sweep(zone, at, tick, left)
        if left:
            tick.day, tick.doing, tick.stage, tick.cursor = day, 0, 0, b""
        self._ticks.put(tick_key, tick)
        return left > 0

    # Orders

    def _place(self, order: OrderPlaced, emit: Emit) -> Outcome:
        program = self._programs.in_force(order.program, order.time)
        if program is None:
            return Rejection("program_unknown", f"no version of {order.program} is in force then")
        order_key = keys.order_key(order.program, order.order_id)
        known = self._orders.get(order_key)
        if known is not None and order.time - known.time <= self._memory_ms:
            return DUPLICATE
        plan = self._plan(program)
        customer_key = order.customer_id.encode()
        customer = self._customers.get(customer_key) or Customer()
        facts = self._facts(plan, order, customer)
        if isinstance(facts, Rejection):
            return facts
        granted = accruals(plan, facts)
        granted += bonuses(plan, facts, granted)
        if any(one.amount > _MOST for one in granted):
            return Rejection("amount_out_of_range", f"a grant is above {_MOST} of the smallest unit")

        # Nothing is refused from here on.
        if order.program not in customer.programs:
            customer.programs.append(order.program)
        grants = [self._grant(plan, facts, customer, one, emit) for one in granted]
        decided = Order(
            order.customer_id,
            program.version,
            order.time,
            order.currency,
            order.net,
            ROUNDINGS.index(plan.rounding),
            grants,
        )
        self._orders.put(order_key, decided)
        if customer.waiting:
            self._apply_waiting(order, decided, customer, emit)
        self._customers.put(customer_key, customer)
        return None

    def _plan(self, program: Program) -> Plan:
        key = (program.id, program.version)
        plan = self._plans.get(key)
        if plan is None:
            plan = self._plans[key] = Plan(program)
        return plan

    def _facts(self, plan: Plan, order: OrderPlaced, customer: Customer) -> OrderFacts | Rejection:
        calendar = plan.calendars.get(order.market)
        if calendar is None:
            return Rejection("market_unknown", f"market {order.market} is not in program {order.program}")
        fx = None
        net, gross = order.net, order.gross
        if order.currency != plan.program.currency:
            fx = plan.fx_rate(order.currency, order.time)
            if fx is None:
                return Rejection("fx_rate_missing", f"no rate from {order.currency} is in force then")
            net, gross = plan.converted(net, fx), plan.converted(gross, fx)
        new_customer = order.new_customer
        if new_customer is None:
            new_customer = order.program not in customer.programs
        return OrderFacts(
            order,
            net,
            gross,
            fx,
            SCALES[order.currency],
            plan.home.ordinal(order.time),
            calendar.key_days_at(order.time),
            plan.channel_of(order),
            new_customer,
        )

    def _grant(self, plan: Plan, facts: OrderFacts, customer: Customer, one: Granted, emit: Emit) -> Grant:
        order, program = facts.order, plan.program
        owner = f"customer:{order.customer_id}"
        available_on = clamp_day(facts.home_day + one.hold_days)
        account = open_account(customer, one.unit)
        due = 0
        bucket = "available"
        explain = one.explain
        if one.hold_days:
            bucket = "pending"
            due = max(available_on, self._last_day(program.home_tz) + 1)
            explain = (*explain, f"hold {one.hold_days} days from {iso_date(facts.home_day)}")
            if add_pending(account, due, one.amount, program.id):
                self._due.put(keys.due_release(program.home_tz, due, order.customer_id, one.unit), b"")
        else:
            account.available += one.amount
        customer.seq += 1
        emit(
            RewardEvent(
                order.time,
                Reward(
                    entry_id=f"{order.order_id}~{one.rule}~{owner}",
                    seq=customer.seq,
                    program=program.id,
                    program_version=program.version,
                    account=owner,
                    kind=one.kind,
                    unit=one.unit,
                    amount=one.amount,
                    postings=(Posting(f"program:{program.id}", f"{owner}:{bucket}", one.amount),),
                    caused_by=Cause(order.source, order.id),
                    rule=one.rule,
                    order_id=order.order_id,
                    key_day=one.key_day,
                    available_on=iso_date(available_on),
                    explain=explain,
                ),
            )
        )
        return Grant(one.rule, one.unit, one.amount, due)

    # Refunds and cancels

    def _take_back(self, event: OrderRefunded | OrderCancelled, record: RecordLike, emit: Emit) -> Outcome:
        what = _what(event)
        if what.refund_id is not None:
            refund_key = keys.refund_key(what.customer, what.refund_id)
            first = self._refund_ids.get(refund_key)
            if first is not None and what.time - first <= self._memory_ms:
                return DUPLICATE
        order = self._orders.get(keys.order_key(what.program, what.order_id))
        if order is None or not self._belongs(what, order):
            rejection = self._wait(what, record)
        else:
            rejection = self._apply(what, order, self._customer(what.customer), emit)
        if rejection is None and what.refund_id is not None:
            self._refund_ids.put(keys.refund_key(what.customer, what.refund_id), what.time)
        return rejection

    def _belongs(self, what: TakeBack, order: Order) -> bool:
        """Whether the order is meant: of the same customer, and known at the refund's time."""
        return order.customer == what.customer and what.time - order.time <= self._memory_ms

    def _customer(self, owner: str) -> Customer:
        return self._customers.get(owner.encode()) or Customer()

    def _apply(self, what: TakeBack, order: Order, customer: Customer, emit: Emit) -> Rejection | None:
        """Reverse the order's grants as far as the refund goes."""
        if what.refund_id is not None and what.currency != order.currency:
            return Rejection("currency_mismatch", f"the order is in {order.currency}, not in {what.currency}")
        if what.refund_id is None:
            order.cancelled, order.refunded = True, order.net
        else:
            if what.amount > order.net - order.refunded:
                self.refunds_clipped += 1
            order.refunded = min(order.refunded + what.amount, order.net)
        for grant in order.grants:
            if order.cancelled:
                goal = grant.amount
            else:
                goal = target(grant.amount, order.refunded, order.net, ROUNDINGS[order.rounding])
            if goal > grant.reversed:
                self._reverse(what, order, grant, goal, customer, emit)
        self._orders.put(keys.order_key(what.program, what.order_id), order)
        self._customers.put(what.customer.encode(), customer)
        return None

    def _reverse(
        self, what: TakeBack, order: Order, grant: Grant, goal: int, customer: Customer, emit: Emit
    ) -> None:
        owner = f"customer:{what.customer}"
        entry_id = f"{what.order_id}~{grant.rule}~{owner}"
        amount = goal - grant.reversed
        account = open_account(customer, grant.unit)
        bucket = "available"
        if grant.due > self._last_day(self._programs.home_tz(what.program) or ""):
            bucket = "pending"
            take_pending(account, grant.due, amount, what.program)
        else:
            account.available -= amount
        scale = unit_scale(grant.unit)
        before = decimal_text(grant.reversed, scale)
        explain = (
            _share_text(order, grant, goal),
            f"{decimal_text(goal, scale)} - {before} reversed before, from {bucket}",
        )
        grant.reversed = goal
        customer.seq += 1
        emit(
            RewardEvent(
                max(what.time, order.time),
                Reward(
                    entry_id=f"{what.refund_id or 'cancel'}~{entry_id}",
                    seq=customer.seq,
                    program=what.program,
                    program_version=order.version,
                    account=owner,
                    kind="reversed",
                    unit=grant.unit,
                    amount=amount,
                    postings=(Posting(f"{owner}:{bucket}", f"program:{what.program}", amount),),
                    caused_by=Cause(what.source, what.id),
                    rule=grant.rule,
                    order_id=what.order_id,
                    reverses=entry_id,
                    explain=explain,
                ),
            )
        )

    def _wait(self, what: TakeBack, record: RecordLike) -> Rejection | None:
        zone = self._programs.home_tz(what.program)
        if zone is None:
            return Rejection("program_unknown", f"program {what.program} is not loaded")
        too_old = home_days(zone).ordinal(what.time + self._memory_ms) + 1
        waiting = Waiting(
            what,
            max(too_old, self._last_day(zone) + 1),
            record.topic,
            record.partition,
            record.offset,
            record.key,
            record.value,
        )
        key = _waiting_key(waiting)
        self._waiting.put(key, waiting)
        self._due.put(_waiting_due(zone, waiting), key)
        customer = self._customer(what.customer)
        customer.waiting += 1
        self._customers.put(what.customer.encode(), customer)
        self.refunds_waited += 1
        return None

    def _apply_waiting(self, placed: OrderPlaced, order: Order, customer: Customer, emit: Emit) -> None:
        """Apply what waited for the order, by time and position; what cannot be applied is a dead letter."""
        prefix = keys.waiting_prefix(placed.program, placed.order_id, placed.customer_id)
        zone = self._programs.home_tz(placed.program) or ""
        for key, waiting in list(self._waiting.scan(prefix, keys.beyond(prefix))):
            if not self._belongs(waiting.what, order):
                continue
            rejection = self._apply(waiting.what, order, customer, emit)
            if rejection is not None:
                self._give_up(waiting, rejection, order.time, emit)
            self._waiting.delete(key)
            self._due.delete(_waiting_due(zone, waiting))
            customer.waiting -= 1

    def _give_up(self, waiting: Waiting, rejection: Rejection, at: int, emit: Emit) -> None:
        """Send a waiting refund to the dead letters with its own bytes, and forget its id."""
        what = waiting.what
        if what.refund_id is not None:
            self._refund_ids.delete(keys.refund_key(what.customer, what.refund_id))
        emit(
            DeadLetter(
                rejection.code,
                rejection.detail,
                waiting.topic,
                waiting.partition,
                waiting.offset,
                max(at, what.time),
                waiting.key,
                waiting.value,
            )
        )

    # Midnights

    def _last_day(self, zone: str) -> int:
        """The last day of the zone whose midnight is done, 0 before the first."""
        tick = self._ticks.get(zone.encode())
        return 0 if tick is None else tick.day

    def _work_off(self, zone: str, day: int, at: int, tick: Tick, limit: int, emit: Emit) -> int:
        """Work off due entries; how much of the limit is left, 0 when there may be more."""
        if tick.stage:
            return limit
        found = list(islice(self._due.scan(tick.cursor, keys.due_day(zone, day + 1)), limit))
        for key, waiting_key in found:
            kind, rest = keys.due_parts(zone, key)
            if kind == keys.WAITING:
                self._too_old(waiting_key, at, emit)
            else:
                owner, _, unit = rest.decode().rpartition("\0")
                self._release(zone, day, at, owner, unit, emit)
            self._due.delete(key)
            tick.cursor = keys.after(key)
        return limit - len(found)

    def _too_old(self, key: bytes, at: int, emit: Emit) -> None:
        waiting = self._waiting.get(key)
        if waiting is None:
            return
        what = waiting.what
        detail = f"order {what.order_id} did not come within {self._memory_ms // DAY_MS} days"
        self._give_up(waiting, Rejection("order_unknown", detail), at, emit)
        self._waiting.delete(key)
        customer = self._customer(what.customer)
        customer.waiting -= 1
        self._customers.put(what.customer.encode(), customer)
        self.orders_unknown += 1

    def _release(self, zone: str, day: int, at: int, owner_id: str, unit: str, emit: Emit) -> None:
        """Move what is due of one account and unit from pending to available, as one entry."""
        customer = self._customer(owner_id)
        account = find_account(customer, unit)
        if account is None:
            return
        lots = [
            lot
            for lot in account.pending
            if lot.due <= day and self._programs.home_tz(lot.program) in {zone, None}
        ]
        amount = sum(lot.amount for lot in lots)
        if amount == 0:
            return
        owner = f"customer:{owner_id}"
        date = iso_date(day)
        program_id = min(lot.program for lot in lots)
        program = self._programs.in_force(program_id, at)
        # A second zone can release the same account and unit on the same date only with several programs.
        suffix = f"~{zone}" if account.released_on == day else ""
        release(account, lots, day)
        customer.seq += 1
        emit(
            RewardEvent(
                at,
                Reward(
                    entry_id=f"release~{owner}~{unit}~{date}{suffix}",
                    seq=customer.seq,
                    program=program_id,
                    program_version=program.version if program is not None else 0,
                    account=owner,
                    kind="released",
                    unit=unit,
                    amount=amount,
                    postings=(Posting(f"{owner}:pending", f"{owner}:available", amount),),
                    caused_by=Cause("keyday/clock", f"{zone}/{date}"),
                    explain=(
                        f"{decimal_text(amount, unit_scale(unit))} {unit} available on or before {date}",
                    ),
                ),
            )
        )
        self._customers.put(owner_id.encode(), customer)

    def _sweep(self, zone: str, at: int, tick: Tick, limit: int) -> int:
        """Delete what is past its memory; how much of the limit is left, 0 when there is more."""
        spans = [
            keys.orders_from(name) for name in self._programs.ids() if self._programs.home_tz(name) == zone
        ]
        if tick.stage == 0:
            tick.stage, tick.cursor = 1, b""
        while limit > 0 and tick.stage <= len(spans):
            start, stop = spans[tick.stage - 1]
            orders = list(islice(self._orders.scan(max(start, tick.cursor), stop), limit))
            for key, order in orders:
                if at - order.time > self._keep_ms:
                    self._orders.delete(key)
                    self.forgotten += 1
                tick.cursor = keys.after(key)
            if len(orders) < limit:
                tick.stage, tick.cursor = tick.stage + 1, b""
            limit -= len(orders)
        if limit > 0:
            refunds = list(islice(self._refund_ids.scan(tick.cursor, b"\xff"), limit))
            for key, time in refunds:
                if at - time > self._keep_ms:
                    self._refund_ids.delete(key)
                    self.forgotten += 1
                tick.cursor = keys.after(key)
            limit -= len(refunds)
        return limit


def _what(event: OrderRefunded | OrderCancelled) -> TakeBack:
    if isinstance(event, OrderRefunded):
        refund_id, amount, currency = event.refund_id, event.amount, event.currency
    else:
        refund_id, amount, currency = None, 0, ""
    return TakeBack(
        event.customer_id,
        event.program,
        event.order_id,
        refund_id,
        amount,
        currency,
        event.time,
        event.source,
        event.id,
    )


def _share_text(order: Order, grant: Grant, goal: int) -> str:
    scale, digits = unit_scale(grant.unit), SCALES[order.currency]
    granted = decimal_text(grant.amount, scale)
    if order.cancelled:
        return f"all of {granted}: the order was cancelled"
    refunded, net = decimal_text(order.refunded, digits), decimal_text(order.net, digits)
    rounding = ROUNDINGS[order.rounding]
    return f"{granted} * {refunded} / {net}, rounded {rounding} to {decimal_text(goal, scale)}"


def _identity(what: TakeBack) -> str:
    return f"{what.source}\0{what.id}"


def _waiting_key(waiting: Waiting) -> bytes:
    what = waiting.what
    prefix = keys.waiting_prefix(what.program, what.order_id, what.customer)
    return keys.waiting_key(prefix, what.time, waiting.offset, _identity(what))


def _waiting_due(zone: str, waiting: Waiting) -> bytes:
    what = waiting.what
    return keys.due_waiting(zone, waiting.due, what.time, waiting.offset, _identity(what))
