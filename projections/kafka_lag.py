"""How far the agents of a cluster are: what their group committed, against the ends of the topics."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError


def group_lag(kafka: Mapping[str, Any], group: str, topics: Collection[str]) -> Counter[str]:
    """Records of each topic that a consumer group did not say yet that it has done; it blocks.

    Workers commit every few seconds, for monitoring alone. Topics that do not exist are left out.

    Raises:
        KafkaError: the brokers cannot be reached.
    """
    with asyncio.Runner() as runner:
        return runner.run(_group_lag(kafka, group, topics))


async def _group_lag(kafka: Mapping[str, Any], group: str, topics: Collection[str]) -> Counter[str]:
    ends = await _ends(kafka, topics)
    admin = AIOKafkaAdminClient(**kafka)
    await admin.start()
    try:
        done = await admin.list_consumer_group_offsets(group)
    except GroupCoordinatorNotAvailableError:  # A cluster that never had a group has no coordinator yet.
        done = {}
    finally:
        await admin.close()
    lag: Counter[str] = Counter()
    for place, (begin, end) in ends.items():
        committed = done[place].offset if place in done else -1
        lag[place.topic] += max(0, end - max(committed, begin))
    return lag


async def _ends(kafka: Mapping[str, Any], topics: Collection[str]) -> dict[TopicPartition, tuple[int, int]]:
    """The first offset of each partition, and that after the last."""
    consumer = AIOKafkaConsumer(**kafka, group_id=None, enable_auto_commit=False)
    await consumer.start()
    try:
        # Asking for all topics, unlike asking for these, never makes the brokers create them.
        known = sorted(set(topics) & await consumer.topics())
        if known:
            await consumer.end_offsets([TopicPartition(topic, 0) for topic in known])  # loads their metadata
        places = [
            TopicPartition(topic, each)
            for topic in known
            for each in sorted(consumer.partitions_for_topic(topic) or ())
        ]
        begins, ends = await consumer.beginning_offsets(places), await consumer.end_offsets(places)
        return {place: (begins[place], ends[place]) for place in places}
    finally:
        await consumer.stop()
