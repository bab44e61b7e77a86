"""Tables as of an instant: what plain loops make of what had occurred by then."""

from __future__ import annotations

import asyncio
import json
import random
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytest
from aiokafka.errors import NoBrokersAvailable

from projections.embedded_reader import EmbeddedReader
from projections.facts import SOURCES
from projections.intake import take
from projections.pages import Query, RowPage
from projections.past import MAX_KEPT, Pasts, RestingError
from projections.progress import Progress
from projections.store import Tables
from projections.table_files import lines
from projections.tables import TABLES
from streams.engine.log import Log
from streams.explain.sources import EmbeddedLog
from tests.projections.naive import NAIVE, Files
from tests.projections.replays import fold, generated, programs_of, records, replayed, small
from tests.projections.test_live_rebuild import append, opened


def times(files: Files) -> list[int]:
    """When anything occurred."""
    return sorted({one.timestamp for found in records(files).values() for one in found if one.timestamp > 0})


def instants(files: Files, rng: random.Random, count: int) -> list[int]:
    """Times of records, and those just before them."""
    return [rng.choice(times(files)) - rng.choice([0, 0, 1]) for _ in range(count)]


def past(files: Files, at: int, folder: Path, rng: random.Random) -> dict[str, list[Any]]:
    """The rows of all tables until an instant, from the topics in a random order."""
    tables = Tables(folder, programs=programs_of(files), until=at)
    topics = sorted(records(files).items())
    rng.shuffle(topics)
    for _, found in topics:
        tables.apply(take(found, SOURCES).facts, {})
    rows = {name: [json.loads(line) for line in lines(tables, table)] for name, table in TABLES.items()}
    tables.close()
    return rows


def balances(files: Files, at: int) -> list[Any]:
    """The table as statements tell it of an instant."""
    with tempfile.TemporaryDirectory() as folder:
        tables = Tables(Path(folder), programs=programs_of(files))
        fold(tables, records(files)["rewards"])
        page = tables.rows("balances", Query(as_of=at, limit=1_000))
        tables.close()
    assert page.next is None
    return page.rows


def differences(files: Files, at: int, folder: Path, rng: random.Random) -> dict[str, Any]:
    """The first row of each table that differs from its naive recomputation."""
    then = Files(files.paths, files.source, files.out, until=at)
    rows = past(files, at, folder, rng)
    found = {} if rows["balances"] == balances(files, at) else {"balances": (rows["balances"], at)}
    for name, table in NAIVE.items():
        expected = table(then)
        if rows[name] != expected:
            pairs = zip([*rows[name], None], [*expected, None], strict=False)
            found[name] = next(((a, b) for a, b in pairs if a != b), (len(rows[name]), len(expected)))
    return found


@pytest.mark.parametrize("share", [0.0, 0.3, 0.8])
def test_tables_of_an_instant_hold_what_had_occurred_by_then(share: float, tmp_path: Path) -> None:
    found = times(small())
    at = found[int(share * len(found))]

    assert differences(small(), at, tmp_path, random.Random(0)) == {}


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_pasts_of_a_generated_stream_are_what_plain_loops_make_of_them(seed: int, tmp_path: Path) -> None:
    files, rng = generated(seed), random.Random(seed)
    for number, at in enumerate(instants(files, rng, 6)):
        assert differences(files, at, tmp_path / str(number), rng) == {}, at


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 41))
def test_pasts_of_random_worlds_are_what_plain_loops_make_of_them(seed: int, tmp_path: Path) -> None:
    files, rng = replayed(seed, tmp_path / "world"), random.Random(seed)
    for number, at in enumerate(instants(files, rng, 4)):
        assert differences(files, at, tmp_path / str(number), rng) == {}, at


@asynccontextmanager
async def kept(folder: Path) -> AsyncIterator[tuple[Pasts, Tables, Log]]:
    """Pasts of tables over the first three quarters of a log."""
    log = opened(folder)
    for topic in SOURCES:
        append(log, topic, 0, 0.75)
    tables, source = Tables(folder, programs=programs_of(small())), EmbeddedLog(log, "the log")
    reader = EmbeddedReader(log, tables, Progress(), SOURCES, partitions=1)
    await reader.catch_up()
    pasts = Pasts(tables, lambda: nullcontext(source), folder)
    running = asyncio.create_task(pasts.run())
    await asyncio.sleep(0)
    try:
        yield pasts, tables, log
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        tables.close()
        log.close()


async def rows(pasts: Pasts, name: str, at: int) -> list[Any]:
    async with pasts.at(at) as found:
        assert found is not None
        page = found.page(name, Query(limit=1_000, as_of=at))
        assert isinstance(page, RowPage)
        return page.rows


