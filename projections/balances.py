"""Balances: what each account holds per unit, folded from the ledger's entries (DOMAIN section 7)."""

from __future__ import annotations

from typing import Final

from msgspec import Struct, structs

from events.outputs import Kind, Reward, RewardEvent

#: The total that a kind adds its amount to; kinds that only move between buckets have none.
TOTALS: Final[dict[Kind, str | None]] = {
    "accrued": "earned",
    "tier": "earned",
    "bonus": "earned",
    "referral": "earned",
    "adjusted": "earned",
    "reversed": "reversed",
    "redeemed": "redeemed",
    "expired": "expired",
    "released": None,
    "held": None,
    "unheld": None,
}


class Balance(Struct, frozen=True, array_like=True, gc=False):
    """One account's balance in one unit: three buckets and four totals, as integers of the unit.

    ``as_of`` is the greatest event time counted, in milliseconds since the epoch.
    """

    account: str
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
    pending, available, held = movement(reward)
    total = TOTALS[reward.kind]
    gained = {total: getattr(before, total) + reward.amount} if total else {}
    return structs.replace(
        before,
        pending=before.pending + pending,
        available=before.available + available,
        held=before.held + held,
        as_of=max(before.as_of, event.time),
        **gained,
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


def as_row(balance: Balance) -> dict[str, str | int]:
    """The row of the table ``balances``."""
    row = structs.asdict(balance)
    del row["as_of"]
    return row
