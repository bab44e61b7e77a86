"""``python -m benchmarks.reads``: balance reads over HTTP, alone and beside a worker at half load, on Kafka.

Four parties, each a process of its own: the broker, ``keyday worker``, ``keyday serve`` and who asks
(``benchmarks/asking.py``); this one appends the orders. Accounts come about as they always do: by orders of
as many customers, which the worker decides and the server folds. Writes ``build/reads.json``.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
import urllib.error
import urllib.request
from array import array
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from aiokafka import AIOKafkaConsumer, TopicPartition

from benchmarks import orders
from benchmarks.__main__ import FOLDER, fresh_broker
from benchmarks.contenders import Bench, Started, again, keyday_worker
from benchmarks.delay import send
from benchmarks.preload import preload
from benchmarks.probe import BenchError, committed, cpu_seconds
from benchmarks.report import report
from projections.api.scopes import parse_scope
from projections.api.tokens import TokenFile
from tests.chaos.kafka import partitions_of
from tests.chaos.slot import family_of
from tests.kafka.broker import Broker, free_port

RESULT = Path("build/reads.json")
PARTITIONS = 4
#: Who asks may see the accounts of one program: each read looks whether the account has entries in it.
SCOPE = "program:chaos"
#: Each order of a program without rejections leads to one attribution.
DECIDED = "attributions"
WARM_UP_S = 3.0
POLL_S = 0.25
START_TIMEOUT_S = 120.0
FILL_TIMEOUT_S = 600.0
STALL_S = 60.0


@click.command()
@click.option("--accounts", default=1_000_000, show_default=True)
@click.option("--seconds", default=20.0, show_default=True, help="Of each part.")
@click.option("--rate", default=2_000, show_default=True, help="Reads a second where the delay is measured.")
@click.option("--processes", default=1, show_default=True, help="Of the worker.")
def main(*, accounts: int, seconds: float, rate: int, processes: int) -> None:
    """Measure, write build/reads.json, print a table."""
    try:
        with fresh_broker() as broker:
            figures = asyncio.run(Reads(broker, accounts, seconds, rate, processes).all())
    except BenchError as error:
        sys.exit(f"reads: {error}")
    RESULT.write_text(json.dumps(figures, indent=2) + "\n")
    print(table(figures))


@dataclass(frozen=True)
class Span:
    """What happened in some seconds: orders decided, CPU seconds of worker and server, what was asked."""

    seconds: float
    orders: int
    worker_s: float
    server_s: float
    asked: dict[str, Any]

    @property
    def eps(self) -> float:
        """Orders decided a second."""
        return self.orders / self.seconds

    @property
    def worker_us(self) -> float:
        """Microseconds of the worker's CPU for an order."""
        return self.worker_s / max(self.orders, 1) * 1e6


