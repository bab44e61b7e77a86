"""Refunds and cancels: applied to their order, waiting for it, or given up."""

from __future__ import annotations

from events.currencies import SCALES
from events.inputs import OrderCancelled, OrderPlaced, OrderRefunded
from events.outputs import Cause, DeadLetter, Posting, Reward, RewardEvent
from events.time import DAY_MS
from events.units import unit_scale
from streams.agents import keys
from streams.agents.customer_state import CustomerState
from streams.engine.agent import DUPLICATE, Emit, Outcome, Rejection
from streams.engine.record import RecordLike
from streams.rules.home_days import clamp_day, home_days
from streams.rules.ledger import open_account, take_pending
from streams.rules.refunds import ROUNDINGS, target
from streams.rules.state import Customer, Grant, Order, TakeBack, Waiting
from streams.rules.text import decimal_text


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
    if order is None or not _belongs(state, what, order):
        rejection = _wait(state, what, customer, record)
    else:
        rejection = _apply(state, what, order, customer, emit)
    if rejection is None and what.refund_id is not None:
        state.refund_ids.put(keys.refund_key(what.customer, what.refund_id), what.time)
    return rejection


def apply_waiting(
    state: CustomerState, placed: OrderPlaced, order: Order, customer: Customer, emit: Emit
) -> None:
    """Apply what waited for an order, by time and position; what cannot be applied is a dead letter."""
    prefix = keys.waiting_prefix(placed.program, placed.order_id, placed.customer_id)
    zone = state.zone(placed.program)
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
    customer = state.customer(what.customer)
    customer.waiting -= 1
    state.customers.put(what.customer.encode(), customer)
    state.waiting.delete(key)
    state.counts.orders_unknown += 1
    detail = f"order {what.order_id} did not come within {state.memory_ms // DAY_MS} days"
    _give_up(state, waiting, Rejection("order_unknown", detail), at, emit)


def _belongs(state: CustomerState, what: TakeBack, order: Order) -> bool:
    """Whether the order is meant: of the same customer, and known at the refund's time."""
    return order.customer == what.customer and what.time - order.time <= state.memory_ms


def _apply(
    state: CustomerState, what: TakeBack, order: Order, customer: Customer, emit: Emit
) -> Rejection | None:
    """Reverse the order's grants as far as the refund goes."""
    if what.refund_id is None:
        order.cancelled, order.refunded = True, order.net
    else:
        if what.currency != order.currency:
            return Rejection("currency_mismatch", f"the order is in {order.currency}")
        if what.amount > order.net - order.refunded:
            state.counts.refunds_clipped += 1
        order.refunded = min(order.refunded + what.amount, order.net)
    last_day = state.last_day(state.zone(what.program).encode())
    for grant in order.grants:
        goal = grant.amount
        if not order.cancelled:
            goal = target(grant.amount, order.refunded, order.net, ROUNDINGS[order.rounding])
        if goal > grant.reversed:
            emit(_reverse(what, order, customer, grant, goal, is_pending=grant.due > last_day))
    state.orders.put(keys.order_key(what.program, what.order_id), order)
    return None


def _reverse(
    what: TakeBack, order: Order, customer: Customer, grant: Grant, goal: int, *, is_pending: bool
) -> RewardEvent:
    """Take back from a grant until ``goal`` is reversed of it: from its own lot while that is pending."""
    owner = f"customer:{what.customer}"
    entry_id = f"{what.order_id}~{grant.rule}~{owner}"
    bucket = "pending" if is_pending else "available"
    amount = goal - grant.reversed
    explain = _explain(order, grant, goal, bucket)
    account = open_account(customer, grant.unit)
    if is_pending:
        take_pending(account, grant.due, amount, what.program)
    else:
        account.available -= amount
    grant.reversed = goal
    customer.seq += 1
    reward = Reward(
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
    )
    # A refund that occurred before its order takes effect with it.
    return RewardEvent(max(what.time, order.time), reward)


def _explain(order: Order, grant: Grant, goal: int, bucket: str) -> tuple[str, ...]:
    scale, digits = unit_scale(grant.unit), SCALES[order.currency]
    granted, wanted = decimal_text(grant.amount, scale), decimal_text(goal, scale)
    if order.cancelled:
        share = f"all of {granted}: the order was cancelled"
    else:
        refunded, net = decimal_text(order.refunded, digits), decimal_text(order.net, digits)
        share = f"{granted} * {refunded} / {net}, rounded {ROUNDINGS[order.rounding]} to {wanted}"
    return share, f"{wanted} - {decimal_text(grant.reversed, scale)} reversed before, from {bucket}"


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
    state.counts.refunds_waited += 1
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
