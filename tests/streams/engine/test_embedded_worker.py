from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from itertools import pairwise
from pathlib import Path

import pytest

from streams.engine.embedded import MINUTE_MS, Embedded
from streams.engine.embedded_worker import FIRST_RECORDS, LEAST_RECORDS, MOST_RECORDS, EmbeddedWorker
from streams.engine.record import OutRecord
from tests.streams.engine.test_embedded import DAY_MS, NOON, Clock, order, recording, ticks


def with_worker(
    embedded: Embedded, scenario: Callable[[EmbeddedWorker], Awaitable[None]], *, running: bool = True
) -> None:
    async def main() -> None:
        worker = EmbeddedWorker(embedded)
        run = asyncio.create_task(worker.run()) if running else None
        try:
            await asyncio.wait_for(scenario(worker), 20)
        finally:
            worker.stop()
            if run:
                await run
            embedded.close()

    asyncio.run(main())


def test_what_is_appended_is_processed_without_polling(tmp_path: Path) -> None:
    seen: list[str] = []

    async def scenario(worker: EmbeddedWorker) -> None:
        for number in range(3):
            assert await worker.append([order(f"o{number}", NOON + number)]) == [number]
            await worker.caught_up()
            assert seen[-1] == f"o{number}"

    with_worker(recording(tmp_path, seen, Clock(NOON)), scenario)


def test_appends_of_one_turn_share_one_write(tmp_path: Path) -> None:
    embedded = recording(tmp_path, [])
    writes: list[frozenset[str]] = []
    embedded.log.listeners.append(writes.append)

    async def scenario(worker: EmbeddedWorker) -> None:
        offsets = await asyncio.gather(
            worker.append([order("a", NOON), order("b", NOON)]),
            worker.append([]),
            worker.append([order("c", NOON)]),
        )
        assert list(offsets) == [[0, 1], [], [2]]

    with_worker(embedded, scenario, running=False)
    assert writes == [frozenset({"orders"})]


def test_an_append_that_fails_fails_for_its_callers_and_the_worker_goes_on(tmp_path: Path) -> None:
    seen: list[str] = []

    async def scenario(worker: EmbeddedWorker) -> None:
        with pytest.raises(TypeError):
            await worker.append([OutRecord("orders", 0, 0, object(), b"")])  # type: ignore[arg-type]
        await worker.append([order("a", NOON)])
        await worker.caught_up()
        assert seen == ["a"]

    with_worker(recording(tmp_path, seen, Clock(NOON)), scenario)


class Slow(list[str]):
    """Takes some milliseconds of the event loop for each event that is written down."""

    def append(self, name: str) -> None:
        end = time.perf_counter() + 0.002
        while time.perf_counter() < end:
            pass
        super().append(name)


def turns_of(folder: Path, seen: list[str], count: int) -> list[int]:
    """How many events were done at each turn of the event loop while a backlog is worked off."""
    embedded = recording(folder, seen, Clock(NOON))
    embedded.append([order(f"o{number}", NOON) for number in range(count)])
    turns: list[int] = []

    async def scenario(_worker: EmbeddedWorker) -> None:
        while len(seen) < count:
            turns.append(len(seen))
            await asyncio.sleep(0)

    with_worker(embedded, scenario)
    return turns


def test_the_loop_stays_free_while_a_backlog_is_worked_off(tmp_path: Path) -> None:
    turns = turns_of(tmp_path, [], 6_001)

    steps = sorted(set(turns))
    assert FIRST_RECORDS in steps
    assert max(after - before for before, after in pairwise(steps)) <= MOST_RECORDS
    # A request is read in one turn and answered in the next.
    assert all(turns.count(step) >= 2 for step in steps[1:-1]), turns


def test_events_that_take_long_come_in_short_steps(tmp_path: Path) -> None:
    steps = sorted(set(turns_of(tmp_path, Slow(), 200)))

    assert {after - before for before, after in pairwise(steps[1:])} == {LEAST_RECORDS}


def ticks_in(data: Path) -> list[str]:
    embedded = recording(data, [])
    try:
        return ticks(embedded.log)
    finally:
        embedded.close()


def test_the_wall_clock_ticks_once_caught_up(tmp_path: Path) -> None:
    embedded = recording(tmp_path, [], Clock(NOON + DAY_MS))

    async def scenario(worker: EmbeddedWorker) -> None:
        await worker.append([order("a", NOON + DAY_MS - 1)])
        await worker.append([order("b", NOON + DAY_MS)])
        await worker.caught_up()

    embedded.append([order("0", NOON)])
    with_worker(embedded, scenario)
    assert "2021-11-09" in ticks_in(tmp_path)


def test_a_feed_of_old_events_under_way_is_not_ticked_to_today(tmp_path: Path) -> None:
    clock = Clock(NOON + 300 * DAY_MS)
    embedded = recording(tmp_path, [], clock)

    async def scenario(worker: EmbeddedWorker) -> None:
        for number in range(5):
            clock.now += 2 * MINUTE_MS
            await worker.append([order(f"o{number}", NOON + number * DAY_MS)])
            await worker.caught_up()

    with_worker(embedded, scenario)
    found = ticks_in(tmp_path)
    assert [tick for tick in found if tick != "minute"] == [f"2021-11-{day:02}" for day in range(9, 13)]


@pytest.mark.parametrize("turns", range(4))
def test_work_at_the_moment_of_the_end_does_not_keep_the_worker_alive(tmp_path: Path, turns: int) -> None:
    embedded = recording(tmp_path, [], Clock(NOON))

    async def scenario(worker: EmbeddedWorker) -> None:
        task = asyncio.create_task(worker.run())
        await worker.append([order("o1", NOON)])
        await worker.caught_up()
        appending = asyncio.ensure_future(worker.append([order("o2", NOON)]))
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        _, alive = await asyncio.wait([task], timeout=5)
        await appending
        assert not alive

    with_worker(embedded, scenario, running=False)
