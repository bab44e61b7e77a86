"""Clicks become touches: what an order may later be credited to."""

from __future__ import annotations

from events.inputs import LinkClicked
from streams.agents import keys
from streams.agents.click_compliance import is_touch
from streams.agents.customer_state import CustomerState
from streams.agents.referrals import remember_marks
from streams.engine.agent import DUPLICATE, Emit, Outcome, Rejection
from streams.rules.attribution import Touch, keep_newest
from streams.rules.credits import marks_of
from streams.rules.state import Customer


def touch(state: CustomerState, click: LinkClicked, customer: Customer, emit: Emit) -> Outcome:
    """Remember the click among the newest of its customer, unless a rule of compliance rejects it."""
    key = keys.click_key(click.customer_id, click.click_id)
    cell = state.click_ids.cells[key]
    first = cell[0]
    if first is not None and click.time - first <= state.memory_ms:
        return DUPLICATE
    plan = state.plan(click.program, click.time)
    if plan is None:
        return Rejection("program_unknown", f"no version of {click.program} is in force then")
    if click.market not in plan.calendars:
        return Rejection("market_unknown", f"market {click.market} is not in program {click.program}")
    state.click_ids.write(cell, click.time)
    clicks = state.clicks.cells[
        keys.clicks_of(click.program, plan.home.ordinal(click.time), click.partner_id)
    ]
    state.clicks.write(clicks, (clicks[0] or 0) + 1)
    touches = state.touches.cells[keys.touches_key(click.program, click.customer_id)]
    known = touches[0] or []
    partner = state.standings.get(keys.standing_key(click.program, click.partner_id))
    if partner is None or is_touch(plan, partner, click, customer, known, emit):
        marks = tuple(marks_of(click.device_id, click.ip_hash))
        new = Touch(click.time, click.click_id, click.partner_id, marks)
        state.touches.write(touches, keep_newest(known, new))
    remember_marks(state, click.customer_id, click.device_id, click.ip_hash)
    return None
