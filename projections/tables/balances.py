"""``balances``: what each account holds per unit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final

from msgspec import Struct

from projections import balances
from projections.fold import unpack
from projections.keys import ACCOUNT
from projections.tables.column import about, columns_of
from projections.tables.table import Row, Table
from projections.versions import Versions


class BalanceRow(Struct, frozen=True):
    """An account in one unit: pending + available + held = earned - reversed - redeemed - expired."""

    account: Annotated[str, about("id", "partner:<id> or customer:<id>.", "rewards")]
    unit: Annotated[
        str, about("text", "The ledger's unit: EUR/2 counts cents, points counts points.", "rewards")
    ]
    pending: Annotated[int, about("minor", "Granted and not available yet.", "rewards")]
    available: Annotated[int, about("minor", "Can be spent; below 0 it is a debt.", "rewards")]
    held: Annotated[int, about("minor", "Held by cases of compliance.", "rewards")]
    earned: Annotated[int, about("minor", "accrued, tier, bonus, referral and adjusted entries.", "rewards")]
    redeemed: Annotated[int, about("minor", "Spent.", "rewards")]
    expired: Annotated[int, about("minor", "Expired.", "rewards")]
    reversed: Annotated[int, about("minor", "Taken back by refunds, cancels and cases.", "rewards")]


def show(raw: bytes, _: Versions) -> Iterator[Row]:
    """One row per unit of an account."""
    row = unpack(raw)
    return (balances.as_row(row.account, row.balances[unit]) for unit in sorted(row.balances))


TABLE: Final = Table(
    name="balances",
    doc="Per account and unit: buckets and totals.",
    columns=columns_of(BalanceRow),
    key=("account", "unit"),
    prefix=ACCOUNT,
    show=show,
    filters=("account", "unit"),
    narrow=("account",),
)
