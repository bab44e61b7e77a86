"""Clicks become touches: what an order may later be credited to.

A touch is what is known of its click, too. The id of a click that has no touch any more lies in an entry of
its own, so that most clicks read and write their customer's record and nothing else.
"""

from __future__ import annotations

from typing import Final

from events.inputs import LinkClicked
from streams.agents import keys
from streams.agents.click_compliance import is_touch
from streams.agents.customer_state import CustomerState
from streams.agents.marks import remember_marks
from streams.engine.agent import DUPLICATE, Emit, Outcome, Rejection
from streams.rules.attribution import Touch, keep_newest
from streams.rules.credits import marks_of
from streams.rules.state import Customer

#: Devices and addresses on partners' links that are remembered of a customer beside its touches.
_MOST_CLICKED_FROM: Final = 64


def touch(state: CustomerState, click: LinkClicked, customer: Customer, emit: Emit) -> Outcome:
    """Remember the click among the newest of its customer, unless a rule of compliance rejects it."""
    if _known(state, click, customer):
        return DUPLICATE
    plan = state.plan(click.program, click.time)
    if plan is None:
        return Rejection("program_unknown", f"no version of {click.program} is in force then")
    if click.market not in plan.calendars:
        return Rejection("market_unknown", f"market {click.market} is not in program {click.program}")
    clicks = state.clicks.cells[
        keys.clicks_of(click.program, plan.home.ordinal(click.time), click.partner_id)
    ]
    state.clicks.write(clicks, (clicks[0] or 0) + 1)
    touches = customer.touches.get(click.program)
    if touches is None:
        touches = customer.touches[click.program] = []
    marks = marks_of(click.device_id, click.ip_hash)
    new = Touch(click.time, click.click_id, click.partner_id, marks)
    dropped: Touch | None = new
    partner = state.standings.get(keys.standing_key(click.program, click.partner_id))
    if partner is None or is_touch(plan, partner, click, customer, touches, marks, emit):
        dropped = keep_newest(touches, new)
    if dropped is not None:
        _note(state, click, customer, dropped)
    remember_marks(state, click.customer_id, customer, marks)
    return None


def _known(state: CustomerState, click: LinkClicked, customer: Customer) -> bool:
    """Whether the click id came before, as far as business ids are known."""
    click_id, since = click.click_id, click.time - state.memory_ms
    for touches in customer.touches.values():
        for one in touches:
            if one.click_id == click_id and one.time >= since:
                return True
    if not customer.more_clicks:
        return False
    first = state.click_ids.get(keys.click_key(click.customer_id, click_id))
    return first is not None and first >= since


def _note(state: CustomerState, click: LinkClicked, customer: Customer, dropped: Touch) -> None:
    """Keep of a click that is no touch its id, and its device: the partner may list the customer yet."""
    cell = state.click_ids.cells[keys.click_key(click.customer_id, dropped.click_id)]
    state.click_ids.write(cell, max(dropped.time, cell[0] or dropped.time))
    customer.more_clicks = True
    seen = customer.clicked_from
    for mark in dropped.marks:
        seen[keys.clicked_from(click.program, dropped.partner_id, mark)] = dropped.time
        if len(seen) > _MOST_CLICKED_FROM:
            del seen[next(iter(seen))]
