"""A Faust transport that hands record batches to agents, one per partition of a fetch.

Faust's own consumer makes a message of every record, which costs more than all of Keyday's rules, and
its commit is not tied to what was written. Here one message carries a list of records, positions come
from the tasks' stores, and the group's offsets are committed for monitoring only. What this relies on
inside Faust is pinned by the contract tests in ``tests/streams/engine/test_faust_contract.py``.

Registered under ``keyday://`` through Faust's entry point group ``faust.transports``.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any, cast

import aiokafka
import faust
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import KafkaError
from faust.tables.manager import TableManager
from faust.topics import Topic
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage

from streams.engine.fetch import use_light_records
from streams.engine.host import TaskHost

logger = logging.getLogger(__name__)

#: Milliseconds: longest wait of the broker for new data. A partition whose data was just handed out is not
#: part of the request that waits, so this is also what its next records may have to wait.
_FETCH_WAIT_MS = 25
#: Seconds: a poll while some partition's buffer is full, so that it is asked again soon.
_SHORT_POLL_S = 0.01
#: Bytes: of one partition in one fetch.
_PARTITION_FETCH_BYTES = 4 * 1024 * 1024
#: Bytes: of all partitions in one fetch.
_FETCH_BYTES = 32 * 1024 * 1024


#: Kafka's timestamp type; nobody looks at it.
_CREATE_TIME = 0


class InputLostError(Exception):
    """A topic no longer holds what a task has to read next; going on would lose events."""


class BatchTopic(Topic):
    """A Faust topic whose messages are batches: nothing is decoded."""

    def _compile_decode(self) -> None:
        async def passthrough(message: Any, *, propagate: bool = False) -> Any:  # noqa: ARG001  Faust's signature
            return self._create_event(message.key, message.value, message.headers, message)

        self.decode = passthrough


class Fetch(dict[TP, list[Any]]):
    """Records per partition, and per assigned partition (next offset, end) before and after the fetch."""

    def __init__(
        self,
        records: Mapping[TP, list[Any]],
        epoch: int,
        before: Mapping[TP, tuple[int, int]],
        after: Mapping[TP, tuple[int, int]],
    ) -> None:
        super().__init__(records)
        self.epoch = epoch
        self.before = before
        self.after = after


class ConsumerThread(driver.AIOKafkaConsumerThread):
    """Runs the aiokafka consumer with Keyday's settings and says of each fetch where it began and ended.

    A fetch may wait while partitions are taken away, given back and sought anew. ``epoch`` counts the
    seeks, in this thread, so that what was fetched before one is told from what was fetched after it.
    """

    epoch = 0
    _sought: Mapping[TP, tuple[int, int]] = {}

    def _create_worker_consumer(self, _transport: Any) -> aiokafka.AIOKafkaConsumer:
        conf = self.app.conf
        host = host_of(self.app)
        use_light_records()
        # The range assignor gives partition n of every topic to the same member (all members subscribe
        # to the same topics with equal partition counts), which is what makes a task.
        self._assignor = RangePartitionAssignor
        return aiokafka.AIOKafkaConsumer(
            **host_kafka(self.app),
            client_id=conf.broker_client_id,
            group_id=conf.id,
            group_instance_id=conf.consumer_group_instance_id,
            partition_assignment_strategy=[RangePartitionAssignor],
            enable_auto_commit=False,
            # Only until the first seek; a position that moves without one is noticed by `_accept`.
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            max_poll_records=host.fetch_records,
            max_poll_interval_ms=int((conf.broker_max_poll_interval or 0) * 1000),
            max_partition_fetch_bytes=_PARTITION_FETCH_BYTES,
            fetch_max_bytes=_FETCH_BYTES,
            fetch_max_wait_ms=_FETCH_WAIT_MS,
            session_timeout_ms=int(conf.broker_session_timeout * 1000),
            rebalance_timeout_ms=int((conf.broker_rebalance_timeout or 60) * 1000),
            heartbeat_interval_ms=int(conf.broker_heartbeat_interval * 1000),
        )

    async def _fetch_records(
        self,
        consumer: aiokafka.AIOKafkaConsumer,
        active_partitions: set[TP],
        timeout: float | None = None,  # noqa: ASYNC109  Faust's signature
        max_records: int | None = None,
    ) -> Any:
        epoch = self.epoch
        # The end of a partition is not known before its first fetch: it begins where it was sought.
        start: Mapping[TP, tuple[int, int]] = {**self._sought, **_progress(consumer)}
        records = await super()._fetch_records(consumer, active_partitions, timeout, max_records)
        if self.epoch != epoch:
            start = self._sought
        return Fetch(records, self.epoch, start, _progress(consumer))

    async def _seek_wait(self, consumer: aiokafka.AIOKafkaConsumer, partitions: Mapping[TP, int]) -> None:
        for tp, offset in partitions.items():
            consumer.seek(tp, offset)
        self._sought = {tp: (offset, offset) for tp, offset in partitions.items()}
        self.epoch += 1

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        # For monitoring only: a commit that fails says nothing about what was processed.
        try:
            await self._ensure_consumer().commit(
                {tp: offset for tp, offset in offsets.items() if tp in self.assignment()}
            )
        except KafkaError as error:
            logger.debug("offsets were not committed for monitoring: %s", error)
            return False
        return True


def _progress(consumer: aiokafka.AIOKafkaConsumer) -> dict[TP, tuple[int, int]]:
    """Per assigned partition: the next offset to fetch and the end of what is committed to it."""
    subscription = consumer._subscription.subscription  # noqa: SLF001  no public way without a request
    if subscription is None or subscription.assignment is None:
        return {}
    found: dict[TP, tuple[int, int]] = {}
    for tp in subscription.assignment.tps:
        state = subscription.assignment.state_value(tp)
        if state.has_valid_position and state.lso is not None:
            found[tp] = (state.position, state.lso)
    return found


class BatchConsumer(driver.Consumer):
    """Faust's consumer, fetching batches for as long as their tasks have room for them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        #: Per partition the next offset and the end, as the last fetch that was accepted saw them.
        self._known: Mapping[TP, tuple[int, int]] = {}
        #: Where each partition has to be read next, so that nothing is left out.
        self._next: dict[TP, int] = {}
        self._epoch = 0
        #: How many agents have not been handed the last batch of a partition yet.
        self._in_transit: dict[tuple[str, int], int] = {}
        self.host.behind = self.behind
        self.host.end_of = self.end_of

    @property
    def host(self) -> TaskHost:
        """The worker's tasks."""
        return host_of(self.app)

    def _new_consumer_thread(self) -> ConsumerThread:
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    def behind(self, topic: str, partition: int) -> bool:
        """Whether a partition has committed records that its task has not been given yet."""
        if (topic, partition) in self._in_transit:
            return True
        known = self._known.get(cast("TP", aiokafka.TopicPartition(topic, partition)))
        return known is None or known[0] < known[1]

    def end_of(self, topic: str, partition: int) -> int | None:
        """The end of what is committed to a partition, as the last fetch saw it."""
        known = self._known.get(cast("TP", aiokafka.TopicPartition(topic, partition)))
        return None if known is None else known[1]

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, ConsumerMessage]]:  # noqa: ASYNC109
        """One message per partition of a fetch; its value is the list of records."""
        fetch, _ = await self._wait_next_records(timeout)
        if not isinstance(fetch, Fetch):
            return
        if not self.flow_active:
            # What was fetched after the seek must not be lost, what was fetched before it not be used.
            await self.wait(self.can_resume_flow)
        if self.should_stop or fetch.epoch != self._epoch:
            return
        self._accept(fetch)
        generation_id = self.app.consumer_generation_id
        for tp, batch in fetch.items():
            if not self.flow_active or fetch.epoch != self._epoch:
                # Partitions are being taken away: the seek that follows begins at the stores' positions.
                return
            yield tp, _message(tp, batch, generation_id)
        self.host.nudge()

    def _accept(self, fetch: Fetch) -> None:
        """Check that the fetch begins where the last one ended, and note how far it came."""
        for tp in fetch:
            expected, found = self._next.get(tp), fetch.before.get(tp, (None, None))[0]
            if expected != found:
                error = InputLostError(
                    f"{tp.topic}-{tp.partition} was to be read from {expected}, not {found}"
                )
                self.host.fail(error)
                raise error
        for tp in fetch:
            self._in_transit[tp.topic, tp.partition] = self.host.readers(tp.topic)
        self._known = fetch.after
        self._next.update({tp: position for tp, (position, _) in fetch.after.items()})

    def delivered(self, topic: str, partition: int) -> None:
        """A batch reached the task of one agent."""
        left = self._in_transit.get((topic, partition), 0) - 1
        if left > 0:
            self._in_transit[topic, partition] = left
        else:
            self._in_transit.pop((topic, partition), None)

    async def _getmany(self, active_partitions: set[TP] | None, timeout: float) -> Any:  # noqa: ASYNC109
        active = active_partitions or set()
        host = self.host
        host.room.clear()
        hungry = {tp for tp in active if host.hungry(tp.topic, tp.partition)}
        if not hungry:
            try:
                async with asyncio.timeout(timeout):
                    await host.room.wait()
            except TimeoutError:
                pass
            return {}
        poll = timeout if len(hungry) == len(active) else _SHORT_POLL_S
        return await self._thread.getmany(hungry, poll)

    async def perform_seek(self) -> None:
        """Open the tasks of the assignment and read on where their stores say."""
        self._known, self._in_transit = {}, {}
        assignment = self.assignment()
        try:
            positions = await self.host.open({tp.partition for tp in assignment})
            seeks = await self._seeks(assignment, positions)
            await self._thread.seek_wait(seeks)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            self.host.fail(error)
            raise
        self._next = dict(seeks)
        self._epoch = cast("ConsumerThread", self._thread).epoch

    async def _seeks(
        self, assignment: Iterable[TP], positions: Mapping[tuple[str, int], int | None]
    ) -> dict[TP, int]:
        """Where to read each partition from: the store's position, or the beginning."""
        places = list(assignment)
        first = await self.earliest_offsets(*places)
        end = await self.highwaters(*places)
        seeks: dict[TP, int] = {}
        for tp in places:
            position = positions.get((tp.topic, tp.partition))
            if position is not None and not first[tp] <= position <= end[tp]:
                raise InputLostError(
                    f"{tp.topic}-{tp.partition} holds offsets {first[tp]} to {end[tp]}, "
                    f"but {position} has to be read next"
                )
            seeks[tp] = first[tp] if position is None else position
            self._read_offset[tp] = None
            self._committed_offset[tp] = position
        return seeks

    def _new_offset(self, tp: TP) -> int | None:
        self._acked[tp].clear()
        self._acked_index[tp].clear()
        return self.host.position(tp.topic, tp.partition)

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        """Offsets are not counted one by one here: positions come from the stores."""

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Stalls are noticed by the host's watchdog."""


