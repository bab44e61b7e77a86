"""Grants that a case of compliance takes back although they were posted before its evidence came."""

from __future__ import annotations

from events.messages import Origin
from streams.agents import keys
from streams.agents.accounts import Seizure
from streams.agents.partner_state import PartnerState
from streams.engine.agent import Emit
from streams.rules.home_days import home_days
from streams.rules.state import DayOrder, Partner, PartnerOrder


def remember_day(
    state: PartnerState, partner_id: str, partner: Partner, order_id: str, decided: PartnerOrder
) -> None:
    """Note an order that was just counted: rules, also of versions to come, may ask for its day."""
    program, day = decided.program, decided.home_day
    number = partner.tiers[program].orders.get(day, 0) + partner.reversed.get(program, {}).get(day, 0)
    key = keys.day_order(program, partner_id, day, number)
    state.by_day.put(key, DayOrder(decided.time, order_id))


def claw_back(
    state: PartnerState,
    program: str,
    partner_id: str,
    partner: Partner,
    evidence: tuple[str, Origin],
    window: tuple[int, int],
    emit: Emit,
) -> None:
    """Reverse what is left of the grants of all orders of a window, its start and its end in milliseconds.

    ``evidence`` is a case and the event that shows it.
    Orders whose budgets are still asked are reversed once they are granted.
    """
    (start, end), case_id = window, evidence[0]
    home = home_days(state.zone(program))
    first, last = home.ordinal(start), home.ordinal(end - 1)
    span = keys.day_order(program, partner_id, first), keys.day_order(program, partner_id, last + 1)
    for _, one in list(state.by_day.scan(*span)):
        if not start <= one.time < end:
            continue
        key = keys.open_key(program, one.order_id, partner_id)
        decided = state.orders.get(key)
        if decided is None:
            continue
        if decided.open:
            if case_id not in decided.claws:
                decided.claws.append(case_id)
        else:
            seize(state, partner_id, partner, one.order_id, decided, evidence, emit)
        state.orders.put(key, decided)


def seize(
    state: PartnerState,
    partner_id: str,
    partner: Partner,
    order_id: str,
    decided: PartnerOrder,
    evidence: tuple[str, Origin],
    emit: Emit,
) -> None:
    """Reverse what is left of the grants of one order, but what the same case has dealt with before."""
    case_id, origin = evidence
    what = Seizure(case_id, order_id, decided, origin, "taken back")
    for grant in decided.grants:
        if grant.case_id != case_id:
            state.reverse(what, partner_id, partner, grant, grant.amount, decided.home_day, emit)
