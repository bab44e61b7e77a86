"""A broker that dies, stays away or refuses what is produced, under load."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress

import pytest
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from tests.chaos.kafka import create_topics, end_offsets, read_all
from tests.chaos.scene import Scene
from tests.chaos.slot import Slot
from tests.kafka.broker import Broker
from tests.kafka.scenes import assert_good

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

POLL_S = 0.1
PARTITIONS = 4
#: Seconds; `KEYDAY_OUTAGE_S=60` is the long form.
OUTAGE_S = float(os.environ.get("KEYDAY_OUTAGE_S", "10"))


@asynccontextmanager
async def staying(*slots: Slot) -> AsyncIterator[None]:
    """Workers that are started again when they end with an error, and must not end without one."""
    lives = [asyncio.create_task(slot.stay()) for slot in slots]
    try:
        yield
        for life in lives:
            assert not life.done(), life
    finally:
        for life in lives:
            life.cancel()
            with suppress(asyncio.CancelledError):
                await life


def test_a_broker_that_is_killed_and_restarted_under_load(scene: Scene, own_kafka: Broker) -> None:
    async def story() -> None:
        async with scene:
            async with staying(scene.slot("one"), scene.slot("two")), scene.load():
                for number in range(2):
                    await scene.processed(await scene.input.mark(f"life {number}"), check=False)
                    await asyncio.to_thread(own_kafka.kill)
                    await asyncio.to_thread(own_kafka.start)
                await scene.processed(await scene.input.mark("last life"), check=False)
            await scene.settle()

    asyncio.run(story())
    assert_good(scene)


def test_an_outage_of_the_broker(scene: Scene, own_kafka: Broker) -> None:
    async def story() -> None:
        async with scene:
            async with staying(scene.slot("one"), scene.slot("two")), scene.load():
                await scene.processed(await scene.input.mark("before"), check=False)
                await asyncio.to_thread(own_kafka.kill)
                await asyncio.sleep(OUTAGE_S)
                await asyncio.to_thread(own_kafka.start)
                await scene.processed(await scene.input.mark("after"), check=False)
            await scene.settle()

    asyncio.run(story())
    assert_good(scene)


def test_a_broker_that_answers_nothing_for_a_while(scene: Scene, own_kafka: Broker) -> None:
    async def story() -> None:
        async with scene:
            async with staying(scene.slot("one"), scene.slot("two")), scene.load():
                await scene.processed(await scene.input.mark("before"), check=False)
                own_kafka.freeze()
                await asyncio.sleep(OUTAGE_S)
                own_kafka.thaw()
                await scene.processed(await scene.input.mark("after"), check=False)
            await scene.settle()

    asyncio.run(story())
    assert_good(scene)


def test_a_topic_of_rewards_that_is_gone_acknowledges_nothing(scene: Scene, own_kafka: Broker) -> None:
    async def story() -> None:
        async with scene:
            own_kafka.delete_topics(["rewards"])
            worker = scene.slot("worker", KEYDAY_STALL_TIMEOUT_S="5")
            async with staying(worker):
                async with scene.load():
                    await until_exited(worker)
                assert sum((await end_offsets(scene.bootstrap, ["attributions"])).values()) == 0
                # Batches that reward nobody are no less sound: they are the marks before the first reward.
                letters = [record.value async for record in read_all(scene.bootstrap, "dead-letters")]
                assert scene.input.are_marks(letters)
                await create_topics(scene.bootstrap, {"rewards": PARTITIONS})
                await scene.processed(await scene.input.mark("it is back"), check=False)
            await scene.settle()

    asyncio.run(story())
    assert_good(scene)


def test_rewards_that_are_too_large_for_the_broker_are_not_passed_over(
    scene: Scene, own_kafka: Broker
) -> None:
    async def story() -> None:
        async with scene:
            worker = scene.slot("worker")
            async with staying(worker):
                async with scene.load():
                    await scene.processed(await scene.input.mark("before"), check=False)
                    configure(own_kafka, "rewards", {"max.message.bytes": "200"})
                    await until_exited(worker)
                configure(own_kafka, "rewards", {"max.message.bytes": "1048588"})
                await scene.processed(await scene.input.mark("after"), check=False)
            await scene.settle()

    asyncio.run(story())
    assert_good(scene)
    assert all(status > 0 for status in scene.slots[0].exits)


def configure(broker: Broker, topic: str, config: Mapping[str, str]) -> None:
    """Replace the settings of a topic."""
    resource = ConfigResource(ConfigResourceType.TOPIC, topic, dict(config))
    broker.admin(lambda admin: admin.alter_configs([resource]))


async def until_exited(slot: Slot) -> None:
    """Wait until the worker has ended by itself once more."""
    before = len(slot.exits)
    async with asyncio.timeout(120):
        while len(slot.exits) == before:  # noqa: ASYNC110  # the slot counts, it has no event to wait for
            await asyncio.sleep(POLL_S)
