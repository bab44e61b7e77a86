"""Reads what is committed to a topic, from its beginning to its present end."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Sequence
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition

from streams.engine.brokers import BrokerError, explained, silence
from streams.engine.produce import topic_partitions
from streams.engine.record import RecordLike
from streams.engine.security import kafka_arguments
from streams.engine.settings import Settings

#: Milliseconds: how long a fetch may wait for records.
_POLL_MS: Final = 1_000


async def read_topic(settings: Settings, topic: str) -> AsyncGenerator[Sequence[RecordLike], None]:
    """The records of all partitions in batches, in order within a partition; no consumer group.

    Raises:
        BrokerError: the topic does not exist, or the brokers cannot be used, or bring nothing any more.
    """
    partitions = (await topic_partitions(settings, [topic]))[topic]
    places = [TopicPartition(topic, partition) for partition in range(partitions)]
    consumer: Any = AIOKafkaConsumer(
        bootstrap_servers=settings.brokers,
        group_id=None,
        enable_auto_commit=False,
        isolation_level="read_committed",
        auto_offset_reset="earliest",
        **kafka_arguments(settings),
    )
    with explained(settings.brokers):
        try:
            await consumer.start()
            consumer.assign(places)
            await consumer.seek_to_beginning(*places)
            ends = await consumer.end_offsets(places)
            came, fewest = time.monotonic(), sum(ends.values()) + 1
            while ahead := {
                place: records
                for place in places
                if (records := ends[place] - await consumer.position(place)) > 0
            }:
                if (in_all := sum(ahead.values())) < fewest:
                    came, fewest = time.monotonic(), in_all
                elif time.monotonic() > came + settings.stall_timeout_s:
                    raise BrokerError(silence(topic, settings.stall_timeout_s))
                for place, records in (await consumer.getmany(*ahead, timeout_ms=_POLL_MS)).items():
                    yield [record for record in records if record.offset < ends[place]]
        finally:
            await consumer.stop()
