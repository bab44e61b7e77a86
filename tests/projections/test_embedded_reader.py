from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from events.outputs import RewardEvent
from projections.balances import as_row
from projections.embedded_reader import EmbeddedReader
from projections.facts import LEDGER
from projections.metrics import ProjectionMetrics
from projections.progress import Progress
from projections.store import Tables
from schemas.rewards import encode_output
from streams.engine.log import Log
from streams.engine.partitioner import partition_of
from streams.engine.record import OutRecord
from tests.projections.ledgers import Author, recompute

PARTITIONS = 3
ACCOUNTS = [f"customer:{n}" for n in range(20)]


def open_log(path: Path) -> Log:
    log = Log.open(path, PARTITIONS)
    assert isinstance(log, Log)
    return log


def record(key: bytes, value: bytes | None, time: int = 0) -> OutRecord:
    return OutRecord("rewards", partition_of(key, PARTITIONS), time, key, value)


def append(log: Log, events: list[RewardEvent]) -> None:
    owners = [event.data.account.partition(":")[2].encode() for event in events]
    log.append([record(owner, encode_output(e), e.time) for owner, e in zip(owners, events, strict=True)])


def balances(tables: Tables) -> dict[tuple[str, str], dict[str, int]]:
    rows = [as_row(account, row) for account in ACCOUNTS for row in tables.balances(account) or []]
    return {
        (r.pop("account"), r.pop("unit")): r for r in sorted(rows, key=lambda r: (r["account"], r["unit"]))
    }


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110  # the reader tells of its progress in counts only
            await asyncio.sleep(0.005)


def test_it_follows_the_log_and_says_when_it_has_caught_up(tmp_path: Path) -> None:
    events = Author(random.Random(1), ACCOUNTS).write(900)
    log, registry = open_log(tmp_path / "log"), CollectorRegistry()
    metrics, progress = ProjectionMetrics(registry), Progress(max_lag=0)
    tables = Tables(tmp_path / "tables", metrics)
    reader = EmbeddedReader(
        log, tables, progress, LEDGER, partitions=PARTITIONS, metrics=metrics, batch_records=50
    )
    log.listeners.append(reader.on_growth)

    async def scenario() -> None:
        assert progress.blocker() is not None
        append(log, events[:500])
        task = asyncio.create_task(reader.run())
        await until(lambda: progress.caught_up)
        assert balances(tables) == recompute(events[:500])
        append(log, events[500:])
        await until(lambda: registry.get_sample_value("keyday_projection_events_total") == 900)
        await until(lambda: progress.lag == 0)
        task.cancel()

    asyncio.run(scenario())

    assert balances(tables) == recompute(events)
    lag = {"topic": "rewards", "partition": "0"}
    assert registry.get_sample_value("keyday_projection_lag_records", lag) == 0
    tables.close()
    log.close()


def test_tables_that_are_ahead_of_their_log_are_rebuilt(tmp_path: Path) -> None:
    events = Author(random.Random(2), ACCOUNTS).write(100)
    log, tables = open_log(tmp_path / "log"), Tables(tmp_path / "tables")
    append(log, events)
    reader = EmbeddedReader(log, tables, Progress(), LEDGER, partitions=PARTITIONS)
    asyncio.run(reader.catch_up())
    log.close()

    shorter = open_log(tmp_path / "shorter")
    append(shorter, events[:40])
    reader = EmbeddedReader(shorter, tables, Progress(), LEDGER, partitions=PARTITIONS)
    asyncio.run(reader.catch_up())

    assert balances(tables) == recompute(events[:40])
    tables.close()
    shorter.close()


def test_damage_that_a_read_meets_is_mended_from_the_log(tmp_path: Path) -> None:
    events = Author(random.Random(3), ACCOUNTS).write(100)
    log, tables = open_log(tmp_path / "log"), Tables(tmp_path / "tables")
    append(log, events)
    progress = Progress()
    reader = EmbeddedReader(log, tables, progress, LEDGER, partitions=PARTITIONS)
    asyncio.run(reader.catch_up())

    tables.damaged = True
    asyncio.run(reader.catch_up())

    assert not tables.damaged
    assert progress.loaded
    assert balances(tables) == recompute(events)
    tables.close()
    log.close()


def test_what_is_no_ledger_entry_is_counted_and_passed(tmp_path: Path) -> None:
    events = Author(random.Random(4), ACCOUNTS).write(30)
    log, registry = open_log(tmp_path / "log"), CollectorRegistry()
    tables = Tables(tmp_path / "tables", ProjectionMetrics(registry))
    junk = [
        b"",
        b"{",
        b"null",
        b'{"specversion":"1.0"}',
        b"\xff",
        encode_output(events[0]).replace(b"Z", b"X"),
        None,
    ]
    append(log, events[:10])
    log.append([record(b"1", value) for value in junk])
    append(log, events[10:])
    asyncio.run(EmbeddedReader(log, tables, Progress(), LEDGER, partitions=PARTITIONS).catch_up())

    assert balances(tables) == recompute(events)
    found = registry.get_sample_value("keyday_projection_faults_total", {"code": "undecodable"})
    assert found == len(junk)
    tables.close()
    log.close()


@pytest.mark.parametrize("turns", range(4))
def test_growth_at_the_moment_of_the_end_does_not_keep_the_reader_alive(tmp_path: Path, turns: int) -> None:
    log, tables, progress = open_log(tmp_path / "log"), Tables(tmp_path / "tables"), Progress()
    reader = EmbeddedReader(log, tables, progress, LEDGER, partitions=PARTITIONS)

    async def scenario() -> bool:
        task = asyncio.create_task(reader.run())
        await until(lambda: progress.caught_up)
        reader.on_growth(frozenset(LEDGER))
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        _, alive = await asyncio.wait([task], timeout=5)
        return not alive

    assert asyncio.run(scenario())
    tables.close()
    log.close()
