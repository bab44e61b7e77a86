"""What tables show of the ledger besides balances: grants of orders, where they are, and of referrals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from events.outputs import Reward
from projections.keys import key_of
from projections.orders import Grant, Order, grant_key
from projections.rows import Rows

_PARTNER: Final = "partner:"


def fold_of(reward: Reward) -> Callable[[Rows, Reward, int], None] | None:
    """What folds an entry and its time; ``None`` where only balances and statements show it.

    All but ``referral`` look at the version of the program.
    """
    of_partner = reward.account.startswith(_PARTNER)
    if reward.kind == "released":
        return _release if of_partner else None
    if reward.rule == "referral":
        return referral
    if reward.order_id is not None and (of_partner or _is_budgeted(reward)):
        return _grant if reward.kind in {"accrued", "tier", "bonus"} else _move
    return None


def _grant(rows: Rows, reward: Reward, time: int) -> None:
    order = rows.order(reward.program, reward.order_id or "")
    (posting,) = reward.postings
    budget = posting.from_.removeprefix("budget:") if posting.from_.startswith("budget:") else ""
    grant = Grant(reward.program_version, time, reward.unit, reward.available_on or "", budget, reward.amount)
    order.grants[grant_key(reward.account, reward.rule or "")] = grant
    if posting.to.endswith(":pending") and reward.account.startswith(_PARTNER):
        grant.pending = reward.amount
        _await_release(rows, reward, order, grant)


def _move(rows: Rows, reward: Reward, _time: int) -> None:
    """Part of a grant is held, free again, or given back."""
    order, account = rows.order(reward.program, reward.order_id or ""), reward.account
    found = order.grants.get(grant_key(account, reward.rule or ""))
    if found is None:
        return
    if reward.kind == "reversed":
        found.reversed += reward.amount
    if not account.startswith(_PARTNER):
        return
    for posting in reward.postings:
        source, into = posting.from_.removeprefix(account), posting.to.removeprefix(account)
        found.pending += posting.amount * ((into == ":pending") - (source == ":pending"))
        found.held += posting.amount * ((into == ":held") - (source == ":held"))
        if into == ":pending":
            _await_release(rows, reward, order, found)


def _await_release(rows: Rows, reward: Reward, order: Order, grant: Grant) -> None:
    key = _lot_key(rows, reward) + key_of(grant.available_on)
    lot = rows.lots.get(key) or []
    name = (order.program, order.order_id)
    if name not in lot:
        lot.append(name)
        rows.lots.put(key, lot)


def _lot_key(rows: Rows, reward: Reward) -> bytes:
    """Where the pending grants of an account, a unit and a home zone lie, by day."""
    home = rows.versions.home(reward.program)
    return key_of(reward.account, reward.unit, "" if home is None else home.name)


def _release(rows: Rows, reward: Reward, _time: int) -> None:
    """All pending grants of the account, unit and zone that were due are available now."""
    account, unit = reward.account, reward.unit
    date = reward.entry_id.removeprefix(f"release~{account}~{unit}~")[:10]
    prefix = _lot_key(rows, reward)
    for key, lot in list(rows.lots.scan(prefix, prefix + key_of(date) + b"\xff")):
        for program, order_id in lot:
            order = rows.order(program, order_id)
            for name, grant in order.grants.items():
                if name.startswith(f"{account}\0") and grant.unit == unit and grant.available_on <= date:
                    grant.pending = 0
        rows.lots.delete(key)


def referral(rows: Rows, reward: Reward, time: int) -> None:
    """Fold an entry of a side of a referral."""
    grant = reward.entry_id if reward.reverses is None else reward.reverses
    if reward.kind not in {"referral", "reversed"}:
        return
    row = rows.referred(reward.program, grant.removesuffix(f"~referral~{reward.account}"))
    points, back = row.sides.get(reward.account, (0, 0))
    if reward.kind == "referral":
        row.sides[reward.account] = (points + reward.amount, back)
        row.granted_at, row.order_id = time, reward.order_id
    else:
        row.sides[reward.account] = (points, back + reward.amount)


def _is_budgeted(reward: Reward) -> bool:
    return any(each.from_.startswith("budget:") or each.to.startswith("budget:") for each in reward.postings)
