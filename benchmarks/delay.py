"""The delay from the append of an order to its committed reward, under a steady load."""

from __future__ import annotations

import asyncio
import time
from array import array

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from benchmarks.contenders import Started
from benchmarks.orders import SPAN_MS, START, TOPIC, order
from benchmarks.probe import BenchError
from tests.chaos.kafka import partition_of, partitions_of

PULSE_S = 0.02
WARM_UP_S = 3.0
MARK = b'"order_id":"d'
ONE_IN = 7  # rewards whose delay is read; the rest is only fetched
WAIT_S = 30.0


async def delays(
    bootstrap: str, started: Started, partitions: int, *, customers: int, eps: float, seconds: float
) -> list[float]:
    """Sorted delays in milliseconds of a sample of the orders that were sent after the warm-up."""
    total = int(eps * (WARM_UP_S + seconds))
    sent_at = array("d", bytes(8 * total))
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        isolation_level="read_committed",
        group_id=None,
        fetch_max_wait_ms=20,
        max_partition_fetch_bytes=4 * 1024 * 1024,
    )
    await consumer.start()
    try:
        consumer.assign(await partitions_of(bootstrap, [started.topic]))
        await consumer.seek_to_end()
        for tp in consumer.assignment():
            await consumer.position(tp)
        reading = asyncio.create_task(_read(consumer, sent_at, first=int(eps * WARM_UP_S), last=total - 1))
        await send(bootstrap, partitions, sent_at, customers, eps)
        try:
            return sorted(await asyncio.wait_for(reading, WAIT_S))
        except TimeoutError:
            raise BenchError(f"rewards are missing at half load: {len(sent_at)} sent") from None
    finally:
        await consumer.stop()


async def send(
    bootstrap: str, partitions: int, sent_at: array[float], customers: int, eps: float, prefix: str = "d"
) -> None:
    """Append an order for each place of ``sent_at``, ``eps`` a second; note there when it was handed over."""
    # Made before the clock runs: on two cores the load must not take what the worker needs.
    load = [order(n, customers, START + SPAN_MS + n, f"{prefix}{n}") for n in range(len(sent_at))]
    places = {key: partition_of(key, partitions) for key in {key for key, _ in load}}
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks=1, max_batch_size=900_000)
    await producer.start()
    try:
        begin, number = time.monotonic(), 0
        while number < len(sent_at):
            due = min(len(sent_at), int((time.monotonic() - begin) * eps))
            batches = [producer.create_batch() for _ in range(partitions)]
            for n in range(number, due):
                key, value = load[n]
                batch = batches[places[key]]
                if batch.append(timestamp=START + SPAN_MS + n, key=key, value=value) is None:
                    raise BenchError(f"{due - number} orders were due at once: the load cannot be kept up")
                sent_at[n] = time.monotonic()
            number = max(number, due)
            for partition, batch in enumerate(batches):
                if batch.record_count():
                    await producer.send_batch(batch, TOPIC, partition=partition)
            await asyncio.sleep(PULSE_S)
        await producer.flush()
    finally:
        await producer.stop()


async def _read(consumer: AIOKafkaConsumer, sent_at: array[float], *, first: int, last: int) -> list[float]:
    found: list[float] = []
    seen = 0
    while seen <= last:
        fetched = await consumer.getmany(timeout_ms=200)
        now = time.monotonic()
        for records in fetched.values():
            for record in records:
                seen += 1
                if seen % ONE_IN == 0:
                    number = _number_of(record.value)
                    if number is not None and number >= first:
                        found.append((now - sent_at[number]) * 1000)
    return found


def _number_of(value: bytes) -> int | None:
    at = value.find(MARK)
    return int(value[at + len(MARK) : value.index(b'"', at + len(MARK))]) if at >= 0 else None
