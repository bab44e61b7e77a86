"""Workers that join, leave, freeze and lose their state, under load."""

from __future__ import annotations

import asyncio
import shutil
import signal
from pathlib import Path

import pytest
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from tests.chaos.kafka import end_offsets, partition_of, read_all, until_empty, until_shared
from tests.chaos.scene import APP_ID, Scene, fresh
from tests.chaos.slot import Slot, state_of
from tests.kafka.broker import Broker
from tests.kafka.scenes import assert_good, run_for_a_while

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

POLL_S = 0.1
CHANGELOG = "keyday-customers-changelog"
EAGER_CLEANER = {"log.cleaner.backoff.ms": 100}


def test_one_worker_becomes_three_becomes_two_under_load(scene: Scene) -> None:
    async def story() -> None:
        async with scene:
            first, second, third = (scene.slot(name, static=False) for name in ("one", "two", "three"))
            await first.start(None)
            await run_for_a_while(scene, "one worker")
            async with scene.load():
                await second.start(None)
                await third.start(None)
                await until_shared(scene.bootstrap, APP_ID, 3)
                await scene.processed(await scene.input.mark("each has a share"))
                assert await second.stop() == 0, second.tail()
                scene.slots.remove(second)
                await until_shared(scene.bootstrap, APP_ID, 2)
                await scene.processed(await scene.input.mark("two workers"))
            await scene.settle()

    asyncio.run(story())
    assert_good(scene)


@pytest.mark.parametrize("step", ["before_sends", "before_commit"])
def test_a_worker_that_slept_past_its_session_writes_nothing_when_it_wakes(scene: Scene, step: str) -> None:
    async def story() -> None:
        async with scene:
            frozen = scene.slot("frozen", CHAOS_STEP=step, CHAOS_COUNT="3", CHAOS_ACTION="freeze")
            heir = scene.slot("heir")
            await frozen.start(None)
            async with scene.load():
                await until_frozen(frozen)
                await heir.start(None)
            await scene.worked_off()  # by the heir
            before = await end_offsets(scene.bootstrap, ["rewards", "dead-letters", CHANGELOG])
            assert frozen.process is not None
            frozen.process.send_signal(signal.SIGCONT)
            async with asyncio.timeout(60):
                status = await frozen.process.wait()
            assert status > 0, frozen.tail()
            assert await end_offsets(scene.bootstrap, ["rewards", "dead-letters", CHANGELOG]) == before
            scene.slots.remove(frozen)
            async with scene.load():
                await asyncio.sleep(1)  # of input, for the heir alone
            await scene.settle()

    asyncio.run(story())
    assert_good(scene)


def test_a_lost_state_directory_is_rebuilt_from_the_compacted_changelog(tmp_path: Path) -> None:
    with Broker(tmp_path / "kafka", properties=EAGER_CLEANER) as broker:
        scene = Scene(broker.bootstrap, fresh(tmp_path / "scene"))

        async def story() -> None:
            async with scene:
                await compact_eagerly(broker)
                worker = scene.slot("worker")
                await worker.start(None)
                await run_for_a_while(scene, "before")
                await run_for_a_while(scene, "still before")
                assert await worker.stop() == 0, worker.tail()
                await until_compacted(scene.bootstrap)
                shutil.rmtree(worker.state)
                await worker.start(None)
                await run_for_a_while(scene, "after")
                await scene.settle()

        asyncio.run(story())
        assert_good(scene)


@pytest.mark.parametrize(
    ("files", "ending"), [("*.sst", "SIGTERM"), ("MANIFEST-*", "SIGTERM"), ("*.log", "SIGKILL")]
)
def test_a_damaged_store_is_noticed_and_rebuilt(scene: Scene, files: str, ending: str) -> None:
    async def story() -> None:
        async with scene:
            worker = scene.slot("worker")
            await worker.start(None)
            await run_for_a_while(scene, "before")
            if ending == "SIGKILL":
                worker.kill()
                assert worker.process is not None
                await worker.process.wait()
            else:
                assert await worker.stop() == 0, worker.tail()
            damaged = [flip_bytes(path) for path in worker.state.rglob(files) if path.stat().st_size]
            assert damaged
            said_before = worker.log.stat().st_size
            await worker.start(None)
            await run_for_a_while(scene, "after")
            said = worker.log.read_text()[said_before:]
            assert "rebuilt from its changelog" in said or ending == "SIGKILL", said
            await scene.settle()

    asyncio.run(story())
    assert_good(scene)


async def until_frozen(slot: Slot) -> None:
    """Wait until the worker has stopped itself at its step."""
    assert slot.process is not None
    async with asyncio.timeout(30):
        while state_of(slot.process.pid) != "T":  # noqa: ASYNC110  # the kernel tells, and only when asked
            await asyncio.sleep(POLL_S)


async def compact_eagerly(broker: Broker) -> None:
    """Have the changelog compacted within seconds instead of hours."""
    config = {
        "cleanup.policy": "compact",
        "segment.ms": "1000",
        "min.cleanable.dirty.ratio": "0.01",
        "max.compaction.lag.ms": "1000",
    }
    resource = ConfigResource(ConfigResourceType.TOPIC, CHANGELOG, config)
    broker.admin(lambda admin: admin.alter_configs([resource]))


async def until_compacted(bootstrap: str) -> None:
    """Wait until the changelog holds fewer records than were written to it."""
    async with asyncio.timeout(60):
        while True:
            written = sum((await end_offsets(bootstrap, [CHANGELOG])).values())
            kept = [record async for record in read_all(bootstrap, CHANGELOG)]
            if len(kept) < written * 0.8:
                return
            await asyncio.sleep(POLL_S)


def flip_bytes(path: Path) -> Path:
    """Turn over a few bytes in the middle of a file."""
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    for at in range(middle, min(middle + 16, len(data))):
        data[at] ^= 0xFF
    path.write_bytes(data)
    return path


def test_a_worker_that_is_asked_to_end_leaves_the_group_at_once(scene: Scene) -> None:
    async def story() -> None:
        async with scene:
            worker = scene.slot("worker", static=False, KEYDAY_SESSION_TIMEOUT_MS="60000")
            await worker.start(None)
            await run_for_a_while(scene, "all along")
            assert await worker.stop() == 0, worker.tail()
            # A member that was only silent would stay for its session of a minute.
            async with asyncio.timeout(5):
                await until_empty(scene.bootstrap, APP_ID)
            await worker.start(None)
            await scene.settle()

    asyncio.run(story())
    assert_good(scene)


def test_a_record_on_a_wrong_partition_is_decided_on_the_right_one(scene: Scene) -> None:
    async def story() -> None:
        async with scene:
            await scene.slot("worker").start(None)
            await run_for_a_while(scene, "before")
            misplaced = await scene.input.misplace(40)
            await scene.processed(await scene.input.mark("after"))
            await scene.settle()
            found = {
                (record.partition, partition_of(record.key, 4))
                async for record in read_all(scene.bootstrap, "rewards")
                if any(order.encode() in (record.value or b"") for order in misplaced)
            }
            assert found, "orders on wrong partitions were rewarded"
            assert all(at == home for at, home in found)

    asyncio.run(story())
    assert_good(scene)
