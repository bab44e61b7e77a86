"""An order is attributed and becomes grants: checked first, decided by the rules, then posted."""

from __future__ import annotations

from fractions import Fraction

from events.inputs import OrderPlaced
from events.limits import GRANT_MAX
from events.messages import Credited, Decided, Send, Settled
from events.outputs import AttributionDecided, Decision
from events.time import format_time
from streams.agents import keys
from streams.agents.customer_state import CustomerState
from streams.agents.marks import remember_marks
from streams.agents.referrals import Referrals
from streams.agents.refunds import apply_waiting, has_waiting
from streams.agents.waves import Case, Waves
from streams.engine.agent import DUPLICATE, Emit, Outcome, Rejection
from streams.engine.state import State
from streams.rules.accrual import accruals
from streams.rules.attribution import UNATTRIBUTED, Attribution, attribute
from streams.rules.bonus import bonuses
from streams.rules.credits import marks_of
from streams.rules.plan import Day, OrderFacts, Plan, order_facts
from streams.rules.state import Customer, Grant, Order


class Orders:
    """Decides on orders of the customers of one task."""

    def __init__(self, agent: str, stored: State, state: CustomerState, referrals: Referrals) -> None:
        self._state = state
        self._referrals = referrals
        self.waves = Waves(agent, stored, state, self._granted)

    def place(self, order: OrderPlaced, customer: Customer, emit: Emit) -> Outcome:
        """Attribute the order, grant what it earns, then apply the refunds that waited for it."""
        state = self._state
        order_key = keys.order_key(order.program, order.order_id)
        cell = state.orders.cells[order_key]
        known = cell[0]
        if known is not None and order.time - known.time <= state.memory_ms:
            return DUPLICATE
        checked = self._checked(order, customer)
        if isinstance(checked, Rejection):
            return checked
        plan, day, facts, found = checked

        # Nothing is refused from here on.
        if order.program not in customer.programs:
            customer.programs.append(order.program)
        emit(_decision(plan, facts, found))
        partners = tuple(sorted(found.weights)) if found.weights else ()
        decided = Order(
            order.customer_id,
            plan.program.version,
            order.time,
            order.currency,
            order.net,
            plan.rounding_index,
            [],
            0,
            False,
            facts.home_day,
            partners,
            market=order.market,
            channel=facts.channel,
            new_customer=facts.new_customer,
        )
        state.orders.write(cell, decided)
        counted = (day.home_day, day.market_day, order.market, facts.channel, day.key_days)
        state.sums.count_order(
            plan.program.id, counted, 1, facts.net, int(facts.new_customer), order.time, emit
        )
        if customer.referred:
            self._referrals.claim(plan, facts, decided, customer)
        grants = self.waves.begin(Case(plan, facts, order.customer_id), customer, emit)
        answer_to = None
        if partners and has_waiting(state, order, customer):
            # Refunds that waited are applied when the partners have their rewards, too.
            decided.unanswered, answer_to = len(partners), state.partition
        for partner in partners:
            emit(Send("partners", partner, order.time, _credited(partner, facts, plan, found, answer_to)))
        if grants is None:
            decided.unanswered += 1
        else:
            decided.grants = grants
            if decided.referral or customer.waiting:
                self._complete(plan, facts, decided, customer, emit)
        if order.device_id is not None or order.ip_hash is not None:
            remember_marks(state, order.customer_id, customer, marks_of(order.device_id, order.ip_hash))
        return None

    def _checked(
        self, order: OrderPlaced, customer: Customer
    ) -> tuple[Plan, Day, OrderFacts, Attribution] | Rejection:
        """The order as the rules see it and who is credited with it, or why it takes no effect."""
        plan = self._state.plan(order.program, order.time)
        if plan is None:
            return Rejection("program_unknown", f"no version of {order.program} is in force then")
        day = plan.day(order.market, order.time)
        if day is None:
            return Rejection("market_unknown", f"market {order.market} is not in program {order.program}")
        found = _attribution(plan, order, customer)
        channel = order.channel
        if channel is None:
            channel = "partner" if found.weights else "direct"
        new_customer = order.new_customer
        if new_customer is None:
            new_customer = order.program not in customer.programs
        facts = order_facts(plan, order, day.home_day, day.key_days, channel, new_customer=new_customer)
        if facts is None:
            return Rejection("fx_rate_missing", f"no rate from {order.currency} is in force then")
        limit = plan.customers.largest_basis
        if found.weights or order.lines or facts.net > limit or facts.gross > limit:
            too_large = _too_large(plan, facts, credited=bool(found.weights))
            if too_large is not None:
                return too_large
        return plan, day, facts, found

    def referred(self, answer: Decided, emit: Emit) -> None:
        """The advocate's side decided on the referral that an order qualified."""
        found = self._referrals.decided(answer, emit)
        if found is not None:
            order, friend = found
            self._apply_waiting(answer.program, answer.order_id, order, friend, emit)
            self._state.owners.put(answer.friend_id.encode(), friend)

    def _granted(self, case: Case, customer: Customer, grants: list[Grant], emit: Emit) -> None:
        """All budgets of an order have answered."""
        order = case.facts.order
        key = keys.order_key(order.program, order.order_id)
        decided = self._state.orders.get(key)
        if decided is None:
            return
        decided.grants += grants
        decided.unanswered -= 1
        self._state.orders.put(key, decided)
        self._complete(case.plan, case.facts, decided, customer, emit)

    def settled(self, answer: Settled, emit: Emit) -> None:
        """A partner has its rewards for an order."""
        state = self._state
        key = keys.order_key(answer.program, answer.order_id)
        decided = state.orders.get(key)
        if decided is None:
            return
        decided.unanswered -= 1
        state.orders.put(key, decided)
        customer = state.owner(answer.customer_id)
        self._apply_waiting(answer.program, answer.order_id, decided, customer, emit)
        state.owners.put(answer.customer_id.encode(), customer)

    def _complete(
        self, plan: Plan, facts: OrderFacts, decided: Order, customer: Customer, emit: Emit
    ) -> None:
        """After an order's own rewards: the referral that it qualifies, then refunds that waited for it."""
        if decided.referral:
            self._referrals.ask(plan, facts, decided, customer, emit)
        order = facts.order
        self._apply_waiting(order.program, order.order_id, decided, customer, emit)

    def _apply_waiting(
        self, program: str, order_id: str, decided: Order, customer: Customer, emit: Emit
    ) -> None:
        if customer.waiting and not decided.unanswered:
            apply_waiting(self._state, program, order_id, decided, customer, emit)


