"""A place where workers run on a broker under a known input, and the judgement of what they made of it."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.chaos import ledger, serving, tables, world
from tests.chaos.books import judge_budgets
from tests.chaos.desks import judge_counts, judge_goals, judge_key_days
from tests.chaos.flow import Input
from tests.chaos.kafka import Producer, StuckError, await_values
from tests.chaos.quiet import Quiet
from tests.chaos.racing import Case, judge_decisions, judge_racing, racing
from tests.chaos.slot import PLANNED, Slot, WorkerError
from tests.chaos.verdict import (
    Entry,
    Verdict,
    balances_of,
    judge_accounts,
    judge_balances,
    judge_dead_letters,
    judge_ledger,
)

SESSION_S = 6.0
APP_ID = "chaos"
STUCK_S = 60.0
#: How long a task waits for an input that it knows to be behind; a slow broker must not change the order of time.
TASK_IDLE_S = 20.0

Ledger = dict[str, Entry]


class Scene:
    """Workers, input and verdict on one broker without topics; ``folder`` exists and is empty."""

    def __init__(
        self, bootstrap: str, folder: Path, *, seed: int = 1, partitions: int = 4, pace: int = 150
    ) -> None:
        self.bootstrap = bootstrap
        self.folder = folder
        self.seed = seed
        self.verdict = Verdict()
        self.slots: list[Slot] = []
        self.env = {
            "KEYDAY_BROKERS": bootstrap,
            "KEYDAY_PROGRAMS": str(world.PROGRAM),
            "KEYDAY_APP_ID": APP_ID,
            "KEYDAY_PARTITIONS": str(partitions),
            "KEYDAY_SESSION_TIMEOUT_MS": str(int(SESSION_S * 1000)),
            "KEYDAY_MAX_TASK_IDLE_MS": str(int(TASK_IDLE_S * 1000)),
            "KEYDAY_CLOCK": "none",  # the input ticks
        }
        self._producer = Producer(bootstrap, partitions)
        self._quiet = Quiet(bootstrap, self._producer)
        self.input = Input(folder / "input", self._producer, self._quiet, seed=seed, pace=pace)
        self.env["CHAOS_REST"] = str(self.input.rest)

    async def __aenter__(self) -> Self:
        await keyday(self.env, "topics", "create")
        await self._producer.__aenter__()
        await self._quiet.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for slot in self.slots:
            slot.kill()
        await self._quiet.__aexit__(kind, error, trace)
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
        alive = self._alive if check else _anyhow
        try:
            await await_values(self.bootstrap, "dead-letters", values, timeout_s=STUCK_S, check=alive)
        except StuckError:
            await self._ask()
            raise

    async def worked_off(self) -> None:
        """Wait until all that was sent, and all that agents told each other of it, was committed."""
        try:
            await self.input.worked_off(self._alive, STUCK_S)
        except StuckError:
            await self._ask()
            raise

    async def settle(self, *, check: bool = True) -> Ledger:
        """End the input, let the workers finish and stop, judge; returns the ledger of the replay."""
        try:
            await self.input.close(self._alive if check else _anyhow, STUCK_S)
        except StuckError:
            await self._ask()
            raise
        for slot in self.slots:
            code = await slot.stop()
            if code:
                self.verdict.problem(f"{slot.name} exited with {code} on SIGTERM\n{slot.tail()}")
        return await self.judge()

    async def judge(self) -> Ledger:
        """Compare what was decided with a replay, and what the order of arrival decides with its rules.

        Returns the replay's ledger.
        """
        out, verdict = self.folder / "replay", self.verdict
        files = ("--programs", str(world.PROGRAM), "--input", str(self.input.folder), "--out", str(out))
        await keyday({}, "replay", *files, "--until", self.input.until)
        expected = ledger.replay_ledger(out)
        found = await ledger.kafka_ledger(self.bootstrap)
        decisions = await ledger.kafka_decisions(self.bootstrap)
        judge_ledger(verdict, found, expected, racing)
        judge_decisions(verdict, decisions, ledger.replay_decisions(out), ledger.content_of)
        judge_accounts(verdict, found)
        case = Case(found, decisions, self.input.returned)
        judge_racing(verdict, case)
        inbox = await ledger.kafka_messages(self.bootstrap, "budgets-inbox")
        answers = [
            message
            for agent in ("customers", "partners")
            for message in await ledger.kafka_messages(self.bootstrap, f"{agent}-inbox")
        ]
        judge_budgets(verdict, case, inbox, answers)
        judge_key_days(verdict, decisions, self.input.returned, inbox)
        judge_goals(verdict, decisions, inbox)
        judge_counts(verdict, decisions, self.input.returned, inbox)
        await self._judge_dead_letters(out)
        sums = balances_of(found)
        async with tables.served(self.bootstrap, self.folder, self.env, self.seed) as url:
            judge_balances(verdict, await serving.balances(url, {account for account, _ in sums}), sums)
        files = await tables.dump(self.bootstrap, self.folder / "topics")
        await tables.judge_tables(verdict, files, self.env, self.folder)
        return expected

    async def _judge_dead_letters(self, replayed: Path) -> None:
        dead = await ledger.kafka_dead_letters(self.bootstrap)
        judge_dead_letters(self.verdict, dead, self.input.poison + self._quiet.marks)
        if sorted(ledger.replay_dead_letters(replayed)) != sorted(self.input.poison):
            self.verdict.problem("the replay's dead letters are not the poison that was sent")

    def _alive(self) -> None:
        for slot in self.slots:
            slot.check()

    async def _ask(self) -> None:
        for slot in self.slots:
            await slot.ask()


def _anyhow() -> None:
    """No check."""


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


def fresh(folder: Path) -> Path:
    """An empty folder in the place of what was there."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
