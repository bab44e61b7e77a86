"""The merge of a task's inputs by record time, so that catching up equals living through it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

from streams.engine.record import RecordLike


class _Feed:
    """What was fetched of one input and not taken yet, in offset order."""

    __slots__ = ("batches", "index", "rank", "size", "topic")

    def __init__(self, topic: str, rank: int) -> None:
        self.topic = topic
        self.rank = rank
        self.batches: deque[Sequence[RecordLike]] = deque()
        self.index = 0
        self.size = 0

    def head(self) -> tuple[int, int]:
        return self.batches[0][self.index].timestamp, self.rank

    def take(self, into: list[RecordLike], limit: int, bound: tuple[int, int] | None) -> None:
        """Move records of the first batch up to ``limit``, as long as they come before ``bound``."""
        batch, start = self.batches[0], self.index
        stop = min(len(batch), start + limit)
        if bound is not None:
            rank, end = self.rank, stop
            stop = start
            while stop < end and (batch[stop].timestamp, rank) < bound:
                stop += 1
        into.extend(batch[start:stop])
        self.size -= stop - start
        if stop == len(batch):
            self.batches.popleft()
            self.index = 0
        else:
            self.index = stop


class Merger:
    """Buffers fetched batches per input and hands records out in the order of (time, input).

    While an input is empty but ``behind`` (it has more to read), nothing is handed out, because an
    earlier record may still come; the caller decides how long to wait for it.
    """

    def __init__(self, topics: Sequence[str], behind: Callable[[str], bool]) -> None:
        self._feeds = [_Feed(topic, rank) for rank, topic in enumerate(topics)]
        self._by_topic = {feed.topic: feed for feed in self._feeds}
        self._behind = behind

    def add(self, topic: str, records: Sequence[RecordLike]) -> None:
        """Buffer a fetched batch of an input."""
        if records:
            feed = self._by_topic[topic]
            feed.batches.append(records)
            feed.size += len(records)

    def buffered(self, topic: str) -> int:
        """How many records of an input wait here."""
        return self._by_topic[topic].size

    def waiting(self) -> bool:
        """Whether any record waits here."""
        return any(feed.size for feed in self._feeds)

    def take(self, limit: int, *, patient: bool = True) -> list[RecordLike]:
        """The next records in merged order, at most ``limit``.

        An empty list while some wait means that an input is behind; ``patient=False`` goes on without it.
        """
        taken: list[RecordLike] = []
        while len(taken) < limit:
            ready = [feed for feed in self._feeds if feed.size]
            if not ready:
                break
            if patient and any(not feed.size and self._behind(feed.topic) for feed in self._feeds):
                break
            if len(ready) == 1:
                ready[0].take(taken, limit - len(taken), None)
                continue
            ready.sort(key=_Feed.head)
            ready[0].take(taken, limit - len(taken), ready[1].head())
        return taken
