from __future__ import annotations

import asyncio

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import ProducerFenced

from tests.kafka.broker import Broker, Cluster


async def produce(bootstrap: str, topic: str, values: list[bytes], **security: object) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", **security)
    try:
        await producer.start()
        for value in values:
            await producer.send(topic, value, partition=0)
        await producer.flush()
    finally:
        await producer.stop()


async def consume(bootstrap: str, topic: str, count: int, **security: object) -> list[bytes]:
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest", group_id=None, **security
    )
    try:
        await consumer.start()
        async with asyncio.timeout(30):
            return [(await consumer.getone()).value for _ in range(count)]
    finally:
        await consumer.stop()


def test_records_come_back_in_order(kafka: Cluster) -> None:
    topic = kafka.create_topic("orders")
    values = [b"%d" % n for n in range(500)]

    asyncio.run(produce(kafka.bootstrap, topic, values))

    assert asyncio.run(consume(kafka.bootstrap, topic, 500)) == values


def test_topics_do_not_come_into_being_by_being_read(kafka: Cluster) -> None:
    described = kafka.admin(lambda admin: admin.describe_topics([kafka.name("nobody")]))

    assert [topic["error_code"] for topic in described] == [3]


def test_a_killed_broker_comes_back_on_its_port_with_its_data(own_kafka: Broker) -> None:
    topic = own_kafka.create_topic("orders", partitions=2)
    asyncio.run(produce(own_kafka.bootstrap, topic, [b"before"]))
    address, pid = own_kafka.bootstrap, own_kafka.pid

    own_kafka.kill()
    own_kafka.start()
    asyncio.run(produce(own_kafka.bootstrap, topic, [b"after"]))

    assert own_kafka.bootstrap == address
    assert own_kafka.pid != pid
    assert asyncio.run(consume(own_kafka.bootstrap, topic, 2)) == [b"before", b"after"]


def test_a_frozen_broker_answers_again_after_the_thaw(own_kafka: Broker) -> None:
    topic = own_kafka.create_topic("orders")

    async def outage() -> None:
        own_kafka.freeze()
        sending = asyncio.create_task(produce(own_kafka.bootstrap, topic, [b"patient"]))
        done, _ = await asyncio.wait([sending], timeout=1)
        assert not done
        own_kafka.thaw()
        async with asyncio.timeout(60):
            await sending

    asyncio.run(outage())

    assert asyncio.run(consume(own_kafka.bootstrap, topic, 1)) == [b"patient"]


def test_transactions_hide_what_was_aborted_and_fence_the_older_producer(kafka: Cluster) -> None:
    topic, transactional_id = kafka.create_topic("rewards"), kafka.name("task")

    async def story() -> None:
        older, newer = (
            AIOKafkaProducer(bootstrap_servers=kafka.bootstrap, transactional_id=transactional_id)
            for _ in range(2)
        )
        try:
            await older.start()
            await older.begin_transaction()
            await older.send_and_wait(topic, b"aborted", partition=0)
            await newer.start()
            async with newer.transaction():
                await newer.send_and_wait(topic, b"committed", partition=0)
            with pytest.raises(ProducerFenced):
                await older.commit_transaction()
        finally:
            await newer.stop()
            await older.stop()

    asyncio.run(story())

    committed = consume(kafka.bootstrap, topic, 1, isolation_level="read_committed")
    assert asyncio.run(committed) == [b"committed"]