def folders(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob(".past-*"))


def test_a_past_is_folded_once_and_goes_with_who_keeps_it(tmp_path: Path) -> None:
    async def scenario() -> None:
        (tmp_path / ".past-left").mkdir()
        at = times(small())[50]
        async with kept(tmp_path) as (pasts, tables, _):
            first = await rows(pasts, "partner_performance", at)
            (folder,) = folders(tmp_path)
            assert folder != ".past-left"
            assert await rows(pasts, "partner_performance", at) == first
            assert [one["day"] for one in first] < [
                one["day"] for one in tables.rows("partner_performance").rows
            ]
            assert folders(tmp_path) == [folder]
            async with pasts.at(at) as found:
                refused = found.page("tiers", Query(as_of=at - 1))
            assert refused.code == "past_unknown"
        assert folders(tmp_path) == []

    asyncio.run(scenario())


def test_what_comes_late_is_in_the_past_from_then_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        at = times(small())[-1]
        async with kept(tmp_path) as (pasts, tables, log):
            before = await rows(pasts, "channel_performance", at)
            for topic in SOURCES:
                append(log, topic, 0.75, 1)
            await EmbeddedReader(log, tables, Progress(), SOURCES, partitions=1).catch_up()
            assert await rows(pasts, "channel_performance", at) == before  # looked at a moment ago
            monkeypatch.setattr("projections.past.FRESH_S", 0)

            after = await rows(pasts, "channel_performance", at)

            assert after == tables.rows("channel_performance", Query(limit=1_000)).rows != before
            assert len(folders(tmp_path)) == 1
            tables.rebuild("test", "its topics are others")
            assert await rows(pasts, "channel_performance", at) == []

    asyncio.run(scenario())


def test_only_some_are_kept_and_none_is_removed_that_is_read(tmp_path: Path) -> None:
    async def scenario() -> None:
        some = times(small())[-6:]
        async with kept(tmp_path) as (pasts, _, _), pasts.at(some[0]) as read:
            for at in some[1:]:
                await rows(pasts, "tiers", at)
            assert isinstance(read.page("tiers", Query(as_of=some[0])), RowPage)
            assert len(folders(tmp_path)) == MAX_KEPT
            assert read.folder.name in folders(tmp_path)

    asyncio.run(scenario())


def test_who_asks_for_a_past_that_takes_long_is_sent_away_and_it_is_folded_nevertheless(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        at = times(small())[50]
        async with kept(tmp_path) as (pasts, _, _):
            monkeypatch.setattr("projections.past.PATIENCE_S", 0)
            async with pasts.at(at) as found, pasts.at(at + 1) as other:
                assert found is other is None
            monkeypatch.setattr("projections.past.PATIENCE_S", 60)
            one, other = await asyncio.gather(rows(pasts, "tiers", at), rows(pasts, "tiers", at + 1))
            assert one == other
            assert len(folders(tmp_path)) == 2

    asyncio.run(scenario())


def test_a_past_that_cannot_be_folded_is_tried_again(tmp_path: Path) -> None:
    async def scenario() -> None:
        at = times(small())[50]
        async with kept(tmp_path) as (pasts, tables, log):
            opens = iter([NoBrokersAvailable(), None])

            @contextmanager
            def source() -> Iterator[EmbeddedLog]:
                if (error := next(opens)) is not None:
                    raise error
                yield EmbeddedLog(log, "the log")

            failing = Pasts(tables, source, tmp_path)
            with pytest.raises(NoBrokersAvailable):
                await rows(failing, "tiers", at)
            assert folders(tmp_path) == []
            assert await rows(failing, "tiers", at) == await rows(pasts, "tiers", at)

    asyncio.run(scenario())


def test_of_the_time_for_folding_one_name_gets_a_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def ask(pasts: Pasts, at: int, who: str | None) -> None:
        async with pasts.at(at, who) as found:
            assert found is not None

    async def scenario() -> None:
        some = times(small())[-4:]
        async with kept(tmp_path) as (pasts, _, _):
            await ask(pasts, some[0], "lea")
            monkeypatch.setattr("projections.past.REST", 1_000)
            await ask(pasts, some[1], "max")
            with pytest.raises(RestingError) as refused:
                await ask(pasts, some[2], "max")
            assert refused.value.seconds > 1
            await ask(pasts, some[1], "max")
            await ask(pasts, some[2], None)
            await ask(pasts, some[3], None)

    asyncio.run(scenario())
