"""One task on Kafka: takes over its id, restores, and commits batch after batch exactly once."""

from __future__ import annotations

import asyncio
import logging
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from streams.engine import logs
from streams.engine.agent import BudgetLevel, NotReadyError, OwnsBudgets
from streams.engine.limits import Limits
from streams.engine.merge import Merger
from streams.engine.metrics import TaskMetrics
from streams.engine.outbox import Outbox, Steps
from streams.engine.record import RecordLike
from streams.engine.restore import AheadOfChangelogError, restore
from streams.engine.store import Store, StoreLockedError, open_store
from streams.engine.task import Commit, Task

logger = logging.getLogger(__name__)

MakeTask = Callable[[int, Store], Task]
#: Seconds between two looks at the store's size for the metrics.
_SIZE_INTERVAL_S = 10.0
#: A batch below this share of the greatest one is small.
_SMALL_SHARE = 4
#: Seconds: how long another process may hold a store that this worker was given, and between two tries.
_LOCK_TIMEOUT_S = 30.0
_LOCK_RETRY_S = 0.2
#: Seconds: between two looks whether an agent can decide now.
_READY_INTERVAL_S = 0.05


class KafkaTask:
    """Runs a :class:`Task` with an :class:`Outbox`, a store directory and a :class:`Merger`."""

    def __init__(
        self,
        *,
        agent: str,
        partition: int,
        inputs: Sequence[str],
        make_task: MakeTask,
        kafka: Mapping[str, Any],
        app_id: str,
        state_dir: Path,
        limits: Limits,
        metrics: TaskMetrics,
        behind: Callable[[str], bool],
        on_step: Steps,
    ) -> None:
        self.agent = agent
        self.partition = partition
        self.inputs = inputs
        self.changelog = f"keyday-{agent}-changelog"
        self.merger = Merger(inputs, behind)
        self._behind = behind
        self.task: Task | None = None
        self.last_commit = time.monotonic()
        self._make_task = make_task
        self._kafka = kafka
        self._path = state_dir / f"{app_id}-{agent}-{partition}"
        self._limits = limits
        self._metrics = metrics
        self._step = on_step
        self._store: Store | None = None
        self._arrived = asyncio.Event()
        self._stopping = False
        self._next: dict[str, int] = {}
        self._sized = 0.0
        self._outbox = Outbox(
            kafka,
            transactional_id=f"{app_id}-{agent}-{partition}",
            changelog=self.changelog,
            partition=partition,
            transaction_timeout_ms=limits.transaction_timeout_ms,
            on_step=on_step,
        )

    def __repr__(self) -> str:
        return f"{self.agent}-{self.partition}"

    @property
    def positions(self) -> Mapping[str, int]:
        """The next offset of each input topic that has been committed."""
        return {} if self._store is None else self._store.positions

    async def open(self) -> None:
        """Fence any predecessor, then bring the store to the end of the changelog."""
        await self._outbox.start()
        self._metrics.on_start()
        store, damage = await self._open_store()
        if damage:
            logger.warning("store of %r was damaged and is rebuilt from its changelog: %s", self, damage)
            self._metrics.on_rebuild("corrupt")
        try:
            await self._restore(store)
        except AheadOfChangelogError as error:
            logger.warning("store of %r is wiped and rebuilt from its changelog: %s", self, error)
            self._metrics.on_rebuild("ahead")
            store.close()
            await asyncio.to_thread(_destroy, self._path)
            store, _ = await self._open_store()
            await self._restore(store)
        self._store = store
        self._next = dict(store.positions)
        self.task = self._make_task(self.partition, store)
        self.last_commit = time.monotonic()
        if isinstance(self.task.agent, OwnsBudgets):
            self._metrics.on_budgets(self._budget_levels)

    def _budget_levels(self) -> Sequence[BudgetLevel]:
        return () if self.task is None else self.task.budget_levels()

    async def _open_store(self) -> tuple[Store, str | None]:
        """Open the directory; another worker of this machine may need a moment to let go of it."""
        deadline = time.monotonic() + _LOCK_TIMEOUT_S
        while True:
            try:
                return await asyncio.to_thread(open_store, self._path)
            except StoreLockedError:
                if time.monotonic() > deadline:
                    raise
            await asyncio.sleep(_LOCK_RETRY_S)

    async def _restore(self, store: Store) -> None:
        began = time.monotonic()
        done = await restore(
            store,
            self._kafka,
            self.changelog,
            self.partition,
            self._metrics.on_restore,
            now_ms=int(time.time() * 1000),
        )
        if done:
            logger.info("restored %d records of %r in %.1f s", done, self, time.monotonic() - began)

    def offer(self, topic: str, records: Sequence[RecordLike]) -> None:
        """Buffer fetched records; those that the task has had already are left out."""
        expected = self._next.get(topic, 0)
        if records[0].offset < expected:
            records = [record for record in records if record.offset >= expected]
            if not records:
                return
        self._next[topic] = records[-1].offset + 1
        self.merger.add(topic, records)
        self._arrived.set()

    def hungry(self, topic: str) -> bool:
        """Whether more of a topic should be fetched: at most two batches wait."""
        return self.merger.buffered(topic) < 2 * self._limits.batch_max_records

    def busy(self) -> bool:
        """Whether records wait here or in the topics."""
        return self.merger.waiting() or any(self._behind(topic) for topic in self.inputs)

    def report_lag(self, topic: str, end: int) -> None:
        """Tell the metrics how far the committed position is from the end of an input."""
        self._metrics.on_lag(topic, max(0, end - self.positions.get(topic, 0)))

    def nudge(self) -> None:
        """Look again whether an input is still behind."""
        self._arrived.set()

    async def run(self, on_commit: Callable[[], None]) -> None:
        """Process batch after batch until :meth:`stop`.

        Raises:
            DeliveryError: a batch could not be committed; nothing of it was acknowledged.
            NotReadyError: the agent could not decide for ``stall_timeout_s``; nothing was acknowledged.
        """
        blocked_since: float | None = None
        idle_s = self._limits.max_task_idle_ms / 1000
        linger_s = self._limits.batch_linger_ms / 1000
        small = self._limits.batch_max_records // _SMALL_SHARE
        while not self._stopping:
            now = time.monotonic()
            patient = blocked_since is None or now - blocked_since < idle_s
            records = self.merger.take(self._limits.batch_max_records, patient=patient)
            if records:
                blocked_since = None
                await self._process(records)
                on_commit()
                if len(records) < small:
                    # The broker still ends the transaction: another one at once would only ask again.
                    await asyncio.sleep(linger_s)
                continue
            self._arrived.clear()
            if self.merger.waiting():
                blocked_since = now if blocked_since is None else blocked_since
                timeout: float | None = max(0.001, idle_s - (now - blocked_since))
            else:
                blocked_since, timeout = None, None
                if not self.busy():
                    self.last_commit = now
            try:
                async with asyncio.timeout(timeout):
                    await self._arrived.wait()
            except TimeoutError:
                pass

    async def _process(self, records: Sequence[RecordLike]) -> None:
        store, step = self._store, self._step
        assert store is not None  # noqa: S101  `open` comes before `run`
        while records:
            step("taken")
            commit = await self._decide(records, store)
            if commit is None:
                return
            tally = commit.tally
            self._metrics.on_batch(tally)
            positions = {**store.positions, **commit.positions}
            now_ms = int(time.time() * 1000)
            began = time.perf_counter()
            end = await self._outbox.commit(commit.outputs, commit.changes, positions, now_ms)
            step("before_write")
            store.write(commit.changes, commit.delta, commit.positions, end, now_ms)
            step("after_write")
            self._metrics.on_transaction(time.perf_counter() - began)
            self.last_commit = time.monotonic()
            if self.last_commit - self._sized > _SIZE_INTERVAL_S:
                self._sized = self.last_commit
                self._metrics.on_store_size(store.size_bytes())
            if tally.dead:
                logs.refused(logger, self.agent, self.partition, tally.dead, tally.letters)
            step("before_ack")
            records = records[commit.consumed :]
        step("after_ack")

    async def _decide(self, records: Sequence[RecordLike], store: Store) -> Commit | None:
        """What a batch leads to, as soon as the agent can decide; ``None`` when stopped before."""
        deadline: float | None = None
        while True:
            assert self.task is not None  # noqa: S101  `open` comes before `run`
            try:
                return self.task.process(records)
            except NotReadyError as error:
                # What the agent did so far is in the task alone, nothing was written: it goes with the task.
                self.task = self._make_task(self.partition, store)
                if deadline is None:
                    deadline = time.monotonic() + self._limits.stall_timeout_s
                    logger.info("task %r waits for %s", self, error)
                while not error.ready():
                    if self._stopping:
                        return None
                    if time.monotonic() > deadline:
                        raise
                    await asyncio.sleep(_READY_INTERVAL_S)

    def stop(self) -> None:
        """End :meth:`run` after the batch that is under way."""
        self._stopping = True
        self._arrived.set()

    async def close(self) -> None:
        """Give the partition away: close store and connections."""
        await self._outbox.stop()
        if self._store is not None:
            await asyncio.to_thread(self._store.close)
        self._metrics.close()


def _destroy(path: Path) -> None:
    shutil.rmtree(path, ignore_errors=True)
