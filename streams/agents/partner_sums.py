"""What partners bring, counted for goals, reviews and benchmarks; and what of it is told at midnights."""

from __future__ import annotations

from streams.agents import keys
from streams.agents.partner_state import PartnerState
from streams.engine.agent import Emit
from streams.rules.state import Brought, PartnerOrder
from streams.rules.tiers import Tiering


def count_credit(
    state: PartnerState,
    partner_id: str,
    decided: PartnerOrder,
    tiering: Tiering,
    orders: int,
    net: int,
    time: int,
    emit: Emit,
) -> None:
    """Count a credit, or what is taken back of one as negative numbers, by the home day of its order."""
    if not decided.market:
        return
    program, day = decided.program, decided.home_day
    new = orders if decided.new_customer else 0
    if new:
        tiering.count_new(day, new)
    state.sums.count_credit(program, (day, decided.group), orders, net, new, time, emit)
    if state.reviewed(program, decided.version):
        key = keys.brought_key(program, partner_id, day)
        brought = state.brought.get(key) or Brought(day)
        before = brought.markets.get(decided.market, (0, 0, 0))
        brought.markets[decided.market] = (before[0] + orders, before[1] + net, before[2] + new)
        state.brought.put(key, brought)
