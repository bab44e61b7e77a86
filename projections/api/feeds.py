"""The ledger as it grows, for live streams: read from positions of its topic on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Final, Protocol

from aiokafka import AIOKafkaConsumer, TopicPartition

from streams.engine.log import Log
from streams.engine.record import RecordLike

TOPIC: Final = "rewards"
#: Seconds: without records a reader looks again after this.
POLL_S: Final = 0.2
#: Records that are read at once: others are answered before the next ones, also while many catch up.
_READ_RECORDS: Final = 40

#: The next offset to read, by partition.
Positions = dict[int, int]


class Following(Protocol):
    """A reader at ``positions``, which are those behind what it gave out."""

    positions: Positions

    async def read(self) -> Sequence[RecordLike]:
        """The next records, in order per partition; none when there are none for a while."""
        ...


class Feed(Protocol):
    """Where the ledger is."""

    def follow(self, positions: Mapping[int, int] | None) -> AbstractAsyncContextManager[Following]:
        """A reader from ``positions`` on, and from now on in partitions that they do not name."""
        ...


class LogFeed:
    """The embedded log."""

    def __init__(self, log: Log) -> None:
        self._log = log

    @asynccontextmanager
    async def follow(self, positions: Mapping[int, int] | None) -> AsyncIterator[Following]:
        """Reads where the tasks write; nothing is held meanwhile."""
        given = positions or {}
        ends = {each: self._log.end_offset(TOPIC, each) for each in range(self._log.partitions)}
        yield _OfLog(self._log, {each: min(given.get(each, end), end) for each, end in ends.items()})


class _OfLog:
    def __init__(self, log: Log, positions: Positions) -> None:
        self._log = log
        self.positions = positions

    async def read(self) -> Sequence[RecordLike]:
        for partition, offset in self.positions.items():
            records = self._log.read(TOPIC, partition, offset, _READ_RECORDS)
            if records:
                self.positions[partition] = records[-1].offset + 1
                return records
        await asyncio.sleep(POLL_S)
        return ()


class KafkaFeed:
    """A cluster: each reader is a consumer without a group, of committed records."""

    def __init__(self, kafka: Mapping[str, Any], topic: str = TOPIC) -> None:
        self._kafka = kafka
        self._topic = topic

    @asynccontextmanager
    async def follow(self, positions: Mapping[int, int] | None) -> AsyncIterator[Following]:
        """Raises ``KafkaError`` where the brokers cannot be reached."""
        consumer = AIOKafkaConsumer(
            **self._kafka,
            group_id=None,
            enable_auto_commit=False,
            isolation_level="read_committed",
            auto_offset_reset="latest",
        )
        try:
            await consumer.start()
            places = [TopicPartition(self._topic, each) for each in await self._partitions(consumer)]
            consumer.assign(places)
            ends = await consumer.end_offsets(places)
            given = positions or {}
            begins = {tp.partition: min(given.get(tp.partition, ends[tp]), ends[tp]) for tp in places}
            for tp in places:
                consumer.seek(tp, begins[tp.partition])
            yield _OfKafka(consumer, begins)
        finally:
            await consumer.stop()

    async def _partitions(self, consumer: Any) -> list[int]:
        # Asking for all topics, unlike asking for this one, never makes the brokers create it.
        if self._topic not in await consumer.topics():
            return []
        await consumer.end_offsets([TopicPartition(self._topic, 0)])  # loads the topic's metadata
        return sorted(consumer.partitions_for_topic(self._topic))


class _OfKafka:
    def __init__(self, consumer: Any, positions: Positions) -> None:
        self._consumer = consumer
        self.positions = positions

    async def read(self) -> Sequence[RecordLike]:
        if not self.positions:
            await asyncio.sleep(POLL_S)
            return ()
        fetched = await self._consumer.getmany(timeout_ms=int(POLL_S * 1_000), max_records=_READ_RECORDS)
        records = [record for batch in fetched.values() for record in batch]
        for record in records:
            self.positions[record.partition] = record.offset + 1
        return records
