"""How far the tables are behind their topics, and whether that is close enough to answer from them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Final

from msgspec import Struct

Source = tuple[str, int]

#: Records: behind by more than this, the tables do not count as ready.
MAX_LAG_RECORDS: Final = 1_000
#: Seconds: without news from a source for so long, its lag is not known any more.
STALE_AFTER_S: Final = 30.0


class BlockerCode(StrEnum):
    """Why the tables are not ready, in order of precedence."""

    STARTING = "starting"
    STALE = "source_unreachable"
    CATCHING_UP = "catching_up"


class Blocker(Struct, frozen=True):
    """A reason not to be ready: the first source it holds for, and the lag over all sources in records."""

    code: BlockerCode
    topic: str | None = None
    partition: int | None = None
    lag_records: int | None = None


class Progress:
    """Lag per source as last reported."""

    def __init__(
        self,
        max_lag: int = MAX_LAG_RECORDS,
        stale_after_s: float = STALE_AFTER_S,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._max_lag = max_lag
        self._stale_after_s = stale_after_s
        self._now = now
        self._lags: dict[Source, int | None] = {}
        self._heard: dict[Source, float] = {}
        self._reached: dict[Source, int] = {}
        #: Whether the tables were complete once since they were last empty.
        self.loaded = False

    def restart(self, sources: Iterable[Source]) -> None:
        """Follow these sources from now on; nothing is known about their lag."""
        self._lags = dict.fromkeys(sources)
        self._heard.clear()

    def forget(self) -> None:
        """The tables were emptied."""
        self.loaded = False
        self._reached.clear()
        self.restart(self._lags)

    def report(self, topic: str, partition: int, lag: int) -> None:
        """A source has ``lag`` records that are not in the tables."""
        self._lags[topic, partition] = lag
        self._heard[topic, partition] = self._now()
        self.loaded = self.loaded or self.caught_up

    def reach(self, topic: str, partition: int, offset: int) -> None:
        """All of a source that lies before ``offset`` is in the tables."""
        self._reached[topic, partition] = offset

    def reached(self, source: Source) -> int:
        """The offset before which all of a source is in the tables."""
        return self._reached.get(source, 0)

    @property
    def lag(self) -> int:
        """Records behind over all sources, as far as known."""
        return sum(lag or 0 for lag in self._lags.values())

    @property
    def caught_up(self) -> bool:
        """Whether the tables are at most ``max_lag`` records behind."""
        return self.blocker() is None

    def blocker(self) -> Blocker | None:
        """Why the tables are not ready, or ``None`` when they are."""
        if not self._lags:
            return Blocker(BlockerCode.STARTING)
        oldest = self._now() - self._stale_after_s
        for (topic, partition), lag in self._lags.items():
            if lag is None:
                return Blocker(BlockerCode.STARTING, topic, partition)
        for topic, partition in self._lags:
            if self._heard[topic, partition] < oldest:
                return Blocker(BlockerCode.STALE, topic, partition, self.lag)
        if self.lag > self._max_lag:
            return Blocker(BlockerCode.CATCHING_UP, lag_records=self.lag)
        return None
