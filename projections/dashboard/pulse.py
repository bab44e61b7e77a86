"""How a process is doing: its own metrics, looked at every few seconds and remembered for an hour."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Final

from msgspec import Struct
from prometheus_client import CollectorRegistry

#: Seconds between two looks, and looks that are remembered.
EVERY_S: Final = 15.0
_REMEMBERED: Final = 240
_MINUTE_S: Final = 60.0


class Beat(Struct, frozen=True):
    """What the counters said at a time (seconds since the epoch)."""

    at: float
    events: float
    entries: float


class Rate(Struct, frozen=True):
    """Events a minute that were handled up to a time (milliseconds since the epoch)."""

    at: int
    events: float


class Pulse:
    """Remembers what counters said, so that rates can be told."""

    def __init__(self, registry: CollectorRegistry, now: Callable[[], float] = time.time) -> None:
        self._registry = registry
        self._now = now
        self._beats: deque[Beat] = deque(maxlen=_REMEMBERED)

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            self.beat()
            await asyncio.sleep(EVERY_S)

    def beat(self) -> None:
        """Look once."""
        events = sum(value for _, value in self.samples("keyday_records_processed_total"))
        entries = sum(value for _, value in self.samples("keyday_projection_events_total"))
        self._beats.append(Beat(self._now(), events, entries))

    def rates(self) -> list[Rate]:
        """Events a minute between looks, the oldest first; ledger entries where no agents run."""
        found = []
        for before, after in pairwise(list(self._beats)):
            seconds = after.at - before.at
            grown = (after.events - before.events) or (after.entries - before.entries)
            if seconds > 0:
                found.append(Rate(int(after.at * 1000), grown * _MINUTE_S / seconds))
        return found

    def samples(self, name: str) -> Iterator[tuple[dict[str, str], float]]:
        """Labels and values of a metric; none where this process has none of that name."""
        for family in self._registry.collect():
            if name.startswith(family.name):
                for sample in family.samples:
                    if sample.name == name:
                        yield sample.labels, sample.value
