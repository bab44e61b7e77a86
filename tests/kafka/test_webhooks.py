"""Webhooks from a real broker: what is committed, in order, from where they were."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import aiohttp
import msgspec
from aiokafka import AIOKafkaProducer
from prometheus_client import CollectorRegistry

from projections.webhooks.config import Endpoint
from projections.webhooks.sources import KafkaSource
from projections.webhooks.webhooks import Webhooks
from streams.cli import run
from streams.engine.partitioner import partition_of
from tests.kafka.broker import Broker, Cluster
from tests.kafka.certs import Authority
from tests.kafka.test_projection import transactions
from tests.projections.webhooks.receiver import (
    SECRET,
    Receiver,
    accounts,
    endpoint,
    listening,
    reward,
    write_config,
)
from tests.projections.webhooks.test_delivery import by_account, in_turn, until
from tests.streams.processes import EXAMPLES, KEYDAY

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


def test_the_command_delivers_from_a_broker_until_it_is_asked_to_end(
    own_kafka: Broker, tmp_path: Path
) -> None:
    assert run(["topics", "create", "--brokers", own_kafka.bootstrap, "--partitions", str(PARTITIONS)]) == 0
    command = [*KEYDAY, "webhooks", "--brokers", own_kafka.bootstrap, "--state-dir", str(tmp_path)]

    async def scenario() -> tuple[int, list[str]]:
        authority = Authority(tmp_path / "ca")
        async with transactions(own_kafka) as producer, listening(Receiver(), authority) as receiver:
            file = write_config(tmp_path, receiver.url(), authority, types=["reward.*", "compliance.*"])
            async with producer.transaction():
                await send(producer, "rewards", list(accounts(3, 4)))
            process = await asyncio.create_subprocess_exec(
                *command,
                "--config",
                str(file),
                "--metrics-port",
                "0",
                cwd=EXAMPLES.parent,
                env={**os.environ, "HOOK_SECRET": SECRET},
                stderr=asyncio.subprocess.PIPE,
            )
            await receiver.until(lambda: len(receiver.acknowledged) == 12)
            assert process.stderr is not None
            while not (found := re.search(rb"on (http://\S+)", await process.stderr.readline())):
                pass
            async with aiohttp.ClientSession(found[1].decode()) as session:
                async with session.get("/metrics") as answer:
                    shown = await answer.text()
                async with session.get("/readyz") as answer:
                    assert answer.status == 200
            process.terminate()
            await process.stderr.read()
            assert 'keyday_webhook_attempts_total{endpoint="crm",outcome="acknowledged"} 12.0' in shown
            assert "process_resident_memory_bytes " in shown
            return await asyncio.wait_for(process.wait(), 30), receiver.events

    status, events = asyncio.run(scenario())

    assert status == 0
    assert by_account(events) == in_turn(3, 4)
