"""Records into topics, in whole batches, before any clock starts."""

from __future__ import annotations

from collections.abc import Iterable

from aiokafka import AIOKafkaProducer

from tests.chaos.kafka import partition_of

BATCH_BYTES = 256 * 1024
IN_FLIGHT = 8


async def preload(bootstrap: str, partitions: int, records: Iterable[tuple[str, int, bytes, bytes]]) -> None:
    """Append records (topic, time, key, value) to topics that exist and are empty."""
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap, max_batch_size=BATCH_BYTES, max_request_size=4 * BATCH_BYTES, acks=1
    )
    await producer.start()
    try:
        batches = {}
        sent = []
        for topic, time, key, value in records:
            place = topic, partition_of(key, partitions)
            batch = batches.get(place)
            if batch is None or batch.append(timestamp=time, key=key, value=value) is None:
                if batch is not None:
                    sent.append(await producer.send_batch(batch, topic, partition=place[1]))
                batch = batches[place] = producer.create_batch()
                batch.append(timestamp=time, key=key, value=value)
                if len(sent) > IN_FLIGHT:
                    await sent.pop(0)
        for (topic, partition), batch in batches.items():
            sent.append(await producer.send_batch(batch, topic, partition=partition))
        for delivery in sent:
            await delivery
    finally:
        await producer.stop()
