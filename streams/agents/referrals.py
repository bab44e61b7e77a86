"""Referrals: a friend's first good order rewards both (DOMAIN section 8).

The friend's partition knows the friend's orders, the advocate's knows its clicks, orders and cap: the
friend's finds the qualifying order, the advocate's decides.
"""

from __future__ import annotations

from datetime import date

from events.inputs import ReferralCreated
from events.messages import Decided, Origin, Qualified, Send, Undone
from events.money import round_ratio
from events.outputs import Cause, Decision, ReferralDeclined
from events.time import DAY_MS
from events.units import POINTS
from schemas.program import Ratio, Referral
from streams.agents import keys
from streams.agents.accounts import Reversal
from streams.agents.customer_state import CustomerState
from streams.agents.marks import has_marks
from streams.engine.agent import DUPLICATE, Emit, Outcome
from streams.rules.accrual import Granted
from streams.rules.credits import marks_of
from streams.rules.plan import OrderFacts, Plan
from streams.rules.state import Advocacy, Customer, Grant, Order, Referred


class Referrals:
    """Both sides of the referrals of one task."""

    def __init__(self, state: CustomerState) -> None:
        self._state = state

    def create(self, event: ReferralCreated, friend: Customer, emit: Emit) -> Outcome:
        """Open a referral of a friend, or decline it for good."""
        state = self._state
        key = keys.referral_key(event.program, event.referral_id)
        first = state.referral_ids.get(key)
        if first is not None and event.time - first <= state.memory_ms:
            return DUPLICATE
        state.referral_ids.put(key, event.time)
        reason = None
        if event.friend_id == event.advocate_id:
            reason = "self_referral"
        elif event.program in friend.programs:
            reason = "friend_ordered_before"
        elif any(one.program == event.program and one.granted is not False for one in friend.referred):
            reason = "friend_referred_before"
        if reason is not None:
            _decline(
                event.referral_id, event.program, event.advocate_id, event.friend_id, reason, event.time, emit
            )
            return None
        marks = list(marks_of(event.device_id, event.ip_hash))
        friend.referred.append(
            Referred(event.program, event.referral_id, event.advocate_id, event.time, marks)
        )
        return None

    def claim(self, plan: Plan, facts: OrderFacts, decided: Order, friend: Customer) -> None:
        """Note the referral of which the order is the first that qualifies, if there is one.

        This is done when the order comes: a later order whose budgets answer sooner must not take its place.
        """
        rules, order = plan.program.referral, facts.order
        if rules is None or facts.net < rules.min_order:
            return
        for one in friend.referred:
            if one.program != order.program or one.granted is not None or one.order_id:
                continue
            if not one.created <= order.time < one.created + rules.window_days * DAY_MS:
                continue
            one.order_id, decided.referral = order.order_id, one.referral_id
            one.source, one.event_id, one.key_days = order.source, order.id, list(facts.key_days)
            return

    def ask(self, plan: Plan, facts: OrderFacts, decided: Order, friend: Customer, emit: Emit) -> None:
        """Ask the advocate about the referral that the order qualifies, if there is one."""
        order = facts.order
        for one in friend.referred:
            if one.program != order.program or one.referral_id != decided.referral:
                continue
            marks = dict.fromkeys([*one.marks, *marks_of(order.device_id, order.ip_hash)])
            qualified = Qualified(
                one.advocate_id,
                order.customer_id,
                self._state.partition,
                one.referral_id,
                order.program,
                plan.program.version,
                order.order_id,
                facts.home_day,
                tuple(marks),
                facts.key_days,
                Origin(order.source, order.id, order.time),
            )
            emit(Send("customers", one.advocate_id, order.time, qualified))
            decided.unanswered += 1
            return

    def decide(self, asked: Qualified, emit: Emit) -> None:
        """The advocate's side: grant its points, or decline; the friend is told."""
        state = self._state
        plan = state.plan_version(asked.program, asked.version)
        rules = plan.program.referral
        month = date.fromordinal(asked.day).isoformat()[:7]
        month_key = keys.month_key(asked.program, asked.advocate_id, month)
        count = state.referred.get(month_key) or 0
        owner = state.owner(asked.advocate_id)
        reason = None
        if has_marks(state, asked.advocate_id, owner, asked.marks):
            reason = "same_device_or_address"
        elif rules is None or (rules.cap_per_month is not None and count >= rules.cap_per_month):
            reason = "cap_per_month"
        time = asked.origin.time
        if reason is not None:
            _decline(
                asked.referral_id,
                asked.program,
                asked.advocate_id,
                asked.friend_id,
                reason,
                time,
                emit,
                order_id=asked.order_id,
            )
        elif rules is not None:
            state.referred.put(month_key, count + 1)
            grant = self._points(
                plan, rules, rules.advocate_points, asked.key_days, asked.advocate_id, owner,
                referral_id=asked.referral_id, order_id=asked.order_id,
                cause=Cause(asked.origin.source, asked.origin.id), home_day=asked.day, time=time, emit=emit,
            )  # fmt: skip
            state.owners.put(asked.advocate_id.encode(), owner)
            state.advocacies.put(
                keys.referral_key(asked.program, asked.referral_id),
                Advocacy(asked.advocate_id, asked.version, asked.day, asked.order_id, grant),
            )
        answer = Decided(
            asked.friend_id,
            asked.program,
            asked.order_id,
            asked.referral_id,
            reason is None,
            time,
        )
        emit(Send("customers", asked.friend_id, time, answer, asked.friend_partition))

    def decided(self, answer: Decided, emit: Emit) -> tuple[Order, Customer] | None:
        """The friend's side: grant its points when the advocate's were; the order is complete."""
        state = self._state
        friend = state.owner(answer.friend_id)
        order_key = keys.order_key(answer.program, answer.order_id)
        order = state.orders.get(order_key)
        referred = next((one for one in friend.referred if one.referral_id == answer.referral_id), None)
        if order is None or referred is None:
            return None
        referred.granted = answer.granted
        order.unanswered -= 1
        if answer.granted:
            plan = state.plan_version(answer.program, order.version)
            rules = plan.program.referral
            if rules is not None:
                grant = self._points(
                    plan, rules, rules.friend_points, tuple(referred.key_days), answer.friend_id, friend,
                    referral_id=answer.referral_id, order_id=answer.order_id,
                    cause=Cause(referred.source, referred.event_id), home_day=order.home_day,
                    time=answer.time, emit=emit,
                )  # fmt: skip
                if grant is not None:
                    order.grants.append(grant)
        else:
            order.referral = ""
        state.orders.put(order_key, order)
        state.owners.put(answer.friend_id.encode(), friend)
        return order, friend

    def undo(self, message: Undone, emit: Emit) -> None:
        """The advocate's side of a qualifying order that was refunded in full or cancelled."""
        state = self._state
        key = keys.referral_key(message.program, message.referral_id)
        advocacy = state.advocacies.get(key)
        if advocacy is None:
            return
        state.advocacies.delete(key)
        month = date.fromordinal(advocacy.day).isoformat()[:7]
        month_key = keys.month_key(message.program, advocacy.advocate_id, month)
        state.referred.put(month_key, max(0, (state.referred.get(month_key) or 0) - 1))
        grant = advocacy.grant
        if grant is None:
            return
        owner = state.owner(advocacy.advocate_id)
        reversal = Reversal(
            program=message.program,
            version=advocacy.version,
            order_id=advocacy.order_id,
            refund_id=message.refund_id,
            cancelled=message.refund_id is None,
            origin=message.origin,
        )
        state.reverse(reversal, advocacy.advocate_id, owner, grant, grant.amount, advocacy.day, emit)
        state.owners.put(advocacy.advocate_id.encode(), owner)

    def _points(
        self,
        plan: Plan,
        rules: Referral,
        points: int,
        key_days: tuple[str, ...],
        owner_id: str,
        owner: Customer,
        *,
        referral_id: str,
        order_id: str,
        cause: Cause,
        home_day: int,
        time: int,
        emit: Emit,
    ) -> Grant | None:
        """Post the points of one side, multiplied on a key day; ``None`` when there are none."""
        amount, explain = points, [f"flat {points} {POINTS}"]
        day = _best_day(rules.key_day_multiply, key_days)
        if day is not None:
            ratio = rules.key_day_multiply[day]
            amount = round_ratio(points * ratio.numerator, ratio.denominator, plan.rounding)
            explain.append(f"{day}: {points} * {ratio.text}, rounded {plan.rounding} to {amount} {POINTS}")
        if amount == 0:
            return None
        granted = Granted(
            "referral", "referral", POINTS, amount, rules.hold_days, day, tuple(explain), rules.expires_days
        )
        return self._state.grant(
            plan, owner_id, owner, granted, order_id, cause, home_day, time, emit, referral_id
        )


def _best_day(multiplies: dict[str, Ratio], key_days: tuple[str, ...]) -> str | None:
    """Of the order's key days the one with the greatest multiplier, the first of equal ones."""
    best: str | None = None
    for day in key_days:
        if day in multiplies and (best is None or _above(multiplies[day], multiplies[best])):
            best = day
    return best


def _above(one: Ratio, other: Ratio) -> bool:
    return one.numerator * other.denominator > other.numerator * one.denominator


def _decline(
    referral_id: str,
    program: str,
    advocate_id: str,
    friend_id: str,
    reason: str,
    time: int,
    emit: Emit,
    *,
    order_id: str | None = None,
) -> None:
    fraud = reason in {"self_referral", "same_device_or_address"}
    emit(
        Decision(
            "compliance" if fraud else "milestones",
            "referral.declined",
            f"declined~{referral_id}",
            f"customer:{advocate_id}",
            advocate_id,
            time,
            ReferralDeclined(
                referral_id=referral_id,
                program=program,
                advocate_id=advocate_id,
                friend_id=friend_id,
                reason=reason,
                order_id=order_id,
            ),
        )
    )
