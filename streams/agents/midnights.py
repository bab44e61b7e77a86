"""A home midnight: refunds that waited too long, releases, now and then a sweep of what is past its memory.

One call does a bounded amount of work; a tick remembers where the midnight stands.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import islice
from typing import Final

from events.outputs import Cause, Posting, Reward, RewardEvent
from events.units import unit_scale
from streams.agents import keys
from streams.agents.customer_state import CustomerState
from streams.agents.refunds import too_old
from streams.engine.agent import Emit
from streams.engine.clock import Midnight
from streams.rules.home_days import iso_date
from streams.rules.ledger import find_account, release
from streams.rules.state import Tick
from streams.rules.text import decimal_text

#: The stages of a midnight; from the last on, each program is swept in one of its own.
_WAITING: Final = 0
_RELEASES: Final = 1
_SWEEP: Final = 2
#: Days between two sweeps: what is past its memory takes at most a third more room than it has to.
_SWEEP_DAYS: Final = 60
#: Orders looked at in a sweep cost less than accounts that are released.
_SWEPT_PER_ACCOUNT: Final = 5


def tick_over(state: CustomerState, midnight: Midnight, limit: int, emit: Emit) -> bool:
    """Do up to ``limit`` accounts' worth of the midnight; True when nothing of it is left."""
    key = midnight.zone.encode()
    tick = state.ticks.get(key) or Tick()
    if midnight.day <= tick.day:
        return True
    if tick.doing != midnight.day:
        tick.doing, tick.stage, tick.cursor = midnight.day, _WAITING, b""
    state.ticks.put(key, tick)
    if tick.stage == _WAITING and not _give_up_waiting(state, midnight, tick, limit, emit):
        return False
    if tick.stage == _RELEASES and not _release_due(state, midnight, tick, limit, emit):
        return False
    if midnight.day % _SWEEP_DAYS == 0 and not _sweep(state, midnight, tick, limit * _SWEPT_PER_ACCOUNT):
        return False
    tick.day, tick.doing, tick.stage, tick.cursor = midnight.day, 0, _WAITING, b""
    return True


def _first_day(tick: Tick) -> int:
    """The first day that was not ticked; before the first tick that is any."""
    return tick.day + 1 if tick.day else 0


def _give_up_waiting(state: CustomerState, midnight: Midnight, tick: Tick, limit: int, emit: Emit) -> bool:
    """Give up refunds whose order did not come, by time and position; False when there may be more."""
    zone = midnight.zone
    start, stop = keys.due_day(zone, _first_day(tick)), keys.due_day(zone, midnight.day + 1)
    found = list(islice(state.due.scan(start, stop), limit))
    for key, waiting_key in found:
        too_old(state, waiting_key, midnight.at, emit)
        state.due.delete(key)
    if len(found) == limit:
        return False
    tick.stage, tick.cursor = _RELEASES, b""
    return True


def _release_due(state: CustomerState, midnight: Midnight, tick: Tick, limit: int, emit: Emit) -> bool:
    """Release what is due by account and unit; False when there is more."""
    zone, day = midnight.zone, midnight.day
    accounts = state.releases.due(zone, _first_day(tick), day)
    start = bisect_right(accounts, tick.cursor.decode()) if tick.cursor else 0
    for account in accounts[start : start + limit]:
        owner, _, unit = account.rpartition("\0")
        _release(state, midnight, owner, unit, emit)
        tick.cursor = account.encode()
    if start + limit < len(accounts):
        return False
    state.releases.clear(zone, _first_day(tick), day)
    tick.stage, tick.cursor = _SWEEP, b""
    return True


def _release(state: CustomerState, midnight: Midnight, owner_id: str, unit: str, emit: Emit) -> None:
    """Move what is due of one account and unit from pending to available, as one entry."""
    customer = state.customer(owner_id)
    account = find_account(customer, unit)
    if account is None:
        return
    zone, day = midnight.zone, midnight.day
    lots = [lot for lot in account.pending if lot.due <= day and state.zone(lot.program) in {zone, ""}]
    amount = sum(lot.amount for lot in lots)
    if amount == 0:
        return
    owner, date = f"customer:{owner_id}", iso_date(day)
    # Two zones can release one account and unit on the same date; the second one says which it is.
    suffix = f"~{zone}" if account.released_on == day else ""
    program_id = min(lot.program for lot in lots)
    program = state.programs.in_force(program_id, midnight.at)
    release(account, lots, day)
    customer.seq += 1
    state.customers.put(owner_id.encode(), customer)
    reward = Reward(
        entry_id=f"release~{owner}~{unit}~{date}{suffix}",
        seq=customer.seq,
        program=program_id,
        program_version=0 if program is None else program.version,
        account=owner,
        kind="released",
        unit=unit,
        amount=amount,
        postings=(Posting(f"{owner}:pending", f"{owner}:available", amount),),
        caused_by=Cause("keyday/clock", f"{zone}/{date}"),
        explain=(f"{decimal_text(amount, unit_scale(unit))} {unit} due by {date}",),
    )
    emit(RewardEvent(midnight.at, reward))


def _sweep(state: CustomerState, midnight: Midnight, tick: Tick, limit: int) -> bool:
    """Delete orders of the zone's programs, then refund ids; False when there may be more.

    Each program's orders are a stage of their own, the last one is the refund ids.
    """
    ids = [name for name in state.programs.ids() if state.zone(name) == midnight.zone]
    oldest = midnight.at - state.keep_ms
    while tick.stage - _SWEEP < len(ids):
        start, stop = keys.orders_from(ids[tick.stage - _SWEEP])
        orders = list(islice(state.orders.scan(max(start, tick.cursor), stop), limit))
        for key, order in orders:
            if order.time < oldest:
                state.orders.delete(key)
                state.counts.forgotten += 1
            tick.cursor = keys.after(key)
        limit -= len(orders)
        if limit == 0:
            return False
        tick.stage, tick.cursor = tick.stage + 1, b""
    refunds = list(islice(state.refund_ids.scan(tick.cursor, b"\xff"), limit))
    for key, first in refunds:
        if first < oldest:
            state.refund_ids.delete(key)
            state.counts.forgotten += 1
        tick.cursor = keys.after(key)
    return len(refunds) < limit
