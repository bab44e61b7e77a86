"""History that is fed at once to the embedded Keyday: its days pass for all agents together, as in a replay."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from events.time import parse_time
from streams.app import make_agents
from streams.engine.embedded import Embedded
from streams.engine.record import OutRecord
from streams.engine.settings import Settings
from tests.projections.naive import Files
from tests.projections.replays import INPUTS, generated, programs_of, records
from tests.streams.engine.test_embedded_crashes import read_all

UNTIL = parse_time("2026-01-20T00:00:00Z")


@contextmanager
def fed(files: Files, folder: Path) -> Iterator[Embedded]:
    """Everything that a replay read, in one append, and decided."""
    programs = programs_of(files)
    embedded = Embedded.open(folder, programs, make_agents(Settings(), programs), now=lambda: UNTIL)
    assert isinstance(embedded, Embedded)
    found = [one for topic in INPUTS for one in records(files)[topic]]
    found.sort(key=lambda one: (one.timestamp, INPUTS.index(one.topic), one.offset))
    embedded.append([OutRecord(o.topic, 0, o.timestamp, o.key, o.value, list(o.headers)) for o in found])
    embedded.catch_up()
    embedded.tick()
    embedded.catch_up()
    assert embedded.lag() == 0
    yield embedded
    embedded.close()


def ledger(embedded: Embedded) -> list[Any]:
    return [json.loads(record.value or b"") for record in read_all(embedded, "rewards")]


def of_orders(entries: list[Any]) -> Counter[str]:
    """Entries but for those of tiers, which go by what was counted first within a day, and their sums."""
    return Counter(
        json.dumps({name: value for name, value in one["data"].items() if name not in {"seq", "chain"}})
        for one in entries
        if "~tier~" not in one["id"] and one["data"]["kind"] != "released"
    )


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_no_agent_passes_a_midnight_before_the_others(seed: int, tmp_path: Path) -> None:
    files = generated(seed, 500, customers=60, partners=6) if seed == 1 else generated(seed)
    with fed(files, tmp_path) as embedded:
        entries = ledger(embedded)

    days = defaultdict(list)
    for one in entries:
        days[one["data"]["account"]].append(files.day(one["data"]["program"], parse_time(one["time"])))
    assert sum(one["data"]["kind"] == "released" for one in entries) > 20
    assert all(found == sorted(found) for found in days.values())


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_what_orders_earn_is_what_a_replay_grants(seed: int, tmp_path: Path) -> None:
    files = generated(seed)
    with fed(files, tmp_path) as embedded:
        entries = ledger(embedded)

    assert of_orders(entries) == of_orders(files.output("rewards"))
