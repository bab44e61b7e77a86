"""A home midnight: stages of a bounded amount of work each, and a tick that remembers where they stand."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any, Final, TypeVar

from events.outputs import Cause, Posting, Reward, RewardEvent
from events.units import unit_scale
from streams.agents import keys
from streams.agents.accounts import Accounts
from streams.agents.customer_state import CustomerState
from streams.agents.partner_state import PartnerState
from streams.agents.refunds import too_old
from streams.engine.agent import Emit
from streams.engine.clock import Midnight
from streams.engine.state import Space
from streams.rules.home_days import iso_date
from streams.rules.ledger import Owner, expire, find_account, release
from streams.rules.state import Account, ComplianceCase, PartnerOrder, Tick
from streams.rules.text import decimal_text

A = TypeVar("A", bound=Accounts[Any])
#: Does up to ``limit`` accounts' worth of a midnight; True when nothing of it is left.
Stage = Callable[[A, Midnight, Tick, int, Emit], bool]

#: Days between two sweeps: what is past its memory takes at most a third more room than it has to.
_SWEEP_DAYS: Final = 60
#: Days that a review can look back on: a quarter, and the one before.
_REVIEWED_DAYS: Final = 190
#: Orders looked at in a sweep cost less than accounts that are released.
_SWEPT_PER_ACCOUNT: Final = 5


def tick_over(state: A, midnight: Midnight, limit: int, emit: Emit, stages: Sequence[Stage[A]]) -> bool:
    """Do up to ``limit`` accounts' worth of the midnight; True when nothing of it is left."""
    key = midnight.zone.encode()
    tick = state.ticks.get(key) or Tick()
    if midnight.day <= tick.day:
        return True
    if tick.doing != midnight.day:
        tick.doing, tick.stage, tick.cursor = midnight.day, 0, b""
    state.ticks.put(key, tick)
    while tick.stage < len(stages):
        if not stages[tick.stage](state, midnight, tick, limit, emit):
            return False
        tick.stage, tick.cursor = tick.stage + 1, b""
    tick.day, tick.doing, tick.stage, tick.cursor = midnight.day, 0, 0, b""
    return True


def give_up_waiting(state: CustomerState, midnight: Midnight, tick: Tick, limit: int, emit: Emit) -> bool:
    """Give up refunds whose order did not come, by time and position; False when there may be more."""
    zone = midnight.zone
    start, stop = keys.due_day(zone, _first_day(tick)), keys.due_day(zone, midnight.day + 1)
    found = list(islice(state.due.scan(start, stop), limit))
    for key, waiting_key in found:
        too_old(state, waiting_key, midnight.at, emit)
        state.due.delete(key)
    return len(found) < limit


def release_due(state: Accounts[Any], midnight: Midnight, tick: Tick, limit: int, emit: Emit) -> bool:
    """Release, then expire what is due by account and unit; False when there is more."""
    zone, day = midnight.zone, midnight.day
    accounts = state.releases.due(zone, _first_day(tick), day)
    start = bisect_right(accounts, tick.cursor.decode()) if tick.cursor else 0
    for account in accounts[start : start + limit]:
        owner, _, unit = account.rpartition("\0")
        _settle(state, midnight, owner, unit, emit)
        tick.cursor = account.encode()
    if start + limit < len(accounts):
        return False
    state.releases.clear(zone, _first_day(tick), day)
    return True


def report(
    state: CustomerState | PartnerState, midnight: Midnight, tick: Tick, limit: int, emit: Emit
) -> bool:
    """Tell the desks of programs what was counted."""
    del tick, limit
    state.sums.report(state.programs, midnight, emit, {})
    return True


def sweep_customers(state: CustomerState, midnight: Midnight, tick: Tick, limit: int, emit: Emit) -> bool:
    """Now and then forget orders and business ids that nobody can ask for any more."""
    del emit
    if midnight.day % _SWEEP_DAYS:
        return True
    oldest = midnight.at - state.keep_ms
    programs = [name for name in state.programs.ids() if state.zone(name) == midnight.zone]
    spans: list[tuple[Space[Any], bytes, bytes]] = [
        *((state.orders, *keys.orders_from(program)) for program in programs),
        *(
            (space, b"", b"\xff")
            for space in (state.refund_ids, state.click_ids, state.referral_ids, state.request_ids)
        ),
    ]
    return _sweep(spans, tick, oldest, limit * _SWEPT_PER_ACCOUNT)


def sweep_partners(state: PartnerState, midnight: Midnight, tick: Tick, limit: int, emit: Emit) -> bool:
    """Now and then forget credited orders and business ids that nobody can ask for any more."""
    del emit
    if midnight.day % _SWEEP_DAYS:
        return True
    oldest = midnight.at - state.keep_ms
    programs = [name for name in state.programs.ids() if state.zone(name) == midnight.zone]
    spans: list[tuple[Space[Any], bytes, bytes]] = [
        *((state.orders, *keys.orders_from(program)) for program in programs),
        *((space, b"", b"\xff") for space in (state.request_ids, state.cases, state.by_day)),
    ]
    return _sweep(spans, tick, oldest, limit * _SWEPT_PER_ACCOUNT)


