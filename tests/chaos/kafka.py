"""What the harness itself does on Kafka: create topics, produce in order, read what is committed, await positions."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Self

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment as MemberAssignment
from aiokafka.errors import GroupCoordinatorNotAvailableError, KafkaError
from aiokafka.partitioner import murmur2
from aiokafka.structs import ConsumerRecord

from tests.chaos.stream import Item

READ_WAIT_MS = 500
PATIENCE_MS = 180_000  # the input outlives any outage that a test makes
POLL_S = 0.25
RETURN_S = 30.0


class StuckError(Exception):
    """Nothing moved for too long."""


@asynccontextmanager
async def admin(bootstrap: str) -> AsyncIterator[AIOKafkaAdminClient]:
    """A started admin client."""
    client = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await client.start()
    try:
        yield client
    finally:
        await client.close()


async def create_topics(bootstrap: str, topics: dict[str, int]) -> None:
    """Create topics with these partition counts."""
    async with admin(bootstrap) as client:
        await client.create_topics(
            [NewTopic(name, count, replication_factor=1) for name, count in topics.items()]
        )


class Producer:
    """Appends items to the partition of their key, clock ticks to all, in the order in which they are given."""

    def __init__(self, bootstrap: str, partitions: int) -> None:
        self._bootstrap = bootstrap
        self._partitions = partitions

    async def __aenter__(self) -> Self:
        self._producer = AIOKafkaProducer(
            bootstrap_servers=self._bootstrap,
            enable_idempotence=True,
            acks="all",
            linger_ms=5,
            request_timeout_ms=PATIENCE_MS,
        )
        await self._producer.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._producer.stop()

    async def send(self, items: Sequence[Item]) -> None:
        """Append the items; a tick is on disk after all before it and before all after it."""
        for item in items:
            if item.topic == "clock":
                await self._producer.flush()
                for partition in range(self._partitions):
                    await self._append(item, partition)
                await self._producer.flush()
            else:
                await self._append(item, partition_of(item.key, self._partitions))
        await self._producer.flush()

    async def send_everywhere(self, items: Sequence[Item]) -> list[bytes]:
        """Append the items to every partition, each with the partition's number; returns their values."""
        values = []
        for item in items:
            for partition in range(self._partitions):
                values.append(b"%b %d" % (item.value, partition))
                await self._append(replace(item, value=values[-1]), partition)
        await self._producer.flush()
        return values

    async def misplace(self, items: Sequence[Item]) -> None:
        """Append each item to the partition after its own."""
        for item in items:
            await self._append(item, (partition_of(item.key, self._partitions) + 1) % self._partitions)
        await self._producer.flush()

    async def _append(self, item: Item, partition: int) -> None:
        await self._producer.send(
            item.topic, item.value, key=item.key, partition=partition, timestamp_ms=item.time
        )


def partition_of(key: bytes | None, partitions: int) -> int:
    """The partition that Java's default partitioner takes; records without a key go to 0 here."""
    if key is None:
        return 0
    murmur: Callable[[bytes], int] = murmur2
    return (murmur(key) & 0x7FFFFFFF) % partitions


async def read_all(bootstrap: str, topic: str, *, committed: bool = True) -> AsyncIterator[ConsumerRecord]:
    """Every record of a topic up to its present end, partition by partition."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        isolation_level="read_committed" if committed else "read_uncommitted",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        group_id=None,
    )
    await consumer.start()
    try:
        partitions = await partitions_of(bootstrap, [topic])
        ends = await consumer.end_offsets(partitions)
        for tp in partitions:
            consumer.assign([tp])
            await consumer.seek_to_beginning(tp)
            while await consumer.position(tp) < ends[tp]:
                batches = await consumer.getmany(tp, timeout_ms=READ_WAIT_MS)
                for record in batches.get(tp, ()):
                    if record.offset < ends[tp]:
                        yield record
    finally:
        await consumer.stop()


async def partitions_of(bootstrap: str, topics: Sequence[str]) -> list[TopicPartition]:
    """All partitions of the topics, in order; patient with a broker that is just coming back."""
    deadline = time.monotonic() + RETURN_S
    while True:
        try:
            async with admin(bootstrap) as client:
                described = await client.describe_topics(list(topics))
            counts = {each["topic"]: len(each["partitions"]) for each in described if not each["error_code"]}
            return [TopicPartition(topic, p) for topic in topics for p in range(counts[topic])]
        except (KafkaError, KeyError):
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(POLL_S)


async def end_offsets(bootstrap: str, topics: Sequence[str]) -> dict[TopicPartition, int]:
    """The end of each partition of the topics."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, group_id=None)
    await consumer.start()
    try:
        partitions = await partitions_of(bootstrap, topics)
        ends: dict[TopicPartition, int] = await consumer.end_offsets(partitions)
        return ends
    finally:
        await consumer.stop()


