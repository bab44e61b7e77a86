"""Every ``*.toml`` beside this file is a story: given a program, when these events come, then this follows.

Home midnights between the events are ticked, and after the last one those up to ``until``. ``outputs`` is
everything that comes out, in order; ``balances`` is [pending, available] per owner and unit.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from events.time import parse_time
from tests.scenarios.world import World

HERE = Path(__file__).parent
STORIES = sorted(HERE.glob("*.toml"))
EVENTS = {"order": {"placed", "refunded", "cancelled"}, "link": {"clicked"}}


@pytest.mark.parametrize("path", STORIES, ids=[path.stem for path in STORIES])
def test_story(path: Path) -> None:
    story = tomllib.loads(path.read_text())
    given, then = story["given"], story["then"]
    assert set(story) == {"story", "given", "when", "then"}
    assert set(then) <= {"outputs", "until", "balances"}
    programs = [(HERE / "programs" / f"{name}.toml").read_text() for name in given["programs"]]
    world = World(*programs, memory_days=given.get("memory_days", 120))
    for step in story["when"]:
        play(world, step, given.get("defaults", {}))
    if "until" in then:
        world.tick_until(parse_time(then["until"]))

    assert world.notes == then["outputs"]
    if "balances" in then:
        assert balances(world) == then["balances"]
    world.check_ledger()


def play(world: World, step: dict[str, Any], defaults: dict[str, Any]) -> None:
    (group,) = set(step) & set(EVENTS)
    ((name, data),) = step[group].items()
    assert name in EVENTS[group]
    placed_only = {"market"} if (group, name) != ("order", "placed") else set()
    placed_only |= {"currency"} if name == "cancelled" else set()
    known = {key: value for key, value in defaults.items() if key not in placed_only}
    world.send(f"{group}.{name}", step["at"], known | data, id_=step.get("id"))


def balances(world: World) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for account, units in world.balances().items():
        kind, _, rest = account.partition(":")
        owner, _, bucket = rest.rpartition(":")
        if kind == "customer":
            for unit, amount in units.items():
                found.setdefault(f"{owner} {unit}", [0, 0])[bucket == "available"] += amount
    return found