class Reads:
    """All measurements on one broker."""

    def __init__(self, broker: Broker, accounts: int, seconds: float, rate: int, processes: int) -> None:
        self._bench = Bench(broker, FOLDER, PARTITIONS)
        self._accounts = accounts
        self._seconds = seconds
        self._rate = rate
        self._processes = processes
        self._port = free_port()
        self._worker: Started | None = None
        self._server: asyncio.subprocess.Process | None = None
        self._rounds = 0

    async def all(self) -> dict[str, float]:
        """Fill, read alone, beside half load, beside full load."""
        bench = self._bench
        bench.broker.create_topics({orders.TOPIC: PARTITIONS})
        report(f"appending {self._accounts} orders, one of each customer")
        await orders.preload(bench.broker.bootstrap, PARTITIONS, self._accounts, self._accounts)
        async with committed(bench.broker.bootstrap) as consumer:
            self._worker = await keyday_worker(bench, 0, self._processes)
            try:
                full = await self._first(consumer)
                async with self._serving() as server:
                    self._server = server
                    await self._filled()
                    return await self._measure(consumer, full)
            finally:
                await self._worker.kill()

    async def _first(self, consumer: AIOKafkaConsumer) -> Span:
        """Decide all orders, from the first one on."""
        tps = await partitions_of(self._bench.broker.bootstrap, [DECIDED])
        await self._until(consumer, tps, 1)
        full = await self._during(consumer, tps, self._until(consumer, tps, self._accounts))
        report(f"the worker alone: {full.eps:.0f} orders/s")
        return full

    async def _measure(self, consumer: AIOKafkaConsumer, full: Span) -> dict[str, float]:
        tps = await partitions_of(self._bench.broker.bootstrap, [DECIDED])
        report("reads alone, as many as there can be")
        most = await self._during(consumer, tps, self._ask(0))
        report(f"reads alone, {self._rate}/s")
        alone = await self._during(consumer, tps, self._ask(self._rate))
        eps = full.eps / 2
        report(f"the worker at {eps:.0f} orders/s, then {self._rate} reads/s beside it")
        half, beside = await self._half_load(consumer, tps, eps)
        report("the worker as fast as it can beside the server")
        served = await self._backlog(consumer, tps, full, asyncio.sleep(self._seconds))
        report(f"the worker as fast as it can beside {self._rate} reads/s")
        read = await self._backlog(consumer, tps, full, self._ask(self._rate))
        figures: dict[str, float] = {
            "accounts": self._accounts,
            "worker_processes": self._processes,
            "rate": self._rate,
            "reads_per_cpu_s": round(alone.asked["reads_in_all"] / alone.server_s),
            "reads_most_rps": round(most.asked["reads_in_all"] / most.seconds),
            "reads_most_per_cpu_s": round(most.asked["reads_in_all"] / most.server_s),
            **_delays("alone", alone),
            **_delays("half_load", beside),
            **_delays("full_load", read),
            "worker_full_eps": round(full.eps),
            "worker_full_eps_beside_server": round(served.eps),
            "worker_full_eps_beside_reads": round(read.eps),
            "worker_half_eps": round(half.eps),
            "worker_half_eps_beside_reads": round(beside.eps),
            "worker_half_cpu_us": round(half.worker_us, 1),
            "worker_half_cpu_us_beside_reads": round(beside.worker_us, 1),
            "worker_slowed_share": round(1 - read.eps / served.eps, 3),
            "server_half_load_cores": round(beside.server_s / beside.seconds, 2),
            "server_half_load_cores_without_reads": round(half.server_s / half.seconds, 2),
            "asking_cores": round(beside.asked["cpu_s"] / beside.seconds, 2),
        }
        return figures

    async def _half_load(
        self, consumer: AIOKafkaConsumer, tps: list[TopicPartition], eps: float
    ) -> tuple[Span, Span]:
        """Orders at a steady rate: some seconds without reads, some with them."""
        seconds = 2 * (WARM_UP_S + self._seconds) + WARM_UP_S
        sent = array("d", bytes(8 * int(eps * seconds)))
        broker = self._bench.broker.bootstrap
        sending = asyncio.create_task(send(broker, PARTITIONS, sent, self._accounts, eps, "h"))
        await self._moved(consumer, tps)
        await asyncio.sleep(WARM_UP_S)
        half = await self._during(consumer, tps, asyncio.sleep(self._seconds))
        beside = await self._during(consumer, tps, self._ask(self._rate))
        await sending
        return half, beside

    async def _backlog(
        self, consumer: AIOKafkaConsumer, tps: list[TopicPartition], full: Span, work: Awaitable[Any]
    ) -> Span:
        """The worker on more orders than it can decide meanwhile."""
        assert self._worker is not None
        await self._worker.kill()
        self._rounds += 1
        count = int(2.5 * full.eps * (self._seconds + 2 * WARM_UP_S))
        first = orders.START + (1 + self._rounds) * orders.SPAN_MS
        name = f"b{self._rounds}-"

        def backlog() -> Iterator[tuple[str, int, bytes, bytes]]:
            for number in range(count):
                key, value = orders.order(number, self._accounts, first + number, f"{name}{number}")
                yield orders.TOPIC, first + number, key, value

        await preload(self._bench.broker.bootstrap, PARTITIONS, backlog())
        everything = await _ends(consumer, tps) + count
        self._worker = await again(self._bench, f"bench-0-of-{self._processes}", self._processes)
        await self._moved(consumer, tps)
        await asyncio.sleep(WARM_UP_S)
        span = await self._during(consumer, tps, work)
        if await _ends(consumer, tps) >= everything:
            raise BenchError("the worker had nothing left to do: ask for fewer --seconds or more --accounts")
        return span

    async def _ask(self, rate: int) -> dict[str, Any]:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "benchmarks.asking", "--port", str(self._port)),
            *("--token-file", str(FOLDER / "bearer"), "--accounts", str(self._accounts)),
            *("--rate", str(rate), "--seconds", str(self._seconds)),
            stdout=asyncio.subprocess.PIPE,
        )
        output, _ = await process.communicate()
        if process.returncode:
            raise BenchError(f"asking ended with {process.returncode}: see {FOLDER / 'serve.log'}")
        found: dict[str, Any] = json.loads(output)
        if found["refused"]:
            raise BenchError(f"{found['refused']} of {found['reads']} reads were refused")
        return found

    async def _during(
        self, consumer: AIOKafkaConsumer, tps: list[TopicPartition], work: Awaitable[Any]
    ) -> Span:
        """What happens while ``work`` is done."""
        assert self._worker is not None
        pids = family_of(self._worker.process.pid)
        server = [] if self._server is None else [self._server.pid]
        begin, before = time.monotonic(), await _ends(consumer, tps)
        worker_s, server_s = cpu_seconds(pids), cpu_seconds(server)
        asked = await work
        found, now = await _ends(consumer, tps), time.monotonic()
        return Span(
            now - begin,
            found - before,
            cpu_seconds(pids) - worker_s,
            cpu_seconds(server) - server_s,
            asked or {},
        )

    async def _moved(self, consumer: AIOKafkaConsumer, tps: list[TopicPartition]) -> None:
        """Wait until the next order is decided."""
        await self._until(consumer, tps, await _ends(consumer, tps) + 1)

    async def _until(self, consumer: AIOKafkaConsumer, tps: list[TopicPartition], wanted: int) -> None:
        """Wait until so many orders are decided."""
        assert self._worker is not None
        last, moved = -1, time.monotonic()
        while (found := await _ends(consumer, tps)) < wanted:
            if self._worker.process.returncode is not None:
                raise BenchError(f"the worker exited with {self._worker.process.returncode}")
            if found > last:
                last, moved = found, time.monotonic()
            elif time.monotonic() - moved > STALL_S:
                raise BenchError(f"the worker stands still at {last} of {wanted} orders")
            await asyncio.sleep(POLL_S)

    @asynccontextmanager
    async def _serving(self) -> AsyncIterator[asyncio.subprocess.Process]:
        """``keyday serve`` as it comes, with a token for all accounts of the program."""
        tokens = FOLDER / "tokens"
        bearer, _ = TokenFile(tokens).create(parse_scope(SCOPE), now=int(time.time()), lifetime_s=3_600)
        (FOLDER / "bearer").write_text(bearer)
        env = {
            **self._bench.keyday_env(),
            "KEYDAY_STATE_DIR": str(FOLDER / "serve"),
            "KEYDAY_TOKENS_FILE": str(tokens),
            "KEYDAY_HTTP_RATE": "0",
            "KEYDAY_PORT": str(self._port),
            "KEYDAY_LOG_FORMAT": "json",
        }
        process = await self._bench.start("serve", ("-m", "streams.cli", "serve"), env)
        try:
            yield process
        finally:
            process.kill()
            await process.wait()

    async def _filled(self) -> None:
        """Wait until the tables hold all that is committed."""
        assert self._server is not None
        report("the server folds them")
        begin = time.monotonic()
        while not await asyncio.to_thread(_is_ready, self._port):
            if self._server.returncode is not None:
                raise BenchError(f"the server exited: see {FOLDER / 'serve.log'}")
            if time.monotonic() - begin > FILL_TIMEOUT_S:
                raise BenchError(f"the tables are not filled after {FILL_TIMEOUT_S:.0f} s")
            await asyncio.sleep(POLL_S)
        report(f"the tables hold them after {time.monotonic() - begin:.0f} s")


