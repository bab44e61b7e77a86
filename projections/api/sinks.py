"""Where events that come over HTTP become durable: the embedded log, or Kafka."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from projections.api.intake import SinkError
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

    async def append(self, records: Sequence[OutRecord]) -> None:
        """Append; requests at the same time share one sync."""
        await self._worker.append(records)


class KafkaSink:
    """A cluster: an idempotent producer, which waits for all replicas that are in sync."""

    def __init__(self, kafka: Mapping[str, Any], max_bytes: int) -> None:
        self._arguments = {**kafka, "enable_idempotence": True, "acks": "all", "max_request_size": max_bytes}
        self._starting = asyncio.Lock()
        self._producer: AIOKafkaProducer | None = None

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
        if self._producer is not None:
            await self._producer.stop()

    async def _started(self) -> AIOKafkaProducer:
        # Not at the start of the server: it answers reads also while brokers are away.
        async with self._starting:
            if self._producer is None:
                producer = AIOKafkaProducer(**self._arguments)
                try:
                    await producer.start()
                except BaseException:
                    await producer.stop()
                    raise
                self._producer = producer
            return self._producer
