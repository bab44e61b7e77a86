"""Grants that a case of compliance holds: moved aside when they are posted, and back when it is dismissed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

from events.outputs import Cause, Posting, Reward, RewardEvent
from streams.agents.accounts import Accounts, Seizure
from streams.engine.agent import Emit
from streams.rules.ledger import (
    Owner,
    add_available,
    add_pending,
    lot_left,
    open_account,
    take_lot,
    take_pending,
)
from streams.rules.state import Grant

E = TypeVar("E", bound=Owner)


def hold_all(
    state: Accounts[E], what: Seizure, owner_id: str, owner: E, grants: Sequence[Grant], emit: Emit
) -> bool:
    """Hold what is left of grants that were just posted, each in its own lot; True when that is anything."""
    held = False
    for grant, amount in _left(state, what, owner, grants):
        if amount > 0 and not grant.case_id:
            _hold(state, what, owner_id, owner, grant, amount, emit)
            held = True
    return held


def _left(
    state: Accounts[E], what: Seizure, owner: E, grants: Sequence[Grant]
) -> Iterator[tuple[Grant, int]]:
    """What is left of each grant. Of lots that expire together the oldest paid a debt first."""
    last_day = state.last_day(state.zone(what.program).encode())
    lots: dict[tuple[str, int], int] = {}
    left = []
    for grant in reversed(grants):
        amount = grant.amount - grant.reversed
        if grant.due <= last_day:
            lot = grant.unit, grant.expires
            in_lot = lots.get(lot)
            if in_lot is None:
                in_lot = lot_left(open_account(owner, grant.unit), what.program, grant.expires)
            amount = min(amount, in_lot)
            lots[lot] = in_lot - amount
        left.append(amount)
    return zip(grants, reversed(left), strict=True)


def _hold(
    state: Accounts[E], what: Seizure, owner_id: str, owner: E, grant: Grant, amount: int, emit: Emit
) -> None:
    account = open_account(owner, grant.unit)
    pending = grant.due > state.last_day(state.zone(what.program).encode())
    if pending:
        take_pending(account, grant.due, amount, what.program, grant.expires)
    else:
        take_lot(account, amount, what.program, grant.expires)
    account.held += amount
    grant.held, grant.held_pending, grant.case_id = amount, pending, what.case_id
    _emit(state, what, owner_id, owner, grant, amount, emit, free=False)


def unhold(state: Accounts[E], what: Seizure, owner_id: str, owner: E, grant: Grant, emit: Emit) -> int:
    """Put back what is held of a grant, in its own lot of the bucket that it came from; returns the amount.

    What was due meanwhile is released, and what expired meanwhile expires, at the next midnight.
    """
    amount = grant.held
    if not amount:
        return 0
    account = open_account(owner, grant.unit)
    zone = state.zone(what.program)
    next_day = state.last_day(zone.encode()) + 1
    account.held -= amount
    grant.held = 0
    if grant.held_pending:
        grant.due = max(grant.due, next_day)
        if add_pending(account, grant.due, amount, what.program, grant.expires):
            state.releases.add(zone, grant.due, owner_id, grant.unit)
    elif add_available(account, amount, what.program, grant.expires):
        state.releases.add(zone, max(grant.expires, next_day), owner_id, grant.unit)
    _emit(state, what, owner_id, owner, grant, amount, emit, free=True)
    return amount


def _emit(
    state: Accounts[E],
    what: Seizure,
    owner_id: str,
    owner: E,
    grant: Grant,
    amount: int,
    emit: Emit,
    *,
    free: bool,
) -> None:
    name = f"{state.kind}:{owner_id}"
    bucket, held = f"{name}:{'pending' if grant.held_pending else 'available'}", f"{name}:held"
    owner.seq += 1
    reward = Reward(
        entry_id=f"{'unhold' if free else 'hold'}~{what.case_id}~{grant.entry_id}",
        seq=owner.seq,
        program=what.program,
        program_version=what.version,
        account=name,
        kind="unheld" if free else "held",
        unit=grant.unit,
        amount=amount,
        postings=(Posting(held, bucket, amount) if free else Posting(bucket, held, amount),),
        caused_by=Cause(what.origin.source, what.origin.id),
        rule=grant.rule,
        order_id=what.order_id,
        explain=(f"case {what.case_id}: {what.why}",),
    )
    emit(RewardEvent(what.origin.time, reward))
