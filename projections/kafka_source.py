"""The topics of a cluster as explanations and rebuilds read them: from the beginning to their present end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, Final, TypeVar

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from streams.engine.brokers import silence
from streams.engine.record import RecordLike

#: Milliseconds: how long a fetch waits for records.
_POLL_MS: Final = 1_000
#: Records and bytes of one fetch.
_FETCH_RECORDS: Final = 5_000
_FETCH_BYTES: Final = 4 * 1024 * 1024


T = TypeVar("T")


class TopicsSilentError(KafkaError):
    """The brokers brought nothing for as long as they are waited for."""

    def __init__(self, where: str, patience_s: float) -> None:
        super().__init__(silence(where, patience_s))

    def __str__(self) -> str:
        """The message without the name of the class, which others of the kind say before it."""
        return str(self.args[0])


class KafkaSource:
    """Reads committed records; it runs a loop of its own, in the thread that uses it.

    What takes longer than ``patience_s`` without a record raises ``TopicsSilentError``.
    """

    place = "Kafka"
    has_input = True

    def __init__(self, runner: asyncio.Runner, consumer: Any, patience_s: float) -> None:
        self._runner = runner
        self._consumer = consumer
        self._patience_s = patience_s

    def records(self, topic: str, starts: Mapping[int, int] = MappingProxyType({})) -> Iterator[RecordLike]:
        """One partition after the other, up to its end as it is now; none of a topic that does not exist.

        ``starts`` are offsets to begin at instead of a partition's beginning.
        """
        for place, end in self._run(topic, self._ends(topic)).items():
            start = starts.get(place.partition, 0)
            if start >= end:
                continue  # to look into each empty partition takes a while
            name = f"{topic}/{place.partition}"
            self._run(name, self._begin(place, start))
            came, at = time.monotonic(), start
            while (reached := self._run(name, self._consumer.position(place))) < end:
                if reached > at:
                    came, at = time.monotonic(), reached
                elif time.monotonic() > came + self._patience_s:
                    raise TopicsSilentError(f"{name} stands at {at} of {end}", self._patience_s)
                fetched = self._run(name, self._fetched())
                for records in fetched.values():
                    yield from (record for record in records if record.offset < end)

    def _run(self, where: str, work: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(_in_time(where, work, self._patience_s))

    async def _fetched(self) -> dict[TopicPartition, list[RecordLike]]:
        found: dict[TopicPartition, list[RecordLike]] = await self._consumer.getmany(
            timeout_ms=_POLL_MS, max_records=_FETCH_RECORDS
        )
        return found

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


async def _in_time(where: str, work: Coroutine[Any, Any, T], patience_s: float) -> T:
    try:
        return await asyncio.wait_for(work, patience_s)
    except TimeoutError:
        raise TopicsSilentError(where, patience_s) from None


@contextmanager
def kafka_source(kafka: Mapping[str, Any], patience_s: float) -> Iterator[KafkaSource]:
    """A source over connection arguments of aiokafka, for the thread that opens it.

    Brokers that bring nothing for ``patience_s`` seconds are given up.
    """
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
            try:
                await consumer.start()
            except BaseException:
                await consumer.stop()
                raise
            return consumer

        consumer = runner.run(_in_time("the brokers", connect(), patience_s))
        try:
            yield KafkaSource(runner, consumer, patience_s)
        finally:
            runner.run(consumer.stop())
