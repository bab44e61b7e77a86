"""The stock Faust app beside the run: killed with the workers, judged by the same ledger."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson

from tests.chaos.kafka import StuckError, await_consumed, create_topics, read_all
from tests.chaos.slot import LEASH
from tests.chaos.stock_faust import APP_ID, RULES, TOPIC
from tests.chaos.verdict import Entry
from tests.kafka.broker import free_port

#: Faust rejoins once the session of the killed member has run out; before that there is nothing to harm.
UP_S = 12.0
STUCK_S = 40.0


@dataclass(frozen=True)
class ControlVerdict:
    """What stock Faust made of the same input; ``note`` says when it did not come to its end."""

    kills: int
    lost: int
    doubled: int
    note: str = ""

    def __str__(self) -> str:
        note = f" ({self.note})" if self.note else ""
        return f"control: stock faust kills={self.kills} lost={self.lost} doubled={self.doubled}{note}"


class Control:
    """One stock Faust process; each kill of a Keyday worker kills it too, once it is up again."""

    def __init__(self, bootstrap: str, folder: Path, partitions: int) -> None:
        self._bootstrap = bootstrap
        self._partitions = partitions
        self._log = folder / "stock-faust.log"
        self._env = {
            **os.environ,
            "STOCK_BROKERS": bootstrap,
            "STOCK_STATE": str(folder / "stock-faust"),
            "STOCK_PARTITIONS": str(partitions),
            "STOCK_PORT": str(free_port()),
        }
        self._process: asyncio.subprocess.Process | None = None
        self._restart: asyncio.Task[None] | None = None
        self._started = 0.0
        self.kills = 0

    async def prepare(self) -> None:
        """Create the topic that the app writes to, which Faust leaves to its user, and start."""
        await create_topics(self._bootstrap, {TOPIC: self._partitions})
        await self.start()

    async def start(self) -> None:
        """Start the app."""
        command = ("-m", "tests.chaos.stock_faust", "worker", "-l", "warn")
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *LEASH,
                sys.executable,
                *command,
                env=self._env,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self._started = time.monotonic()

    def kill(self) -> None:
        """SIGKILL, and start it again, unless it is not up yet."""
        process = self._process
        if process is None or time.monotonic() - self._started < UP_S:
            return
        self._started = time.monotonic()
        if process.returncode is None:
            process.kill()
            self.kills += 1
        self._restart = asyncio.get_running_loop().create_task(self._again(process))

    def close(self) -> None:
        """SIGKILL for good."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()

    async def verdict(self, expected: Mapping[str, Entry]) -> ControlVerdict:
        """What is missing of the accruals and bonuses of the replay, and what is there too often."""
        note = ""
        try:
            await await_consumed(self._bootstrap, APP_ID, ("orders",), timeout_s=STUCK_S)
        except StuckError:
            note = "it did not come to its end"
        found: Counter[str] = Counter()
        # Stock Faust is not transactional: everything that it sent counts.
        async for record in read_all(self._bootstrap, TOPIC):
            found[orjson.loads(record.value)["entry_id"]] += 1
        wanted = {entry.entry_id for entry in expected.values() if entry.rule in RULES and not entry.reverses}
        doubled = sum(count - 1 for count in found.values()) + len(found.keys() - wanted)
        return ControlVerdict(self.kills, len(wanted - found.keys()), doubled, note)

    async def _again(self, process: asyncio.subprocess.Process) -> None:
        await process.wait()
        await self.start()
