"""The accounts of an owner: how facts change them. What decides does not change them."""

from __future__ import annotations

from streams.rules.state import Account, Customer, Lot


def find_account(customer: Customer, unit: str) -> Account | None:
    """The account of a unit, if there was ever a posting to it."""
    for account in customer.accounts:
        if account.unit == unit:
            return account
    return None


def open_account(customer: Customer, unit: str) -> Account:
    """The account of a unit; a new one has nothing in it."""
    for account in customer.accounts:
        if account.unit == unit:
            return account
    account = Account(unit)
    customer.accounts.append(account)
    return account


def add_pending(account: Account, due: int, amount: int, program: str) -> bool:
    """Add to the program's pending lot of a day; True when there was none."""
    for lot in account.pending:
        if lot.due == due and lot.program == program:
            lot.amount += amount
            return False
    account.pending.append(Lot(due, amount, program))
    return True


def take_pending(account: Account, due: int, amount: int, program: str) -> None:
    """Take from the pending lot of a day; it holds as much by construction."""
    for position, lot in enumerate(account.pending):
        if lot.due == due and lot.program == program:
            lot.amount -= amount
            if lot.amount == 0:
                del account.pending[position]
            return
    raise LookupError(f"no pending lot of {program} due on day {due}")


def release(account: Account, lots: list[Lot], day: int) -> None:
    """Move pending lots to available; what is below zero there is paid off by the sum itself."""
    account.available += sum(lot.amount for lot in lots)
    account.pending = [lot for lot in account.pending if not any(lot is one for one in lots)]
    account.released_on = day
