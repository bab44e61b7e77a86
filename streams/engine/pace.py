"""A token bucket: records leave at a rate, in small handfuls rather than one by one."""

from __future__ import annotations

import time
from collections.abc import Callable

#: Seconds whose records may leave at once.
HANDFUL_S = 0.1


class Pace:
    """``rate`` records a second on average; time that was not used longer than a handful ago is lost."""

    def __init__(self, rate: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._interval = 1 / rate
        self._clock = clock
        self._now = self._due = clock()

    def delay(self) -> float:
        """Take leave for one record: 0 when it may go, else the seconds after which to ask again."""
        if self._due > self._now:
            self._now = self._clock()
            if self._due > self._now:
                return self._due - self._now + HANDFUL_S
        self._due = max(self._due, self._now - HANDFUL_S) + self._interval
        return 0.0