async def await_values(
    bootstrap: str, topic: str, values: Collection[bytes], *, timeout_s: float, check: Callable[[], None]
) -> None:
    """Return once each of the values stands in the topic, committed.

    Raises:
        StuckError: none of them came for ``timeout_s`` seconds.
    """
    missing = set(values)
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        isolation_level="read_committed",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        group_id=None,
    )
    await consumer.start()
    try:
        consumer.assign(await partitions_of(bootstrap, [topic]))
        await consumer.seek_to_beginning()
        since = time.monotonic()
        while missing:
            check()
            for records in (await consumer.getmany(timeout_ms=READ_WAIT_MS)).values():
                found = missing.intersection(record.value for record in records)
                since = time.monotonic() if found else since
                missing -= found
            if time.monotonic() - since > timeout_s:
                raise StuckError(f"for {timeout_s:.0f} s {topic} did not get {sorted(missing)}")
    finally:
        await consumer.stop()


async def await_consumed(
    bootstrap: str,
    group: str,
    topics: Sequence[str],
    *,
    timeout_s: float,
) -> None:
    """Return once the group has committed the end of every partition of the topics.

    Raises:
        StuckError: nothing was committed for ``timeout_s`` seconds.
    """
    ends = await end_offsets(bootstrap, topics)
    async with admin(bootstrap) as client:
        best, since = -1, time.monotonic()
        while True:
            offsets = await _group_offsets(client, group)
            behind = {
                tp: end - _offset(offsets, tp) for tp, end in ends.items() if _offset(offsets, tp) < end
            }
            if not behind:
                return
            done = sum(ends.values()) - sum(behind.values())
            if done > best:
                best, since = done, time.monotonic()
            elif time.monotonic() - since > timeout_s:
                raise StuckError(f"group {group} committed nothing for {timeout_s:.0f} s; behind: {behind}")
            await asyncio.sleep(POLL_S)


async def _group_offsets(client: AIOKafkaAdminClient, group: str) -> dict[TopicPartition, object]:
    try:
        offsets: dict[TopicPartition, object] = await client.list_consumer_group_offsets(group)
    except GroupCoordinatorNotAvailableError:
        return {}  # the broker makes the coordinator's topic when the first member joins
    return offsets


def _offset(offsets: dict[TopicPartition, object], tp: TopicPartition) -> int:
    found = offsets.get(tp)
    return max(0, getattr(found, "offset", 0))


async def until_empty(bootstrap: str, group: str) -> None:
    """Return once the group has no members."""
    async with admin(bootstrap) as client:
        while (await _members(client, group))[1]:  # noqa: ASYNC110  the broker tells, and only when asked
            await asyncio.sleep(POLL_S)


async def until_shared(bootstrap: str, group: str, members: int) -> None:
    """Return once so many members of a stable group have partitions each.

    Raises:
        TimeoutError: that did not come about in a minute.
    """
    async with admin(bootstrap) as client, asyncio.timeout(60):
        while True:
            state, joined = await _members(client, group)
            shares = [MemberAssignment.decode(member[4]).assignment for member in joined if member[4]]
            if state == "Stable" and sum(map(bool, shares)) == members == len(joined):
                return
            await asyncio.sleep(POLL_S)


async def _members(client: AIOKafkaAdminClient, group: str) -> tuple[str, Sequence[Sequence[bytes]]]:
    """State and members of a group, as the protocol has them."""
    try:
        (answer,) = await client.describe_consumer_groups([group])
    except GroupCoordinatorNotAvailableError:
        return "", ()  # as in `_group_offsets`
    (described,) = answer.groups
    _, _, state, _, _, joined, *_ = described
    return state, joined
