"""The topics of a cluster as an explanation reads them: from the beginning to their present end."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition

from streams.engine.record import RecordLike

#: Milliseconds: how long a fetch waits for records.
_POLL_MS: Final = 1_000
#: Records and bytes of one fetch.
_FETCH_RECORDS: Final = 5_000
_FETCH_BYTES: Final = 4 * 1024 * 1024


class KafkaSource:
    """Reads committed records; it runs a loop of its own, in the thread that uses it."""

    place = "Kafka"
    has_input = True

    def __init__(self, runner: asyncio.Runner, consumer: Any) -> None:
        self._run = runner.run
        self._consumer = consumer

    def records(self, topic: str, starts: Mapping[int, int] = MappingProxyType({})) -> Iterator[RecordLike]:
        """One partition after the other, up to its end as it is now; none of a topic that does not exist.

        ``starts`` are offsets to begin at instead of a partition's beginning.
        """
        for place, end in self._run(self._ends(topic)).items():
            start = starts.get(place.partition, 0)
            if start >= end:
                continue  # to look into each empty partition takes a while
            self._run(self._begin(place, start))
            while self._run(self._consumer.position(place)) < end:
                fetched = self._run(self._consumer.getmany(timeout_ms=_POLL_MS, max_records=_FETCH_RECORDS))
                for records in fetched.values():
                    yield from (record for record in records if record.offset < end)

    async def _begin(self, place: TopicPartition, start: int) -> None:
        self._consumer.assign([place])
        if start:
            self._consumer.seek(place, start)
        else:  # what retention took away is not there
            await self._consumer.seek_to_beginning(place)

    async def _ends(self, topic: str) -> dict[TopicPartition, int]:
        # Asking for all topics, unlike asking for this one, never makes the brokers create it.
        if topic not in await self._consumer.topics():
            return {}
        await self._consumer.end_offsets([TopicPartition(topic, 0)])  # loads the topic's metadata
        partitions = self._consumer.partitions_for_topic(topic) or ()
        ends = await self._consumer.end_offsets([TopicPartition(topic, each) for each in partitions])
        return dict(sorted(ends.items()))


@contextmanager
def kafka_source(kafka: Mapping[str, Any]) -> Iterator[KafkaSource]:
    """A source over connection arguments of aiokafka, for the thread that opens it."""
    with asyncio.Runner() as runner:

        async def connect() -> Any:
            consumer = AIOKafkaConsumer(
                **kafka,
                group_id=None,
                enable_auto_commit=False,
                isolation_level="read_committed",
                auto_offset_reset="earliest",
                max_partition_fetch_bytes=_FETCH_BYTES,
            )
            await consumer.start()
            return consumer

        consumer = runner.run(connect())
        try:
            yield KafkaSource(runner, consumer)
        finally:
            runner.run(consumer.stop())
