"""A process that feeds and processes is killed with SIGKILL at random moments and at every write."""

from __future__ import annotations

import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from streams.engine.embedded import Embedded
from streams.engine.record import Record
from streams.engine.replay import ReplaySummary, replay
from tests.streams.engine import feeds


def read_all(embedded: Embedded, topic: str) -> list[Record]:
    return embedded.log.read(topic, 0, 0, embedded.log.end_offset(topic, 0))


def survives(tmp_path: Path, seed: int, *, count: int, kills: int) -> None:
    print(f"seed {seed}")
    source = feeds.write_inputs(tmp_path / "in", feeds.events(seed, count))
    data = tmp_path / "data"
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.streams.engine.crash",
            data,
            source / "orders.ndjson",
            str(seed),
            str(kills),
        ],
        cwd=feeds.ROOT,
        check=True,
        stdout=subprocess.PIPE,
        timeout=300,
    )
    loaded = feeds.programs()
    summary = replay(loaded, source, tmp_path / "out", agents=feeds.agents)
    embedded = Embedded.open(data, loaded, feeds.agents(loaded))
    assert isinstance(embedded, Embedded)
    assert isinstance(summary, ReplaySummary)
    try:
        ledger = Counter(record.value for record in read_all(embedded, "rewards"))
        dead = Counter(
            (dict(record.headers)["code"].decode(), record.value)
            for record in read_all(embedded, "dead-letters")
        )

        assert int(done.stdout) >= kills * 2 // 3
        assert embedded.log.end_offset("orders", 0) == count
        assert ledger == Counter(feeds.lines(tmp_path / "out/rewards.ndjson"))
        assert len(ledger) > count // 3
        assert Counter(code for code, _ in dead.elements()) == summary.dead_letters
        assert max(dead.values()) == 1
    finally:
        embedded.close()


@pytest.mark.slow
def test_nothing_is_lost_or_doubled_by_twenty_kills(tmp_path: Path) -> None:
    survives(tmp_path, random.randrange(2**32), count=1_500, kills=20)


@pytest.mark.slow
def test_nothing_is_lost_or_doubled_by_two_hundred_kills(tmp_path: Path) -> None:
    survives(tmp_path, random.randrange(2**32), count=10_000, kills=200)
