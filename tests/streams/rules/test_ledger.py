"""Lots of an account: what expires soonest goes first, debts are paid first, nothing appears or vanishes."""

from __future__ import annotations

import pytest

from streams.rules.ledger import (
    add_available,
    add_pending,
    expire,
    find_account,
    lot_left,
    open_account,
    release,
    take_available,
    take_lot,
    take_pending,
)
from streams.rules.state import Account, Customer, Expiring, Lot


def lots(account: Account) -> list[tuple[str, int, int]]:
    return [(lot.program, lot.expires, lot.amount) for lot in account.expiring]


def test_an_account_is_opened_once() -> None:
    owner = Customer()

    assert find_account(owner, "points") is None
    points = open_account(owner, "points")
    euros = open_account(owner, "EUR/2")
    assert open_account(owner, "points") is points
    assert find_account(owner, "EUR/2") is euros
    assert [one.unit for one in owner.accounts] == ["points", "EUR/2"]


def test_pending_amounts_of_a_program_with_the_same_days_are_one_lot() -> None:
    account = Account("points")

    assert add_pending(account, 10, 5, "p")
    assert not add_pending(account, 10, 7, "p")
    assert add_pending(account, 11, 1, "p")
    assert add_pending(account, 10, 1, "p", 400)
    assert add_pending(account, 10, 1, "q")
    assert [(lot.due, lot.amount, lot.program, lot.expires) for lot in account.pending] == [
        (10, 12, "p", 0),
        (11, 1, "p", 0),
        (10, 1, "p", 400),
        (10, 1, "q", 0),
    ]


def test_a_pending_amount_is_taken_from_its_own_lot() -> None:
    account = Account("points", pending=[Lot(10, 5, "p"), Lot(10, 5, "p", 400), Lot(10, 5, "q")])

    take_pending(account, 10, 2, "p", 400)
    take_pending(account, 10, 5, "p")
    assert [(lot.amount, lot.program, lot.expires) for lot in account.pending] == [(3, "p", 400), (5, "q", 0)]
    with pytest.raises(LookupError, match="no pending lot of p due on day 10"):
        take_pending(account, 10, 1, "p")


def test_available_amounts_of_a_program_that_expire_together_are_one_lot() -> None:
    account = Account("points")

    assert not add_available(account, 3, "p")
    assert add_available(account, 5, "p", 400)
    assert add_available(account, 7, "p", 400)
    assert add_available(account, 1, "q", 400)
    assert add_available(account, 2, "p", 401)
    assert account.available == 18
    assert lots(account) == [("p", 400, 12), ("q", 400, 1), ("p", 401, 2)]


def test_a_debt_is_paid_before_anything_can_expire() -> None:
    account = Account("points", available=-8)

    assert not add_available(account, 5, "p", 400)
    assert (account.available, lots(account)) == (-3, [])
    assert add_available(account, 5, "p", 400)
    assert (account.available, lots(account)) == (2, [("p", 400, 2)])


def test_what_lowers_the_balance_takes_what_expires_soonest_then_what_was_posted_first() -> None:
    account = Account("points", available=20)
    account.expiring = [Expiring(500, 4, "a"), Expiring(400, 3, "b"), Expiring(400, 3, "c")]

    take_available(account, 4)
    assert (account.available, lots(account)) == (16, [("a", 500, 4), ("c", 400, 2)])
    take_available(account, 30)
    assert (account.available, lots(account)) == (-14, [])


def test_a_release_pays_a_debt_with_what_expires_soonest_and_with_what_never_expires_last() -> None:
    account = Account("points", available=-6)
    account.pending = [Lot(10, 4, "p"), Lot(10, 4, "p", 500), Lot(10, 4, "p", 400), Lot(11, 9, "p")]

    assert release(account, account.pending[:3], 10) == [500]
    assert (account.available, lots(account), account.released_on) == (6, [("p", 500, 2)], 10)
    assert [(lot.due, lot.amount) for lot in account.pending] == [(11, 9)]


def test_what_expires_is_no_longer_available() -> None:
    account = Account("points", available=10, expiring=[Expiring(400, 4, "p"), Expiring(500, 3, "p")])

    expire(account, account.expiring[:1], 400)
    assert (account.available, lots(account), account.expired_on) == (6, [("p", 500, 3)], 400)


def test_what_is_left_of_a_lot_is_of_one_program_and_one_day() -> None:
    account = Account("points", available=20)
    account.expiring = [Expiring(400, 3, "a"), Expiring(500, 4, "a"), Expiring(400, 5, "b")]

    assert [lot_left(account, program, expires) for program in ("a", "b") for expires in (400, 500)] == [
        3,
        4,
        5,
        0,
    ]
    # What never expires is what is in no lot, of whichever program.
    assert lot_left(account, "a", 0) == lot_left(account, "b", 0) == 8


@pytest.mark.parametrize("available", [0, -5])
def test_nothing_is_left_of_what_never_expires_in_an_account_without_a_balance(available: int) -> None:
    assert lot_left(Account("points", available=available), "a", 0) == 0


def test_a_lot_is_taken_from_without_touching_the_others() -> None:
    account = Account("points", available=20)
    account.expiring = [Expiring(400, 3, "a"), Expiring(500, 4, "a"), Expiring(400, 5, "b")]

    take_lot(account, 2, "a", 400)
    assert (account.available, lots(account)) == (18, [("a", 400, 1), ("a", 500, 4), ("b", 400, 5)])
    take_lot(account, 5, "b", 400)
    assert (account.available, lots(account)) == (13, [("a", 400, 1), ("a", 500, 4)])
    take_lot(account, 8, "a", 0)
    assert (account.available, lots(account)) == (5, [("a", 400, 1), ("a", 500, 4)])
