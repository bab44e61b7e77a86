"""All tasks of one worker: opened on assignment, fed by the transport, closed on revocation."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

from streams.engine.kafka_task import KafkaTask, MakeTask
from streams.engine.limits import Limits
from streams.engine.metrics import Metrics
from streams.engine.outbox import Steps, no_step
from streams.engine.record import RecordLike

logger = logging.getLogger(__name__)

#: A topic or an agent, and a partition.
Place = tuple[str, int]
#: Seconds: how long a batch that is under way may take to end when a partition is given away.
_DRAIN_TIMEOUT_S = 30.0
#: Seconds between two looks of the watchdog.
_WATCH_INTERVAL_S = 1.0


class AgentSpec(Struct, frozen=True):
    """An agent as the host needs it: its inputs in the order that breaks ties, and how to make a task."""

    name: str
    inputs: tuple[str, ...]
    make_task: MakeTask


class TaskHost:
    """Owns the tasks of the assigned partitions.

    ``on_failure`` is called once with the reason when a task cannot go on; the worker must then end
    with a non-zero status instead of living on half.
    """

    def __init__(
        self,
        *,
        agents: Sequence[AgentSpec],
        kafka: Mapping[str, Any],
        app_id: str,
        state_dir: Path,
        limits: Limits,
        metrics: Metrics,
        on_failure: Callable[[BaseException], None],
        on_step: Steps = no_step,
    ) -> None:
        self.agents = agents
        self._kafka = kafka
        self._app_id = app_id
        self._state_dir = state_dir
        self._limits = limits
        self._metrics = metrics
        self._on_failure = on_failure
        self._on_step = on_step
        self._tasks: dict[Place, KafkaTask] = {}
        self._runs: dict[Place, asyncio.Task[None]] = {}
        self._by_input: dict[Place, list[KafkaTask]] = {}
        #: Partitions may be taken away while they are being opened: then closing waits for the opening.
        self._changing = asyncio.Lock()
        #: Whether the tasks of the present assignment are restored and running.
        self.opened = False
        #: Set whenever a batch is committed: a full buffer may have room again.
        self.room = asyncio.Event()
        #: Says whether an input of a partition has more to read; the transport replaces it.
        self.behind: Callable[[str, int], bool] = lambda _topic, _partition: False
        #: The end of what is committed to a partition of a topic, as far as known; replaced likewise.
        self.end_of: Callable[[str, int], int | None] = lambda _topic, _partition: None

    @property
    def topics(self) -> list[str]:
        """All input topics of all agents."""
        return sorted({topic for agent in self.agents for topic in agent.inputs})

    @property
    def tasks(self) -> Iterable[KafkaTask]:
        """The tasks that this worker owns now."""
        return self._tasks.values()

    async def open(self, partitions: Iterable[int]) -> dict[Place, int | None]:
        """Open and restore the tasks of ``partitions``.

        Returns where to read each (topic, partition) from; ``None`` is the beginning.
        """
        wanted = [(agent, p) for p in sorted(set(partitions)) for agent in self.agents]
        async with self._changing:
            opened = [self._new_task(agent, partition) for agent, partition in wanted]
            await asyncio.gather(*(task.open() for task in opened))
            for task in opened:
                place = (task.agent, task.partition)
                self._tasks[place] = task
                for topic in task.inputs:
                    self._by_input.setdefault((topic, task.partition), []).append(task)
                self._runs[place] = asyncio.create_task(self._run(task), name=f"keyday-{task!r}")
            self.opened = True
            return {
                place: min(
                    (task.positions.get(place[0]) for task in tasks), key=lambda p: -1 if p is None else p
                )
                for place, tasks in self._by_input.items()
            }

    def _new_task(self, agent: AgentSpec, partition: int) -> KafkaTask:
        return KafkaTask(
            agent=agent.name,
            partition=partition,
            inputs=agent.inputs,
            make_task=agent.make_task,
            kafka=self._kafka,
            app_id=self._app_id,
            state_dir=self._state_dir,
            limits=self._limits,
            metrics=self._metrics.task(agent.name, partition),
            behind=lambda topic: self.behind(topic, partition),
            on_step=self._on_step,
        )

    @property
    def fetch_records(self) -> int:
        """Records: the most that one fetch hands over."""
        return self._limits.batch_max_records

    def fail(self, error: BaseException) -> None:
        """End the worker: something happened after which going on could lose or double events."""
        self._on_failure(error)

    async def _run(self, task: KafkaTask) -> None:
        try:
            await task.run(self.room.set)
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # noqa: BLE001  the worker ends with whatever stopped the task
            self._on_failure(error)

    async def drain(self) -> None:
        """Let every batch that is under way end and begin no other."""
        for task in self._tasks.values():
            task.stop()
        if self._runs:
            _, late = await asyncio.wait(self._runs.values(), timeout=_DRAIN_TIMEOUT_S)
            for run in late:
                run.cancel()
        self._runs.clear()

    async def close(self) -> None:
        """Drain, then give all partitions away."""
        async with self._changing:
            self.opened = False
            await self.drain()
            tasks = list(self._tasks.values())
            self._tasks.clear()
            self._by_input.clear()
            await asyncio.gather(*(task.close() for task in tasks))

    def readers(self, topic: str) -> int:
        """How many agents read a topic."""
        return sum(topic in agent.inputs for agent in self.agents)

    def deliver(self, agent: str, topic: str, partition: int, records: Sequence[RecordLike]) -> None:
        """Hand a fetched batch to the agent's task of the partition."""
        task = self._tasks.get((agent, partition))
        if task is not None:
            task.offer(topic, records)

    def hungry(self, topic: str, partition: int) -> bool:
        """Whether more of a partition should be fetched."""
        return all(task.hungry(topic) for task in self._by_input.get((topic, partition), ()))

    def nudge(self) -> None:
        """Tell waiting tasks that a fetch came back: an input may not be behind any more."""
        for task in self._tasks.values():
            task.nudge()

    def position(self, topic: str, partition: int) -> int | None:
        """What all tasks that read the partition have committed; for monitoring."""
        positions = [task.positions.get(topic) for task in self._by_input.get((topic, partition), ())]
        known = [position for position in positions if position is not None]
        return min(known) if known and len(known) == len(positions) else None

    def ticked_until(self, zones: Sequence[str]) -> int | None:
        """The earliest instant up to which partition 0 has ticked all ``zones``; ``None`` when unknown."""
        ticked = [task.task.ticked_until(zones) for task in self.tasks if task.partition == 0 and task.task]
        known = [until for until in ticked if until is not None]
        return min(known, default=None)

    def stalled(self) -> str | None:
        """Which task has something to do but has committed nothing for ``stall_timeout_s``."""
        oldest = time.monotonic() - self._limits.stall_timeout_s
        for task in self._tasks.values():
            if task.busy() and task.last_commit < oldest:
                return f"task {task!r} lags and committed nothing for {self._limits.stall_timeout_s} s"
        return None

    def lag(self) -> int:
        """How many committed input records the tasks have not processed, as far as known."""
        return sum(
            max(0, (self.end_of(topic, task.partition) or 0) - task.positions.get(topic, 0))
            for task in self._tasks.values()
            for topic in task.inputs
        )

    def report_lag(self) -> None:
        """Tell the metrics how many committed records each task has not processed."""
        for task in self._tasks.values():
            for topic in task.inputs:
                end = self.end_of(topic, task.partition)
                if end is not None:
                    task.report_lag(topic, end)

    async def watch(self) -> None:
        """Report lag, and end the worker when a task stalls; runs until it is cancelled."""
        while True:
            await asyncio.sleep(_WATCH_INTERVAL_S)
            self.report_lag()
            reason = self.stalled()
            if reason:
                self._on_failure(TimeoutError(reason))
                return
