"""Keyday's replay and the oracle agree on random worlds.

``KEYDAY_ORACLE_CASES`` asks for more worlds than usual, ``KEYDAY_ORACLE_SEED`` for others.
"""

from __future__ import annotations

import os

import pytest

from tests.oracle.__main__ import same_kind
from tests.oracle.compare import Replay, differences, in_process, shrink
from tests.oracle.world import World
from tests.oracle.worlds import make_world

CASES = int(os.environ.get("KEYDAY_ORACLE_CASES", "60"))
FIRST = int(os.environ.get("KEYDAY_ORACLE_SEED", "1"))
_SHOWN = 8


@pytest.mark.slow
@pytest.mark.timeout(300 + CASES)
def test_replay_and_oracle_agree() -> None:
    print(f"seeds {FIRST} to {FIRST + CASES - 1}")
    for seed in range(FIRST, FIRST + CASES):
        report = disagreement(seed)
        if report:
            pytest.fail(report)


def test_a_disagreement_is_shrunken_and_told_with_the_command_that_shows_it() -> None:
    def lost(arguments: list[str]) -> tuple[int, str]:
        return 1, f"cannot replay {arguments[0]}"

    report = disagreement(1, lost)

    assert "python -m tests.oracle --seed 1 --cases 1 --shrink" in report
    assert "exit status 1: cannot replay replay" in report
    assert "0 records left" in report
    assert "[program]" in report


def disagreement(seed: int, replay: Replay = in_process) -> str:
    """What differs in the world of a seed, shrunken; empty when nothing does."""
    world = make_world(str(seed))
    found = differences(world, (), replay)
    if not found:
        return ""
    world = shrink(world, same_kind(found, set(), replay))
    left = differences(world, (), replay)
    return "\n".join(
        [
            f"Keyday and the oracle differ; python -m tests.oracle --seed {seed} --cases 1 --shrink",
            *(f"  {one}" for one in (left or found)[:_SHOWN]),
            *_told(world),
        ]
    )


def _told(world: World) -> list[str]:
    lines = [f"{len(world.records)} records left:"]
    lines += [line for text in world.texts() for line in text.splitlines() if line]
    lines += [f"{record.topic}: {record.raw.decode(errors='backslashreplace')}" for record in world.records]
    return lines + ([f"--until {world.until}"] if world.until else [])
