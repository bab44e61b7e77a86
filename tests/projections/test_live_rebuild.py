from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path

import pytest

from projections.embedded_reader import EmbeddedReader
from projections.facts import SOURCES
from projections.live_rebuild import LiveRebuild, NotRebuiltError, ask
from projections.pages import Query
from projections.progress import Progress
from projections.rows import ORDERS
from projections.store import Tables
from projections.tables import TABLES
from streams.engine.log import Log
from streams.engine.record import OutRecord
from streams.explain.sources import EmbeddedLog
from tests.projections.replays import lines_of, programs_of, records, small
from tests.projections.test_rebuild import content, harm


def append(log: Log, topic: str, start: float, stop: float) -> None:
    """Part of a topic of the replay."""
    found = records(small())[topic]
    part = found[int(len(found) * start) : int(len(found) * stop)]
    log.append([OutRecord(topic, 0, one.timestamp, one.key, one.value, list(one.headers)) for one in part])


def opened(folder: Path) -> Log:
    log = Log.open(folder / "log", 1)
    assert isinstance(log, Log)
    return log


def a_minute() -> Callable[[], bool]:
    """The server is taken to be there for so long: an answer that never comes fails a test and does not stop it."""
    end = time.monotonic() + 60
    return lambda: time.monotonic() < end


@asynccontextmanager
async def served(folder: Path, log: Log) -> AsyncIterator[Tables]:
    """Tables that follow the log and are folded again when somebody asks."""
    tables, source = Tables(folder, programs=programs_of(small())), EmbeddedLog(log, "the log")
    reader = EmbeddedReader(log, tables, Progress(), SOURCES, partitions=1, batch_records=50)
    live = LiveRebuild(tables, lambda: nullcontext(source), folder)
    await reader.catch_up()
    tasks = [asyncio.create_task(part()) for part in (reader.run, live.run)]
    try:
        yield tables
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        tables.close()


async def read_to_the_end(tables: Tables, log: Log) -> None:
    async with asyncio.timeout(60):
        while any(tables.position((topic, 0)) < log.end_offset(topic, 0) for topic in SOURCES):  # noqa: ASYNC110
            await asyncio.sleep(0.01)


@pytest.mark.slow
def test_a_table_is_folded_again_while_it_is_fed_and_read(tmp_path: Path) -> None:
    async def scenario() -> None:
        log = opened(tmp_path)
        for topic in SOURCES:
            append(log, topic, 0, 0.5)
        async with served(tmp_path, log) as tables:
            harm(tables, "partner_performance")
            before = tables.positions
            asked = asyncio.create_task(
                asyncio.to_thread(ask, tmp_path, ["partner_performance", "tiers"], a_minute())
            )
            for step in range(10):
                for topic in SOURCES:
                    append(log, topic, 0.5 + step / 20, 0.5 + (step + 1) / 20)
                await asyncio.sleep(0.02)
                assert tables.rows("partner_performance", Query(limit=5))
            wrong = {name: bad for name, (bad, _) in (await asked).items()}
            await read_to_the_end(tables, log)

            # What was fed over the harmed rows may have changed them, but the one that was made up stays.
            assert wrong["partner_performance"] >= 1
            assert wrong["tiers"] == 0
            assert tables.positions != before
            assert content(tables) == lines_of(small().out)
            tables._store.verify()
            assert (await asyncio.to_thread(ask, tmp_path, sorted(BOTH), a_minute())).keys() == BOTH
        log.close()

    asyncio.run(scenario())
    assert {path.name for path in tmp_path.iterdir()} == {"log", "tables"}


