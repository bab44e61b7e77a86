"""Measuring a contender from outside: what is committed on the broker, CPU seconds and memory from /proc."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from aiokafka import AIOKafkaConsumer

from benchmarks.contenders import Started
from schemas.topics import AGENTS, changelog
from tests.chaos.kafka import partitions_of
from tests.chaos.slot import family_of

TICKS = os.sysconf("SC_CLK_TCK")
SAMPLE_S = 0.1
START_TIMEOUT_S = 120.0
STALL_TIMEOUT_S = 60.0
#: Nothing was committed for so long: all is done.
QUIET_S = 3.0


class BenchError(Exception):
    """A contender died or stood still."""


@dataclass(frozen=True)
class Rate:
    """Events a second by the clock and per second of CPU, and the greatest memory: of all processes."""

    eps: float
    eps_per_core: float
    rss_mb: float


def cpu_seconds(pids: Sequence[int]) -> float:
    """User and system time of all processes with all their threads."""
    return sum(map(_cpu_seconds, pids))


def peak_rss_mb(pids: Sequence[int]) -> float:
    """The sum of the high-water marks of resident memory in MiB; what processes share counts in each."""
    return sum(map(_peak_rss_mb, pids))


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def _peak_rss_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


@asynccontextmanager
async def committed(bootstrap: str) -> AsyncIterator[AIOKafkaConsumer]:
    """A consumer whose ``end_offsets`` are the ends of what is committed."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, isolation_level="read_committed", group_id=None)
    await consumer.start()
    try:
        yield consumer
    finally:
        await consumer.stop()


async def rate(bootstrap: str, started: Started, *, orders: int, rewards: int, cap_s: float) -> Rate:
    """From the first reward that appears to the last one, or for ``cap_s`` seconds.

    Orders are counted by the rewards that they led to: ``rewards`` in all for ``orders`` in all.
    """
    partitions = await partitions_of(bootstrap, [started.topic])
    async with committed(bootstrap) as consumer:

        async def progress() -> int:
            if started.process.returncode is not None:
                raise BenchError(f"{started.topic}: the process exited with {started.process.returncode}")
            return sum((await consumer.end_offsets(partitions)).values())

        waiting_since = time.monotonic()
        while not (first := await progress()):
            if time.monotonic() - waiting_since > START_TIMEOUT_S:
                raise BenchError(f"{started.topic}: nothing after {START_TIMEOUT_S:.0f} s")
            await asyncio.sleep(SAMPLE_S)
        # No contender starts a process once it works.
        pids = family_of(started.process.pid)
        begin, begin_cpu = time.monotonic(), cpu_seconds(pids)
        last, now, moved = first, begin, begin
        while last < rewards and now - begin < cap_s:
            await asyncio.sleep(SAMPLE_S)
            found, now = await progress(), time.monotonic()
            if found > last:
                last, moved = found, now
            elif now - moved > STALL_TIMEOUT_S:
                raise BenchError(f"{started.topic}: stands still at {last} of {rewards} rewards")
        done = (min(last, rewards) - first) * orders / rewards
        return Rate(done / (now - begin), done / (cpu_seconds(pids) - begin_cpu), peak_rss_mb(pids))


async def _nothing() -> None:
    pass


async def whole_rate(
    bootstrap: str,
    started: Started,
    *,
    events: int,
    orders: int,
    on_first: Callable[[], Awaitable[None]] = _nothing,
) -> Rate:
    """From the last look that found nothing committed to the last change of any agent's changelog.

    Each order leads to one attribution; when these are there and nothing moves any more, all agents are done.
    """
    pid = started.process.pid
    changelogs = await partitions_of(bootstrap, [changelog(agent).name for agent in AGENTS])
    attributions = await partitions_of(bootstrap, ["attributions"])
    async with committed(bootstrap) as consumer:
        begin = moved = time.monotonic()
        begin_cpu = moved_cpu = cpu_seconds(family_of(pid))
        last = 0
        while True:
            if started.process.returncode is not None:
                raise BenchError(f"the worker exited with {started.process.returncode}")
            ends = await consumer.end_offsets([*changelogs, *attributions])
            now, cpu = time.monotonic(), cpu_seconds(family_of(pid))
            found = sum(ends[each] for each in changelogs)
            if found > last:
                if not last:
                    await on_first()
                last, moved, moved_cpu = found, now, cpu
            elif not last:
                begin, begin_cpu = now, cpu
            elif now - moved > QUIET_S and sum(ends[each] for each in attributions) >= orders:
                break
            if now - moved > START_TIMEOUT_S:
                raise BenchError(f"the worker stands still at {last} changes")
            await asyncio.sleep(SAMPLE_S)
        return Rate(events / (moved - begin), events / (moved_cpu - begin_cpu), peak_rss_mb(family_of(pid)))
