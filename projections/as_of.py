"""Balances at a past instant: folded anew from the statements, by the time at which entries occurred."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Protocol

from projections.balances import Balance, fold
from projections.keys import STATEMENT, escape
from projections.statements import unpack


class Scan(Protocol):
    """What is asked of the store."""

    def scan(self, start: bytes, stop: bytes) -> Iterator[tuple[bytes, bytes]]: ...


def balances_at(store: Scan, at: int, account: str | None = None) -> Iterator[tuple[str, list[Balance]]]:
    """Per account with entries up to an instant (milliseconds, included): its balances then, by unit.

    An entry counts from the time on at which it occurred, also where it came late.
    """
    prefix = STATEMENT + (b"" if account is None else escape(account))
    entries = (unpack(raw) for _, raw in store.scan(prefix, prefix + b"\xff"))
    for name, of_account in groupby(entries, key=lambda entry: entry.data.account):
        found: dict[str, Balance] = {}
        for entry in of_account:
            if entry.time <= at:
                unit = entry.data.unit
                found[unit] = fold(found.get(unit) or Balance(unit), entry)
        if found:
            yield name, [found[unit] for unit in sorted(found)]
