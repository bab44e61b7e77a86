"""The accounts of a midnight: every one that was added, once, in order, until the day is cleared."""

from __future__ import annotations

from random import Random

import pytest

from streams.agents.releases import Releases
from streams.engine.state import State
from tests.streams.engine.test_state import DictReader

DAY = 739_000


def test_an_account_that_was_added_twice_stands_once() -> None:
    releases = Releases(State(DictReader()))
    releases.add("UTC", DAY, "b", "points")
    releases.add("UTC", DAY, "a", "points")
    releases.add("UTC", DAY, "b", "points")

    assert releases.due("UTC", DAY, DAY) == ["a\0points", "b\0points"]


def test_zones_and_days_are_kept_apart() -> None:
    releases = Releases(State(DictReader()))
    releases.add("UTC", DAY, "a", "points")
    releases.add("UTC", DAY + 1, "b", "points")
    releases.add("UTC2", DAY, "c", "points")

    assert releases.due("UTC", DAY, DAY) == ["a\0points"]
    releases.clear("UTC", DAY, DAY)
    assert releases.due("UTC", DAY, DAY + 1) == ["b\0points"]
    assert releases.due("UTC2", DAY, DAY) == ["c\0points"]


@pytest.mark.parametrize("seed", range(5))
def test_nothing_is_missing_through_commits_restarts_and_full_chunks(seed: int) -> None:
    random = Random(seed)
    reader = DictReader()
    state = State(reader)
    releases = Releases(state)
    expected: dict[int, set[str]] = {}
    for _ in range(6):
        for _ in range(random.randrange(900)):
            day, owner = DAY + random.randrange(3), f"c{random.randrange(5_000)}"
            releases.add("UTC", day, owner, "points")
            expected.setdefault(day, set()).add(f"{owner}\0points")
        reader.apply(state)
        if random.random() < 0.5:
            state = State(reader)
            releases = Releases(state)

    for day, accounts in sorted(expected.items()):
        assert releases.due("UTC", day, day) == sorted(accounts), f"seed {seed}"
        releases.clear("UTC", day, day)
    reader.apply(state)
    assert reader.values == {}
    assert (reader.count, reader.check) == (0, 0)
