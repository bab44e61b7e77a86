"""Every ``*.toml`` beside this file is a story: given a program, when these events come, then this follows.

``programs`` names files in ``programs/``. Instead, ``rules`` are added to the program of a brand there, and
``settings`` to its head; ``later`` holds further versions of it, each from a time on, known from the start or
from when they are ``published`` on. ``partners`` are enrolled right before the first event, each in its group. An event with ``times`` comes that often, and
``{n}`` numbers it.

Home midnights between the events are ticked, and after the last one those up to ``until``. ``outputs`` is
every entry of the ledger, dead letter and duplicate, in order; ``milestones`` and ``compliance`` are all
decisions on these topics, but for what comes by the calendar: goals, key days and reviews are ``watched``.
``attributions`` is who was credited with each order, ``notices`` is what partners are written. What is left
out is empty, but for the last three, which are not looked at then. ``balances`` is [pending, available] per owner and
unit, with a third number where anything was ever held.
"""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from events.outputs import Decision
from events.time import parse_time
from tests.scenarios.invariants import check_steps
from tests.scenarios.wording import lines_of
from tests.scenarios.world import OWNERS, World, program

HERE = Path(__file__).parent
STORIES = sorted(HERE.glob("*.toml"))
EVENTS = {
    "order": {"placed", "refunded", "cancelled"},
    "link": {"clicked"},
    "referral": {"created"},
    "partner": {"enrolled", "updated", "suspended", "reinstated"},
    "redemption": {"requested"},
    "adjustment": {"requested"},
    "ad": {"observed"},
    "compliance": {"case_resolved"},
}
LISTS = {"outputs", "attributions", "milestones", "compliance", "watched", "notices"}
#: Milestones that come by the calendar.
WATCHED = {"goal.progressed", "key_day.upcoming", "key_day.closed", "review.due"}


@pytest.mark.parametrize("path", STORIES, ids=[path.stem for path in STORIES])
def test_story(path: Path) -> None:
    story = tomllib.loads(path.read_text())
    given, then = story["given"], story["then"]
    assert set(story) == {"story", "given", "when", "then"}
    assert set(then) <= {*LISTS, "until", "balances"}
    texts = program_texts(given)
    published = {
        number: one["published"] for number, one in enumerate(given.get("later", []), 1) if "published" in one
    }
    world = World(
        *(text for number, text in enumerate(texts) if number not in published),
        memory_days=given.get("memory_days", 120),
    )
    for partner, group in given.get("partners", {}).items():
        world.send("partner.enrolled", story["when"][0]["at"], {"partner_id": partner, "group": group})
    for step in story["when"]:
        for version in [one for one, at in published.items() if parse_time(at) <= parse_time(step["at"])]:
            del published[version]
            assert world.programs.add(program(texts[version])) is None
        for number in range(step.get("times", 1)):
            play(world, numbered(step, number + 1), given.get("defaults", {}))
    if "until" in then:
        world.tick_until(parse_time(then["until"]))

    assert world.notes == then.get("outputs", [])
    for topic in ("attributions", "milestones", "compliance", "watched", "notices"):
        if topic in then or topic in {"milestones", "compliance"}:
            decided = [line for one in world.decisions if list_of(one) == topic for line in lines_of(one)]
            assert decided == then.get(topic, []), topic
    if "balances" in then:
        assert balances(world) == then["balances"]
    world.check_ledger()
    check_steps(world.reward_events)
    assert not published


def list_of(decision: Decision) -> str:
    """The list of a story that a decision belongs to."""
    return "watched" if decision.type in WATCHED else decision.topic


def program_texts(given: dict[str, Any]) -> list[str]:
    """The programs of a story: files by name, or the brand's with the rules and settings of the story."""
    folder = HERE / "programs"
    if "programs" in given:
        assert not {"rules", "settings", "later"} & set(given)
        return [(folder / f"{name}.toml").read_text() for name in given["programs"]]
    brand = (folder / "brand.toml").read_text()
    texts = []
    for number, one in enumerate([given, *given.get("later", [])], start=1):
        head = f"[program]\nversion = {number}\neffective_from = {one.get('from', '2026-01-01T00:00:00Z')}\n"
        kept = [line for line in brand.splitlines() if not line.startswith(("version =", "effective_from ="))]
        text = "\n".join(kept).replace("[program]", head + one.get("settings", ""))
        texts.append(f"{text}\n{one.get('rules', '')}")
    return texts


def play(world: World, step: dict[str, Any], defaults: dict[str, Any]) -> None:
    (group,) = set(step) & set(EVENTS)
    ((name, data),) = step[group].items()
    assert name in EVENTS[group]
    in_market = {("order", "placed"), ("link", "clicked"), ("ad", "observed")}
    placed_only = {"market"} if (group, name) not in in_market else set()
    placed_only |= {"currency"} if name == "cancelled" else set()
    known = {key: value for key, value in defaults.items() if key not in placed_only}
    world.send(f"{group}.{name}", step["at"], known | data, id_=step.get("id"))


def numbered(step: dict[str, Any], number: int) -> dict[str, Any]:
    """The step with its number, two digits, wherever a text in it says ``{n}``."""
    found: dict[str, Any] = json.loads(json.dumps(step).replace("{n}", f"{number:02}"))
    return found


def balances(world: World) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for account, units in world.balances().items():
        kind, _, rest = account.partition(":")
        owner, _, bucket = rest.rpartition(":")
        if kind in OWNERS:
            for unit, amount in units.items():
                buckets = found.setdefault(f"{owner} {unit}", [0, 0])
                if bucket == "held":
                    buckets.append(amount)
                else:
                    buckets[bucket == "available"] += amount
    return found
