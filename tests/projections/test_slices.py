from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from projections.slices import OTHERS_MOST, SLICE_S, Steps, at_once, in_slices, timed
from projections.store import Tables
from tests.projections.test_store import ANN, SOURCE, accrued


def work(done: list[int], steps: int, step_s: float = 0.0) -> Steps[str]:
    for number in range(steps):
        end = time.perf_counter() + step_s
        while time.perf_counter() < end:
            pass
        done.append(number)
        yield
    return "all"


def test_others_are_heard_between_slices() -> None:
    done: list[int] = []
    heard: list[int] = []

    async def others() -> None:
        while len(done) < 20:
            heard.append(len(done))
            await asyncio.sleep(0)

    async def scenario() -> str:
        asking = asyncio.create_task(others())
        found = await in_slices(work(done, 20, SLICE_S))
        await asking
        return found

    assert asyncio.run(scenario()) == "all"
    assert len(done) == 20
    # Each step fills a slice: an answer that takes three turns is given before the next one.
    assert all(heard.count(steps) >= 3 for steps in range(1, 20)), heard


def test_who_waits_is_answered_before_work_goes_on() -> None:
    """Five requests in a row come right after a long step; each takes three turns."""
    done: list[int] = []
    answered: list[int] = []

    async def asking() -> None:
        while not done:  # noqa: ASYNC110  turns are what is counted
            await asyncio.sleep(0)
        for _ in range(5):
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            at_once(work([], 1, SLICE_S / 5))
            answered.append(len(done))

    async def scenario() -> None:
        other = asyncio.create_task(asking())
        await in_slices(work(done, 3, 10 * SLICE_S))
        await other

    asyncio.run(scenario())

    assert answered == [1] * 5


def test_work_goes_on_though_others_never_end() -> None:
    done: list[int] = []
    ended = False

    async def flood() -> None:
        turns = 0
        while not ended and turns < 2_000:
            at_once(work([], 1, SLICE_S / 5))
            turns += 1
            await asyncio.sleep(0)

    async def scenario() -> float:
        nonlocal ended
        other = asyncio.create_task(flood())
        before = time.thread_time()
        await in_slices(work(done, 20, SLICE_S))
        spent = time.thread_time() - before
        ended = True
        await other
        return spent

    # Twenty slices, and what others may take after each; one turn more goes on until it ends.
    spent = asyncio.run(scenario())
    assert done == list(range(20))
    assert spent < 20 * SLICE_S * (1 + OTHERS_MOST + 1)


def test_the_time_of_steps_is_without_the_pauses() -> None:
    steps = timed(work([], 3, SLICE_S))
    found = None
    while found is None:
        try:
            next(steps)
        except StopIteration as end:
            found = end.value
        time.sleep(20 * SLICE_S)

    assert found[0] == "all"
    assert 3 * SLICE_S <= found[1] < 50 * SLICE_S


def test_a_cancelled_caller_goes_when_all_steps_are_done() -> None:
    done: list[int] = []

    async def scenario() -> None:
        task = asyncio.create_task(in_slices(work(done, 10, SLICE_S)))
        await asyncio.sleep(0)
        assert 0 < len(done) < 10
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(scenario())

    assert done == list(range(10))


def test_what_goes_wrong_in_a_step_is_told() -> None:
    def broken() -> Steps[None]:
        yield
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        asyncio.run(in_slices(broken()))
    with pytest.raises(ValueError, match="broken"):
        at_once(broken())


def test_reads_between_steps_see_what_was_before(tmp_path: Path) -> None:
    tables = Tables(tmp_path)
    tables.apply([accrued(1)], {SOURCE: 1})
    before = tables.balances(ANN), tables.position(SOURCE)

    steps = tables.applying([accrued(seq) for seq in range(2, 100)], {SOURCE: 99})
    count = 0
    while True:
        try:
            next(steps)
        except StopIteration:
            break
        count += 1
        assert (tables.balances(ANN), tables.position(SOURCE)) == before

    assert count > 3
    assert tables.seq_of(ANN) == 99
    assert tables.position(SOURCE) == 99
    tables.close()
