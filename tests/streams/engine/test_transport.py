"""What a fetch says of where it began, on aiokafka's own book-keeping of positions."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.consumer.subscription_state import SubscriptionState
from faust.transport.drivers import aiokafka as driver

from streams.engine.transport import ConsumerThread, Fetch

PLACE = TopicPartition("orders", 6)


def test_a_partition_whose_end_is_not_known_yet_begins_where_it_was_sought(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # With many partitions the first fetches after a seek bring some of them only; the ends of the others are
    # known when they are first fetched.
    async def fetched(*_: Any, **__: Any) -> Any:
        return {PLACE: [b"record"]}

    async def run() -> Fetch:
        positions = SubscriptionState()
        positions.assign_from_user({PLACE})
        consumer: Any = SimpleNamespace(_subscription=positions, seek=positions.seek)
        thread = object.__new__(ConsumerThread)
        await thread._seek_wait(consumer, {PLACE: 17})
        found: Fetch = await thread._fetch_records(consumer, {PLACE}, None, None)
        return found

    monkeypatch.setattr(driver.AIOKafkaConsumerThread, "_fetch_records", fetched)
    assert asyncio.run(run()).before[PLACE][0] == 17
