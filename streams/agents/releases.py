"""Which accounts have something to release at which midnight.

Lists in chunks: an entry of its own for every account and day would cost as much as the order itself. A
chunk is encoded once a batch, however many orders it took in.
"""

from __future__ import annotations

from typing import Final

from streams.agents import keys
from streams.engine.state import Space, State

#: Accounts of one chunk: the most that is encoded again because one was added.
_CHUNK_ACCOUNTS: Final = 512
#: Open chunks: days beyond this are begun anew, which costs a chunk that is not full.
_OPEN_CHUNKS: Final = 1_024


class Releases:
    """The accounts by zone and day; what one of them gets, and whether anything, is its own matter.

    A midnight's accounts are sorted in memory, some 100 bytes each.
    """

    __slots__ = ("_chunks", "_open", "_sorted", "_sorted_for")

    def __init__(self, state: State) -> None:
        self._chunks: Space[list[str]] = state.space(b"l", list[str], cache_limit=64)
        self._open: dict[tuple[str, int], tuple[bytes, list[str]]] = {}
        self._sorted: list[str] = []
        self._sorted_for: tuple[str, int] | None = None

    def add(self, zone: str, day: int, owner: str, unit: str) -> None:
        """Note that an account and unit has something due on a day."""
        opened = self._open.get((zone, day))
        if opened is None or len(opened[1]) >= _CHUNK_ACCOUNTS:
            opened = self._begin(zone, day, opened)
        key, accounts = opened
        accounts.append(f"{owner}\0{unit}")
        self._chunks.put(key, accounts)

    def due(self, zone: str, first: int, day: int) -> list[str]:
        """The accounts from day ``first`` to ``day`` as ``owner NUL unit``, each once, ascending.

        Stable while a midnight is under way: nothing becomes due on a day that has begun.
        """
        if self._sorted_for != (zone, day):
            start, stop = keys.due_day(zone, first), keys.due_day(zone, day + 1)
            found = {account for _, chunk in self._chunks.scan(start, stop) for account in chunk}
            self._sorted, self._sorted_for = sorted(found), (zone, day)
        return self._sorted

    def clear(self, zone: str, first: int, day: int) -> None:
        """The days from ``first`` to ``day`` are done."""
        for key, _ in list(self._chunks.scan(keys.due_day(zone, first), keys.due_day(zone, day + 1))):
            self._chunks.delete(key)
        self._open = {
            place: chunk for place, chunk in self._open.items() if place[0] != zone or place[1] > day
        }
        self._sorted, self._sorted_for = [], None

    def _begin(self, zone: str, day: int, full: tuple[bytes, list[str]] | None) -> tuple[bytes, list[str]]:
        if full is not None:
            number = keys.chunk_number(full[0]) + 1
        else:
            stored = [
                key for key, _ in self._chunks.scan(keys.due_day(zone, day), keys.due_day(zone, day + 1))
            ]
            number = keys.chunk_number(stored[-1]) + 1 if stored else 0
        if len(self._open) >= _OPEN_CHUNKS:
            self._open.clear()
        opened: tuple[bytes, list[str]] = (keys.due_chunk(zone, day, number), [])
        self._open[zone, day] = opened
        return opened
