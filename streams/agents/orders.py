"""An order becomes grants: checked first, decided by the rules, then posted."""

from __future__ import annotations

from typing import Final

from events.currencies import SCALES
from events.inputs import OrderPlaced
from events.outputs import Cause, Posting, Reward, RewardEvent
from streams.agents import keys
from streams.agents.customer_state import CustomerState
from streams.agents.refunds import apply_waiting
from streams.engine.agent import DUPLICATE, Emit, Outcome, Rejection
from streams.rules.accrual import Granted, accruals
from streams.rules.bonus import bonuses
from streams.rules.home_days import clamp_day, hold_text, iso_date
from streams.rules.ledger import add_pending, open_account
from streams.rules.plan import OrderFacts, Plan
from streams.rules.state import Customer, Grant, Order

#: The greatest amount of one posting, so that the sums of many stay within 64 bits.
_MOST: Final = 10**15


def place(state: CustomerState, order: OrderPlaced, emit: Emit) -> Outcome:
    """Grant what the order earns, then apply the refunds that waited for it."""
    order_key = keys.order_key(order.program, order.order_id)
    known = state.orders.get(order_key)
    if known is not None and order.time - known.time <= state.memory_ms:
        return DUPLICATE
    program = state.programs.in_force(order.program, order.time)
    if program is None:
        return Rejection("program_unknown", f"no version of {order.program} is in force then")
    plan = state.plan(program)
    customer_key = order.customer_id.encode()
    customer = state.customers.get(customer_key) or Customer()
    facts = _facts(plan, order, customer)
    if isinstance(facts, Rejection):
        return facts
    granted = accruals(plan, facts)
    if plan.bonuses:
        granted += bonuses(plan, facts, granted)
    for one in granted:
        if one.amount > _MOST:
            return Rejection("amount_out_of_range", f"rule {one.rule} grants more than {_MOST}")

    # Nothing is refused from here on.
    if order.program not in customer.programs:
        customer.programs.append(order.program)
    decided = Order(
        order.customer_id,
        program.version,
        order.time,
        order.currency,
        order.net,
        plan.rounding_index,
        _post(state, plan, facts, customer, granted, emit=emit),
    )
    state.orders.put(order_key, decided)
    state.customers.put(customer_key, customer)
    if customer.waiting:
        apply_waiting(state, order, decided, customer, emit)
    return None


def _facts(plan: Plan, order: OrderPlaced, customer: Customer) -> OrderFacts | Rejection:
    """The order as the rules see it, or why it takes no effect."""
    calendar = plan.calendars.get(order.market)
    if calendar is None:
        return Rejection("market_unknown", f"market {order.market} is not in program {order.program}")
    fx, own_digits = None, plan.program.digits
    net, gross, time = order.net, order.gross, order.time
    if order.currency != plan.program.currency:
        fx = plan.fx_rate(order.currency, time)
        if fx is None:
            return Rejection("fx_rate_missing", f"no rate from {order.currency} is in force then")
        net, gross, own_digits = plan.converted(net, fx), plan.converted(gross, fx), SCALES[order.currency]
    new_customer = order.new_customer
    if new_customer is None:
        new_customer = order.program not in customer.programs
    return OrderFacts(
        order,
        net,
        gross,
        fx,
        own_digits,
        plan.home.ordinal(time),
        calendar.key_days_at(time),
        plan.channel_of(order),
        new_customer,
    )


def _post(
    state: CustomerState,
    plan: Plan,
    facts: OrderFacts,
    customer: Customer,
    granted: list[Granted],
    *,
    emit: Emit,
) -> list[Grant]:
    """Post each grant to its account and emit its entry."""
    order, program, zone = facts.order, plan.program, plan.program.home_tz
    owner = f"customer:{order.customer_id}"
    cause = Cause(order.source, order.id)
    tick = state.ticks.get(plan.zone_key)
    next_day = 0 if tick is None else tick.day + 1
    grants = []
    for one in granted:
        available_on = clamp_day(facts.home_day + one.hold_days)
        account = open_account(customer, one.unit)
        if one.hold_days:
            # A grant that comes after its midnight was ticked is released at the next.
            due = max(available_on, next_day)
            to = f"{owner}:pending"
            explain = (*one.explain, hold_text(one.hold_days, facts.home_day))
            if add_pending(account, due, one.amount, program.id):
                state.releases.add(zone, due, order.customer_id, one.unit)
        else:
            due, to, explain = 0, f"{owner}:available", one.explain
            account.available += one.amount
        customer.seq += 1
        reward = Reward(
            entry_id=f"{order.order_id}~{one.rule}~{owner}",
            seq=customer.seq,
            program=program.id,
            program_version=program.version,
            account=owner,
            kind=one.kind,
            unit=one.unit,
            amount=one.amount,
            postings=(Posting(plan.source, to, one.amount),),
            caused_by=cause,
            rule=one.rule,
            order_id=order.order_id,
            key_day=one.key_day,
            available_on=iso_date(available_on),
            explain=explain,
        )
        emit(RewardEvent(order.time, reward))
        grants.append(Grant(one.rule, one.unit, one.amount, due))
    return grants
