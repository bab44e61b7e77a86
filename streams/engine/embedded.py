"""Keyday without Kafka: the same tasks over the embedded log, all in one process.

A step of a task is one write to the log: its outputs, its state and its input positions. So a kill at
any moment leaves an input either untouched or done once.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from heapq import heapify, heappop, heapreplace
from pathlib import Path

from schemas.codec import Decoder
from schemas.errors import DecodeError
from schemas.programs import Programs
from streams.engine import logs
from streams.engine.agent import Agent, OwnsBudgets
from streams.engine.clock import (
    Midnight,
    all_midnights,
    decode_tick,
    encode_midnight,
    encode_minute,
    next_midnight,
)
from streams.engine.limits import Limits
from streams.engine.log import Log, LogError, LogErrorCode, Write
from streams.engine.metrics import Metrics, TaskMetrics
from streams.engine.published import PROGRAMS, Published
from streams.engine.record import OutRecord, Record
from streams.engine.state import State
from streams.engine.store import Store, StoreCorruptError
from streams.engine.task import CLOCK, Commit, Task

logger = logging.getLogger(__name__)

MINUTE_MS = 60_000
_TASK = b"t"
#: Inputs of which there are few and which decide about all that comes after them: where history is fed at
#: once, a task takes them when the others have come to their time, too.
_PACED = frozenset({CLOCK, "partner-events", "account-requests"})

AgentFactory = Callable[[State], Agent]


def wall_clock() -> int:
    """Now, in milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


class _Inputs:
    """The inputs of one task, merged by (timestamp, topic order, offset)."""

    def __init__(self, log: Log, task: Task, chunk: int) -> None:
        self.topics = (CLOCK, *(topic for topic in task.inputs if topic != CLOCK))
        self._log = log
        self._partition = task.partition
        self._chunk = chunk
        self._positions = [task.positions.get(topic, 0) for topic in self.topics]
        self._buffers: list[deque[Record]] = [deque() for _ in self.topics]

    def head(self) -> int | None:
        """The time of the next record; ``None`` at the end."""
        return min((self._buffers[rank][0].timestamp for rank in self._filled()), default=None)

    def take(self, limit: int, others: Callable[[], int | None]) -> list[Record]:
        """The next records, up to ``limit``; ``others`` is the time that other tasks have come to.

        A tick of the clock is taken apart from what came before it: others may answer that with messages.
        """
        heads = [(self._buffers[rank][0].timestamp, rank) for rank in self._filled()]
        heapify(heads)
        taken: list[Record] = []
        while heads and len(taken) < limit:
            at, rank = heads[0]
            topic, buffer = self.topics[rank], self._buffers[rank]
            if topic in _PACED and ((topic == CLOCK and taken) or _is_before(others(), at)):
                break
            taken.append(buffer.popleft())
            if buffer or self._fill(rank):
                heapreplace(heads, (buffer[0].timestamp, rank))
            else:
                heappop(heads)
        return taken

    def give_back(self, records: Sequence[Record]) -> None:
        """Records that were taken and are to be taken again."""
        for record in reversed(records):
            self._buffers[self.topics.index(record.topic)].appendleft(record)

    def lag(self, topic: str) -> int:
        """How many records of a topic were not taken yet."""
        rank = self.topics.index(topic)
        behind = self._log.end_offset(topic, self._partition) - self._positions[rank]
        return behind + len(self._buffers[rank])

    def _filled(self) -> list[int]:
        return [rank for rank in range(len(self.topics)) if self._fill(rank)]

    def _fill(self, rank: int) -> bool:
        buffer = self._buffers[rank]
        if not buffer:
            start = self._positions[rank]
            buffer.extend(self._log.read(self.topics[rank], self._partition, start, self._chunk))
            self._positions[rank] = start + len(buffer)
        return bool(buffer)


