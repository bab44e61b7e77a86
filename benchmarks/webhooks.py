"""``python -m benchmarks.webhooks``: events a second from an embedded log to a receiver over HTTPS.

``keyday webhooks`` is a process of its own. The receiver verifies each signature, answers after a given time
and notes what came: a run in which an event came twice, or before an earlier one of its account, has no
figures. Writes ``build/webhooks.json``.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import product
from pathlib import Path

import click
from aiohttp import web
from standardwebhooks import Webhook

from benchmarks.probe import BenchError, cpu_seconds, peak_rss_mb
from benchmarks.report import report
from tests.kafka.certs import Authority
from tests.projections.webhooks.receiver import (
    SECRET,
    Received,
    Receiver,
    accounts,
    filled,
    listening,
    write_config,
)

FOLDER = Path("build/bench/webhooks").resolve()
RESULT = Path("build/webhooks.json")
STALL_S = 60.0


@click.command()
@click.option("--events", default=20_000, show_default=True, help="Of each run.")
@click.option("--accounts", "count", default=1_000, show_default=True, help="Whose events they are, in turn.")
@click.option("--concurrency", default=(8, 64), multiple=True, show_default=True, help="Requests at a time.")
@click.option(
    "--answer-ms", default=(0, 20), multiple=True, show_default=True, help="Until the receiver answers."
)
def main(*, events: int, count: int, concurrency: tuple[int, ...], answer_ms: tuple[int, ...]) -> None:
    """Measure, write build/webhooks.json, print a table."""
    figures: dict[str, float] = {"events": events, "accounts": count}
    try:
        for at_once, wait_ms in product(concurrency, answer_ms):
            report(f"{events:,} events, {at_once} at a time, answers after {wait_ms} ms")
            found = asyncio.run(measured(events, count, at_once, wait_ms))
            figures |= {f"{name}_{at_once}_at_once_{wait_ms}_ms": value for name, value in found.items()}
    except (BenchError, TimeoutError) as error:
        sys.exit(f"bench: {error or 'the receiver waits for events that do not come'}")
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(figures, indent=2) + "\n")
    print(table(figures, concurrency, answer_ms))


async def measured(events: int, count: int, at_once: int, wait_ms: int) -> dict[str, float]:
    """One run: from the first request to the last acknowledgement."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    filled(FOLDER / "data", list(accounts(count, events // count))).close()
    total, verify, begun = count * (events // count), Webhook(SECRET).verify, 0.0

    async def answer(received: Received, _: web.Request) -> web.StreamResponse:
        nonlocal begun
        begun = begun or time.monotonic()
        verify(received.body, received.headers)
        if wait_ms:
            await asyncio.sleep(wait_ms / 1_000)
        return web.Response(status=204)

    authority = Authority(FOLDER / "ca")
    async with listening(Receiver(answer), authority) as receiver:
        config = write_config(FOLDER, receiver.url(), authority, concurrency=at_once)
        async with delivering(config) as pid:
            while len(receiver.acknowledged) < total:
                before = len(receiver.acknowledged)
                async with asyncio.timeout(STALL_S):
                    await receiver.until(lambda before=before: len(receiver.acknowledged) > before)  # type: ignore[misc]
            ended, cpu_s, rss_mb = time.monotonic(), cpu_seconds([pid]), peak_rss_mb([pid])
    judge(receiver, total)
    return {
        "events_per_s": total / (ended - begun),
        "events_per_cpu_s": total / cpu_s,
        "rss_mb": rss_mb,
    }


@asynccontextmanager
async def delivering(config: Path) -> AsyncIterator[int]:
    """``keyday webhooks``, and its process id."""
    command = [sys.executable, "-m", "streams.cli", "webhooks", "--config", str(config)]
    env = {**os.environ, "HOOK_SECRET": SECRET, "KEYDAY_LOG_LEVEL": "warning"}
    process = await asyncio.create_subprocess_exec(*command, "--data", str(FOLDER / "data"), env=env)
    try:
        yield process.pid
    finally:
        process.terminate()
        await process.wait()


def judge(receiver: Receiver, total: int) -> None:
    """Each event once, those of an account in their order.

    Raises:
        BenchError: they are not.
    """
    if len(receiver.received) != total or len(set(receiver.acknowledged)) != total:
        raise BenchError(f"{len(receiver.received)} requests for {total} events")
    seen: dict[str, int] = defaultdict(int)
    for event in receiver.events:
        account, _, seq = event.rpartition("~")
        if int(seq) != seen[account] + 1:
            raise BenchError(f"{event} came after {account}~{seen[account]}")
        seen[account] += 1


def table(figures: dict[str, float], concurrency: tuple[int, ...], answer_ms: tuple[int, ...]) -> str:
    """The table of docs/webhooks.md."""
    lines = [
        "| requests at a time | answer after | events/s | events per CPU second | RSS in MiB |",
        "| ---: | ---: | ---: | ---: | ---: |",
    ]
    for at_once, wait_ms in product(concurrency, answer_ms):
        shown = [
            f"{figures[f'{name}_{at_once}_at_once_{wait_ms}_ms']:,.0f}"
            for name in ("events_per_s", "events_per_cpu_s", "rss_mb")
        ]
        lines.append(f"| {at_once} | {wait_ms} ms | {' | '.join(shown)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
