from __future__ import annotations

import asyncio
import io
import json
import logging
from collections.abc import Iterator

import pytest

from tests.said import logged

READS = logging.getLogger("projections.api.audit")
OTHERS = logging.getLogger("streams.engine.kafka_task")


@pytest.fixture
def said() -> Iterator[io.StringIO]:
    with logged("info") as stream:
        yield stream


def messages(stream: io.StringIO) -> list[str]:
    return [json.loads(line)["message"] for line in stream.getvalue().splitlines()]


def test_lines_of_requests_are_written_together_a_moment_later(said: io.StringIO) -> None:
    async def requests() -> list[str]:
        for number in range(3):
            READS.info("read %d", number)
        at_once = messages(said)
        async with asyncio.timeout(10):
            while not said.getvalue():  # noqa: ASYNC110  a stream tells nobody
                await asyncio.sleep(0.01)
        return at_once

    assert asyncio.run(requests()) == []
    assert messages(said) == ["read 0", "read 1", "read 2"]


def test_any_other_line_comes_at_once_and_after_those_before_it(said: io.StringIO) -> None:
    async def requests() -> list[str]:
        READS.info("a read")
        OTHERS.info("another line")
        return messages(said)

    assert asyncio.run(requests()) == ["a read", "another line"]


def test_lines_do_not_wait_without_bounds_or_without_a_loop(said: io.StringIO) -> None:
    async def requests() -> int:
        for _ in range(1_500):
            READS.info("a read")
        return len(messages(said))

    READS.info("no loop")
    assert messages(said) == ["no loop"]
    assert asyncio.run(requests()) == 1_001
    logging.getLogger().handlers[0].flush()
    assert len(messages(said)) == 1_501


def test_a_loop_that_ended_holds_no_line_of_the_next_one_back(said: io.StringIO) -> None:
    async def request(seconds: float) -> None:
        READS.info("a read")
        await asyncio.sleep(seconds)

    asyncio.run(request(0))
    asyncio.run(request(0.5))
    assert messages(said) == ["a read", "a read"]
