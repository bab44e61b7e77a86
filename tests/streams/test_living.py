"""The demo goes on: events are appended when their time has come, each once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from events.time import format_time, parse_time
from schemas.programs import Programs
from streams.app import build_embedded
from streams.commands.living import live
from streams.engine.embedded import Embedded, wall_clock
from streams.engine.embedded_worker import EmbeddedWorker
from streams.engine.settings import Settings
from streams.generator.event import Generated
from tests.streams.processes import EXAMPLES

HOUR_MS = 3_600_000


def clicks(now: int, *offsets: int) -> list[Generated]:
    return [Generated("clicks", b"c1", b"click %d" % offset, now + offset) for offset in offsets]


def until_changed(file: Path, before: str) -> None:
    while file.read_text() in {"", before}:
        time.sleep(0.01)  # a file cannot be awaited


def appended(
    data: Path, work: Callable[[EmbeddedWorker], Awaitable[None]], until: int, noted: Path
) -> list[bytes | None]:
    """What is on the topic once it holds so much; the work must not end before."""
    programs, before = Programs(), noted.read_text()
    assert not programs.load(EXAMPLES / "demo.toml").errors
    embedded = build_embedded(Settings(data=data), programs)
    assert isinstance(embedded, Embedded)

    async def scenario() -> None:
        grown = asyncio.Event()
        embedded.log.listeners.append(lambda *_: grown.set())
        task = asyncio.ensure_future(work(EmbeddedWorker(embedded)))
        async with asyncio.timeout(30):
            while embedded.log.end_offset("clicks", 0) < until:
                assert not task.done()
                grown.clear()
                await grown.wait()
            await asyncio.to_thread(until_changed, noted, before)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    try:
        asyncio.run(scenario())
        return [record.value for record in embedded.log.read("clicks", 0, 0, 100)]
    finally:
        embedded.close()


def test_what_happened_comes_at_once_and_the_rest_in_its_time(tmp_path: Path) -> None:
    now, noted = wall_clock(), tmp_path / "live"
    noted.write_text(format_time(now - 3_000))
    season = clicks(now, -5_000, -3_000, -2_000, -1_000, 400, HOUR_MS)

    found = appended(tmp_path / "data", lambda worker: live(worker, lambda: iter(season), noted), 3, noted)

    assert found == [b"click -2000", b"click -1000", b"click 400"]
    assert wall_clock() >= now + 400


def test_after_a_restart_nothing_comes_twice(tmp_path: Path) -> None:
    now, noted = wall_clock(), tmp_path / "live"
    noted.write_text(format_time(now - 3_000))
    season = clicks(now, -2_000, -1_000)
    data = tmp_path / "data"

    appended(data, lambda worker: live(worker, lambda: iter(season), noted), 2, noted)
    assert parse_time(noted.read_text()) >= now
    season += clicks(now, wall_clock() - now + 400)
    found = appended(data, lambda worker: live(worker, lambda: iter(season), noted), 3, noted)

    assert found == [one.value for one in season]
