"""The leader's clock: ticks for all partitions, from the worker that owns partition 0."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from aiokafka import AIOKafkaProducer

from streams.engine.clock import Midnight, encode_midnight, encode_minute, midnights

#: Seconds between two ticks.
_INTERVAL_S = 60.0
_DAY_MS = 86_400_000

Record = tuple[int, bytes]


def due_records(zones: Sequence[str], after: int | None, now: int) -> list[Record]:
    """Clock records as (timestamp, value): the home midnights in (after, now], then the minute.

    Without ``after`` only the last midnight before ``now``: a task fills in what it missed itself.
    """
    start = now - 2 * _DAY_MS if after is None else after
    found: list[Midnight] = []
    for zone in zones:
        in_zone = list(midnights(zone, start, now))
        found += in_zone[-1:] if after is None else in_zone
    return [*((m.at, encode_midnight(m)) for m in sorted(found)), (now, encode_minute())]


async def publish(
    kafka: Mapping[str, Any],
    topic: str,
    partitions: int,
    *,
    zones: Callable[[], Sequence[str]],
    leads: Callable[[], bool],
    ticked_until: Callable[[], int | None],
) -> None:
    """Publish ticks every minute while this worker leads; runs until it is cancelled.

    Two leaders at once do no harm: a task passes over a midnight that it has ticked.
    """
    producer = AIOKafkaProducer(**kafka, enable_idempotence=True, linger_ms=0)
    await producer.start()
    after: int | None = None
    try:
        while True:
            if leads():
                now = int(time.time() * 1000)
                records = due_records(zones(), ticked_until() if after is None else after, now)
                for partition in range(partitions):
                    for timestamp, value in records:
                        await producer.send(topic, value, partition=partition, timestamp_ms=timestamp)
                await producer.flush()
                after = now
            else:
                after = None
            await asyncio.sleep(_INTERVAL_S if leads() else 1.0)
    finally:
        await producer.stop()
