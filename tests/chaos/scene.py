"""A place where workers run on a broker under a known input, and the judgement of what they made of it."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.chaos import ledger, serving
from tests.chaos.kafka import Producer, StuckError, await_values
from tests.chaos.slot import PLANNED, Slot, WorkerError
from tests.chaos.stream import Item, Stream
from tests.chaos.verdict import Entry, Verdict, balances_of, judge_balances, judge_dead_letters, judge_ledger

PROGRAM = Path(__file__).with_name("program.toml")
SESSION_S = 6.0
APP_ID = "chaos"
CLOSING_DAYS = 10  # longer than the program's hold
PULSE_S = 0.1
STUCK_S = 60.0
LEAD_IN = 200  # records before the first mark: a task passes over what is on its clock before its first event
INPUTS = ("orders", "clock")

Ledger = dict[str, Entry]


class Input:
    """Produces the stream at a steady pace and keeps what a replay needs of it."""

    def __init__(self, folder: Path, producer: Producer, *, seed: int, pace: int) -> None:
        self._stream = Stream(seed)
        self._items = self._stream.items()
        self._producer = producer
        self._per_pulse = max(1, int(pace * PULSE_S))
        self._order = asyncio.Lock()  # of time: flow and marks share the stream
        self.folder = folder
        self.folder.mkdir()
        self.poison: list[tuple[str, bytes]] = []
        self.records = 0
        self.until = ""

    async def flow(self, until: Callable[[], bool]) -> None:
        """Send until told to stop."""
        due = time.monotonic()
        while not until():
            await self._go_on(self._per_pulse)
            due += PULSE_S
            await asyncio.sleep(max(0.0, due - time.monotonic()))

    async def mark(self, name: str) -> list[bytes]:
        """Append a last poison record to every partition of every input; returns their values.

        Once all of them are in dead-letters, everything before them was processed and committed.
        """
        await self._go_on(max(0, LEAD_IN - self.records))
        async with self._order:
            at = self._stream.now + 1
            marks = [Item(topic, None, f"{name} of {topic}".encode(), at) for topic in INPUTS]
            values = await self._producer.send_everywhere(marks)
        self.poison += [(code_of_mark(value), value) for value in values]
        return values

    async def misplace(self, count: int) -> list[str]:
        """Send as many orders to a partition that is not their customer's; returns their ids."""
        async with self._order:
            items = [next(self._items) for _ in range(count)]
            while any(item.topic != "orders" for item in items):
                # They must not pass a midnight on their way.
                await self._send(items)
                items = [next(self._items) for _ in range(count)]
            orders = [item for item in items if item.key and not item.code]
            await self._send([item for item in items if item not in orders])
            with (self.folder / "orders.ndjson").open("ab") as file:
                file.writelines(item.value + b"\n" for item in orders)
            self.records += len(orders)
            await self._producer.misplace(orders)
        placed = [json.loads(item.value) for item in orders]
        return [event["data"]["order_id"] for event in placed if event["type"] == "order.placed"]

    async def close(self) -> list[bytes]:
        """Send the midnights that end all holds, then mark the end."""
        await self._go_on(max(0, LEAD_IN - self.records))
        ticks = list(self._stream.closing_ticks(CLOSING_DAYS))
        await self._send(ticks)
        self.until = ticks[-1].when
        return await self.mark("the end")

    async def _go_on(self, count: int) -> None:
        async with self._order:
            await self._send([next(self._items) for _ in range(count)])

    async def _send(self, items: list[Item]) -> None:
        with (self.folder / "orders.ndjson").open("ab") as file:
            file.writelines(item.value + b"\n" for item in items if item.topic == "orders")
        self.poison += [(item.code, item.value) for item in items if item.code]
        self.records += sum(item.topic == "orders" for item in items)
        await self._producer.send(items)


