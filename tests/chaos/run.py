"""One crash run from the broker's start to the verdict."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.chaos import ledger, serving
from tests.chaos.control import Control
from tests.chaos.kafka import Producer, StuckError, await_values
from tests.chaos.plan import plans
from tests.chaos.slot import Kills, Slot, WorkerError
from tests.chaos.stream import Item, Stream
from tests.chaos.verdict import Entry, Verdict, balances_of, judge_balances, judge_dead_letters, judge_ledger

PROGRAM = Path(__file__).with_name("program.toml")
SESSION_S = 6.0
APP_ID = "chaos"
CLOSING_DAYS = 10  # longer than the program's hold
STEP_S = 0.1
STUCK_S = 60.0
Ledger = dict[str, Entry]
INPUTS = ("orders", "clock")


@dataclass(frozen=True)
class Options:
    """What a run is told; ``folder`` is wiped at its start."""

    kills: int
    seed: int
    folder: Path
    workers: int = 2
    partitions: int = 4
    pace: int = 150  # records a second
    control: bool = True
    mutant: str = ""


class Input:
    """Produces the stream at a steady pace and keeps what a replay needs of it."""

    def __init__(self, options: Options, producer: Producer) -> None:
        self._stream = Stream(options.seed)
        self._items = self._stream.items()
        self._producer = producer
        self._step = max(1, int(options.pace * STEP_S))
        self._folder = options.folder / "input"
        self._folder.mkdir()
        self.poison: list[tuple[str, bytes]] = []
        self.ends: list[tuple[str, bytes]] = []
        self.records = 0
        self.until = ""

    async def flow(self, until: Callable[[], bool]) -> None:
        """Send until told to stop."""
        due = time.monotonic()
        while not until():
            await self._send([next(self._items) for _ in range(self._step)])
            due += STEP_S
            await asyncio.sleep(max(0.0, due - time.monotonic()))

    async def close(self) -> list[bytes]:
        """Send the last midnights and a last poison record to every partition of every input.

        Returns the values of the last records: once all are in dead-letters, everything was processed.
        """
        ticks = list(self._stream.closing_ticks(CLOSING_DAYS))
        await self._send(ticks)
        self.until = ticks[-1].when
        after = ticks[-1].time + 1
        ends = [Item(topic, None, f"the end of {topic}".encode(), after) for topic in INPUTS]
        values = await self._producer.mark_ends(ends)
        self.ends = [(code_of_end(value), value) for value in values]
        return values

    async def _send(self, items: list[Item]) -> None:
        with (self._folder / "orders.ndjson").open("ab") as file:
            file.writelines(item.value + b"\n" for item in items if item.topic == "orders")
        self.poison += [(item.code, item.value) for item in items if item.code]
        self.records += sum(item.topic == "orders" for item in items)
        await self._producer.send(items)


async def run(options: Options, bootstrap: str) -> tuple[Verdict, Kills]:
    """Run against an empty broker; what goes wrong is said by the verdict."""
    env = worker_env(options, bootstrap)
    await keyday(env, "topics", "create")
    kills = Kills(options.kills)
    control = Control(bootstrap, options.folder, options.partitions) if options.control else None
    on_death = control.kill if control else lambda: None
    slots = [Slot(f"worker{n}", options.folder, env, SESSION_S, on_death) for n in range(options.workers)]
    verdict = Verdict()
    try:
        if control:
            await control.prepare()
        async with Producer(bootstrap, options.partitions) as producer:
            source = Input(options, producer)
            await _kill_under_load(options, slots, kills, source)
            ends = await source.close()
        report(f"{source.records} records sent; waiting until the last one is committed")
        await await_values(
            bootstrap, "dead-letters", ends, timeout_s=STUCK_S, check=lambda: [s.check() for s in slots]
        )
        for slot in slots:
            code = await slot.stop()
            if code:
                verdict.problem(f"{slot.name} exited with {code} on SIGTERM\n{slot.tail()}")
        expected = await _judge(verdict, options, bootstrap, source)
        if control:
            verdict.control = await control.verdict(expected)
    except (StuckError, WorkerError) as error:
        verdict.problem(str(error))
        for slot in slots:
            verdict.notes.append(f"{slot.name} last said:\n{slot.tail()}")
    finally:
        for slot in slots:
            slot.kill()
        if control:
            control.close()
    return verdict, kills


async def _kill_under_load(options: Options, slots: list[Slot], kills: Kills, source: Input) -> None:
    lives = [
        asyncio.create_task(slot.live(plans(random.Random(f"{options.seed}/{slot.name}")), kills))
        for slot in slots
    ]
    flow = asyncio.create_task(source.flow(lambda: all(life.done() for life in lives)))
    watch = asyncio.create_task(_progress(kills, source))
    try:
        # The flow ends with the lives; an error of any of them ends the run.
        await asyncio.gather(flow, *lives)
    finally:
        for task in (*lives, flow, watch):
            task.cancel()
            with suppress(asyncio.CancelledError, WorkerError):
                await task


async def _progress(kills: Kills, source: Input) -> None:
    started, shown = time.monotonic(), 0
    while True:
        await asyncio.sleep(1)
        if kills.done >= shown + max(5, kills.wanted // 40):
            shown = kills.done
            seconds = time.monotonic() - started
            report(f"{kills.done} of {kills.wanted} kills, {source.records} records, {seconds:.0f} s")


async def _judge(verdict: Verdict, options: Options, bootstrap: str, source: Input) -> Ledger:
    """Compare everything; returns the replay's ledger."""
    out = options.folder / "replay"
    await _replay(options.folder / "input", out, source.until)
    expected = ledger.replay_ledger(out)
    found = await ledger.kafka_ledger(bootstrap)
    report(f"{len(found)} entries in the ledger, {len(expected)} in the replay")
    judge_ledger(verdict, found, expected)
    judge_dead_letters(verdict, await ledger.kafka_dead_letters(bootstrap), source.poison + source.ends)
    if sorted(ledger.replay_dead_letters(out)) != sorted(source.poison):
        verdict.problem("the replay's dead letters are not the poison that was sent")
    sums = balances_of(found)
    async with serving.serve(bootstrap, options.folder, worker_env(options, bootstrap)) as url:
        judge_balances(verdict, await serving.balances(url, {account for account, _ in sums}), sums)
    return expected


