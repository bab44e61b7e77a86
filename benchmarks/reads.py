"""``python -m benchmarks.reads``: balance reads over HTTP, alone and beside a worker at half load, on Kafka.

Four parties, each a process of its own: the broker, ``keyday worker``, ``keyday serve`` and who asks
(``benchmarks/asking.py``); this one appends the orders. Accounts come about as they always do: by orders of
as many customers, which the worker decides and the server folds. What happens beside the worker is measured
twice: with a core for the server alone, and with all cores for everybody. Writes ``build/reads.json``.
"""

from __future__ import annotations

import asyncio
import json
import os
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
from benchmarks.cores import confine, cores
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
LAG = "keyday_projection_lag_records{"
LEAST_CORES = 2
WARM_UP_S = 3.0
POLL_S = 0.25
START_TIMEOUT_S = 120.0
FILL_TIMEOUT_S = 600.0
STALL_S = 60.0


@click.command()
@click.option("--accounts", default=1_000_000, show_default=True)
@click.option("--seconds", default=15.0, show_default=True, help="Of each part.")
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
    """What happened in some seconds: orders decided, CPU seconds of worker and server, what was asked.

    ``lag`` are records that were committed and not in the tables when it ended.
    """

    seconds: float
    orders: int
    worker_s: float
    server_s: float
    asked: dict[str, Any]
    lag: int = 0

    @property
    def eps(self) -> float:
        """Orders decided a second."""
        return self.orders / self.seconds

    @property
    def worker_us(self) -> float:
        """Microseconds of the worker's CPU for an order."""
        return self.worker_s / max(self.orders, 1) * 1e6


@dataclass(frozen=True)
class Watch:
    """Looks at what is decided."""

    consumer: AIOKafkaConsumer
    tps: list[TopicPartition]

    async def decided(self) -> int:
        """Orders whose decision is committed."""
        return sum((await self.consumer.end_offsets(self.tps)).values())


