"""What the transport makes of fetches and seeks while partitions are given and taken away."""

from __future__ import annotations

import asyncio
from typing import Any

from aiokafka import TopicPartition
from aiokafka.consumer.subscription_state import SubscriptionState
from faust.transport.drivers import aiokafka as driver

from streams.engine.transport import ConsumerThread, Fetch

ORDERS, CLICKS = TopicPartition("orders", 1), TopicPartition("clicks", 1)


class Consumer:
    """aiokafka's own book of positions, without the network."""

    def __init__(self) -> None:
        self._subscription = SubscriptionState()
        self._subscription.subscribe(topics={"orders", "clicks"})
        self.seek = self._subscription.seek

    def rebalance(self, *places: TopicPartition, committed: int) -> None:
        """A new assignment, which begins at the group's offsets."""
        self._subscription.assign_from_subscribed(set(places))
        for place in places:
            self._subscription.seek(place, committed)


async def fetched(thread: ConsumerThread, consumer: Consumer) -> Fetch:
    found: Fetch = await thread._fetch_records(consumer, {ORDERS})
    return found


def make(monkeypatch: Any) -> tuple[ConsumerThread, Consumer]:
    async def nothing(*_: object) -> dict[Any, Any]:
        return {}

    monkeypatch.setattr(driver.AIOKafkaConsumerThread, "_fetch_records", nothing)
    return object.__new__(ConsumerThread), Consumer()


def test_a_fetch_after_the_seek_belongs_to_it(monkeypatch: Any) -> None:
    async def story() -> None:
        thread, consumer = make(monkeypatch)
        consumer.rebalance(ORDERS, committed=5)
        await thread._seek_wait(consumer, {ORDERS: 105})
        assert (await fetched(thread, consumer)).epoch == thread.epoch == 1

    asyncio.run(story())


def test_a_fetch_of_an_assignment_that_was_not_sought_belongs_to_no_epoch(monkeypatch: Any) -> None:
    async def story() -> None:
        thread, consumer = make(monkeypatch)
        consumer.rebalance(ORDERS, committed=5)
        assert (await fetched(thread, consumer)).epoch != thread.epoch
        await thread._seek_wait(consumer, {ORDERS: 105})
        consumer.rebalance(ORDERS, committed=5)  # at the group's offset again, and the seek is still to come
        assert (await fetched(thread, consumer)).epoch != thread.epoch
        await thread._seek_wait(consumer, {ORDERS: 107})
        assert (await fetched(thread, consumer)).epoch == thread.epoch

    asyncio.run(story())


def test_a_seek_for_partitions_that_were_taken_away_meanwhile_is_left_to_the_next(monkeypatch: Any) -> None:
    async def story() -> None:
        thread, consumer = make(monkeypatch)
        consumer.rebalance(ORDERS, CLICKS, committed=5)
        await thread._seek_wait(consumer, {ORDERS: 105})
        assert (await fetched(thread, consumer)).epoch != thread.epoch
        consumer.rebalance(ORDERS, committed=5)
        await thread._seek_wait(consumer, {ORDERS: 105, CLICKS: 3})
        assert (await fetched(thread, consumer)).epoch != thread.epoch
        await thread._seek_wait(consumer, {ORDERS: 105})
        assert (await fetched(thread, consumer)).epoch == thread.epoch

    asyncio.run(story())


def test_the_first_fetch_after_a_seek_begins_where_was_sought(monkeypatch: Any) -> None:
    async def story() -> None:
        thread, consumer = make(monkeypatch)
        consumer.rebalance(ORDERS, committed=5)
        await thread._seek_wait(consumer, {ORDERS: 105})
        # With many partitions the first fetches bring some of them only: the ends of the others are not known.
        fetch = await fetched(thread, consumer)
        assert fetch.before == {ORDERS: 105}
        assert fetch.after == {}

    asyncio.run(story())
