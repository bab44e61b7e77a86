"""Where webhooks read events from: Kafka, or the embedded log; each endpoint reads on its own."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from typing import Any, Final, Protocol

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from msgspec import Struct

from projections.embedded_reader import LogReader
from projections.kafka_reader import REFUSED
from projections.webhooks.store import Place
from streams.engine.record import RecordLike

#: Records of one batch: what one write takes over at most.
BATCH_RECORDS: Final = 500
#: Milliseconds that a fetch waits for records; seconds between two looks at the end of the embedded log.
_POLL_MS: Final = 200
_POLL_S: Final = 0.1
#: Seconds: between two tries to reach the brokers or to find a topic.
_RETRY_S: Final = 1.0

logger = logging.getLogger(__name__)


class Span(Struct, frozen=True):
    """The first offset that a partition still has, and the one that its next record gets."""

    first: int
    end: int


class Batch(Struct, frozen=True):
    """Records in the order of their partitions, the positions behind them, and what is left by topic."""

    records: Sequence[RecordLike]
    positions: dict[Place, int]
    lag: dict[str, int]


#: Asked before reading begins, and each time it begins again: where to read from, for every partition.
Begin = Callable[[Mapping[Place, Span]], Mapping[Place, int]]


class Source(Protocol):
    """Topics that can be followed."""

    def follow(self, topics: Sequence[str], begin: Begin) -> AsyncGenerator[Batch, None]:
        """What is committed to topics, from where ``begin`` says, for as long as it is asked."""
        ...


class KafkaSource:
    """Reads committed records without a consumer group. ``kafka`` are connection arguments of aiokafka."""

    def __init__(self, kafka: Mapping[str, Any]) -> None:
        self._kafka = kafka

    async def follow(self, topics: Sequence[str], begin: Begin) -> AsyncGenerator[Batch, None]:
        """See ``Source``. What the brokers refuse for good (login, rights) is raised."""
        while True:
            consumer = AIOKafkaConsumer(
                **self._kafka,
                group_id=None,
                enable_auto_commit=False,
                isolation_level="read_committed",
                auto_offset_reset="none",
            )
            try:
                await consumer.start()
                async with contextlib.aclosing(_read(consumer, topics, begin)) as batches:
                    async for batch in batches:
                        yield batch
            except REFUSED:
                raise
            except KafkaError as error:
                logger.warning("reading for webhooks begins again: %r", error)
            finally:
                await consumer.stop()
            await asyncio.sleep(_RETRY_S)


async def _read(consumer: Any, topics: Sequence[str], begin: Begin) -> AsyncGenerator[Batch, None]:
    places = await _places(consumer, topics)
    consumer.assign(places)
    firsts, ends = await consumer.beginning_offsets(places), await consumer.end_offsets(places)
    spans = {(tp.topic, tp.partition): Span(firsts[tp], ends[tp]) for tp in places}
    for (topic, partition), offset in begin(spans).items():
        consumer.seek(TopicPartition(topic, partition), offset)
    while True:
        found = await consumer.getmany(timeout_ms=_POLL_MS, max_records=BATCH_RECORDS)
        lag = dict.fromkeys(topics, 0)
        for tp in places:
            stable = consumer.last_stable_offset(tp)
            if stable is not None:
                lag[tp.topic] += max(0, stable - await consumer.position(tp))
        yield Batch(
            [record for records in found.values() for record in records],
            {(tp.topic, tp.partition): records[-1].offset + 1 for tp, records in found.items() if records},
            lag,
        )


async def _places(consumer: Any, topics: Sequence[str]) -> list[TopicPartition]:
    while missing := set(topics) - await consumer.topics():
        logger.warning("the topic %s does not exist yet", min(missing))
        await asyncio.sleep(_RETRY_S)
    found = []
    for topic in topics:
        await consumer.end_offsets([TopicPartition(topic, 0)])  # loads the topic's metadata
        partitions = sorted(consumer.partitions_for_topic(topic) or ())
        found += [TopicPartition(topic, partition) for partition in partitions]
    return found


class LogSource:
    """Reads the embedded log of this process."""

    def __init__(self, log: LogReader, partitions: int) -> None:
        self._log = log
        self._partitions = partitions

    async def follow(self, topics: Sequence[str], begin: Begin) -> AsyncGenerator[Batch, None]:
        """See ``Source``. Damage of the log is raised."""
        log = self._log
        places = [(topic, partition) for topic in topics for partition in range(self._partitions)]
        positions = dict(begin({place: Span(0, log.end_offset(*place)) for place in places}))
        while True:
            some = False
            for place in places:
                records = log.read(*place, positions[place], BATCH_RECORDS)
                if records:
                    some = True
                    positions[place] = records[-1].offset + 1
                    yield Batch(records, {place: positions[place]}, self._lag(topics, positions))
            if not some:
                yield Batch((), {}, self._lag(topics, positions))
                await asyncio.sleep(_POLL_S)

    def _lag(self, topics: Sequence[str], positions: Mapping[Place, int]) -> dict[str, int]:
        lag = dict.fromkeys(topics, 0)
        for place, position in positions.items():
            lag[place[0]] += self._log.end_offset(*place) - position
        return lag
