"""Refunds and cancels: applied to their order, waiting for it, or given up."""

from __future__ import annotations

from msgspec import Struct

from events.inputs import OrderCancelled, OrderPlaced, OrderRefunded
from events.messages import Origin, Returned, Send, Undone
from events.outputs import DeadLetter
from events.time import DAY_MS
from streams.agents import keys
from streams.agents.accounts import Reversal
from streams.agents.customer_state import CustomerState
from streams.agents.sums import order_cell
from streams.engine.agent import CLIPPED, DUPLICATE, Emit, Outcome, Rejection
from streams.engine.record import RecordLike
from streams.rules.home_days import clamp_day, home_days
from streams.rules.refunds import ROUNDINGS, target
from streams.rules.state import Customer, Order, TakeBack, Waiting


def take_back(
    state: CustomerState,
    event: OrderRefunded | OrderCancelled,
    customer: Customer,
    record: RecordLike,
    emit: Emit,
) -> Outcome:
    """Apply a refund or cancel to its order, or let it wait for one."""
    what = _what(event)
    if what.refund_id is not None:
        first = state.refund_ids.get(keys.refund_key(what.customer, what.refund_id))
        if first is not None and what.time - first <= state.memory_ms:
            return DUPLICATE
    order = state.orders.get(keys.order_key(what.program, what.order_id))
    if order is None or order.unanswered or not _belongs(state, what, order):
        rejection = _wait(state, what, customer, record)
    else:
        rejection = _apply(state, what, order, customer, emit)
    if rejection is None and what.refund_id is not None:
        state.refund_ids.put(keys.refund_key(what.customer, what.refund_id), what.time)
    return rejection


def has_waiting(state: CustomerState, order: OrderPlaced, customer: Customer) -> bool:
    """Whether a refund of the customer waits for the order."""
    if not customer.waiting:
        return False
    prefix = keys.waiting_prefix(order.program, order.order_id, order.customer_id)
    return any(True for _ in state.waiting.scan(prefix, keys.beyond(prefix)))


def apply_waiting(
    state: CustomerState, program: str, order_id: str, order: Order, customer: Customer, emit: Emit
) -> None:
    """Apply what waited for an order, by time and position; what cannot be applied is a dead letter."""
    prefix = keys.waiting_prefix(program, order_id, order.customer)
    zone = state.zone(program)
    for key, waiting in list(state.waiting.scan(prefix, keys.beyond(prefix))):
        if not _belongs(state, waiting.what, order):
            continue
        state.waiting.delete(key)
        state.due.delete(_due_key(zone, waiting))
        customer.waiting -= 1
        rejection = _apply(state, waiting.what, order, customer, emit)
        if rejection is not None:
            _give_up(state, waiting, rejection, order.time, emit)


def too_old(state: CustomerState, key: bytes, at: int, emit: Emit) -> None:
    """Give up a refund whose order did not come within the memory."""
    waiting = state.waiting.get(key)
    if waiting is None:
        return
    what = waiting.what
    order = state.orders.get(keys.order_key(what.program, what.order_id))
    if order is not None and order.unanswered and _belongs(state, what, order):
        return  # it is applied as soon as all of its order is granted
    customer = state.customer(what.customer)
    customer.waiting -= 1
    state.owners.put(what.customer.encode(), customer)
    state.waiting.delete(key)
    detail = f"order {what.order_id} did not come within {state.memory_ms // DAY_MS} days"
    _give_up(state, waiting, Rejection("order_unknown", detail), at, emit)


def _belongs(state: CustomerState, what: TakeBack, order: Order) -> bool:
    """Whether the order is meant: of the same customer, and known at the refund's time."""
    return order.customer == what.customer and what.time - order.time <= state.memory_ms


def _apply(
    state: CustomerState, what: TakeBack, order: Order, customer: Customer, emit: Emit
) -> Rejection | None:
    """Reverse the order's grants as far as the refund goes."""
    before = Lost.of(order)
    if what.refund_id is None:
        order.cancelled, order.refunded = True, order.net
    else:
        if what.currency != order.currency:
            return Rejection("currency_mismatch", f"the order is in {order.currency}")
        if what.amount > order.net - order.refunded:
            emit(CLIPPED)
        order.refunded = min(order.refunded + what.amount, order.net)
    reversal = Reversal(
        program=what.program,
        version=order.version,
        order_id=what.order_id,
        refund_id=what.refund_id,
        refunded=order.refunded,
        net=order.net,
        cancelled=order.cancelled,
        currency=order.currency,
        rounding=order.rounding,
        # A refund that occurred before its order takes effect with it.
        origin=Origin(what.source, what.id, max(what.time, order.time)),
    )
    for grant in order.grants:
        goal = reversal.goal(grant)
        state.reverse(reversal, what.customer, customer, grant, goal, order.home_day, emit)
    state.orders.put(keys.order_key(what.program, what.order_id), order)
    _count(state, what, order, before, reversal.origin.time, emit)
    _tell(reversal, order, customer, emit)
    return None