def _message(tp: TP, batch: list[Any], generation_id: int) -> ConsumerMessage:
    last = batch[-1]
    return ConsumerMessage(
        tp.topic,
        tp.partition,
        last.offset,
        last.timestamp / 1000,
        _CREATE_TIME,
        (),
        None,
        batch,
        None,
        tp=tp,
        # The conductor drops a message that belongs to no generation, without a word.
        generation_id=generation_id,
    )


class Transport(driver.Transport):
    """Kafka transport ``keyday://`` with batches."""

    Consumer = BatchConsumer
    driver_version = f"keyday aiokafka={aiokafka.__version__}"


class NoTables(TableManager):
    """Faust's tables are not used: start without the second that it gives them to register."""

    async def on_start(self) -> None:
        """Go straight to the recovery service, which resumes the streams."""
        await self._update_channels()
        await self.recovery.start()


def subscribe(app: faust.App, host: TaskHost) -> None:
    """Make a Faust agent of every agent of the host; it hands batches to the task of their partition."""
    for agent in host.agents:

        async def feed(stream: Any, name: str = agent.name) -> None:
            async for event in stream.events():
                message = event.message
                host.deliver(name, message.topic, message.partition, message.value)
                app.consumer.delivered(message.topic, message.partition)

        app.agent(BatchTopic(app, topics=list(agent.inputs)), name=f"keyday.{agent.name}")(feed)


def attach(app: faust.App, host: TaskHost, kafka: Mapping[str, Any]) -> None:
    """Give the app the tasks that its consumer feeds and the arguments of its Kafka clients."""
    app.keyday_host = host
    app.keyday_kafka = kafka


def host_of(app: Any) -> TaskHost:
    """The tasks that were attached to the app."""
    return cast("TaskHost", app.keyday_host)


def host_kafka(app: Any) -> Mapping[str, Any]:
    """The arguments of Kafka clients that were attached to the app."""
    return cast("Mapping[str, Any]", app.keyday_kafka)
