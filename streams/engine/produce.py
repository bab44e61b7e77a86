"""Publish records to Kafka in batches per partition, from an idempotent producer."""

from __future__ import annotations

import asyncio
from asyncio import Future
from collections import deque
from collections.abc import Iterable
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient

from streams.engine.brokers import BrokerError, explained
from streams.engine.limits import ADMIN_TIMEOUT_MS, IN_FLIGHT_BATCHES, PRODUCE_BATCH_BYTES
from streams.engine.pace import Pace
from streams.engine.record import OutRecord
from streams.engine.security import kafka_arguments
from streams.engine.settings import Settings


class PublishError(BrokerError):
    """Records cannot be published as they are; one line that says what to do."""


async def topic_partitions(settings: Settings, topics: Iterable[str]) -> dict[str, int]:
    """How many partitions each topic has.

    Raises:
        PublishError: a topic does not exist.
        BrokerError: the brokers cannot be used.
    """
    admin = AIOKafkaAdminClient(
        bootstrap_servers=settings.brokers, request_timeout_ms=ADMIN_TIMEOUT_MS, **kafka_arguments(settings)
    )
    wanted = list(topics)
    with explained(settings.brokers):
        try:
            await admin.start()
            existing = set(await admin.list_topics())
            if missing := [topic for topic in wanted if topic not in existing]:
                raise PublishError(
                    f"topic {missing[0]} does not exist; run keyday topics create with the same settings"
                )
            return {each["topic"]: len(each["partitions"]) for each in await admin.describe_topics(wanted)}
        finally:
            await admin.close()


async def publish(settings: Settings, records: Iterable[OutRecord], pace: Pace | None = None) -> int:
    """Publish the records in their order per topic and partition; returns how many were acknowledged.

    What belongs to one partition number is flushed together, over all topics, so that a worker that
    merges them by time finds them together. With a ``pace`` what may go goes at once. Cancelled, it still
    waits until what it took from ``records`` is acknowledged.

    Raises:
        PublishError: a record is too large.
        BrokerError: the brokers did not acknowledge.
    """
    producer = AIOKafkaProducer(
        bootstrap_servers=settings.brokers,
        enable_idempotence=True,
        max_batch_size=PRODUCE_BATCH_BYTES,
        max_request_size=settings.max_message_bytes,
        **kafka_arguments(settings),
    )
    with explained(settings.brokers):
        try:
            await producer.start()
            outgoing = _Outgoing(producer, settings.max_message_bytes)
            try:
                for record in records:
                    while pace is not None and (delay := pace.delay()):
                        await outgoing.flush()
                        await asyncio.sleep(delay)
                    await outgoing.add(record)
            except asyncio.CancelledError:
                await outgoing.finish()
                raise
            return await outgoing.finish()
        finally:
            await producer.stop()


class _Outgoing:
    """Open batches per partition and topic, and what was sent and not acknowledged yet."""

    def __init__(self, producer: AIOKafkaProducer, max_bytes: int) -> None:
        self._producer = producer
        self._max_bytes = max_bytes
        self._open: dict[int, dict[str, Any]] = {}
        self._sent: deque[Future[Any]] = deque()
        self._count = 0

    async def add(self, record: OutRecord) -> None:
        partition, value = record.partition, record.value or b""
        if len(value) > self._max_bytes:
            raise PublishError(f"a record of {len(value)} bytes is above max_message_bytes {self._max_bytes}")
        batch = self._batch(partition, record.topic)
        if not _append(batch, record):
            await self._flush(partition)
            _append(self._batch(partition, record.topic), record)
        self._count += 1

    async def flush(self) -> None:
        """Send what is open."""
        for partition in list(self._open):
            await self._flush(partition)

    async def finish(self) -> int:
        await self.flush()
        while self._sent:
            await self._sent.popleft()
        return self._count

    def _batch(self, partition: int, topic: str) -> Any:
        topics = self._open.setdefault(partition, {})
        if topic not in topics:
            topics[topic] = self._producer.create_batch()
        return topics[topic]

    async def _flush(self, partition: int) -> None:
        topics = self._open[partition]
        for topic in list(topics):
            self._sent.append(await self._producer.send_batch(topics[topic], topic, partition=partition))
            # Only now: who is cancelled while waiting for room has not lost the batch.
            del topics[topic]
        del self._open[partition]
        while len(self._sent) > IN_FLIGHT_BATCHES:
            await self._sent.popleft()


def _append(batch: Any, record: OutRecord) -> bool:
    added = batch.append(
        timestamp=record.timestamp, key=record.key, value=record.value, headers=list(record.headers)
    )
    return added is not None