async def _ends(consumer: AIOKafkaConsumer, tps: list[TopicPartition]) -> int:
    return sum((await consumer.end_offsets(tps)).values())


def _is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=10) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.HTTPError):
        return False


def _delays(name: str, span: Span) -> dict[str, float]:
    return {f"reads_{name}_{part}_ms": span.asked[f"{part}_ms"] for part in ("p50", "p99", "max")}


def table(figures: dict[str, float]) -> str:
    """The table of docs/performance.md."""
    rate = f"{figures['rate']:,}"
    half = f"{figures['worker_half_eps_beside_reads']:,}"
    rows = (
        (f"reads per CPU second of the server, at {rate} reads/s", "reads_per_cpu_s"),
        ("the same, as many reads as there can be", "reads_most_per_cpu_s"),
        ("reads/s by the clock, as many as there can be", "reads_most_rps"),
        (f"p50 in ms at {rate} reads/s, worker idle", "reads_alone_p50_ms"),
        ("p99 in ms", "reads_alone_p99_ms"),
        (f"p50 in ms at {rate} reads/s, worker at half load ({half} orders/s)", "reads_half_load_p50_ms"),
        ("p99 in ms", "reads_half_load_p99_ms"),
        (f"p50 in ms at {rate} reads/s, worker as fast as it can", "reads_full_load_p50_ms"),
        ("p99 in ms", "reads_full_load_p99_ms"),
        ("worker as fast as it can, alone, orders/s", "worker_full_eps"),
        ("beside a server that folds what it decides", "worker_full_eps_beside_server"),
        (f"beside a server that also answers {rate} reads/s", "worker_full_eps_beside_reads"),
        ("worker at half load, CPU µs per order", "worker_half_cpu_us"),
        (f"the same beside {rate} reads/s", "worker_half_cpu_us_beside_reads"),
        ("server at half load without reads, cores", "server_half_load_cores_without_reads"),
        ("server at half load with reads, cores", "server_half_load_cores"),
        ("who asks, cores", "asking_cores"),
    )
    lines = [f"| {figures['accounts']:,} accounts | |", "| --- | ---: |"]
    return "\n".join([*lines, *(f"| {title} | {figures[name]:,} |" for title, name in rows)])


if __name__ == "__main__":
    main()
