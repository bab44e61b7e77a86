"""How often a token may ask: a bucket each, which fills at a steady rate."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

#: Seconds of the rate that may be asked for at once.
BURST_S: Final = 2.0


class Rates:
    """``rate`` requests a second for each name, and a burst of ``burst``; a rate of 0 is no limit.

    Names are those of tokens, of which there are so many and no more; for others ``most`` bounds how many are
    remembered, those that asked last.
    """

    def __init__(
        self,
        rate: float,
        now: Callable[[], float] = time.monotonic,
        *,
        burst: float | None = None,
        most: int | None = None,
    ) -> None:
        self._rate = rate
        self._burst = max(rate * BURST_S if burst is None else burst, 1.0)
        self._now = now
        self._most = most
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait_s(self, name: str) -> int:
        """Count a request; 0 when it may be answered, else the seconds after which the next one may."""
        wait_s = self.due_s(name)
        if not wait_s:
            self.count(name)
        return wait_s

    def due_s(self, name: str) -> int:
        """What ``wait_s`` answers, without counting."""
        level = self._level(name)
        return 0 if level >= 1.0 else max(1, math.ceil((1.0 - level) / self._rate))

    def count(self, name: str) -> None:
        """Count a request."""
        if not self._rate:
            return
        self._buckets[name] = (self._level(name) - 1.0, self._now())
        self._buckets.move_to_end(name)
        if self._most is not None and len(self._buckets) > self._most:
            self._buckets.popitem(last=False)

    def _level(self, name: str) -> float:
        if not self._rate or name not in self._buckets:
            return self._burst
        level, at = self._buckets[name]
        return min(self._burst, level + (self._now() - at) * self._rate)
