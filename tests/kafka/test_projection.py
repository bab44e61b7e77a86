from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from aiokafka import AIOKafkaProducer
from prometheus_client import CollectorRegistry

from events.outputs import RewardEvent
from projections.facts import ledger_entry
from projections.kafka_reader import KafkaReader
from projections.keys import STATEMENT
from projections.metrics import ProjectionMetrics
from projections.progress import BlockerCode, Progress
from projections.store import Tables
from schemas.rewards import encode_output
from tests.kafka.broker import Broker, Cluster
from tests.projections.ledgers import Author, recompute
from tests.projections.test_embedded_reader import ACCOUNTS, balances

PARTITIONS = 3


@asynccontextmanager
async def transactions(kafka: Cluster) -> AsyncIterator[AIOKafkaProducer]:
    producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap, transactional_id=kafka.name("writer"))
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


async def send(producer: AIOKafkaProducer, topic: str, events: Sequence[RewardEvent]) -> None:
    waits = [
        await producer.send(
            topic, encode_output(e), key=e.data.account.partition(":")[2].encode(), timestamp_ms=e.time
        )
        for e in events
    ]
    await asyncio.gather(*waits)


@asynccontextmanager
async def reading(
    kafka: Cluster, topic: str, tables: Tables, progress: Progress, metrics: ProjectionMetrics | None = None
) -> AsyncIterator[None]:
    reader = KafkaReader(
        {"bootstrap_servers": kafka.bootstrap},
        tables,
        progress,
        {topic: ledger_entry},
        metrics=metrics,
        batch_records=70,
    )
    task = asyncio.create_task(reader.run())
    try:
        yield
        assert not task.done(), task
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110  # what is awaited is told by a broker, not by this loop
            await asyncio.sleep(0.01)


def total(tables: Tables) -> int:
    return sum(1 for _ in tables.scan(STATEMENT))


def test_committed_entries_count_once_aborted_and_open_ones_do_not(kafka: Cluster, tmp_path: Path) -> None:
    topic = kafka.create_topic("rewards", PARTITIONS)
    events = Author(random.Random(1), ACCOUNTS).write(600)
    registry = CollectorRegistry()
    metrics, progress = ProjectionMetrics(registry), Progress(max_lag=0)
    tables = Tables(tmp_path, metrics)

    async def scenario() -> None:
        async with transactions(kafka) as producer, reading(kafka, topic, tables, progress, metrics):
            async with producer.transaction():
                await send(producer, topic, events[:300])
            await until(lambda: total(tables) == 300)
            await until(lambda: progress.caught_up)

            await producer.begin_transaction()
            await send(producer, topic, events[300:])
            await producer.abort_transaction()
            await producer.begin_transaction()
            await send(producer, topic, events[300:])
            await asyncio.sleep(0.5)  # that nothing arrives can only be seen by waiting a while
            assert balances(tables) == recompute(events[:300])
            await producer.commit_transaction()
            await until(lambda: total(tables) == 600)
            await until(lambda: progress.lag == 0)

    asyncio.run(scenario())

    assert balances(tables) == recompute(events)
    assert registry.get_sample_value("keyday_projection_events_total") == 600
    assert registry.get_sample_value("keyday_projection_duplicates_total") == 0
    lags = [
        registry.get_sample_value("keyday_projection_lag_records", {"topic": topic, "partition": str(p)})
        for p in range(PARTITIONS)
    ]
    assert lags == [0] * PARTITIONS
    tables.close()


