"""The protocol broken on purpose, one step each; the harness has to notice every one.

Each mutant patches the engine inside a worker of the harness. The engine has no switch for any of this.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer

from streams.engine import kafka_task, restore, transport
from streams.engine.identities import Identities, Verdict
from streams.engine.kafka_task import KafkaTask
from streams.engine.outbox import Outbox
from streams.engine.record import RecordLike
from streams.engine.state import Change, Delta
from streams.engine.store import Store
from streams.engine.task import Commit, Task


def acknowledge_before_commit() -> None:
    """The store's positions move on before the transaction commits."""
    process = Task.process

    def early(self: Task, records: Sequence[RecordLike]) -> Commit:
        commit = process(self, records)
        _write_now(self.store, [], commit)
        return commit

    Task.process = early  # type: ignore[method-assign]


def write_before_commit() -> None:
    """The WriteBatch with values and positions is written before the transaction commits."""
    process = Task.process

    def early(self: Task, records: Sequence[RecordLike]) -> Commit:
        commit = process(self, records)
        _write_now(self.store, commit.changes, commit)
        commit.delta = Delta()  # it is written a second time, and the books must not tell
        return commit

    Task.process = early  # type: ignore[method-assign]


def _write_now(store: Store, changes: Sequence[Change], commit: Commit) -> None:
    delta = commit.delta if changes else Delta()
    store.write(changes, delta, commit.positions, store.changelog_position, store.changelog_time)


def positions_outside_transaction() -> None:
    """The positions commit in a transaction of their own, before the outputs."""
    whole = Outbox.commit

    async def commit(self: Outbox, outputs: Any, changes: Any, positions: Any, *rest: Any) -> int:
        await whole(self, (), (), positions, *rest)
        return await whole(self, outputs, changes, positions, *rest)

    Outbox.commit = commit  # type: ignore[method-assign]


def outputs_outside_transaction() -> None:
    """The outputs commit in a transaction of their own, before changelog and positions."""
    whole = Outbox.commit
    last: dict[int, Any] = {}

    async def commit(self: Outbox, outputs: Any, changes: Any, positions: Any, *rest: Any) -> int:
        await whole(self, outputs, (), last.get(id(self), {}), *rest)
        last[id(self)] = dict(positions)
        return await whole(self, (), changes, positions, *rest)

    Outbox.commit = commit  # type: ignore[method-assign]


def changelog_left_out() -> None:
    """The changelog gets the positions and none of the values."""
    whole = Outbox.commit

    async def commit(self: Outbox, outputs: Any, _changes: Any, *rest: Any) -> int:
        return await whole(self, outputs, (), *rest)

    Outbox.commit = commit  # type: ignore[method-assign]


def positions_left_out_of_changelog() -> None:
    """The changelog gets the values and no positions."""
    whole = Outbox.commit

    async def commit(self: Outbox, outputs: Any, changes: Any, _positions: Any, *rest: Any) -> int:
        return await whole(self, outputs, changes, {}, *rest)

    Outbox.commit = commit  # type: ignore[method-assign]


def positions_left_out_of_store() -> None:
    """The WriteBatch holds the values and no positions."""
    write = Store.write

    def without(self: Store, changes: Any, delta: Any, _positions: Any, *rest: Any) -> None:
        write(self, changes, delta, {}, *rest)

    Store.write = without  # type: ignore[method-assign]


def no_restore() -> None:
    """A store that is there is taken as it is; what was committed after its last write is not read."""
    whole = kafka_task.restore

    async def restored(store: Store, *rest: Any, **named: Any) -> int:
        return 0 if store.positions else await whole(store, *rest, **named)

    kafka_task.restore = restored


def no_fencing() -> None:
    """Each process has transactional ids of its own, so that nobody fences a predecessor."""
    init = Outbox.__init__

    def own_id(self: Outbox, *told: Any, transactional_id: str, **rest: Any) -> None:
        init(self, *told, transactional_id=f"{transactional_id}-{os.getpid()}", **rest)

    Outbox.__init__ = own_id  # type: ignore[method-assign]


def restore_reads_uncommitted() -> None:
    """The changelog is read without regard to aborted transactions."""

    def consumer(**told: Any) -> AIOKafkaConsumer:
        return AIOKafkaConsumer(**told | {"isolation_level": "read_uncommitted"})

    restore.AIOKafkaConsumer = consumer  # type: ignore[attr-defined]


def seek_to_group_offsets() -> None:
    """The inputs are read on from the consumer group's offsets instead of the store's positions."""
    seek, accept = transport.BatchConsumer.perform_seek, transport.BatchConsumer._accept

    async def to_committed(self: transport.BatchConsumer) -> None:
        await seek(self)
        await self._thread.seek_to_committed()

    def accept_all(self: transport.BatchConsumer, fetch: transport.Fetch) -> None:
        self._next.update(fetch.before)
        accept(self, fetch)

    def take_all(self: KafkaTask, topic: str, records: Sequence[RecordLike]) -> None:
        self.merger.add(topic, records)
        self.nudge()

    transport.BatchConsumer.perform_seek = to_committed  # type: ignore[method-assign]
    transport.BatchConsumer._accept = accept_all  # type: ignore[method-assign]
    KafkaTask.offer = take_all  # type: ignore[method-assign]


def no_dedupe() -> None:
    """No event's identity is remembered."""

    def new(*_: object) -> Verdict:
        return Verdict.NEW

    Identities.check = new  # type: ignore[method-assign]


MUTANTS: dict[str, Callable[[], None]] = {
    mutant.__name__.replace("_", "-"): mutant
    for mutant in (
        acknowledge_before_commit,
        write_before_commit,
        positions_outside_transaction,
        outputs_outside_transaction,
        changelog_left_out,
        positions_left_out_of_changelog,
        positions_left_out_of_store,
        no_restore,
        no_fencing,
        restore_reads_uncommitted,
        seek_to_group_offsets,
        no_dedupe,
    )
}
