"""``python -m benchmarks.reads``: balance reads over HTTP, alone and with a worker at half load beside them.

Three processes: the server over tables of so many accounts, the worker (the embedded Keyday on generated
orders), and this one, which asks. Writes ``build/reads.json``.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import shutil
import sys
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import TypeVar

import click

from benchmarks.report import report
from events.outputs import Cause, Posting, Reward, RewardEvent
from projections.store import Tables

FOLDER = Path("build/reads").resolve()
RESULT = Path("build/reads.json")
#: Reads a second that are asked for where the delay is measured.
PACE_RPS = 2_000
CONNECTIONS = 16
FILL_ENTRIES = 5_000
START_MS = 1_764_000_000_000
SEED = 1
T = TypeVar("T")
TICKS = os.sysconf("SC_CLK_TCK")


@click.command()
@click.option("--accounts", default=1_000_000, show_default=True)
@click.option("--seconds", default=15.0, show_default=True, help="Of each part.")
@click.option("--serve", hidden=True, is_flag=True)
@click.option("--work", hidden=True, type=float)
def main(*, accounts: int, seconds: float, serve: bool, work: float | None) -> None:
    """Measure, write build/reads.json, print a table."""
    if serve:
        asyncio.run(_serve())
    elif work is not None:
        _work(work, seconds)
    else:
        figures = asyncio.run(_measure(accounts, seconds))
        RESULT.parent.mkdir(exist_ok=True)
        RESULT.write_text(json.dumps(figures, indent=2) + "\n")
        print(_table(figures))


async def _measure(accounts: int, seconds: float) -> dict[str, float]:
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    report(f"filling tables with {accounts} accounts")
    _fill(accounts)
    figures: dict[str, float] = {"accounts": accounts}
    async with _child("--serve") as (server, port):
        report("reads alone, as many as there can be")
        found = await _read(server.pid, port, accounts, seconds, None)
        figures |= {"reads_rps": round(found.rps), "reads_rps_per_core": round(found.rps_per_core)}
        report(f"reads alone, {PACE_RPS}/s")
        figures |= (await _read(server.pid, port, accounts, seconds, PACE_RPS)).delays("alone")
        report("the worker alone, as fast as it can")
        full = await _worked(0.0, seconds)
        report(f"the worker at {full / 2:.0f} events/s beside {PACE_RPS} reads/s")
        working = asyncio.create_task(_worked(full / 2, seconds))
        figures |= (await _read(server.pid, port, accounts, seconds, PACE_RPS)).delays("half_load")
        figures["worker_half_eps"] = round(await working)
        report(f"the worker as fast as it can beside {PACE_RPS} reads/s")
        working = asyncio.create_task(_worked(0.0, seconds))
        await _read(server.pid, port, accounts, seconds, PACE_RPS)
        beside = await working
    figures |= {
        "worker_alone_eps": round(full),
        "worker_beside_reads_eps": round(beside),
        "worker_slowed_share": round(1 - beside / full, 3),
    }
    return figures


@dataclass
class Reads:
    """What was read: delays in seconds from when a read was due, and what it took of the server."""

    found: list[float]
    seconds: float
    cpu_s: float

    @property
    def rps(self) -> float:
        """By the clock."""
        return len(self.found) / self.seconds

    @property
    def rps_per_core(self) -> float:
        """By the CPU time of the server."""
        return len(self.found) / self.cpu_s

    def delays(self, name: str) -> dict[str, float]:
        """Milliseconds."""
        ordered = sorted(self.found)
        parts = {"p50": len(ordered) // 2, "p99": len(ordered) * 99 // 100}
        figures = {f"reads_{name}_{part}_ms": round(ordered[at] * 1_000, 2) for part, at in parts.items()}
        return figures | {f"reads_{name}_rps": round(self.rps)}


async def _read(pid: int, port: int, accounts: int, seconds: float, rps: float | None) -> Reads:
    """Balances of accounts at random, over kept connections; at ``rps`` or one right after the other."""
    rng = random.Random(SEED)
    found: list[float] = []
    begun, cpu = time.perf_counter(), _cpu_s(pid)
    gap = 0.0 if rps is None else CONNECTIONS / rps

    async def one(number: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        due = begun + number * gap / CONNECTIONS
        while due < begun + seconds:
            now = time.perf_counter()
            if rps is None:
                due = now
            elif due > now:
                await asyncio.sleep(due - now)
            path = f"/v1/accounts/customer:{rng.randrange(accounts)}/balances"
            writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200"), head
            length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
            await reader.readexactly(int(length))
            now = time.perf_counter()
            found.append(now - due)
            due = now if rps is None else due + gap
        writer.close()

    await asyncio.gather(*(one(number) for number in range(CONNECTIONS)))
    return Reads(found, time.perf_counter() - begun, _cpu_s(pid) - cpu)


async def _worked(eps: float, seconds: float) -> float:
    """Events a second of a worker that is given so many, or 0 for all that it can."""
    shutil.rmtree(FOLDER / "worker", ignore_errors=True)
    async with _child("--work", str(eps), "--seconds", str(seconds)) as (process, done):
        await process.wait()
        return done


@asynccontextmanager
async def _child(*arguments: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, int]]:
    """This module in another process, and the number that it prints first."""
    command = [sys.executable, "-m", "benchmarks.reads", *arguments]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    try:
        yield process, int(await process.stdout.readline())
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


async def _serve() -> None:
    from prometheus_client import CollectorRegistry  # noqa: PLC0415  the parent needs none of it

    from projections import http  # noqa: PLC0415
    from projections.guard import Guard  # noqa: PLC0415
    from projections.progress import Progress  # noqa: PLC0415

    tables, progress, guard = Tables(FOLDER), Progress(), Guard()
    progress.restart([("rewards", 0)])
    progress.report("rewards", 0, 0)
    app = http.make_app(tables, progress, CollectorRegistry(), guard)
    _, port = await http.start(app, guard, "127.0.0.1", 0)
    print(port, flush=True)
    await asyncio.Event().wait()


def _work(eps: float, seconds: float) -> None:
    """Append and decide generated orders for so long; print how many a second."""
    from schemas.programs import Programs  # noqa: PLC0415  the parent needs none of it
    from streams.app import build_embedded, tune_interpreter  # noqa: PLC0415
    from streams.engine.embedded import Embedded  # noqa: PLC0415
    from streams.engine.record import OutRecord  # noqa: PLC0415
    from streams.engine.settings import Settings  # noqa: PLC0415
    from streams.generator.sample import sample, start_of  # noqa: PLC0415

    programs = Programs()
    programs.load(Path("examples/demo.toml"))
    embedded = build_embedded(Settings(data=FOLDER / "worker"), programs)
    assert isinstance(embedded, Embedded)
    made = sample(SEED, 400_000, 50_000, start_of(2025))
    records = [OutRecord(topic, 0, at, key, value) for topic, key, value, at in islice(made, 200_000)]
    tune_interpreter()
    begun, done = time.perf_counter(), 0
    for batch in _batched(cycle(records), 500):
        embedded.append(batch)
        embedded.catch_up()
        done += len(batch)
        passed = time.perf_counter() - begun
        if passed >= seconds:
            break
        if eps:
            time.sleep(max(0.0, done / eps - passed))
    print(round(done / (time.perf_counter() - begun)), flush=True)
    embedded.close()


def _fill(accounts: int) -> None:
    tables = Tables(FOLDER)
    for number, batch in enumerate(_batched(_entries(accounts), FILL_ENTRIES), 1):
        tables.apply(batch, {("rewards", 0): number * FILL_ENTRIES})
    tables.close()


def _entries(accounts: int) -> Iterator[RewardEvent]:
    for number in range(accounts):
        account, amount = f"customer:{number}", 1 + number % 10_000
        yield RewardEvent(
            START_MS + number,
            Reward(
                entry_id=f"o{number}~points~{account}",
                seq=1,
                program="demo",
                program_version=1,
                account=account,
                kind="accrued",
                unit="points",
                amount=amount,
                postings=(Posting("program:demo", f"{account}:available", amount),),
                caused_by=Cause("shop", f"e{number}"),
                rule="points",
                order_id=f"o{number}",
                explain=("a step",),
            ),
        )


def _batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch


def _cpu_s(pid: int) -> float:
    """User and system time of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def _table(figures: dict[str, float]) -> str:
    """The table of docs/performance.md."""
    rows = (
        ("reads/s, as many as there can be", "reads_rps"),
        ("reads per CPU second of the server", "reads_rps_per_core"),
        (f"p50 in ms at {PACE_RPS:,}/s, alone", "reads_alone_p50_ms"),
        (f"p99 in ms at {PACE_RPS:,}/s, alone", "reads_alone_p99_ms"),
        (f"p50 in ms at {PACE_RPS:,}/s, worker at half load", "reads_half_load_p50_ms"),
        (f"p99 in ms at {PACE_RPS:,}/s, worker at half load", "reads_half_load_p99_ms"),
        ("worker alone, events/s", "worker_alone_eps"),
        (f"worker beside {PACE_RPS:,} reads/s, events/s", "worker_beside_reads_eps"),
    )
    lines = [f"| {figures['accounts']:,.0f} accounts | |", "| --- | ---: |"]
    return "\n".join([*lines, *(f"| {title} | {figures[name]:,} |" for title, name in rows)])


if __name__ == "__main__":
    main()
