from __future__ import annotations

import random
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.outputs import Kind
from projections.balances import EARNED, MOVED, Balance, as_row, fold, is_sound
from tests.projections.ledgers import START_MS, Author, entry, recompute

ACCOUNT = "customer:ann"


def row(**columns: int) -> Balance:
    return Balance("points", **columns, as_of=START_MS)


@pytest.mark.parametrize(
    ("kind", "amount", "moves", "expected"),
    [
        ("accrued", 10, [("program:acme", "pending", 10)], row(pending=10, earned=10)),
        ("accrued", 10, [("budget:q4", "available", 10)], row(available=10, earned=10)),
        ("tier", 2, [("program:acme", "pending", 2)], row(pending=2, earned=2)),
        ("bonus", 5, [("budget:q4", "pending", 5)], row(pending=5, earned=5)),
        ("referral", 500, [("program:acme", "available", 500)], row(available=500, earned=500)),
        ("released", 10, [("pending", "available", 10)], row(pending=-10, available=10)),
        ("reversed", 4, [("pending", "program:acme", 4)], row(pending=-4, reversed=4)),
        (
            "reversed",
            7,
            [("pending", "program:acme", 4), ("available", "program:acme", 3)],
            row(pending=-4, available=-3, reversed=7),
        ),
        ("held", 6, [("pending", "held", 6)], row(pending=-6, held=6)),
        ("unheld", 6, [("held", "available", 6)], row(held=-6, available=6)),
        ("expired", 3, [("available", "expired:acme", 3)], row(available=-3, expired=3)),
        ("redeemed", 8, [("available", "redeemed:acme", 8)], row(available=-8, redeemed=8)),
        ("adjusted", 9, [("program:acme", "available", 9)], row(available=9, earned=9)),
        ("adjusted", -9, [("available", "program:acme", 9)], row(available=-9, earned=-9)),
    ],
)
def test_each_kind_moves_its_buckets_and_its_total(
    kind: Kind, amount: int, moves: list[tuple[str, str, int]], expected: Balance
) -> None:
    balance = fold(Balance("points"), entry(ACCOUNT, 1, kind, amount, moves))

    assert balance == expected
    assert is_sound(balance)


def test_every_kind_of_the_ledger_has_its_place() -> None:
    assert sorted([*EARNED, *MOVED, "reversed", "redeemed", "expired"]) == sorted(get_args(Kind))


def test_an_owner_whose_id_ends_like_a_bucket_keeps_its_own_buckets() -> None:
    tricky = "customer:ann:pending"
    balance = fold(Balance("points"), entry(tricky, 1, "accrued", 5, [("program:acme", "available", 5)]))

    assert (balance.pending, balance.available) == (0, 5)


def test_postings_of_other_owners_do_not_count() -> None:
    moves = [("customer:annabel:pending", "available", 5), ("pending", "customer:an:available", 2)]
    balance = fold(Balance("points"), entry(ACCOUNT, 1, "released", 5, moves))

    assert (balance.pending, balance.available) == (-2, 5)


def test_as_of_is_the_greatest_time_counted() -> None:
    balance = Balance("points")
    for seq, time in ((1, 50), (2, 90), (3, 70)):
        balance = fold(balance, entry(ACCOUNT, seq, "accrued", 1, [("program:a", "pending", 1)], time=time))

    assert balance.as_of == 90


def test_amounts_that_are_not_moved_are_unsound() -> None:
    balance = fold(Balance("points"), entry(ACCOUNT, 1, "accrued", 10, [("program:a", "pending", 9)]))

    assert not is_sound(balance)


@given(st.integers(0, 2**32), st.integers(1, 200))
def test_the_identity_holds_at_every_prefix_of_a_ledger(seed: int, length: int) -> None:
    balances: dict[tuple[str, str], Balance] = {}
    events = Author(random.Random(seed), [ACCOUNT, "partner:lea"]).write(length)
    for event in events:
        key = (event.data.account, event.data.unit)
        balances[key] = fold(balances.get(key, Balance(key[1])), event)
        assert is_sound(balances[key])

    expected = recompute(events)
    assert {key: as_row(key[0], value) for key, value in sorted(balances.items())} == {
        key: {"account": key[0], "unit": key[1], **columns} for key, columns in expected.items()
    }