def test_it_goes_on_where_its_tables_stand_and_starts_over_without_them(
    kafka: Cluster, tmp_path: Path
) -> None:
    topic = kafka.create_topic("rewards", PARTITIONS)
    events = Author(random.Random(2), ACCOUNTS).write(400)

    async def follow(path: Path, count: int) -> float:
        registry = CollectorRegistry()
        metrics, progress = ProjectionMetrics(registry), Progress(max_lag=0)
        tables = Tables(path, metrics)
        try:
            async with reading(kafka, topic, tables, progress, metrics):
                await until(lambda: total(tables) == count and progress.caught_up)
            assert balances(tables) == recompute(events[:count])
        finally:
            tables.close()
        return registry.get_sample_value("keyday_projection_events_total") or 0

    async def scenario() -> list[float]:
        async with transactions(kafka) as producer:
            async with producer.transaction():
                await send(producer, topic, events[:250])
            first = await follow(tmp_path / "a", 250)
            async with producer.transaction():
                await send(producer, topic, events[250:])
            return [first, await follow(tmp_path / "a", 400), await follow(tmp_path / "b", 400)]

    assert asyncio.run(scenario()) == [250, 150, 400]


def test_it_waits_for_a_topic_that_does_not_exist_yet_and_does_not_create_it(
    kafka: Cluster, tmp_path: Path
) -> None:
    topic = kafka.name("rewards")
    events = Author(random.Random(3), ACCOUNTS).write(50)
    tables, progress = Tables(tmp_path), Progress(max_lag=0)

    async def scenario() -> None:
        async with transactions(kafka) as producer, reading(kafka, topic, tables, progress):
            await asyncio.sleep(0.3)  # that nothing is created can only be seen by waiting a while
            described = await asyncio.to_thread(kafka.admin, lambda admin: admin.describe_topics([topic]))
            assert described[0]["error_code"] == 3
            assert progress.blocker().code is BlockerCode.STARTING  # type: ignore[union-attr]
            await asyncio.to_thread(kafka.create_topics, {topic: PARTITIONS})
            async with producer.transaction():
                await send(producer, topic, events)
            await until(lambda: total(tables) == 50 and progress.caught_up)

    asyncio.run(scenario())

    assert balances(tables) == recompute(events)
    tables.close()


def test_a_topic_that_was_made_anew_and_shorter_rebuilds_the_tables(kafka: Cluster, tmp_path: Path) -> None:
    long, short = kafka.create_topic("rewards", 1), kafka.create_topic("rewards", 1)
    events = Author(random.Random(4), ACCOUNTS).write(90)
    registry = CollectorRegistry()
    tables, progress = Tables(tmp_path, ProjectionMetrics(registry)), Progress(max_lag=0)
    # The same name anew would take the broker a while: a position beyond the end is what the reader sees.
    tables.apply(events, {(short, 0): 10_000})

    async def scenario() -> None:
        async with transactions(kafka) as producer:
            for topic, some in ((long, events), (short, events[:30])):
                async with producer.transaction():
                    await send(producer, topic, some)
        async with reading(kafka, short, tables, progress):
            await until(lambda: total(tables) == 30 and progress.caught_up)

    asyncio.run(scenario())

    assert balances(tables) == recompute(events[:30])
    assert registry.get_sample_value("keyday_projection_rebuilds_total", {"reason": "ahead"}) == 1
    tables.close()


def test_a_broker_that_is_killed_makes_it_not_ready_until_it_is_back(
    own_kafka: Broker, tmp_path: Path
) -> None:
    topic = own_kafka.create_topic("rewards", PARTITIONS)
    events = Author(random.Random(5), ACCOUNTS).write(200)
    tables, progress = Tables(tmp_path), Progress(max_lag=0, stale_after_s=3)

    async def scenario() -> None:
        async with reading(own_kafka, topic, tables, progress):
            async with transactions(own_kafka) as producer, producer.transaction():
                await send(producer, topic, events[:100])
            await until(lambda: total(tables) == 100 and progress.caught_up)
            own_kafka.kill()
            await until(lambda: not progress.caught_up)
            assert progress.blocker().code is BlockerCode.STALE  # type: ignore[union-attr]
            await asyncio.to_thread(own_kafka.start)
            async with transactions(own_kafka) as producer, producer.transaction():
                await send(producer, topic, events[100:])
            await until(lambda: total(tables) == 200 and progress.caught_up)

    asyncio.run(scenario())

    assert balances(tables) == recompute(events)
    tables.close()
