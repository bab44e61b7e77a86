"""All agents over all partitions in one process, without a broker: what one sends to another is handed on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from schemas.programs import Programs
from streams.app import inputs_of, make_agents, make_task
from streams.engine.record import OutRecord, Record, RecordLike
from streams.engine.settings import Settings
from streams.engine.store import Store, open_db
from streams.engine.task import Task, partition_of

#: A batch of one agent is about to be processed; what is done inside is what it costs.
Watch = Callable[[str], AbstractContextManager[None]]
#: Records of a batch, as on Kafka.
BATCH = 5_000


class Pump:
    """Tasks with stores of their own, made as records come for them."""

    def __init__(self, programs: Programs, folder: Path, partitions: int) -> None:
        self._programs = programs
        self._folder = folder
        self._partitions = partitions
        self._settings = Settings()
        self._agents = make_agents(self._settings, programs)
        self._inputs = {name: frozenset(inputs_of(name)) for name in self._agents}
        self._tasks: dict[tuple[str, int], Task] = {}
        self._offset = 0

    def feed(self, records: Sequence[tuple[str, int, bytes, bytes]], watch: Watch) -> list[OutRecord]:
        """Process records (topic, time, key, value) and all that follows; what left the agents comes back."""
        left: list[OutRecord] = []
        waiting = [
            OutRecord(topic, partition_of(key, self._partitions), time, key, value)
            for topic, time, key, value in records
        ]
        while waiting:
            waiting = [out for agent in self._agents for out in self._round(agent, waiting, watch)]
            left += (out for out in waiting if not out.topic.endswith("-inbox"))
        return left

    def _round(self, agent: str, waiting: Sequence[OutRecord], watch: Watch) -> list[OutRecord]:
        """What one agent makes of the records that are its own, partition by partition."""
        mine: dict[int, list[RecordLike]] = defaultdict(list)
        for topic, partition, time, key, value, headers in waiting:
            if topic in self._inputs[agent]:
                self._offset += 1
                mine[partition].append(Record(topic, partition, self._offset, time, key, value, headers))
        tasks = {partition: self._task(agent, partition) for partition in mine}
        outputs: list[OutRecord] = []
        if mine:
            with watch(agent):
                for partition, records in mine.items():
                    task = tasks[partition]
                    for start in range(0, len(records), BATCH):
                        commit = task.process(records[start : start + BATCH])
                        task.store.write(commit.changes, commit.delta, commit.positions, 0)
                        outputs += commit.outputs
        return outputs

    def _task(self, agent: str, partition: int) -> Task:
        task = self._tasks.get((agent, partition))
        if task is None:
            store = Store(open_db(self._folder / f"{agent}-{partition}"))
            task = self._tasks[agent, partition] = make_task(
                self._settings,
                self._programs,
                self._agents[agent],
                partition=partition,
                partitions=self._partitions,
                store=store,
                clock=None,
            )
        return task
