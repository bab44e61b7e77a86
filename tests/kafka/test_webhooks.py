"""Webhooks from a real broker: what is committed, in order, from where they were."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import msgspec
from aiokafka import AIOKafkaProducer
from prometheus_client import CollectorRegistry

from projections.webhooks.config import Endpoint
from projections.webhooks.sources import KafkaSource
from projections.webhooks.webhooks import Webhooks
from streams.engine.partitioner import partition_of
from tests.kafka.broker import Cluster
from tests.kafka.test_projection import transactions
from tests.projections.webhooks.receiver import Receiver, accounts, endpoint, listening, reward
from tests.projections.webhooks.test_delivery import by_account, in_turn, until

PARTITIONS = 3


async def send(producer: AIOKafkaProducer, topic: str, records: list) -> None:
    for record in records:
        partition = partition_of(record.key, PARTITIONS)
        await producer.send(topic, record.value, record.key, partition)


def reading(folder: Path, url: str, topic: str, **values: str) -> Endpoint:
    types = frozenset({(topic, "reward.accrued")})
    return msgspec.structs.replace(endpoint(folder, url, **values), types=types)


@asynccontextmanager
async def delivering(folder: Path, one: Endpoint, kafka: Cluster) -> AsyncIterator[CollectorRegistry]:
    registry = CollectorRegistry()
    webhooks = Webhooks([one], folder / "webhooks", registry)
    task = asyncio.create_task(webhooks.run(KafkaSource({"bootstrap_servers": kafka.bootstrap})))
    try:
        yield registry
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def test_committed_events_are_delivered_in_order_and_aborted_ones_never(
    kafka: Cluster, tmp_path: Path
) -> None:
    topic = kafka.create_topic("rewards", PARTITIONS)
    records = list(accounts(6, 10))

    async def scenario() -> Receiver:
        async with transactions(kafka) as producer, listening(Receiver(), None) as receiver:
            one = reading(tmp_path, receiver.url("http"), topic)
            async with producer.transaction():
                await send(producer, topic, records[:30])
            async with delivering(tmp_path, one, kafka):
                await receiver.until(lambda: len(receiver.acknowledged) == 30)
                await producer.begin_transaction()
                await send(producer, topic, [reward("partner:never", 1)])
                await producer.abort_transaction()
            async with producer.transaction():
                await send(producer, topic, records[30:])
            async with delivering(tmp_path, one, kafka):
                await receiver.until(lambda: len(receiver.acknowledged) == 60)
        return receiver

    receiver = asyncio.run(scenario())

    assert by_account(receiver.events) == in_turn(6, 10)
    assert len(set(receiver.acknowledged)) == 60


def test_from_now_begins_at_the_end_of_the_topic(kafka: Cluster, tmp_path: Path) -> None:
    topic = kafka.create_topic("rewards", PARTITIONS)

    async def scenario() -> list[str]:
        async with transactions(kafka) as producer, listening(Receiver(), None) as receiver:
            one = reading(tmp_path, receiver.url("http"), topic, start="now")
            async with producer.transaction():
                await send(producer, topic, [reward("partner:lea", 1)])
            async with delivering(tmp_path, one, kafka) as registry:
                labels = {"endpoint": "crm", "topic": topic}
                await until(lambda: registry.get_sample_value("keyday_webhook_lag_records", labels) == 0)
            async with producer.transaction():
                await send(producer, topic, [reward("partner:lea", 2)])
            async with delivering(tmp_path, one, kafka):
                await receiver.until(lambda: bool(receiver.acknowledged))
        return receiver.events

    assert asyncio.run(scenario()) == ["partner:lea~2"]