async def _replay(source: Path, out: Path, until: str) -> None:
    files = ("--programs", str(PROGRAM), "--input", str(source), "--out", str(out))
    await keyday({}, "replay", *files, "--until", until)


async def keyday(env: Mapping[str, str], *command: str) -> None:
    """Run a command of Keyday to its end.

    Raises:
        WorkerError: it failed.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "streams.cli", *command),
        env={**os.environ, **env},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    if process.returncode != 0:
        raise WorkerError(f"keyday {' '.join(command)}: {output.decode().strip()}")


def code_of_end(value: bytes) -> str:
    """How a last record is dead-lettered: no JSON among the orders, no tick on the clock."""
    return "field_invalid" if b"clock" in value else "json_invalid"


def worker_env(options: Options, bootstrap: str) -> dict[str, str]:
    """The environment of a worker of this run."""
    return {
        "KEYDAY_BROKERS": bootstrap,
        "KEYDAY_PROGRAMS": str(PROGRAM),
        "KEYDAY_APP_ID": APP_ID,
        "KEYDAY_PARTITIONS": str(options.partitions),
        "KEYDAY_SESSION_TIMEOUT_MS": str(int(SESSION_S * 1000)),
        "KEYDAY_MAX_TASK_IDLE_MS": "500",
        "KEYDAY_CLOCK": "none",  # the harness ticks
        "CHAOS_MUTANT": options.mutant,
    }


def fresh(folder: Path) -> Path:
    """An empty folder in the place of what was there."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def report(line: str) -> None:
    """A line of progress."""
    print(f"chaos: {line}", file=sys.stderr, flush=True)
