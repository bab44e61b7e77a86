"""One worker of several processes: their share, their common end, and how they answer as one."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families as parse

from tests.chaos.kafka import until_empty, until_shared
from tests.chaos.scene import APP_ID, Scene, fresh
from tests.chaos.slot import KEYDAY, Slot, children_of, state_of, until_ended
from tests.kafka.broker import Broker, free_port
from tests.kafka.scenes import assert_good, run_for_a_while

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

POLL_S = 0.1


async def ask(port: int, path: str) -> tuple[int, str]:
    url = f"http://127.0.0.1:{port}{path}"
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return answer.status, await answer.text()


async def until_status(port: int, path: str, wanted: int) -> str:
    """The first answer with this status."""
    found: Any = None
    async with asyncio.timeout(60):
        while True:
            try:
                found, body = await ask(port, path)
            except aiohttp.ClientConnectionError:
                continue
            if found == wanted:
                return body
            await asyncio.sleep(POLL_S)  # an answer over HTTP cannot be awaited


def processes_of(slot: Slot) -> list[int]:
    assert slot.process is not None
    return children_of(slot.process.pid)


async def all_ended(pids: list[int]) -> None:
    async with asyncio.timeout(10):
        await asyncio.gather(*map(until_ended, pids))


def test_two_processes_share_the_partitions_answer_as_one_and_leave_together(scene: Scene) -> None:
    port = free_port()
    env = {
        "KEYDAY_PROCESSES": "2",
        "KEYDAY_METRICS_PORT": str(port),
        "KEYDAY_SESSION_TIMEOUT_MS": "60000",
        "KEYDAY_LOG_FORMAT": "json",
    }

    async def story() -> None:
        async with scene:
            worker = scene.slot("worker", static=False, command=KEYDAY, **env)
            await worker.start(None)
            async with scene.load():
                await until_shared(scene.bootstrap, APP_ID, 2)
            await run_for_a_while(scene, "both")
            assert await until_status(port, "/readyz", 200) == '{"status":"ready"}'
            assert await ask(port, "/healthz") == (200, '{"status":"alive"}')
            check_metrics((await ask(port, "/metrics"))[1])
            assert '"process":"2/2"' in worker.log.read_text()
            pids = processes_of(worker)
            assert len(pids) == 2
            assert await worker.stop() == 0, worker.tail()
            # A member that was only silent would stay for its session of a minute.
            async with asyncio.timeout(5):
                await until_empty(scene.bootstrap, APP_ID)
            await all_ended(pids)
            await worker.start(None)
            await scene.settle()

    asyncio.run(story())
    assert_good(scene)


def check_metrics(text: str) -> None:
    families = {family.name: family for family in parse(text)}
    assert text.count("# TYPE keyday_input_lag_records ") == 1
    lag = [each.labels for each in families["keyday_input_lag_records"].samples]
    owners = {(each["agent"], each["partition"]): each["process"] for each in lag}
    assert {partition for _, partition in owners} == {"0", "1", "2", "3"}
    assert sorted(owners.values()) == ["1"] * 6 + ["2"] * 6  # three agents, two partitions each
    processed = {
        each.labels["process"]: each.value
        for each in families["keyday_records_processed"].samples
        if each.labels == {"agent": "customers", "topic": "orders", "process": each.labels["process"]}
    }
    assert processed.keys() == {"1", "2"}
    assert min(processed.values()) > 0
    memory = families["process_resident_memory_bytes"].samples
    assert {each.labels["process"] for each in memory} == {"0", "1", "2"}


def test_no_process_outlives_its_parent_or_one_of_the_others(scene: Scene) -> None:
    async def story() -> None:
        async with scene:
            worker = scene.slot("worker", command=KEYDAY, KEYDAY_PROCESSES="2")
            async with scene.load():
                await worker.start(None)
                await until_shared(scene.bootstrap, APP_ID, 2)
                pids = processes_of(worker)
                assert len(pids) == 2
                worker.kill()
                await all_ended(pids)

                await worker.start(None)
                await scene.processed(await scene.input.mark("after the parent's end"))
                assert worker.process is not None
                pids = processes_of(worker)
                os.kill(pids[1], signal.SIGKILL)
                async with asyncio.timeout(60):
                    assert await worker.process.wait() == 1, worker.tail()
                await all_ended(pids)
                assert "process 2/2 ended with status -9" in worker.log.read_text()
            await worker.start(None)
            await scene.settle()

    asyncio.run(story())
    assert_good(scene)


def test_a_process_to_spare_is_ready_and_a_frozen_one_is_not_alive(own_kafka: Broker, tmp_path: Path) -> None:
    port = free_port()
    scene = Scene(own_kafka.bootstrap, fresh(tmp_path / "scene"), partitions=1)
    env = {"KEYDAY_PROCESSES": "2", "KEYDAY_METRICS_PORT": str(port), "KEYDAY_SESSION_TIMEOUT_MS": "60000"}

    async def story() -> None:
        async with scene:
            worker = scene.slot("worker", static=False, command=KEYDAY, **env)
            await worker.start(None)
            await until_status(port, "/readyz", 200)
            _, second = processes_of(worker)
            os.kill(second, signal.SIGSTOP)
            assert '"process":2' in await until_status(port, "/healthz", 503)
            assert state_of(second) == "T"
            os.kill(second, signal.SIGCONT)
            await until_status(port, "/healthz", 200)
            assert await worker.stop() == 0, worker.tail()

    asyncio.run(story())