def sweep_brought(state: PartnerState, midnight: Midnight, tick: Tick, limit: int, emit: Emit) -> bool:
    """Now and then forget what partners brought on days that no review looks back on."""
    del emit
    if midnight.day % _SWEEP_DAYS:
        return True
    limit *= _SWEPT_PER_ACCOUNT
    found = list(islice(state.brought.scan(tick.cursor, b"\xff"), limit))
    for key, brought in found:
        if brought.day < midnight.day - _REVIEWED_DAYS:
            state.brought.delete(key)
        tick.cursor = keys.after(key)
    return len(found) < limit


def _sweep(
    spans: list[tuple[Space[Any], bytes, bytes]],
    tick: Tick,
    oldest: int,
    limit: int,
) -> bool:
    """Look at ``limit`` entries from the cursor on: the number of a span, and a key in it."""
    number, key = (tick.cursor[0], tick.cursor[1:]) if tick.cursor else (0, b"")
    while number < len(spans):
        space, start, stop = spans[number]
        found = list(islice(space.scan(max(start, key), stop), limit))
        for at, value in found:
            if (value if isinstance(value, int) else value.time) < oldest and not _is_open(value):
                space.delete(at)
            tick.cursor = bytes([number]) + keys.after(at)
        limit -= len(found)
        if limit == 0:
            return False
        number, key = number + 1, b""
        tick.cursor = bytes([number])
    return True


def _is_open(value: Any) -> bool:
    """Whether a person has still to decide: on a case, or on what a case holds of an order."""
    match value:
        case ComplianceCase():
            return value.open
        case PartnerOrder():
            return any(grant.held for grant in value.grants)
    return False


def _first_day(tick: Tick) -> int:
    """The first day that was not ticked; before the first tick that is any."""
    return tick.day + 1 if tick.day else 0


def _settle(state: Accounts[Any], midnight: Midnight, owner_id: str, unit: str, emit: Emit) -> None:
    owner = state.owner(owner_id)
    account = find_account(owner, unit)
    if account is None:
        return
    released = _release(state, midnight, owner_id, owner, account, emit)
    if _expire(state, midnight, owner_id, owner, account, emit) or released:
        state.owners.put(owner_id.encode(), owner)


def _release(
    state: Accounts[Any], midnight: Midnight, owner_id: str, owner: Owner, account: Account, emit: Emit
) -> bool:
    """Move what is due of one account and unit from pending to available, as one entry."""
    zone, day = midnight.zone, midnight.day
    lots = [lot for lot in account.pending if lot.due <= day and state.zone(lot.program) in {zone, ""}]
    amount = sum(lot.amount for lot in lots)
    if amount == 0:
        return False
    # Two zones can release one account and unit on the same date; the second one says which it is.
    again = account.released_on == day
    for expires in release(account, lots, day):
        if expires > day:
            state.releases.add(zone, expires, owner_id, account.unit)
    name = f"{state.kind}:{owner_id}"
    posting = Posting(f"{name}:pending", f"{name}:available", amount)
    program = min(lot.program for lot in lots)
    _emit(state, midnight, "release", owner_id, owner, account.unit, program, (posting,), emit, again=again)
    return True


def _expire(
    state: Accounts[Any], midnight: Midnight, owner_id: str, owner: Owner, account: Account, emit: Emit
) -> bool:
    """Take what expires of one account and unit out of available, as one entry."""
    zone, day = midnight.zone, midnight.day
    lots = [lot for lot in account.expiring if lot.expires <= day and state.zone(lot.program) in {zone, ""}]
    if not lots:
        return False
    again = account.expired_on == day
    expire(account, lots, day)
    name = f"{state.kind}:{owner_id}"
    programs = sorted({lot.program for lot in lots})
    postings = tuple(
        Posting(
            f"{name}:available",
            f"expired:{program}",
            sum(lot.amount for lot in lots if lot.program == program),
        )
        for program in programs
    )
    _emit(state, midnight, "expire", owner_id, owner, account.unit, programs[0], postings, emit, again=again)
    return True


def _emit(
    state: Accounts[Any],
    midnight: Midnight,
    what: str,
    owner_id: str,
    owner: Owner,
    unit: str,
    program_id: str,
    postings: tuple[Posting, ...],
    emit: Emit,
    *,
    again: bool,
) -> None:
    name, date = f"{state.kind}:{owner_id}", iso_date(midnight.day)
    amount = sum(posting.amount for posting in postings)
    program = state.programs.in_force(program_id, midnight.at)
    owner.seq += 1
    done = "due" if what == "release" else "expired"
    reward = Reward(
        entry_id=f"{what}~{name}~{unit}~{date}{f'~{midnight.zone}' if again else ''}",
        seq=owner.seq,
        program=program_id,
        program_version=0 if program is None else program.version,
        account=name,
        kind="released" if what == "release" else "expired",
        unit=unit,
        amount=amount,
        postings=postings,
        caused_by=Cause("keyday/clock", f"{midnight.zone}/{date}"),
        explain=(f"{decimal_text(amount, unit_scale(unit))} {unit} {done} by {date}",),
    )
    emit(RewardEvent(midnight.at, reward))
