"""When partners move to another tier: up at once, down when a window ends."""

from __future__ import annotations

from itertools import islice

from events.outputs import Decision, TierChanged
from schemas.program import Tiers
from streams.agents import keys
from streams.agents.partner_notices import tier_notice
from streams.agents.partner_state import PartnerState
from streams.engine.agent import Emit
from streams.engine.clock import Midnight
from streams.rules.home_days import iso_date
from streams.rules.plan import Plan
from streams.rules.state import Partner, Tick
from streams.rules.tiers import Tiering, id_of, lowered, raised, window_start

#: Home days that a partner's metric is kept for beyond the longest window.
_KEPT_DAYS = 400


def raise_tier(
    state: PartnerState,
    plan: Plan,
    partner_id: str,
    partner: Partner,
    home_day: int,
    cause: str,
    time: int,
    emit: Emit,
) -> None:
    """After an order's own rewards: move up when the window of today now reaches a higher level."""
    tiers = plan.program.tiers
    if tiers is None:
        return
    tiering = partner.tiers[plan.program.id]
    today = max(home_day, state.last_day(plan.zone_key))
    level = raised(tiers, tiering, today)
    if level is not None:
        window = (window_start(tiers, today), today)
        changed = _changed(plan, tiers, tiering, partner_id, level.id, window, cause, time)
        _tell(plan, tiers, partner, changed, emit)
        tiering.level = level.id
    else:
        # From the first order on it is the partner's own, whatever a later version lets 0 reach.
        tiering.level = id_of(tiers, tiering.level)


def lower_tiers(state: PartnerState, midnight: Midnight, tick: Tick, limit: int, emit: Emit) -> bool:
    """At a midnight: partners whose window ended below their level move down; False when there is more."""
    found = list(islice(state.owners.scan(tick.cursor, b"\xff"), limit))
    for key, partner in found:
        if partner.tiers and _lower(state, midnight, key.decode(), partner, emit):
            state.owners.put(key, partner)
        tick.cursor = keys.after(key)
    return len(found) < limit


def _lower(state: PartnerState, midnight: Midnight, partner_id: str, partner: Partner, emit: Emit) -> bool:
    changed = False
    for program_id, tiering in partner.tiers.items():
        if state.zone(program_id) != midnight.zone:
            continue
        plan = state.plan(program_id, midnight.at)
        if plan is None:
            continue
        tiers = plan.program.tiers
        if tiers is not None and _lower_in(plan, tiers, midnight, partner_id, partner, tiering, emit):
            changed = True
        changed = _forget(tiers, tiering, midnight.day) or changed
    return changed


def _lower_in(
    plan: Plan,
    tiers: Tiers,
    midnight: Midnight,
    partner_id: str,
    partner: Partner,
    tiering: Tiering,
    emit: Emit,
) -> bool:
    day = midnight.day
    level = lowered(tiers, tiering, day)
    if level is None:
        return False
    last = day if isinstance(tiers.window, int) else day - 1
    window = (window_start(tiers, last), last)
    lowering = _changed(plan, tiers, tiering, partner_id, level, window, iso_date(day), midnight.at)
    _tell(plan, tiers, partner, lowering, emit)
    tiering.level = level
    return True


def _tell(plan: Plan, tiers: Tiers, partner: Partner, changed: Decision, emit: Emit) -> None:
    """Say that a tier changed, and write it to the partner."""
    emit(changed)
    for written in tier_notice(plan, tiers, partner.members.get(plan.program.id), changed):
        emit(written)


def _forget(tiers: Tiers | None, tiering: Tiering, day: int) -> bool:
    """Drop the days that no window reaches any more; goals and rates look at them without tiers, too."""
    reach = tiers.window if tiers is not None and isinstance(tiers.window, int) else 0
    oldest = day - _KEPT_DAYS - reach
    old = [one for one in {*tiering.revenue, *tiering.orders, *tiering.new_customers} if one < oldest]
    for one in old:
        tiering.revenue.pop(one, None)
        tiering.orders.pop(one, None)
        tiering.new_customers.pop(one, None)
    return bool(old)


def _changed(
    plan: Plan,
    tiers: Tiers,
    tiering: Tiering,
    partner_id: str,
    level: str,
    window: tuple[int, int],
    cause: str,
    time: int,
) -> Decision:
    program = plan.program
    before = id_of(tiers, tiering.level)
    return Decision(
        "milestones",
        "tier.changed",
        f"tier~{program.id}~{partner_id}~{cause}",
        f"partner:{partner_id}",
        partner_id,
        time,
        TierChanged(
            partner_id=partner_id,
            program=program.id,
            program_version=program.version,
            before=before,
            after=level,
            metric=tiers.metric,
            value=tiering.metric(tiers, *window),
            window_start=iso_date(window[0]),
        ),
    )
