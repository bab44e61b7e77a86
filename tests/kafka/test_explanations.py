"""What an explanation reads of a cluster."""

from __future__ import annotations

import asyncio
from functools import partial

from aiokafka import AIOKafkaProducer

from projections.kafka_source import kafka_source
from tests.kafka.broker import Cluster


def test_committed_records_are_read_to_the_end_one_partition_after_the_other(kafka: Cluster) -> None:
    topic, missing = kafka.name("ledger"), kafka.name("missing")
    kafka.create_topics({topic: 3})

    def read(name: str) -> list[bytes | None]:
        with kafka_source({"bootstrap_servers": kafka.bootstrap}, 60) as source:
            return [record.value for record in source.records(name)]

    async def scenario() -> tuple[list[bytes | None], list[bytes | None]]:
        producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap, transactional_id=kafka.name("writer"))
        await producer.start()
        try:
            async with producer.transaction():
                for number in range(6):
                    await producer.send(topic, b"%d" % number, partition=number % 2 * 2)
            await producer.begin_transaction()
            await producer.send_and_wait(topic, b"never", partition=0)
            await producer.abort_transaction()
            async with producer.transaction():
                await producer.send(topic, b"last", partition=0)
        finally:
            await producer.stop()
        # As on the server: in a thread beside a running loop.
        return (
            await asyncio.to_thread(partial(read, topic)),
            await asyncio.to_thread(partial(read, missing)),
        )

    found, none = asyncio.run(scenario())
    assert found == [b"0", b"2", b"4", b"last", b"1", b"3", b"5"]
    assert none == []
