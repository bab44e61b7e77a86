"""The ceiling: aiokafka consuming events and sending one record of a reward's size for each, nothing else.

No transaction, no state, no decoding. ``BENCH_BROKERS``, ``BENCH_INPUTS`` (topics, by commas) and
``BENCH_TOPIC`` say where.
"""

from __future__ import annotations

import asyncio
import os

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from benchmarks.sample import REWARD

MAX_RECORDS = 5_000
BATCH_BYTES = 900_000


async def main() -> None:
    """Run until it is killed."""
    bootstrap, topic = os.environ["BENCH_BROKERS"], os.environ["BENCH_TOPIC"]
    consumer = AIOKafkaConsumer(
        *os.environ["BENCH_INPUTS"].split(","),
        bootstrap_servers=bootstrap,
        group_id=topic,
        auto_offset_reset="earliest",
        max_poll_records=MAX_RECORDS,
        max_partition_fetch_bytes=4 * 1024 * 1024,
    )
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap, max_batch_size=BATCH_BYTES, max_request_size=2_000_000, acks="all"
    )
    await consumer.start()
    await producer.start()
    while True:
        for tp, records in (await consumer.getmany(timeout_ms=200, max_records=MAX_RECORDS)).items():
            batch = producer.create_batch()
            sent = []
            for record in records:
                if batch.append(timestamp=record.timestamp, key=record.key, value=REWARD) is None:
                    sent.append(await producer.send_batch(batch, topic, partition=tp.partition))
                    batch = producer.create_batch()
                    batch.append(timestamp=record.timestamp, key=record.key, value=REWARD)
            sent.append(await producer.send_batch(batch, topic, partition=tp.partition))
            await asyncio.gather(*sent)


if __name__ == "__main__":
    asyncio.run(main())