class _Runner:
    """One task on the log."""

    def __init__(self, log: Log, task: Task, chunk: int, metrics: TaskMetrics | None) -> None:
        self.inputs = _Inputs(log, task, chunk)
        self._log = log
        self._task = task
        self._metrics = metrics
        self._broken = False
        if metrics:
            metrics.on_start()
            if isinstance(task.agent, OwnsBudgets):
                metrics.on_budgets(task.budget_levels)

    def step(self, limit: int, others: Callable[[], int | None]) -> int:
        """Process up to ``limit`` records in one atomic write; how many were worked on.

        0 at the end, and while ``others`` have not come to the time of what is next.
        """
        if self._broken:
            raise RuntimeError("an earlier step failed; open the log again")
        records = self.inputs.take(limit, others)
        if not records:
            return 0
        # The task is ahead of its store until the write is done: after a failure it must not go on.
        self._broken = True
        commit = self._task.process(records)
        self.inputs.give_back(records[commit.consumed :])
        started = time.perf_counter()
        write = Write(self._log)
        for output in commit.outputs:
            write.append(output)
        store = self._task.store
        store.stage(write.batch, commit.changes, commit.delta, commit.positions, 0)
        # No sync: what a loss of power undoes here is done again, the same, from the synced input.
        write.done(sync=False)
        store.written()
        self._broken = False
        if self._metrics:
            self._observe(self._metrics, commit, time.perf_counter() - started)
        if commit.tally.dead:
            task, tally = self._task, commit.tally
            logs.refused(logger, task.name, task.partition, tally.dead, tally.letters)
        # A midnight that takes several steps consumes nothing in all but the last: 0 would say the end.
        return max(commit.consumed, 1)

    def lag(self) -> int:
        return sum(self.inputs.lag(topic) for topic in self.inputs.topics)

    def _observe(self, metrics: TaskMetrics, commit: Commit, seconds: float) -> None:
        metrics.on_batch(commit.tally)
        metrics.on_transaction(seconds)
        for topic in self.inputs.topics:
            metrics.on_lag(topic, self.inputs.lag(topic))


