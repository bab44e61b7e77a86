"""Balances: what an account holds per unit, folded from the ledger's entries (DOMAIN section 7)."""

from __future__ import annotations

from typing import Any, Final

from msgspec import Struct, structs

from events.outputs import Kind, Reward, RewardEvent

#: What an entry's amount counts towards; kinds that only move between buckets count towards nothing.
EARNED: Final[frozenset[Kind]] = frozenset({"accrued", "tier", "bonus", "referral", "adjusted"})
MOVED: Final[frozenset[Kind]] = frozenset({"released", "held", "unheld"})


class Balance(Struct, frozen=True, array_like=True, gc=False):
    """An account's balance in one unit: three buckets and four totals, as integers of the unit.

    ``as_of`` is the greatest event time counted, in milliseconds since the epoch.
    """

    unit: str
    pending: int = 0
    available: int = 0
    held: int = 0
    earned: int = 0
    redeemed: int = 0
    expired: int = 0
    reversed: int = 0
    as_of: int = 0


def fold(before: Balance, event: RewardEvent) -> Balance:
    """The balance after one more entry of its account and unit: buckets from postings, totals by kind."""
    reward = event.data
    kind, amount = reward.kind, reward.amount
    pending, available, held = movement(reward)
    return Balance(
        before.unit,
        before.pending + pending,
        before.available + available,
        before.held + held,
        before.earned + amount if kind in EARNED else before.earned,
        before.redeemed + amount if kind == "redeemed" else before.redeemed,
        before.expired + amount if kind == "expired" else before.expired,
        before.reversed + amount if kind == "reversed" else before.reversed,
        max(before.as_of, event.time),
    )


def movement(reward: Reward) -> tuple[int, int, int]:
    """What the postings add to the account's pending, available and held; other accounts do not count."""
    account = reward.account
    change = {":pending": 0, ":available": 0, ":held": 0}
    for posting in reward.postings:
        # An account without the owner's prefix stays whole and so is none of the three buckets.
        source, target = posting.from_.removeprefix(account), posting.to.removeprefix(account)
        if source in change:
            change[source] -= posting.amount
        if target in change:
            change[target] += posting.amount
    return change[":pending"], change[":available"], change[":held"]


def is_sound(balance: Balance) -> bool:
    """Whether the buckets hold exactly what the totals say."""
    held = balance.pending + balance.available + balance.held
    return held == balance.earned - balance.reversed - balance.redeemed - balance.expired


def as_row(account: str, balance: Balance) -> dict[str, Any]:
    """The row of the table ``balances``."""
    row = structs.asdict(balance)
    del row["as_of"]
    row["account"] = account
    return row
