"""Feeds the tables from Kafka: all partitions, no consumer group, committed records only."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import (
    AuthenticationFailedError,
    KafkaError,
    SaslAuthenticationFailed,
    TopicAuthorizationFailedError,
)

from projections.facts import Decode
from projections.intake import taking
from projections.metrics import ProjectionMetrics
from projections.progress import Progress
from projections.slices import SLICE_S, in_slices, others_first
from projections.store import Tables
from streams.engine.store import StoreCorruptError

#: Records: one batch, which is one write of the tables.
BATCH_RECORDS: Final = 500
#: Records that are taken from the client in one go: about half a millisecond.
_STEP_RECORDS: Final = 100
#: Seconds: lag is told so often while records come.
REPORT_S: Final = 0.05
#: Milliseconds: how long a fetch waits for records before lag and damage are looked at again.
POLL_MS: Final = 200
#: Seconds: between two tries to reach the brokers or to find the topic.
RETRY_S: Final = 1.0

#: What the brokers refuse for good: trying again would only hide it.
REFUSED: Final = (AuthenticationFailedError, SaslAuthenticationFailed, TopicAuthorizationFailedError)

log = logging.getLogger(__name__)


class KafkaReader:
    """Reads ``topics`` from the tables' positions on and follows them; its positions are the tables' alone.

    ``kafka`` are connection arguments of aiokafka (bootstrap servers, security). The number of partitions is
    read once at the start of ``run``.
    """

    def __init__(
        self,
        kafka: Mapping[str, Any],
        tables: Tables,
        progress: Progress,
        topics: Mapping[str, Decode],
        *,
        metrics: ProjectionMetrics | None = None,
        batch_records: int = BATCH_RECORDS,
    ) -> None:
        self._kafka = kafka
        self._tables = tables
        self._progress = progress
        self._topics = topics
        self._metrics = metrics
        self._batch_records = batch_records
        self._reported: dict[TopicPartition, tuple[int, int]] = {}

    async def run(self) -> None:
        """Follow the topics until cancelled. What the brokers refuse for good (login, rights) is raised."""
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
                await self._follow(consumer)
            except REFUSED:
                raise
            except KafkaError as error:
                log.warning("reading begins again: %r", error)
            finally:
                await consumer.stop()
            await asyncio.sleep(RETRY_S)

    async def _follow(self, consumer: Any) -> None:
        sources = await self._sources(consumer)
        consumer.assign(sources)
        self._reported.clear()
        self._progress.restart((tp.topic, tp.partition) for tp in sources)
        await self._seek(consumer, sources)
        told = 0.0
        while True:
            if self._tables.damaged:
                await self._rebuild(consumer, sources, "corrupt", "a read met a damaged file")
            records = await self._fetch(consumer)
            try:
                if records:
                    # The fold takes its time: answers over HTTP do not wait until all of it is done.
                    taken = await in_slices(taking(records, self._topics))
                    async with self._tables.turn:
                        await in_slices(self._tables.applying(taken.facts, taken.positions, taken.unreadable))
            except StoreCorruptError as error:
                await self._rebuild(consumer, sources, "corrupt", str(error))
            else:
                now = time.monotonic()
                if not records or now >= told + REPORT_S:
                    told = now
                    await self._report(consumer, sources)

    async def _fetch(self, consumer: Any) -> list[Any]:
        """The next records, those of each partition in their order; none when none came for a while."""
        records: list[Any] = []
        timeout_ms = POLL_MS
        while len(records) < self._batch_records:
            most = min(_STEP_RECORDS, self._batch_records - len(records))
            begun = time.perf_counter()
            batches = await consumer.getmany(timeout_ms=timeout_ms, max_records=most)
            if not batches:
                break
            for batch in batches.values():
                records += batch
            timeout_ms = 0
            await others_first(min(time.perf_counter() - begun, SLICE_S))
        return records

    async def _sources(self, consumer: Any) -> list[TopicPartition]:
        while True:
            # Asking for all topics, unlike asking for these, never makes the brokers create them.
            missing = sorted(set(self._topics) - await consumer.topics())
            if not missing:
                break
            log.warning("the topic %s does not exist yet", ", ".join(missing))
            await asyncio.sleep(RETRY_S)
        firsts = [TopicPartition(topic, 0) for topic in self._topics]
        await consumer.end_offsets(firsts)  # loads the topics' metadata
        return [
            TopicPartition(topic, partition)
            for topic in self._topics
            for partition in sorted(consumer.partitions_for_topic(topic))
        ]

    async def _seek(self, consumer: Any, sources: list[TopicPartition]) -> None:
        ends = await consumer.end_offsets(sources)
        ahead = [tp for tp in sources if self._tables.position((tp.topic, tp.partition)) > ends[tp]]
        if ahead:
            detail = f"{ahead[0].topic}/{ahead[0].partition} ends at {ends[ahead[0]]}"
            self._tables.rebuild("ahead", detail)
            self._progress.forget()
        starts = await consumer.beginning_offsets(sources)
        for tp in sources:
            position = self._tables.position((tp.topic, tp.partition))
            if position < starts[tp]:
                log.error("%s/%s: entries before offset %s are gone", tp.topic, tp.partition, starts[tp])
            consumer.seek(tp, max(position, starts[tp]))

    async def _rebuild(self, consumer: Any, sources: list[TopicPartition], reason: str, detail: str) -> None:
        self._tables.rebuild(reason, detail)
        self._progress.forget()
        await self._seek(consumer, sources)

    async def _report(self, consumer: Any, sources: list[TopicPartition]) -> None:
        for tp in sources:
            position = await consumer.position(tp)
            self._progress.reach(tp.topic, tp.partition, position)
            polled_ms = consumer.last_poll_timestamp(tp)
            stable = consumer.last_stable_offset(tp)
            if polled_ms is None or stable is None:
                continue
            # Behind the last stable offset there are only open transactions, which nobody may read yet.
            lag = max(0, stable - position)
            if self._reported.get(tp) == (polled_ms, lag):
                continue  # no news from the broker: what was reported must be able to grow stale
            self._reported[tp] = (polled_ms, lag)
            self._progress.report(tp.topic, tp.partition, lag)
            if self._metrics is not None:
                self._metrics.on_lag(tp.topic, tp.partition, lag)
