"""Events that come over HTTP reach Kafka, and streams follow it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from projections.api.feeds import Following, KafkaFeed
from projections.api.intake import SinkError
from projections.api.sinks import KafkaSink
from streams.engine.partitioner import partition_of
from streams.engine.record import OutRecord, RecordLike
from tests.kafka.broker import Broker, Cluster

PARTITIONS = 3


def record(topic: str, number: int) -> OutRecord:
    key = b"c%d" % number
    return OutRecord(topic, partition_of(key, PARTITIONS), 1_000 + number, key, b"event %d" % number)


async def take(following: Following, count: int) -> list[RecordLike]:
    found: list[RecordLike] = []
    async with asyncio.timeout(60):
        while len(found) < count:
            found += await following.read()
    return found


def numbers(records: Sequence[RecordLike]) -> list[int]:
    return sorted(int((one.value or b"").split()[1]) for one in records)


def test_what_is_acknowledged_is_there_with_its_key_partition_and_time(kafka: Cluster) -> None:
    topic = kafka.create_topic("orders", PARTITIONS)
    arguments = {"bootstrap_servers": kafka.bootstrap}

    async def scenario() -> None:
        sink, feed = KafkaSink(arguments, 1_048_576), KafkaFeed(arguments, topic)
        try:
            assert await sink.partitions(topic) == PARTITIONS
            await sink.append([record(topic, number) for number in range(20)])
            async with feed.follow(dict.fromkeys(range(PARTITIONS), 0)) as following:
                found = await take(following, 20)
                middle = dict(following.positions)
            async with feed.follow(None) as now:
                await sink.append([record(topic, number) for number in range(20, 30)])
                assert numbers(await take(now, 10)) == list(range(20, 30))
            async with feed.follow(middle) as again:
                assert numbers(await take(again, 10)) == list(range(20, 30))
            async with feed.follow({0: 10**9}) as beyond:
                await sink.append([record(topic, number) for number in range(30, 40)])
                assert numbers(await take(beyond, 10)) == list(range(30, 40))
        finally:
            await sink.close()
        whole = [
            (one.key, one.partition, one.timestamp, one.value)
            for one in sorted(found, key=lambda one: one.timestamp)
        ]
        sent = [record(topic, number) for number in range(20)]
        assert whole == [(one.key, one.partition, one.timestamp, one.value) for one in sent]

    asyncio.run(scenario())


def test_brokers_that_do_not_answer_are_said_to(own_kafka: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("projections.api.sinks.ACKNOWLEDGED_S", 2.0)
    topic = own_kafka.create_topic("orders", PARTITIONS)

    async def scenario() -> None:
        sink = KafkaSink({"bootstrap_servers": own_kafka.bootstrap}, 1_048_576)
        try:
            await sink.append([record(topic, 1)])
            own_kafka.freeze()
            with pytest.raises(SinkError):
                await sink.append([record(topic, 2)])
        finally:
            own_kafka.thaw()
            await sink.close()
        elsewhere = KafkaSink({"bootstrap_servers": "127.0.0.1:1"}, 1_048_576)
        with pytest.raises(SinkError):
            await elsewhere.partitions(topic)
        await elsewhere.close()

    asyncio.run(scenario())
