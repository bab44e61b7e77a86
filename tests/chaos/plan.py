"""How each life of a worker ends: a shuffled deck, so that every kind of death comes up in turn."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

STEPS = (
    "taken",
    "before_sends",
    "after_sends",
    "before_commit",
    "after_commit",
    "before_write",
    "after_write",
    "before_ack",
    "after_ack",
)
#: Steps where a frozen process holds an open transaction, or one whose commit it has not stored yet.
FREEZING_STEPS = ("after_sends", "before_commit", "after_commit", "before_write")
LONGEST_MOMENT_S = 3.0
DEEPEST_COUNT = 6

Death = Literal["step", "moment", "freeze"]


@dataclass(frozen=True)
class Plan:
    """One life: when it ends, and what happens before the next one begins.

    ``wipe`` removes the state directory, ``absent`` lets the session run out, so that others take over.
    """

    death: Death
    step: str = ""
    count: int = 1
    after_s: float = 0.0
    wipe: bool = False
    absent: bool = False

    def __str__(self) -> str:
        when = f"after {self.after_s:.1f} s" if self.death == "moment" else f"{self.step} #{self.count}"
        return f"{self.death} {when}" + " wiped" * self.wipe + " absent" * self.absent


def plans(rng: random.Random) -> Iterator[Plan]:
    """Endless lives: decks of 34, each shuffled, so that any long run has all kinds in the same shares."""
    while True:
        deck = [*(_at(rng, step) for step in STEPS), *(_at(rng, step) for step in STEPS)]
        deck += [_at(rng, rng.choice(STEPS), wipe=True), _moment(rng, wipe=True)]
        deck += [_moment(rng) for _ in range(11)]
        deck += [_at(rng, rng.choice(STEPS), absent=True), _freeze(rng), _freeze(rng)]
        rng.shuffle(deck)
        yield from deck


def _at(rng: random.Random, step: str, *, wipe: bool = False, absent: bool = False) -> Plan:
    return Plan("step", step, rng.randint(1, DEEPEST_COUNT), wipe=wipe, absent=absent)


def _moment(rng: random.Random, *, wipe: bool = False) -> Plan:
    return Plan("moment", after_s=rng.uniform(0, LONGEST_MOMENT_S), wipe=wipe)


def _freeze(rng: random.Random) -> Plan:
    return Plan("freeze", rng.choice(FREEZING_STEPS), rng.randint(1, DEEPEST_COUNT))
