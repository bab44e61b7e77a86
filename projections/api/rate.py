"""How often a token may ask: a bucket each, which fills at a steady rate."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Final

#: Seconds of the rate that may be asked for at once.
BURST_S: Final = 2.0


class Rates:
    """``rate`` requests a second for each token, and a burst of two seconds' worth; 0 is no limit.

    There are no more buckets than tokens, since only a caller who is known has one.
    """

    def __init__(self, rate: float, now: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._burst = max(rate * BURST_S, 1.0)
        self._now = now
        self._buckets: dict[str, tuple[float, float]] = {}

    def wait_s(self, token: str) -> int:
        """Count a request; 0 when it may be answered, else the seconds after which the next one may."""
        if not self._rate:
            return 0
        now = self._now()
        level, at = self._buckets.get(token, (self._burst, now))
        level = min(self._burst, level + (now - at) * self._rate)
        allowed = level >= 1.0
        self._buckets[token] = (level - 1.0 if allowed else level, now)
        return 0 if allowed else max(1, math.ceil((1.0 - level) / self._rate))