def test_without_a_name_all_is_folded_again_also_what_no_table_shows(tmp_path: Path) -> None:
    def stored(tables: Tables) -> dict[bytes, bytes]:
        return dict(tables._store.scan(b"\x01", b"\xff"))

    async def scenario() -> None:
        log = opened(tmp_path)
        for topic in SOURCES:
            append(log, topic, 0, 0.5)
        async with served(tmp_path, log) as tables:
            sound = stored(tables)
            harm(tables, "partner_performance")
            hidden = [(key, None) for key in sound if key.startswith(ORDERS)][::3]
            tables._store.write(list(hidden), tables._store.delta_of(hidden), {}, 0)

            answer = await asyncio.to_thread(ask, tmp_path, [], a_minute())

            assert {name: bad for name, (bad, _) in answer.items() if bad} == {"partner_performance": 3}
            assert answer.keys() == TABLES.keys()
            assert stored(tables) == sound
            tables._store.verify()
            for topic in SOURCES:
                append(log, topic, 0.5, 1)
            await read_to_the_end(tables, log)
            assert content(tables) == lines_of(small().out)
        log.close()

    asyncio.run(scenario())


BOTH = {"partner_performance", "balances"}


def test_tables_that_were_emptied_meanwhile_are_not_mixed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        log = opened(tmp_path)
        for topic in SOURCES:
            append(log, topic, 0, 1)
        async with served(tmp_path, log) as tables:
            fill = LiveRebuild._fill

            def emptied(self: LiveRebuild, fresh: Tables, *span: dict[tuple[str, int], int]) -> None:
                fill(self, fresh, *span)
                tables.rebuild("corrupt", "a test")

            monkeypatch.setattr(LiveRebuild, "_fill", emptied)
            with pytest.raises(NotRebuiltError, match="emptied meanwhile"):
                await asyncio.to_thread(ask, tmp_path, ["tiers"], a_minute())
            await read_to_the_end(tables, log)
            assert content(tables) == lines_of(small().out)
        log.close()

    asyncio.run(scenario())


def test_who_does_not_answer_is_said_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("projections.live_rebuild.SEEN_S", 0.05)
    with pytest.raises(NotRebuiltError, match="does not answer; stop it first"):
        ask(tmp_path, ["tiers"], a_minute())
    assert list(tmp_path.iterdir()) == []


def test_who_stops_before_it_is_done_is_said(tmp_path: Path) -> None:
    async def scenario() -> None:
        asked = asyncio.create_task(asyncio.to_thread(ask, tmp_path, ["tiers"], lambda: False))
        while not (requests := list(tmp_path.glob("rebuild-*.request.json"))):  # noqa: ASYNC110, ASYNC240
            await asyncio.sleep(0.01)
        assert json.loads(requests[0].read_bytes())["names"] == ["tiers"]
        requests[0].unlink()
        with pytest.raises(NotRebuiltError, match="stopped before it was done"):
            await asked

    asyncio.run(scenario())
    assert list(tmp_path.iterdir()) == []


def test_all_who_ask_at_once_are_answered_and_answers_that_nobody_read_go(tmp_path: Path) -> None:
    async def scenario() -> None:
        log = opened(tmp_path)
        (tmp_path / "rebuild-0123456789abcdef.answer.json").write_bytes(b"{}")
        async with served(tmp_path, log):
            names = ["tiers", "balances", "goals"]  # fewer than the loop has threads
            asked = [asyncio.to_thread(ask, tmp_path, [name], a_minute()) for name in names]
            assert await asyncio.gather(*asked) == [{name: (0, 0)} for name in names]
        assert list(tmp_path.glob("rebuild-*")) == []  # noqa: ASYNC240
        log.close()

    asyncio.run(scenario())


@pytest.mark.parametrize("raw", [b"", b"[]", b'{"id": 1}', b'{"id": "../x", "names": []}', b"\xff"])
def test_a_request_that_cannot_be_read_ends_nothing(tmp_path: Path, raw: bytes) -> None:
    async def scenario() -> None:
        log = opened(tmp_path)
        async with served(tmp_path, log):
            (tmp_path / "rebuild-0123456789abcdef.request.json").write_bytes(raw)
            assert (await asyncio.to_thread(ask, tmp_path, ["tiers"], a_minute())) == {"tiers": (0, 0)}
        assert list(tmp_path.glob("rebuild-*")) == []  # noqa: ASYNC240
        log.close()

    asyncio.run(scenario())