def _attribution(plan: Plan, order: OrderPlaced, customer: Customer) -> Attribution:
    touches = customer.touches.get(order.program)
    if not touches and order.partner_id is None and not order.coupons:
        return UNATTRIBUTED
    return attribute(plan.program, order, touches or ())


def _too_large(plan: Plan, facts: OrderFacts, *, credited: bool) -> Rejection | None:
    """An order whose grants would leave the range of the ledger; only enormous amounts can.

    What partners earn is bounded by all of their rules, as only they know which of them match.
    """
    basis = max(facts.net, facts.gross)
    if facts.order.lines:
        basis = max(basis, plan.converted(sum(line.amount for line in facts.order.lines), facts.fx))
    if credited and basis > plan.partners.largest_basis:
        return Rejection("amount_out_of_range", f"rules for partners may grant more than {GRANT_MAX}")
    if basis <= plan.customers.largest_basis:
        return None
    granted = accruals(plan, facts)
    granted += bonuses(plan, facts, granted)
    for one in granted:
        if one.amount > GRANT_MAX:
            return Rejection("amount_out_of_range", f"rule {one.rule} grants more than {GRANT_MAX}")
    return None


def _decision(plan: Plan, facts: OrderFacts, found: Attribution) -> Decision:
    order, program = facts.order, plan.program
    return Decision(
        "attributions",
        "attribution.decided",
        f"attribution~{order.order_id}",
        f"order:{order.order_id}",
        order.customer_id,
        order.time,
        AttributionDecided(
            order_id=order.order_id,
            program=program.id,
            program_version=program.version,
            customer_id=order.customer_id,
            market=order.market,
            channel=facts.channel,
            reason=found.reason,
            occurred=format_time(order.time),
            currency=program.currency,
            net=facts.net,
            gross=facts.gross,
            new_customer=facts.new_customer,
            coupons=order.coupons,
            key_days=facts.key_days,
            credits=found.credits(order, facts.net, facts.gross),
        ),
    )


def _credited(
    partner: str, facts: OrderFacts, plan: Plan, found: Attribution, answer_to: int | None
) -> Credited:
    weights: dict[str, Fraction] = found.weights
    touch, order = found.clicks.get(partner), facts.order
    return Credited(
        partner,
        order,
        plan.program.version,
        facts.channel,
        facts.new_customer,
        {one: (weight.numerator, weight.denominator) for one, weight in weights.items()},
        answer_to,
        None if touch is None else touch.click_id,
        None if touch is None else order.time - touch.time,
    )
