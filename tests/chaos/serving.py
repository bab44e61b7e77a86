"""The balances as a user sees them: ``keyday serve`` in a process of its own, asked over HTTP."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from tests.chaos.slot import LEASH
from tests.kafka.broker import free_port

READY_S = 60.0
POLL_S = 0.1
AT_ONCE = 16
KEYDAY = ("-m", "streams.cli")
LAG = "keyday_projection_lag_records{"

Balances = dict[tuple[str, str], tuple[int, int, int]]


class ServeError(Exception):
    """``keyday serve`` did not answer as it should."""


@asynccontextmanager
async def started(
    bootstrap: str,
    folder: Path,
    env: Mapping[str, str],
    port: int = 0,
    *,
    command: Sequence[str] = KEYDAY,
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A server that was just started; it is stopped at the end of the block."""
    with (folder / "serve.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *LEASH,
            sys.executable,
            *(*command, "serve", "--brokers", bootstrap, "--port", str(port)),
            env={**os.environ, **env, "KEYDAY_STATE_DIR": str(folder / "serve")},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=asyncio.subprocess.PIPE if port == 0 else log,
        )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def until_listening(process: asyncio.subprocess.Process) -> None:
    """Wait for the line in which a server without a port of its own says where it listens."""
    assert process.stderr is not None
    async for line in process.stderr:
        if b"listens on" in line:
            return
    raise ServeError(f"keyday serve exited with {await process.wait()}")


@asynccontextmanager
async def serve(bootstrap: str, folder: Path, env: dict[str, str]) -> AsyncIterator[str]:
    """The base URL of a server that has read the topics to their end."""
    port = free_port()
    async with started(bootstrap, folder, env, port) as process:
        url = f"http://127.0.0.1:{port}"
        await _until_ready(url, process, folder / "serve.log")
        yield url


async def balances(url: str, accounts: Iterable[str]) -> Balances:
    """Pending, available and held per account and unit."""
    found: Balances = {}
    gate = asyncio.Semaphore(AT_ONCE)
    async with aiohttp.ClientSession() as session:

        async def ask(account: str) -> None:
            async with gate, session.get(f"{url}/v1/accounts/{account}/balances") as answer:
                answer.raise_for_status()
                body = await answer.json()
            for row in body["balances"]:
                found[account, row["unit"]] = (row["pending"], row["available"], row["held"])

        await asyncio.gather(*(ask(account) for account in accounts))
    return found


async def _lag(session: aiohttp.ClientSession, url: str) -> float | None:
    """Ledger entries that are not in the tables yet, ``None`` while that is not known."""
    async with session.get(f"{url}/readyz") as ready:
        if not ready.ok:
            return None
    async with session.get(f"{url}/metrics") as answer:
        text = await answer.text()
    lags = [line.rpartition(" ")[2] for line in text.splitlines() if line.startswith(LAG)]
    return sum(map(float, lags)) if lags else None


async def _until_ready(url: str, process: asyncio.subprocess.Process, log: Path) -> None:
    deadline = time.monotonic() + READY_S
    async with aiohttp.ClientSession() as session:
        while time.monotonic() < deadline:
            if process.returncode is not None:
                raise ServeError(f"keyday serve exited with {process.returncode}: see {log}")
            try:
                # Ready may be a little behind; the comparison needs all of it.
                if await _lag(session, url) == 0:
                    return
            except aiohttp.ClientConnectionError:
                pass  # not listening yet
            await asyncio.sleep(POLL_S)
    raise ServeError(f"keyday serve was not ready within {READY_S:.0f} s: see {log}")
