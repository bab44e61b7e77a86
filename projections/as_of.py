"""Balances at a past instant: folded anew from the statements, by the time at which entries occurred."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from events.outputs import RewardEvent
from projections.balances import Balance, fold
from projections.keys import STATEMENT, escape
from projections.statements import unpack


class Scan(Protocol):
    """What is asked of the store."""

    def scan(self, start: bytes, stop: bytes) -> Iterator[tuple[bytes, bytes]]: ...


def balances_of(entries: Iterable[RewardEvent], at: int) -> list[Balance]:
    """An account's balances by unit at an instant (milliseconds, included), from its entries by seq.

    An entry counts from the time on at which it occurred, also where it came late.
    """
    found: dict[str, Balance] = {}
    for entry in entries:
        if entry.time <= at:
            unit = entry.data.unit
            found[unit] = fold(found.get(unit) or Balance(unit), entry)
    return [found[unit] for unit in sorted(found)]


def balances_at(store: Scan, at: int, account: str) -> list[Balance]:
    """The same by the account's statement; none without entries up to then."""
    prefix = STATEMENT + escape(account)
    return balances_of((unpack(raw) for _, raw in store.scan(prefix, prefix + b"\xff")), at)