class Scene:
    """Workers, input and verdict on one broker without topics; ``folder`` exists and is empty."""

    def __init__(
        self, bootstrap: str, folder: Path, *, seed: int = 1, partitions: int = 4, pace: int = 150
    ) -> None:
        self.bootstrap = bootstrap
        self.folder = folder
        self.verdict = Verdict()
        self.slots: list[Slot] = []
        self.env = {
            "KEYDAY_BROKERS": bootstrap,
            "KEYDAY_PROGRAMS": str(PROGRAM),
            "KEYDAY_APP_ID": APP_ID,
            "KEYDAY_PARTITIONS": str(partitions),
            "KEYDAY_SESSION_TIMEOUT_MS": str(int(SESSION_S * 1000)),
            "KEYDAY_MAX_TASK_IDLE_MS": "500",
            "KEYDAY_CLOCK": "none",  # the input ticks
        }
        self._producer = Producer(bootstrap, partitions)
        self.input = Input(folder / "input", self._producer, seed=seed, pace=pace)

    async def __aenter__(self) -> Self:
        await keyday(self.env, "topics", "create")
        await self._producer.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for slot in self.slots:
            slot.kill()
        await self._producer.__aexit__(kind, error, trace)

    def slot(self, name: str, *, static: bool = True, command: Sequence[str] = PLANNED, **env: str) -> Slot:
        """A place for a worker; ``static`` members come back without a rebalance."""
        slot = Slot(name, self.folder, self.env | env, SESSION_S, static=static, command=command)
        self.slots.append(slot)
        return slot

    @asynccontextmanager
    async def load(self) -> AsyncIterator[None]:
        """The input flows as long as the block runs."""
        stop = asyncio.Event()
        flow = asyncio.create_task(self.input.flow(stop.is_set))
        try:
            yield
        except BaseException:
            flow.cancel()
            with suppress(asyncio.CancelledError):
                await flow
            raise
        stop.set()
        await flow

    async def processed(self, values: list[bytes], *, check: bool = True) -> None:
        """Wait until marks are in dead-letters, that is, until all before them was committed."""

        def alive() -> None:
            for slot in self.slots if check else ():
                slot.check()

        try:
            await await_values(self.bootstrap, "dead-letters", values, timeout_s=STUCK_S, check=alive)
        except StuckError:
            for slot in self.slots:
                await slot.ask()
            raise

    async def settle(self, *, check: bool = True) -> Ledger:
        """End the input, let the workers finish and stop, judge; returns the ledger of the replay."""
        await self.processed(await self.input.close(), check=check)
        for slot in self.slots:
            code = await slot.stop()
            if code:
                self.verdict.problem(f"{slot.name} exited with {code} on SIGTERM\n{slot.tail()}")
        return await self.judge()

    async def judge(self) -> Ledger:
        """Compare ledger, dead letters and served balances with a replay; returns the replay's ledger."""
        out = self.folder / "replay"
        files = ("--programs", str(PROGRAM), "--input", str(self.input.folder), "--out", str(out))
        await keyday({}, "replay", *files, "--until", self.input.until)
        expected = ledger.replay_ledger(out)
        found = await ledger.kafka_ledger(self.bootstrap)
        judge_ledger(self.verdict, found, expected)
        dead = await ledger.kafka_dead_letters(self.bootstrap)
        judge_dead_letters(self.verdict, dead, self.input.poison)
        marks = {value for _, value in self.input.poison if is_mark(value)}
        sent = sorted(each for each in self.input.poison if each[1] not in marks)
        if sorted(ledger.replay_dead_letters(out)) != sent:
            self.verdict.problem("the replay's dead letters are not the poison that was sent")
        sums = balances_of(found)
        async with serving.serve(self.bootstrap, self.folder, self.env) as url:
            judge_balances(self.verdict, await serving.balances(url, {account for account, _ in sums}), sums)
        return expected


async def keyday(env: Mapping[str, str], *command: str) -> str:
    """Run a command of Keyday to its end; returns what it printed.

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
    return output.decode()


def is_mark(value: bytes) -> bool:
    """Whether a record only marks a position."""
    return b" of orders" in value or b" of clock" in value


def code_of_mark(value: bytes) -> str:
    """How a mark is dead-lettered: no JSON among the orders, no tick on the clock."""
    return "field_invalid" if b" of clock" in value else "json_invalid"


def fresh(folder: Path) -> Path:
    """An empty folder in the place of what was there."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
