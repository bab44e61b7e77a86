"""The accounts of an owner: how facts change them. What decides does not change them."""

from __future__ import annotations

from streams.rules.state import Account, Customer, Expiring, Lot, Partner

Owner = Customer | Partner


def find_account(owner: Owner, unit: str) -> Account | None:
    """The account of a unit, if there was ever a posting to it."""
    for account in owner.accounts:
        if account.unit == unit:
            return account
    return None


def open_account(owner: Owner, unit: str) -> Account:
    """The account of a unit; a new one has nothing in it."""
    for account in owner.accounts:
        if account.unit == unit:
            return account
    account = Account(unit)
    owner.accounts.append(account)
    return account


def add_pending(account: Account, due: int, amount: int, program: str, expires: int = 0) -> bool:
    """Add to the program's pending lot of a day and an expiry; True when there was none."""
    # Most grants come in the order of time: the lot is the newest.
    for lot in reversed(account.pending):
        if lot.due == due and lot.expires == expires and lot.program == program:
            lot.amount += amount
            return False
    account.pending.append(Lot(due, amount, program, expires))
    return True


def add_available(account: Account, amount: int, program: str, expires: int = 0) -> bool:
    """Add to what is available, which pays a debt first; True when something of it is left to expire."""
    debt = min(max(0, -account.available), amount)
    account.available += amount
    if not expires or amount == debt:
        return False
    for lot in account.expiring:
        if lot.expires == expires and lot.program == program:
            lot.amount += amount - debt
            return True
    account.expiring.append(Expiring(expires, amount - debt, program))
    return True


def take_available(account: Account, amount: int) -> None:
    """Take from what is available: from what expires soonest first; what is missing is a debt."""
    account.available -= amount
    for lot in sorted(account.expiring, key=_expiry):
        taken = min(lot.amount, amount)
        lot.amount -= taken
        amount -= taken
        if not amount:
            break
    account.expiring = [lot for lot in account.expiring if lot.amount]


def lot_left(account: Account, program: str, expires: int) -> int:
    """What is available of a program's grants that expire on a day; without one, of all that never expire."""
    if not expires:
        return max(0, account.available - sum(lot.amount for lot in account.expiring))
    return sum(lot.amount for lot in account.expiring if lot.expires == expires and lot.program == program)


def take_lot(account: Account, amount: int, program: str, expires: int) -> None:
    """Take from what is available of a program's grants that expire on a day, which holds as much."""
    account.available -= amount
    for lot in account.expiring:
        if expires and lot.expires == expires and lot.program == program:
            lot.amount -= amount
    account.expiring = [lot for lot in account.expiring if lot.amount]


def take_pending(account: Account, due: int, amount: int, program: str, expires: int = 0) -> None:
    """Take from the pending lot of a day and an expiry; it holds as much by construction."""
    for position, lot in enumerate(account.pending):
        if lot.due == due and lot.expires == expires and lot.program == program:
            lot.amount -= amount
            if lot.amount == 0:
                del account.pending[position]
            return
    raise LookupError(f"no pending lot of {program} due on day {due}")


def release(account: Account, lots: list[Lot], day: int) -> list[int]:
    """Move pending lots to available; returns the days on which something of them expires.

    A debt is paid first, by what expires soonest.
    """
    account.pending = [lot for lot in account.pending if not any(lot is one for one in lots)]
    account.released_on = day
    ordered = sorted(lots, key=lambda lot: (lot.expires == 0, lot.expires))
    return [lot.expires for lot in ordered if add_available(account, lot.amount, lot.program, lot.expires)]


def expire(account: Account, lots: list[Expiring], day: int) -> None:
    """Take lots that expired out of what is available."""
    account.available -= sum(lot.amount for lot in lots)
    account.expiring = [lot for lot in account.expiring if not any(lot is one for one in lots)]
    account.expired_on = day


def _expiry(lot: Expiring) -> int:
    return lot.expires
