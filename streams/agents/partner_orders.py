"""An order that is credited to a partner becomes grants, counts for its tier, and may be taken back."""

from __future__ import annotations

from events.messages import Credited, Origin, Returned, Send, Settled
from events.outputs import AccrualDeclined, Decision
from schemas.messages import decode_message, encode_message
from streams.agents import keys
from streams.agents.accounts import Reversal
from streams.agents.cases import Opened, hold_grants
from streams.agents.clawbacks import claw_back, remember_day, seize
from streams.agents.partner_compliance import count_reversal, look_at_credit
from streams.agents.partner_state import PartnerState
from streams.agents.partner_sums import count_credit
from streams.agents.partner_tiers import raise_tier
from streams.agents.waves import Case, Waves, facts_of, share_of
from streams.engine.agent import Emit
from streams.engine.state import State
from streams.rules.refunds import ROUNDINGS, target
from streams.rules.state import Grant, Member, Partner, PartnerOrder
from streams.rules.tiers import Tiering, level_of


class PartnerOrders:
    """Decides on the credits of the partners of one task."""

    def __init__(self, agent: str, stored: State, state: PartnerState) -> None:
        self._state = state
        self.waves = Waves(agent, stored, state, self._granted)

    def credit(self, message: Credited, emit: Emit) -> None:
        """Grant what the partner's share of an order earns, then look at its tier."""
        state, order = self._state, message.order
        partner_id = message.partner_id
        partner = state.owner(partner_id)
        plan = state.plan_version(order.program, message.version)
        facts = facts_of(plan, message)
        member = partner.members.get(order.program) or Member()
        tiering = partner.tiers.get(order.program)
        if tiering is None:
            tiering = partner.tiers[order.program] = Tiering()
        level = level_of(plan.program.tiers, tiering)
        share = share_of(message, partner_id, member.group, None if level is None else level.id)
        credit_net = share.of(facts.net)
        decided = PartnerOrder(
            order.program,
            plan.program.version,
            order.time,
            facts.home_day,
            order.net,
            credit_net,
            plan.rounding_index,
            [],
        )
        tiering.count(facts.home_day, credit_net, 1)
        decided.market, decided.group = order.market, member.group
        decided.new_customer = facts.new_customer
        count_credit(state, partner_id, decided, tiering, 1, credit_net, order.time, emit)
        decided.customer_id, decided.answer_to = order.customer_id, message.answer_to
        remember_day(state, partner_id, partner, order.order_id, decided)
        opened = look_at_credit(state, plan, message, member, partner, emit)
        case = Case(plan, facts, partner_id, share)
        grants: list[Grant] | None = []
        reason = _inactive(member, order.market) or _rejected(opened)
        if reason is None:
            decided.hold = next((one.case_id for one in opened if one.action == "hold"), "")
            grants = self.waves.begin(case, partner, emit)
        else:
            emit(_declined(case, reason))
        decided.shows = [one.case_id for one in opened if one.action == "clawback"]
        decided.open = grants is None
        state.orders.put(keys.open_key(order.program, order.order_id, partner_id), decided)
        if grants is not None:
            decided.grants = grants
            self._complete(case, decided, partner, emit)
        state.owners.put(partner_id.encode(), partner)

    def give_back(self, message: Returned, emit: Emit) -> None:
        """Take back what a refund or a cancel says, once all of the order is granted."""
        state = self._state
        key = keys.open_key(message.program, message.order_id, message.partner_id)
        decided = state.orders.get(key)
        if decided is None:
            return
        if decided.open:
            number = sum(1 for _ in state.returned.scan(key + b"\x00", key + b"\x01"))
            state.returned.put(keys.numbered(key, number), encode_message(message))
            return
        partner = state.owner(message.partner_id)
        self._reverse(message, decided, partner, emit)
        state.orders.put(key, decided)
        state.owners.put(message.partner_id.encode(), partner)

    def _granted(self, case: Case, partner: Partner, grants: list[Grant], emit: Emit) -> None:
        """All budgets of a credit have answered."""
        state, order = self._state, case.facts.order
        key = keys.open_key(order.program, order.order_id, case.owner_id)
        decided = state.orders.get(key)
        if decided is None:
            return
        decided.grants, decided.open = grants, False
        self._complete(case, decided, partner, emit)
        for number, raw in list(state.returned.scan(key + b"\x00", key + b"\x01")):
            message = decode_message(raw)
            if isinstance(message, Returned):
                self._reverse(message, decided, partner, emit)
            state.returned.delete(number)
        state.orders.put(key, decided)

    def _complete(self, case: Case, decided: PartnerOrder, partner: Partner, emit: Emit) -> None:
        """All of a credit is granted: cases of compliance hold it or take it back, then it lifts the tier."""
        state, order, partner_id = self._state, case.facts.order, case.owner_id
        origin = Origin(order.source, order.id, order.time)
        if decided.hold:
            hold_grants(state, partner_id, partner, order.order_id, decided, origin, emit)
        home, day = case.plan.home, decided.home_day
        window = home.midnight(day), home.midnight(day + 1)
        for case_id in decided.shows:
            claw_back(state, order.program, partner_id, partner, (case_id, origin), window, emit)
        for case_id in decided.claws:
            seize(state, partner_id, partner, order.order_id, decided, (case_id, origin), emit)
        decided.shows, decided.claws = [], []
        raise_tier(state, case.plan, partner_id, partner, decided.home_day, order.order_id, order.time, emit)
        _settled(decided, order.order_id, emit)

    def _reverse(self, message: Returned, decided: PartnerOrder, partner: Partner, emit: Emit) -> None:
        state = self._state
        decided.refunded = message.refunded
        decided.cancelled = message.cancelled
        reversal = Reversal(
            program=message.program,
            version=decided.version,
            order_id=message.order_id,
            refund_id=message.refund_id,
            refunded=message.refunded,
            net=decided.net,
            cancelled=message.cancelled,
            currency=message.currency,
            rounding=decided.rounding,
            origin=message.origin,
        )
        for grant in decided.grants:
            goal = reversal.goal(grant)
            state.reverse(reversal, message.partner_id, partner, grant, goal, decided.home_day, emit)
        lost = decided.credit_net
        if not decided.cancelled:
            lost = target(lost, decided.refunded, decided.net, ROUNDINGS[decided.rounding])
        lost_order = reversal.whole and not decided.lost_order
        tiering = partner.tiers.setdefault(message.program, Tiering())
        tiering.count(decided.home_day, decided.lost_net - lost, -int(lost_order))
        count_credit(
            state,
            message.partner_id,
            decided,
            tiering,
            -int(lost_order),
            decided.lost_net - lost,
            reversal.origin.time,
            emit,
        )
        decided.lost_net = lost
        decided.lost_order = decided.lost_order or lost_order
        if lost_order:
            count_reversal(state, message, decided, partner, emit)


def _settled(decided: PartnerOrder, order_id: str, emit: Emit) -> None:
    if decided.answer_to is not None:
        answer = Settled(decided.customer_id, decided.program, order_id, decided.time)
        emit(Send("customers", decided.customer_id, decided.time, answer, decided.answer_to))


def _inactive(member: Member, market: str) -> str | None:
    if not member.enrolled:
        return "partner_inactive: not enrolled"
    if member.suspended or member.barred:
        return "partner_inactive: suspended"
    if member.markets is not None and market not in member.markets:
        return f"partner_inactive: not enrolled for market {market}"
    return None


def _rejected(opened: list[Opened]) -> str | None:
    return next((f"compliance: {one.rule}" for one in opened if one.action == "reject"), None)


def _declined(case: Case, reason: str) -> Decision:
    order, partner = case.facts.order, case.owner_id
    return Decision(
        "milestones",
        "accrual.declined",
        f"declined~{order.order_id}~partner:{partner}",
        f"partner:{partner}",
        partner,
        order.time,
        AccrualDeclined(
            order_id=order.order_id,
            program=order.program,
            partner_id=partner,
            reason=reason,
        ),
    )
