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
from streams.rules.ledger import add_pending, open_account
from streams.rules.plan import OrderFacts, Plan
from streams.rules.state import Customer, Grant, Order

#: The greatest amount of one posting, so that the sums of many stay within 64 bits.
_MOST: Final = 10**15


def place(state: CustomerState, order: OrderPlaced, customer: Customer, emit: Emit) -> Outcome:
    """Grant what the order earns, then apply the refunds that waited for it."""
    order_key = keys.order_key(order.program, order.order_id)
    cell = state.orders.cells[order_key]
    known = cell[0]
    if known is not None and order.time - known.time <= state.memory_ms:
        return DUPLICATE
    plan = state.plan(order.program, order.time)
    if plan is None:
        return Rejection("program_unknown", f"no version of {order.program} is in force then")
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
        plan.program.version,
        order.time,
        order.currency,
        order.net,
        plan.rounding_index,
        _post(state, plan, facts, customer, granted, next_day=state.last_day(plan.zone_key) + 1, emit=emit),
    )
    state.orders.write(cell, decided)
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
    next_day: int,
    emit: Emit,
) -> list[Grant]:
    """Post each grant to its account and emit its entry."""
    order, program = facts.order, plan.program
    owner, order_id = f"customer:{order.customer_id}", order.order_id
    cause = Cause(order.source, order.id)
    grants = []
    for one in granted:
        rule, unit, amount = one.rule, one.unit, one.amount
        hold = plan.hold(one.hold_days, facts.home_day)
        account = open_account(customer, unit)
        if one.hold_days:
            # A grant that comes after its midnight was ticked is released at the next.
            due, to = max(hold.day, next_day), f"{owner}:pending"
            if add_pending(account, due, amount, program.id):
                state.releases.add(program.home_tz, due, order.customer_id, unit)
        else:
            due, to = 0, f"{owner}:available"
            account.available += amount
        customer.seq += 1
        reward = Reward(
            entry_id=f"{order_id}~{rule}~{owner}",
            seq=customer.seq,
            program=program.id,
            program_version=program.version,
            account=owner,
            kind=one.kind,
            unit=unit,
            amount=amount,
            postings=(Posting(plan.source, to, amount),),
            caused_by=cause,
            rule=rule,
            order_id=order_id,
            key_day=one.key_day,
            available_on=hold.date,
            explain=one.explain + hold.explain,
        )
        emit(RewardEvent(order.time, reward))
        grants.append(Grant(rule, unit, amount, due))
    return grants
