"""Where events that come over HTTP become durable: the embedded log, or Kafka."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from projections.api.intake import SinkError
from projections.progress import Source
from streams.engine.embedded_worker import EmbeddedWorker
from streams.engine.record import OutRecord

#: Seconds: brokers that have not acknowledged by then are given up.
ACKNOWLEDGED_S: Final = 20.0


class LogSink:
    """The embedded log of this process."""

    def __init__(self, worker: EmbeddedWorker) -> None:
        self._worker = worker

    async def partitions(self, topic: str) -> int:  # noqa: ARG002  all topics have the same number
        """Those of the log."""
        return self._worker.embedded.log.partitions

    async def end(self, source: Source) -> int:
        """That of the log."""
        return self._worker.embedded.log.end_offset(*source)

    async def append(self, records: Sequence[OutRecord]) -> None:
        """Append; requests at the same time share one sync."""
        await self._worker.append(records)


class KafkaSink:
    """A cluster: an idempotent producer, which waits for all replicas that are in sync."""

    def __init__(self, kafka: Mapping[str, Any], max_bytes: int) -> None:
        self._kafka = kafka
        self._arguments = {**kafka, "enable_idempotence": True, "acks": "all", "max_request_size": max_bytes}
        self._starting = asyncio.Lock()
        self._producer: AIOKafkaProducer | None = None
        self._consumer: AIOKafkaConsumer | None = None

    async def partitions(self, topic: str) -> int:
        """Those of the topic."""
        try:
            async with asyncio.timeout(ACKNOWLEDGED_S):
                found = await (await self._started()).partitions_for(topic)
        except (KafkaError, TimeoutError):
            found = None
        if not found:
            raise SinkError(f"the brokers cannot be reached, or have no topic {topic}")
        return len(found)

    async def end(self, source: Source) -> int:
        """That of the partition, behind what transactions have ended."""
        place = TopicPartition(*source)
        try:
            async with asyncio.timeout(ACKNOWLEDGED_S):
                ends = await (await self._asking()).end_offsets([place])
        except (KafkaError, TimeoutError) as error:
            raise SinkError("the brokers cannot be reached") from error
        return int(ends[place])

    async def append(self, records: Sequence[OutRecord]) -> None:
        """Send all, then wait for all."""
        try:
            async with asyncio.timeout(ACKNOWLEDGED_S):
                producer = await self._started()
                sent = [
                    await producer.send(
                        one.topic,
                        one.value,
                        key=one.key,
                        partition=one.partition,
                        timestamp_ms=one.timestamp,
                    )
                    for one in records
                ]
                await asyncio.gather(*sent)
        except (KafkaError, TimeoutError) as error:
            raise SinkError("the brokers did not acknowledge the events") from error

    async def close(self) -> None:
        """Leave the cluster."""
        for client in (self._producer, self._consumer):
            if client is not None:
                await client.stop()

    # Not at the start of the server: it answers reads also while brokers are away.

    async def _started(self) -> AIOKafkaProducer:
        async with self._starting:
            if self._producer is None:
                self._producer = await _start(AIOKafkaProducer(**self._arguments))
            return self._producer

    async def _asking(self) -> AIOKafkaConsumer:
        async with self._starting:
            if self._consumer is None:
                consumer = AIOKafkaConsumer(
                    **self._kafka, group_id=None, enable_auto_commit=False, isolation_level="read_committed"
                )
                self._consumer = await _start(consumer)
            return self._consumer


async def _start(client: Any) -> Any:
    try:
        await client.start()
    except BaseException:
        await client.stop()
        raise
    return client
