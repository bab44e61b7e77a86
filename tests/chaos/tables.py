"""The tables of a crash run: folded by a server that is killed while it lives and while it catches up.

What it leaves is compared with plain loops over the topics.
"""

from __future__ import annotations

import asyncio
import json
import random
import signal
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from tests.chaos import serving, world
from tests.chaos.kafka import read_all
from tests.chaos.server import STEPS
from tests.chaos.slot import WorkerError
from tests.chaos.verdict import Verdict
from tests.kafka.broker import free_port
from tests.projections.naive import NAIVE, Files

KILLS = 3
#: Writes that a server lives through at the most while there is load.
DEEPEST_COUNT = 8
#: Seconds: between its death and its next start.
PAUSE_S = 3.0
#: Seconds: a server that was killed before had read nothing, or all.
LIVES_S = (0.0, 0.4)

_INPUTS = ("programs", "partner-events", "clicks", "referrals", "orders")
_OUTPUTS = ("rewards", "attributions", "compliance", "milestones")


class Folding:
    """A server that folds the tables while there is load, killed again and again at the steps of its writes."""

    def __init__(self, bootstrap: str, folder: Path, env: Mapping[str, str], seed: int) -> None:
        self._bootstrap = bootstrap
        self._folder = folder
        self._env = env
        self._rng = random.Random(f"{seed}/tables")
        #: Deaths by step.
        self.deaths: Counter[str] = Counter()

    @asynccontextmanager
    async def alive(self) -> AsyncIterator[None]:
        """It lives and dies as long as the block runs."""
        task = asyncio.create_task(self._live())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _live(self) -> None:
        while True:
            step, count = self._rng.choice(STEPS), self._rng.randint(1, DEEPEST_COUNT)
            env = {**self._env, "CHAOS_STEP": step, "CHAOS_COUNT": str(count)}
            server = serving.started(
                self._bootstrap, self._folder, env, free_port(), command=("-m", "tests.chaos.server")
            )
            async with server as process:
                if await process.wait() != -signal.SIGKILL:
                    raise WorkerError(f"keyday serve exited with {process.returncode}")
                self.deaths[step] += 1
            # Each start costs what the workers are short of.
            await asyncio.sleep(PAUSE_S)


@asynccontextmanager
async def served(bootstrap: str, folder: Path, env: dict[str, str], seed: int) -> AsyncIterator[str]:
    """A server that has read everything, after it was killed a few times on its way."""
    rng = random.Random(seed)
    for _ in range(KILLS):
        async with serving.started(bootstrap, folder, env) as process:
            await serving.until_listening(process)
            # The moment of the kill is the experiment: nothing to await.
            await asyncio.sleep(rng.uniform(*LIVES_S))
            process.kill()
            await process.communicate()
    async with serving.serve(bootstrap, folder, env) as url:
        yield url


async def dump(bootstrap: str, folder: Path) -> Files:
    """The topics as the files of a replay, whose dead letters name lines of them."""
    source, out = folder / "in", folder / "out"
    source.mkdir(parents=True)
    out.mkdir()
    dead = Counter[bytes | None]()
    async for record in read_all(bootstrap, "dead-letters"):
        dead[record.value] += 1
    letters = []
    for topic in _INPUTS:
        lines = [record.value or b"" async for record in read_all(bootstrap, topic)]
        for offset, line in enumerate(lines):
            if dead[line]:
                dead[line] -= 1
                letters.append({"topic": topic, "offset": offset})
        # A record may hold anything; a line of a file holds no end of line.
        _write(source / f"{topic}.ndjson", [line.replace(b"\n", b" ") for line in lines])
    for topic in _OUTPUTS:
        _write(out / f"{topic}.ndjson", [record.value async for record in read_all(bootstrap, topic)])
    _write(out / "dead-letters.ndjson", [json.dumps(letter).encode() for letter in letters])
    return Files([world.PROGRAM], source, out)


async def judge_tables(verdict: Verdict, files: Files, env: Mapping[str, str], folder: Path) -> None:
    """Every table that a stopped server left has the rows that plain loops over the topics give."""
    if not verdict.same:
        return  # plain loops cannot tell the tables of a ledger that lost something
    from tests.chaos.scene import keyday  # noqa: PLC0415 - the scene judges by this module

    for name, naive in NAIVE.items():
        out = folder / f"{name}.ndjson"
        try:
            await keyday(env, "export", name, "--state-dir", str(folder / "serve"), "--out", str(out))
        except WorkerError as error:
            verdict.problem(str(error))
            return
        compare(verdict, name, [json.loads(line) for line in out.read_bytes().splitlines()], naive(files))


def compare(verdict: Verdict, name: str, rows: list[object], expected: list[object]) -> None:
    """Count the rows of a table that are not the expected ones."""
    pairs = [
        (row, other)
        for row, other in zip(
            [*rows, *[None] * (len(expected) - len(rows))],
            [*expected, *[None] * (len(rows) - len(expected))],
            strict=True,
        )
        if row != other
    ]
    verdict.wrong_rows += len(pairs)
    verdict.note(f"{name}: the table, then plain loops", [f"{row}\n         {other}" for row, other in pairs])


def _write(path: Path, lines: list[bytes]) -> None:
    path.write_bytes(b"".join(line + b"\n" for line in lines))
