"""A home midnight: refunds that waited too long, releases, now and then a sweep of what is past its memory.

One call does a bounded amount of work; a tick remembers where the midnight stands.
"""

from __future__ import annotations

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
        start = keys.due_day(midnight.zone, tick.day + 1 if tick.day else 0)
        tick.doing, tick.stage, tick.cursor = midnight.day, 0, start
    state.ticks.put(key, tick)
    if tick.stage == 0 and not _work_off(state, midnight, tick, limit, emit):
        return False
    if midnight.day % _SWEEP_DAYS == 0 and not _sweep(state, midnight, tick, limit * _SWEPT_PER_ACCOUNT):
        return False
    tick.day, tick.doing, tick.stage, tick.cursor = midnight.day, 0, 0, b""
    return True


def _work_off(state: CustomerState, midnight: Midnight, tick: Tick, limit: int, emit: Emit) -> bool:
    """Work off due entries in the order of their keys; False when there may be more."""
    zone = midnight.zone
    found = list(islice(state.due.scan(tick.cursor, keys.due_day(zone, midnight.day + 1)), limit))
    for key, waiting_key in found:
        kind, rest = keys.due_parts(zone, key)
        if kind == keys.WAITING:
            too_old(state, waiting_key, midnight.at, emit)
        else:
            owner, _, unit = rest.decode().rpartition("\0")
            _release(state, midnight, owner, unit, emit)
        state.due.delete(key)
        tick.cursor = keys.after(key)
    return len(found) < limit


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

    Stage 1 up to the number of programs are their orders, the one after that the refund ids.
    """
    ids = [name for name in state.programs.ids() if state.zone(name) == midnight.zone]
    if tick.stage == 0:
        tick.stage, tick.cursor = 1, b""
    oldest = midnight.at - state.keep_ms
    while tick.stage <= len(ids):
        start, stop = keys.orders_from(ids[tick.stage - 1])
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