class Embedded:
    """The log with its tasks and its clock. Not thread-safe."""

    def __init__(
        self,
        log: Log,
        programs: Programs,
        agents: Mapping[str, AgentFactory],
        *,
        now: Callable[[], int],
        limits: Limits,
        metrics: Metrics | None,
    ) -> None:
        self.log = log
        self.now = now
        self._programs = programs
        self._published = Published(programs)
        self._program_ends: dict[int, int] = {}
        self._decoder = Decoder(programs)
        self._batch = limits.batch_max_records
        # Before the tasks: they are to know every version that was published.
        self._follow_programs()
        self._runners = [
            self._runner(name, partition, limits, metrics.task(name, partition) if metrics else None, agent)
            for name, agent in agents.items()
            for partition in range(log.partitions)
        ]
        #: Home midnights up to here (ms) are on the topic ``clock``; ``None`` before the first event.
        self.ticked = self._last_tick()
        self._due: int | None = None
        self._note_due()

    @staticmethod
    def open(
        data_dir: Path,
        programs: Programs,
        agents: Mapping[str, AgentFactory],
        *,
        now: Callable[[], int] = wall_clock,
        limits: Limits | None = None,
        metrics: Metrics | None = None,
        partitions: int | None = None,
    ) -> Embedded | LogError:
        """Open or create the data directory; its books are compared with what is there."""
        log = Log.open(data_dir, partitions)
        if isinstance(log, LogError):
            return log
        try:
            return Embedded(log, programs, agents, now=now, limits=limits or Limits(), metrics=metrics)
        except StoreCorruptError as error:
            log.close()
            detail = f"the state does not add up ({error}); nothing was changed: restore it from a backup"
            return LogError(LogErrorCode.DAMAGED, str(data_dir), detail)
        except BaseException:
            log.close()
            raise

    @property
    def programs(self) -> Programs:
        """The programs that decide; what is published is taken in."""
        return self._programs

    def append(self, records: Sequence[OutRecord]) -> list[int]:
        """Append input durably, all or nothing; the offsets in the order of ``records``.

        A record's timestamp is its event's time, or -1 where none can be read. The home midnights that
        an event passes go to ``clock`` in the same write, so that a feed of old events ticks like a replay.
        A program among them is in use for what is worked on from now on.
        """
        write = Write(self.log)
        before = self.ticked, self._due
        try:
            offsets = []
            for record in records:
                if record.topic == CLOCK:
                    self._follow(record)
                elif self._due is None or record.timestamp >= self._due:
                    self._pass(record, write)
                offsets.append(write.append(record))
            write.done(sync=True)
        except BaseException:
            self.ticked, self._due = before
            raise
        if any(record.topic == PROGRAMS for record in records):
            self._follow_programs()
            self._note_due()
        return offsets

    def tick(self) -> None:
        """Append the home midnights that the wall clock has passed, and a minute tick.

        Nothing before the first event, nor when the wall clock went back.
        """
        now = self.now()
        if self.ticked is None or now < self.ticked:
            return
        write = Write(self.log)
        before = self.ticked, self._due
        try:
            self._midnights(now, write)
            for partition in range(self.log.partitions):
                write.append(OutRecord(CLOCK, partition, now, None, encode_minute()))
            write.done(sync=False)
        except BaseException:
            self.ticked, self._due = before
            raise

    def step(self, limit: int | None = None) -> int:
        """One write of each task that has something to read; how many records were worked on.

        A midnight of several steps counts in each: 0 says that every input is read to its end.
        """
        return sum(runner.step(limit or self._batch, self._others(runner)) for runner in self._runners)

    def catch_up(self) -> int:
        """Step until every input is read to its end; how many records were worked on."""
        total = 0
        while done := self.step():
            total += done
        return total

    def lag(self) -> int:
        """How many input records are not processed yet, over all tasks."""
        return sum(runner.lag() for runner in self._runners)

    def close(self) -> None:
        """Give the directory free."""
        self.log.close()

    def _others(self, runner: _Runner) -> Callable[[], int | None]:
        """The time that all other tasks have come to, when it is asked for."""

        def come_to() -> int | None:
            heads = (one.inputs.head() for one in self._runners if one is not runner)
            return min((head for head in heads if head is not None), default=None)

        return come_to

    def _runner(
        self, name: str, partition: int, limits: Limits, metrics: TaskMetrics | None, agent: AgentFactory
    ) -> _Runner:
        store = Store(self.log.db, _task_prefix(name, partition))
        store.verify()
        task = Task(
            partition=partition,
            partitions=self.log.partitions,
            store=store,
            decoder=self._decoder,
            agent=agent,
            limits=limits,
            wall_clock=self.now,
        )
        return _Runner(self.log, task, self._batch, metrics)

    def _last_tick(self) -> int | None:
        """The time of the last clock record, or else of the first event."""
        if end := self.log.end_offset(CLOCK, 0):
            return self.log.read(CLOCK, 0, end - 1, 1)[0].timestamp
        topics = {topic for runner in self._runners for topic in runner.inputs.topics}
        places = [(topic, partition) for topic in topics for partition in range(self.log.partitions)]
        firsts = [self._first_event(*place) for place in places]
        return min((first for first in firsts if first is not None), default=None)

    def _first_event(self, topic: str, partition: int) -> int | None:
        decode = self._decoder.decode
        for offset in range(0, self.log.end_offset(topic, partition), self._batch):
            for record in self.log.read(topic, partition, offset, self._batch):
                decoded = decode(topic, record.key, record.value, record.headers)
                if not isinstance(decoded, DecodeError):
                    return decoded.event.time
        return None

    def _follow_programs(self) -> None:
        """Take the versions into use that came to the log since the last look."""
        for partition in range(self.log.partitions):
            end = self.log.end_offset(PROGRAMS, partition)
            for offset in range(self._program_ends.get(partition, 0), end, self._batch):
                for record in self.log.read(PROGRAMS, partition, offset, min(self._batch, end - offset)):
                    self._published.follow(record)
            self._program_ends[partition] = end

    def _zones(self) -> Iterable[str]:
        return self._programs.zones()

    def _follow(self, record: OutRecord) -> None:
        """A feed that brings its own midnights is taken at its word."""
        tick = decode_tick(record.value, record.timestamp)
        if isinstance(tick, Midnight) and self.ticked is not None and tick.at > self.ticked:
            self.ticked = tick.at
            self._note_due()

    def _pass(self, record: OutRecord, write: Write) -> None:
        """Tick up to a record's event; what does not decode never moves time."""
        decoded = self._decoder.decode(record.topic, record.key, record.value, record.headers)
        if isinstance(decoded, DecodeError) or decoded.event.time > self.now():
            return
        if self.ticked is None:
            self.ticked = decoded.event.time
            self._note_due()
        else:
            self._midnights(decoded.event.time, write)

    def _midnights(self, until: int, write: Write) -> None:
        if self.ticked is None or until <= self.ticked:
            return
        for midnight in all_midnights(self._zones(), self.ticked, until):
            value = encode_midnight(midnight)
            for partition in range(self.log.partitions):
                write.append(OutRecord(CLOCK, partition, midnight.at, midnight.zone.encode(), value))
        self.ticked = until
        self._note_due()

    def _note_due(self) -> None:
        if self.ticked is not None:
            self._due = next_midnight(self._zones(), self.ticked)


def _is_before(head: int | None, at: int) -> bool:
    return head is not None and head < at


def _task_prefix(name: str, partition: int) -> bytes:
    return _TASK + name.encode() + b"\0" + partition.to_bytes(4, "big")
