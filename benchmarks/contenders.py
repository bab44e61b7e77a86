"""Those that are compared: how each is started on a fresh set of topics, and where its rewards appear."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from aiokafka.errors import UnknownTopicOrPartitionError

from schemas.topics import ALL_TOPICS
from streams.engine.settings import Processes
from tests.chaos.scene import keyday
from tests.chaos.slot import LEASH, family_of, until_ended
from tests.chaos.stock_faust import PROGRAM
from tests.kafka.broker import Broker, free_port

REWARDS = "rewards"
#: What a worker writes: gone before the next one starts.
WRITTEN = tuple(topic.name for topic in ALL_TOPICS if topic.direction != "input")
#: The attempt before all that count: a broker that just started still compiles what it runs.
WARM_UP = 999
#: One process of Keyday for each core.
PROCESSES = Processes("auto")


@dataclass
class Bench:
    """What all contenders share."""

    broker: Broker
    folder: Path
    partitions: int
    inputs: tuple[str, ...] = ("orders",)
    program: Path = PROGRAM

    def keyday_env(self) -> dict[str, str]:
        """The settings of a Keyday worker: all defaults, but no ticks, because the orders are of the past."""
        return {
            "KEYDAY_BROKERS": self.broker.bootstrap,
            "KEYDAY_PROGRAMS": str(self.program),
            "KEYDAY_PARTITIONS": str(self.partitions),
            "KEYDAY_STATE_DIR": str(self.folder / "keyday"),
            "KEYDAY_CLOCK": "none",
        }

    async def start(
        self, name: str, command: tuple[str, ...], env: Mapping[str, str]
    ) -> asyncio.subprocess.Process:
        """Start a contender; its output goes to a log of its own."""
        with (self.folder / f"{name}.log").open("ab") as log:
            return await asyncio.create_subprocess_exec(
                *LEASH,
                sys.executable,
                *command,
                env={**os.environ, **env},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )


@dataclass
class Started:
    """A running contender and the topic of its rewards."""

    process: asyncio.subprocess.Process
    topic: str

    async def kill(self) -> None:
        """SIGKILL, and wait for the process and those that it started."""
        family = family_of(self.process.pid)
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()
        await asyncio.gather(*map(until_ended, family[1:]))


async def passthrough(bench: Bench, attempt: int) -> Started:
    """Only aiokafka: consume, and send a record of a reward's size for each event."""
    topic = f"passthrough-{attempt}"
    await _fresh(bench, topic)
    env = {
        "BENCH_BROKERS": bench.broker.bootstrap,
        "BENCH_INPUTS": ",".join(bench.inputs),
        "BENCH_TOPIC": topic,
    }
    return Started(await bench.start("passthrough", ("-m", "benchmarks.passthrough"), env), topic)


async def keyday_worker(bench: Bench, attempt: int, processes: int = PROCESSES) -> Started:
    """A Keyday worker with exactly once on, without any state; a process for each core."""
    _gone(bench, *WRITTEN)
    shutil.rmtree(bench.folder / "keyday", ignore_errors=True)
    await keyday(bench.keyday_env(), "topics", "create")
    return await again(bench, f"bench-{attempt}-of-{processes}", processes)


async def keyday_one_process(bench: Bench, attempt: int) -> Started:
    """As ``keyday_worker``, with one process."""
    return await keyday_worker(bench, attempt, processes=1)


async def again(bench: Bench, app_id: str, processes: int = PROCESSES) -> Started:
    """A Keyday worker on what is there."""
    env = {**bench.keyday_env(), "KEYDAY_APP_ID": app_id, "KEYDAY_PROCESSES": str(processes)}
    return Started(await bench.start("keyday", ("-m", "streams.cli", "worker"), env), REWARDS)


async def stock_faust(bench: Bench, attempt: int) -> Started:
    """A plain Faust app with Keyday's own rules; see ``benchmarks/stock_faust.py``."""
    return await _stock(bench, f"stock-{attempt}", "benchmarks.stock_faust")


async def stock_faust_thin(bench: Bench, attempt: int) -> Started:
    """A plain Faust app that knows accruals only; see ``tests/chaos/stock_faust.py``."""
    return await _stock(bench, f"thin-{attempt}", "tests.chaos.stock_faust")


async def _stock(bench: Bench, app_id: str, module: str) -> Started:
    await _fresh(bench, f"{app_id}-rewards")
    await _fresh(bench, f"{app_id}-decisions")
    env = {
        "STOCK_ID": app_id,
        "STOCK_BROKERS": bench.broker.bootstrap,
        "STOCK_STATE": str(bench.folder / app_id),
        "STOCK_PARTITIONS": str(bench.partitions),
        "STOCK_PORT": str(free_port()),
    }
    command = ("-m", module, "worker", "-l", "warn")
    return Started(await bench.start(module, command, env), f"{app_id}-rewards")


CONTENDERS = {
    "passthrough": passthrough,
    "keyday": keyday_worker,
    "keyday_one_process": keyday_one_process,
    "stock_faust": stock_faust,
    "stock_faust_thin": stock_faust_thin,
}


async def _fresh(bench: Bench, topic: str) -> None:
    bench.broker.create_topics({topic: bench.partitions})


def _gone(bench: Bench, *topics: str) -> None:
    with suppress(UnknownTopicOrPartitionError):
        bench.broker.delete_topics(topics)
