"""Feeds the tables from the embedded log."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from projections.facts import Decode
from projections.intake import taking
from projections.metrics import ProjectionMetrics
from projections.progress import Progress
from projections.slices import Steps, in_slices
from projections.store import Tables
from streams.engine.record import RecordLike
from streams.engine.store import StoreCorruptError

#: Records: one batch, which is one write of the tables.
BATCH_RECORDS: Final = 500
#: Seconds: how long the reader sleeps at the end of the log unless it is woken.
POLL_S: Final = 0.1

log = logging.getLogger(__name__)


class LogReader(Protocol):
    """What is asked of the embedded log."""

    def read(self, topic: str, partition: int, offset: int, max_records: int) -> Sequence[RecordLike]:
        """Up to ``max_records`` records from ``offset`` on; none at the end."""
        ...

    def end_offset(self, topic: str, partition: int) -> int:
        """The offset of the next record to be appended."""
        ...


class EmbeddedReader:
    """Reads all partitions of the ``topics`` from the tables' positions on and follows them."""

    def __init__(
        self,
        log_reader: LogReader,
        tables: Tables,
        progress: Progress,
        topics: Mapping[str, Decode],
        *,
        partitions: int,
        metrics: ProjectionMetrics | None = None,
        batch_records: int = BATCH_RECORDS,
    ) -> None:
        self._log = log_reader
        self._tables = tables
        self._progress = progress
        self._topics = topics
        self._metrics = metrics
        self._sources = [(topic, partition) for topic in topics for partition in range(partitions)]
        self._batch_records = batch_records
        self._woken = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def on_growth(self, topics: frozenset[str]) -> None:
        """These topics grew: read on at once. A listener of the log, callable from any thread."""
        if not topics.isdisjoint(self._topics) and self._loop is not None:
            self._loop.call_soon_threadsafe(self._woken.set)

    async def run(self) -> None:
        """Follow the log until cancelled. Damage of the log itself is raised."""
        self._loop = asyncio.get_running_loop()
        self._begin()
        while True:
            self._woken.clear()
            if not await self._step():
                # Not wait_for, which forgets that it was cancelled when it is woken at the same moment.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(POLL_S):
                        await self._woken.wait()

    async def catch_up(self) -> None:
        """Read what is in the log now, then return."""
        self._begin()
        while await self._step():
            pass

    def _begin(self) -> None:
        self._progress.restart(self._sources)
        ahead = [
            source
            for source in self._sources
            if self._tables.position(source) > self._log.end_offset(*source)
        ]
        if ahead:
            self._rebuild("ahead", f"the log ends before the tables' position in {ahead[0]}")

    async def _step(self) -> bool:
        if self._tables.damaged:
            self._rebuild("corrupt", "a read met a damaged file")
        try:
            # The fold takes its time: answers over HTTP do not wait until all of it is done.
            found = []
            for source in self._sources:
                async with self._tables.turn:
                    found.append(await in_slices(self._batch(source)))
        except StoreCorruptError as error:
            self._rebuild("corrupt", str(error))
            return True
        for topic, partition in self._sources:
            position = self._tables.position((topic, partition))
            self._progress.reach(topic, partition, position)
            lag = self._log.end_offset(topic, partition) - position
            self._progress.report(topic, partition, lag)
            if self._metrics is not None:
                self._metrics.on_lag(topic, partition, lag)
        return any(found)

    def _batch(self, source: tuple[str, int]) -> Steps[bool]:
        records = self._log.read(*source, self._tables.position(source), self._batch_records)
        if not records:
            return False
        yield
        taken = yield from taking(records, self._topics)
        yield from self._tables.applying(taken.facts, taken.positions, taken.unreadable)
        return True

    def _rebuild(self, reason: str, detail: str) -> None:
        self._tables.rebuild(reason, detail)
        self._progress.forget()
