"""Small adversarial worlds from a seed: programs and events of a few people, at the edges of the rules."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

from tests.oracle.compare import expected
from tests.oracle.decode import TOPICS
from tests.oracle.event_maker import EventMaker
from tests.oracle.themes import FEATURES
from tests.oracle.world import Record, World


def make_world(seed: str, without: Iterable[str] = ()) -> World:
    """The world of a seed; the same features give the same world."""
    random = Random(f"keyday {seed}")
    world = World(seed)
    on = set(FEATURES) - set(without)
    count = 2 if "programs" in on and random.random() < 0.2 else 1
    several = count > 1
    makers = [
        EventMaker(random, world, on, suffix="" if number == 0 else "2", several=several)
        for number in range(count)
    ]
    for maker in makers:
        maker.make()
    cases = [one for one in expected(world).cases if "rule" in one]
    for maker in makers:
        maker.resolve([one for one in cases if one["program"] == maker.program])
    random.shuffle(world.records)
    if random.random() < 0.5:  # files are mostly in order of time, sometimes in none
        world.records.sort(key=lambda record: str((record.event or {}).get("time", "")))
    if "bad-records" in on and random.random() < 0.2:
        place = random.randrange(len(world.records) + 1)
        world.records.insert(place, Record(random.choice(TOPICS[1:]), random.choice([b"", b"  "])))
    return world