class Lost(Struct, frozen=True):
    """How much of an order's net was taken back, in its currency, and whether that is all of it."""

    net: int
    whole: bool

    @staticmethod
    def of(order: Order) -> Lost:
        return Lost(order.refunded, order.cancelled or order.refunded >= order.net > 0)


def _count(state: CustomerState, what: TakeBack, order: Order, before: Lost, time: int, emit: Emit) -> None:
    """Count what was taken back where the order was counted."""
    after = Lost.of(order)
    if before == after or not order.market:
        return
    plan = state.plan_version(what.program, order.version)
    fx = None if order.currency == plan.program.currency else plan.fx_rate(order.currency, order.time)
    net, rounding = plan.converted(order.net, fx), ROUNDINGS[order.rounding]
    lost = target(net, after.net, order.net, rounding) - target(net, before.net, order.net, rounding)
    orders = int(after.whole) - int(before.whole)
    key_days = plan.calendars[order.market].key_days_at(order.time)
    cell = order_cell(plan, order.market, order.channel, key_days, order.home_day, order.time)
    new = orders if order.new_customer else 0
    state.sums.count_order(what.program, cell, -orders, -lost, -new, time, emit)


def _tell(reversal: Reversal, order: Order, customer: Customer, emit: Emit) -> None:
    """Tell the credited partners, and the advocate of the referral that the order had qualified."""
    for partner in order.partners:
        returned = Returned(
            partner,
            reversal.program,
            reversal.order_id,
            reversal.refund_id,
            order.refunded,
            order.currency,
            order.cancelled,
            reversal.origin,
        )
        emit(Send("partners", partner, reversal.origin.time, returned))
    if order.referral and reversal.whole:
        referred = next((one for one in customer.referred if one.referral_id == order.referral), None)
        if referred is not None and referred.granted:
            undone = Undone(
                referred.advocate_id,
                reversal.program,
                order.referral,
                reversal.refund_id,
                reversal.origin,
            )
            emit(Send("customers", referred.advocate_id, reversal.origin.time, undone))
        order.referral = ""


def _wait(state: CustomerState, what: TakeBack, customer: Customer, record: RecordLike) -> Rejection | None:
    zone = state.zone(what.program)
    if not zone:
        return Rejection("program_unknown", f"program {what.program} is not loaded")
    too_old_on = clamp_day(home_days(zone).ordinal(what.time + state.memory_ms) + 1)
    waiting = Waiting(
        what,
        max(too_old_on, state.last_day(zone.encode()) + 1),
        record.topic,
        record.partition,
        record.offset,
        record.key,
        record.value,
        tuple(record.headers),
    )
    prefix = keys.waiting_prefix(what.program, what.order_id, what.customer)
    key = keys.waiting_key(prefix, what.time, waiting.offset, _identity(what))
    state.waiting.put(key, waiting)
    state.due.put(_due_key(zone, waiting), key)
    customer.waiting += 1
    return None


def _give_up(state: CustomerState, waiting: Waiting, rejection: Rejection, at: int, emit: Emit) -> None:
    """Send a waiting refund to the dead letters with its own bytes, and forget its id."""
    what = waiting.what
    if what.refund_id is not None:
        state.refund_ids.delete(keys.refund_key(what.customer, what.refund_id))
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
            waiting.headers,
        )
    )


def _what(event: OrderRefunded | OrderCancelled) -> TakeBack:
    refund_id, amount, currency = None, 0, ""
    if isinstance(event, OrderRefunded):
        refund_id, amount, currency = event.refund_id, event.amount, event.currency
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


def _identity(what: TakeBack) -> str:
    return f"{what.source}\0{what.id}"


def _due_key(zone: str, waiting: Waiting) -> bytes:
    what = waiting.what
    return keys.due_waiting(zone, waiting.due, what.time, waiting.offset, _identity(what))
