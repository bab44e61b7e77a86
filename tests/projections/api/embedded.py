"""The whole embedded Keyday behind a real server: log, agents, tables, intake."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any

import orjson
from msgspec import Struct
from prometheus_client import CollectorRegistry

from projections import http
from projections.api.feeds import LogFeed
from projections.api.intake import Intake
from projections.api.sinks import LogSink
from projections.api.tokens import TokenBook
from projections.embedded_reader import EmbeddedReader
from projections.explanations import Explanations
from projections.facts import SOURCES
from projections.guard import Guard
from projections.past import Pasts
from projections.progress import Progress
from projections.store import Tables
from schemas.programs import Programs
from streams.app import build_embedded
from streams.engine.embedded import Embedded
from streams.engine.embedded_worker import EmbeddedWorker
from streams.engine.settings import Settings
from streams.explain.sources import EmbeddedLog
from tests.projections.api.serving import Ask, listening
from tests.streams.test_explain import PROGRAM


class Served(Struct):
    """A running server, its port, its tokens, and what lies behind it."""

    ask: Ask
    port: int
    tokens: Path
    embedded: Embedded
    worker: EmbeddedWorker
    tables: Tables
    progress: Progress

    async def settled(self) -> None:
        """Everything that was taken in is decided, and in the tables."""
        await self.worker.caught_up()
        log = self.embedded.log
        while self.tables.position(("rewards", 0)) < log.end_offset("rewards", 0):  # noqa: ASYNC110  they tell nobody
            await asyncio.sleep(0.001)

    def topic(self, name: str) -> list[Any]:
        log = self.embedded.log
        records = log.read(name, 0, 0, log.end_offset(name, 0))
        return [orjson.loads(record.value or b"") for record in records]


@asynccontextmanager
async def embedded_serving(folder: Path, **options: Any) -> AsyncIterator[Served]:
    (folder / "acme.toml").write_text(PROGRAM)
    programs = Programs()
    assert not programs.load(folder / "acme.toml").errors
    embedded = build_embedded(Settings(data=folder / "data"), programs)
    assert isinstance(embedded, Embedded)
    worker, tables, progress = EmbeddedWorker(embedded), Tables(folder, programs=programs), Progress()
    reader = EmbeddedReader(embedded.log, tables, progress, SOURCES, partitions=1)
    embedded.log.listeners.append(reader.on_growth)
    tokens = folder / "tokens.json"
    guard, chosen = Guard(None, TokenBook(tokens)), http.Options(**options)
    source = EmbeddedLog(embedded.log, "the log")
    pasts = Pasts(tables, lambda: nullcontext(source), folder)
    app = http.make_app(
        tables,
        progress,
        CollectorRegistry(),
        guard,
        Explanations(lambda: nullcontext(source), folder / "acme.toml"),
        options=chosen,
        intake=Intake(LogSink(worker), programs),
        feed=LogFeed(embedded.log),
        pasts=pasts,
    )
    running = [asyncio.create_task(part()) for part in (worker.run, reader.run, pasts.run)]
    async with listening(app, guard, options=chosen) as (ask, port):
        while not progress.loaded:  # noqa: ASYNC110  it tells nobody
            await asyncio.sleep(0.001)
        try:
            yield Served(ask, port, tokens, embedded, worker, tables, progress)
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
    await asyncio.get_running_loop().shutdown_default_executor()
    tables.close()
    embedded.close()
