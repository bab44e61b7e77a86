"""Clicks under the rules of compliance: what partners told of themselves, and what they are told of clicks.

A click that breaks no rule costs a few look-ups and no message.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Final

from events.inputs import LinkClicked
from events.messages import Clicked, ClicksCounted, Marked, Send, Standing
from events.time import HOUR_MS
from streams.agents import keys
from streams.agents.customer_state import CustomerState
from streams.engine.agent import Emit
from streams.engine.clock import Midnight
from streams.rules.attribution import Touch
from streams.rules.clicks import breaches, hour_of
from streams.rules.plan import Plan
from streams.rules.state import Customer, Tick

#: Hours of a customer and a partner in which clicks are counted one by one, at most.
_MOST_HOURS: Final = 64


def is_touch(
    plan: Plan,
    partner: Standing,
    click: LinkClicked,
    customer: Customer,
    touches: Sequence[Touch],
    marks: Sequence[str],
    emit: Emit,
) -> bool:
    """Look at a click on an enrolled partner's links, and tell it of breaches; False when it is no touch."""
    if click.customer_id in partner.customer_ids:
        _send_marks(click, touches, marks, emit)
    rules = plan.program.compliance
    in_hour = _in_hour(click, customer, touches)
    found = breaches(rules, partner, click, in_hour)
    if not found:
        return True
    _count(customer, click, in_hour)
    told = Clicked(click.partner_id, click.program, plan.program.version, click.time, tuple(found))
    emit(Send("partners", click.partner_id, click.time, told))
    return all(rules.policy(one.rule).action != "reject" for one in found)


def take_standing(state: CustomerState, told: Standing, emit: Emit) -> None:
    """Know a partner from now on; customers that it calls its own now may have clicked before."""
    key = keys.standing_key(told.program, told.partner_id)
    before = state.standings.get(key)
    state.standings.put(key, told)
    for customer_id in told.customer_ids:
        if before is not None and customer_id in before.customer_ids:
            continue
        customer = state.owners.get(customer_id.encode())
        seen = {} if customer is None else _clicked_from(told, customer)
        if seen:
            marked = Marked(told.partner_id, told.program, customer_id, tuple(seen))
            emit(Send("partners", told.partner_id, max(seen.values()), marked))


def _clicked_from(told: Standing, customer: Customer) -> dict[str, int]:
    """The devices and addresses from which a customer clicked on a partner's links, and when."""
    prefix = keys.clicked_from(told.program, told.partner_id, "")
    seen = {
        key.removeprefix(prefix): time
        for key, time in customer.clicked_from.items()
        if key.startswith(prefix)
    }
    for touch in customer.touches.get(told.program, []):
        if touch.partner_id == told.partner_id:
            seen |= dict.fromkeys(touch.marks, touch.time)
    return seen


def tell_clicks(state: CustomerState, midnight: Midnight, tick: Tick, limit: int, emit: Emit) -> bool:
    """Tell partners of their clicks on the day that ended; counts of earlier days are of late clicks."""
    del tick
    for program in state.programs.ids():
        if state.zone(program) != midnight.zone:
            continue
        days = keys.clicks_of(program, 0), keys.clicks_of(program, midnight.day)
        found = list(islice(state.clicks.scan(*days), limit))
        for key, clicks in found:
            day, partner = keys.day_and_partner(program, key)
            if day == midnight.day - 1:
                counted = ClicksCounted(partner, program, day, clicks, midnight.at)
                emit(Send("partners", partner, midnight.at, counted))
            state.clicks.delete(key)
        limit -= len(found)
        if limit <= 0:
            return False
    return True


def _in_hour(click: LinkClicked, customer: Customer, touches: Sequence[Touch]) -> int:
    """The how many-th click of its hour on the partner's links it is.

    A first click is not counted while it can be seen among the touches: most hours have no second.
    """
    if not customer.clicks and (not touches or touches[-1].time <= click.time - HOUR_MS):
        return 1
    partner = click.partner_id
    start = hour_of(click.time) * HOUR_MS
    end = start + HOUR_MS
    seen = 0
    # They ascend.
    for touch in reversed(touches):
        if touch.time < start:
            break
        if touch.partner_id == partner and touch.time < end:
            seen += 1
    if not seen and not customer.clicks:
        return 1
    in_hour = customer.clicks.get(_hour_key(click), seen) + 1
    if in_hour > 1:
        _count(customer, click, in_hour)
    return in_hour


def _count(customer: Customer, click: LinkClicked, in_hour: int) -> None:
    clicks = customer.clicks
    clicks[_hour_key(click)] = in_hour
    if len(clicks) > _MOST_HOURS:
        del clicks[min(clicks, key=lambda key: int(key.rpartition("\0")[2]))]


def _hour_key(click: LinkClicked) -> str:
    return f"{click.program}\0{click.partner_id}\0{hour_of(click.time)}"


def _send_marks(click: LinkClicked, touches: Sequence[Touch], marks: Sequence[str], emit: Emit) -> None:
    """Tell a partner the device and the address of its own customer, when they are new on its links."""
    known = {mark for touch in touches if touch.partner_id == click.partner_id for mark in touch.marks}
    new = tuple(mark for mark in marks if mark not in known)
    if new:
        marked = Marked(click.partner_id, click.program, click.customer_id, new)
        emit(Send("partners", click.partner_id, click.time, marked))