class Reads:
    """All measurements on one broker."""

    def __init__(self, broker: Broker, accounts: int, seconds: float, rate: int, processes: int) -> None:
        self._bench = Bench(broker, FOLDER, PARTITIONS)
        self._accounts = accounts
        self._seconds = seconds
        self._rate = rate
        self._processes = processes
        self._port = free_port()
        self._cores = cores()
        if len(self._cores) < LEAST_CORES:
            raise BenchError(f"a core for the server alone needs {LEAST_CORES} of them")
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
                tps = await partitions_of(bench.broker.bootstrap, [DECIDED])
                watch = Watch(consumer, tps)
                full, apart = await self._first(watch)
                async with self._serving() as server:
                    self._server = server
                    await self._filled()
                    return await self._measure(watch, full, apart)
            finally:
                await self._worker.kill()

    async def _first(self, watch: Watch) -> tuple[Span, Span]:
        """Decide all orders: a fifth uncounted, two on all cores, two without the server's."""
        await self._until(watch, self._accounts // 5)
        full = await self._during(watch, self._until(watch, self._accounts * 3 // 5))
        report(f"the worker alone: {full.eps:.0f} orders/s")
        self._part()
        apart = await self._during(watch, self._until(watch, self._accounts))
        self._share()
        report(f"the worker alone, without the server's core: {apart.eps:.0f} orders/s")
        return full, apart

    async def _measure(self, watch: Watch, full: Span, apart: Span) -> dict[str, float]:
        report("reads alone, as many as there can be")
        most = await self._during(watch, self._ask(0))
        report(f"reads alone, {self._rate}/s")
        alone = await self._during(watch, self._ask(self._rate))
        self._part()
        report(f"apart: the worker at {apart.eps / 2:.0f} orders/s, then {self._rate} reads/s beside it")
        half_apart = await self._half_load(watch, apart.eps / 2)
        self._share()
        await self._filled()
        report(f"shared: the worker at {full.eps / 2:.0f} orders/s, then {self._rate} reads/s beside it")
        half_shared = await self._half_load(watch, full.eps / 2)
        report(f"the worker as fast as it can beside the server, then {self._rate} reads/s, too")
        most_shared, most_apart = await self._backlog(watch, full)
        return {
            "accounts": self._accounts,
            "worker_processes": self._processes,
            "rate": self._rate,
            "reads_per_cpu_s": round(alone.asked["reads_in_all"] / alone.server_s),
            "reads_most_rps": round(most.asked["reads_in_all"] / most.seconds),
            "reads_most_per_cpu_s": round(most.asked["reads_in_all"] / most.server_s),
            "asking_cores": round(alone.asked["cpu_s"] / alone.seconds, 2),
            **_delays("alone", alone),
            **_beside("apart", apart, half_apart, most_apart),
            **_beside("shared", full, half_shared, most_shared),
        }

    def _part(self) -> None:
        """The last core is the server's alone; the others are everybody else's."""
        *others, own = self._cores
        confine(self._others(), others)
        if self._server is not None:
            confine([self._server.pid], [own])

    def _share(self) -> None:
        """All cores are everybody's."""
        server = [] if self._server is None else [self._server.pid]
        confine([*self._others(), *server], self._cores)

    def _others(self) -> list[int]:
        """Broker, worker, and this process, whose cores who asks will have, too."""
        assert self._worker is not None
        assert self._bench.broker.pid is not None
        return [self._bench.broker.pid, *family_of(self._worker.process.pid), os.getpid()]

    async def _half_load(self, watch: Watch, eps: float) -> tuple[Span, Span]:
        """Orders at a steady rate: some seconds without reads, some with them."""
        seconds = 2 * (WARM_UP_S + self._seconds) + WARM_UP_S
        sent = array("d", bytes(8 * int(eps * seconds)))
        self._rounds += 1
        broker, name = self._bench.broker.bootstrap, f"h{self._rounds}-"
        sending = asyncio.create_task(send(broker, PARTITIONS, sent, self._accounts, eps, name))
        await self._moved(watch)
        await asyncio.sleep(WARM_UP_S)
        half = await self._during(watch, asyncio.sleep(self._seconds))
        beside = await self._during(watch, self._ask(self._rate))
        await sending
        return half, beside

    async def _backlog(self, watch: Watch, full: Span) -> list[tuple[Span, Span]]:
        """The worker on more orders than it can decide, without reads and with them: shared, then apart."""
        assert self._worker is not None
        await self._worker.kill()
        count = int(6 * full.eps * (self._seconds + WARM_UP_S))
        first = orders.START + 2 * orders.SPAN_MS

        def backlog() -> Iterator[tuple[str, int, bytes, bytes]]:
            for number in range(count):
                key, value = orders.order(number, self._accounts, first + number, f"b{number}")
                yield orders.TOPIC, first + number, key, value

        await preload(self._bench.broker.bootstrap, PARTITIONS, backlog())
        everything = await watch.decided() + count
        self._worker = await again(self._bench, f"bench-0-of-{self._processes}", self._processes)
        await self._moved(watch)
        found: list[tuple[Span, Span]] = []
        for place in (self._share, self._part):
            place()
            await asyncio.sleep(WARM_UP_S)
            served = await self._during(watch, asyncio.sleep(self._seconds))
            found.append((served, await self._during(watch, self._ask(self._rate))))
        if await watch.decided() >= everything:
            raise BenchError("the worker had nothing left to do: ask for fewer --seconds or more --accounts")
        return found

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

    async def _during(self, watch: Watch, work: Awaitable[Any]) -> Span:
        """What happens while ``work`` is done."""
        assert self._worker is not None
        pids = family_of(self._worker.process.pid)
        server = [] if self._server is None else [self._server.pid]
        begin, before = time.monotonic(), await watch.decided()
        worker_s, server_s = cpu_seconds(pids), cpu_seconds(server)
        asked = await work
        found, now = await watch.decided(), time.monotonic()
        return Span(
            now - begin,
            found - before,
            cpu_seconds(pids) - worker_s,
            cpu_seconds(server) - server_s,
            asked or {},
            await asyncio.to_thread(_lag, self._port) if server else 0,
        )

    async def _moved(self, watch: Watch) -> None:
        """Wait until the next order is decided."""
        await self._until(watch, await watch.decided() + 1)

    async def _until(self, watch: Watch, wanted: int) -> None:
        """Wait until so many orders are decided."""
        assert self._worker is not None
        last, moved = -1, time.monotonic()
        while (found := await watch.decided()) < wanted:
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


def _is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=10) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.HTTPError):
        return False


def _lag(port: int) -> int:
    """Records that are committed and not in the server's tables, as it says itself."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
        lines = answer.read().decode().splitlines()
    return sum(int(float(line.rpartition(" ")[2])) for line in lines if line.startswith(LAG))


def _delays(name: str, span: Span) -> dict[str, float]:
    return {f"reads_{name}_{part}_ms": span.asked[f"{part}_ms"] for part in ("p50", "p99", "max")}


def _beside(place: str, full: Span, half: tuple[Span, Span], most: tuple[Span, Span]) -> dict[str, float]:
    """What reads and the worker come to beside each other, ``apart`` or with ``shared`` cores."""
    without, reading = half
    served, read = most
    return {
        **_delays(f"half_load_{place}", reading),
        **_delays(f"full_load_{place}", read),
        f"worker_{place}_eps": round(full.eps),
        f"worker_{place}_eps_beside_server": round(served.eps),
        f"worker_{place}_eps_beside_reads": round(read.eps),
        f"worker_{place}_slowed_share": round(1 - read.eps / served.eps, 3),
        f"worker_{place}_half_eps": round(without.eps),
        f"worker_{place}_half_eps_beside_reads": round(reading.eps),
        f"worker_{place}_half_cpu_us": round(without.worker_us, 1),
        f"worker_{place}_half_cpu_us_beside_reads": round(reading.worker_us, 1),
        f"server_{place}_half_cores_without_reads": round(without.server_s / without.seconds, 2),
        f"server_{place}_half_cores": round(reading.server_s / reading.seconds, 2),
        f"server_{place}_half_lag_without_reads": without.lag,
        f"server_{place}_half_lag": reading.lag,
    }


def table(figures: dict[str, float]) -> str:
    """The tables of docs/performance.md."""
    rate = f"{figures['rate']:,}"
    alone = (
        ("reads per CPU second of the server, as many reads as there can be", "reads_most_per_cpu_s"),
        (f"the same, at {rate} reads/s", "reads_per_cpu_s"),
        ("reads/s by the clock, as many as there can be", "reads_most_rps"),
        (f"p50 in ms at {rate} reads/s", "reads_alone_p50_ms"),
        ("p99 in ms", "reads_alone_p99_ms"),
        ("who asks, cores", "asking_cores"),
    )
    beside = (
        ("worker as fast as it can, without the server, orders/s", "worker_{}_eps"),
        ("half load, orders/s", "worker_{}_half_eps"),
        (f"decided at half load beside {rate} reads/s, orders/s", "worker_{}_half_eps_beside_reads"),
        ("p50 in ms of these reads", "reads_half_load_{}_p50_ms"),
        ("p99 in ms", "reads_half_load_{}_p99_ms"),
        ("worker at half load, CPU µs per order", "worker_{}_half_cpu_us"),
        ("the same beside the reads", "worker_{}_half_cpu_us_beside_reads"),
        ("server at half load, cores", "server_{}_half_cores_without_reads"),
        ("the same with the reads", "server_{}_half_cores"),
        ("records not folded yet, at the end of half load", "server_{}_half_lag_without_reads"),
        ("the same at the end of the reads", "server_{}_half_lag"),
        ("worker as fast as it can, beside a server that folds, orders/s", "worker_{}_eps_beside_server"),
        (f"beside a server that also answers {rate} reads/s", "worker_{}_eps_beside_reads"),
        ("p99 in ms of these reads", "reads_full_load_{}_p99_ms"),
    )
    lines = [f"| {figures['accounts']:,} accounts, worker idle | |", "| --- | ---: |"]
    lines += [f"| {title} | {figures[name]:,} |" for title, name in alone]
    lines += [
        "",
        "| beside the worker | a core for the server | all share all cores |",
        "| --- | ---: | ---: |",
    ]
    lines += [
        f"| {title} | {figures[name.format('apart')]:,} | {figures[name.format('shared')]:,} |"
        for title, name in beside
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
