"""Every ``*.toml`` beside this file is a story of records as they lie on the topic ``orders``.

Its records go through the embedded log one by one, each at the time ``at``, which is also what the clock says then.
``outputs`` is what was granted and what was refused, where the refusal names the number of its record. A refused
record is in ``dead-letters`` with the bytes that came.
"""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from events.time import parse_time
from schemas.programs import Programs
from streams.app import make_agents
from streams.engine.embedded import Embedded
from streams.engine.record import OutRecord
from streams.engine.settings import Settings
from tests.program_head import PROGRAM_TABLE
from tests.scenarios.world import program

HERE = Path(__file__).parent
STORIES = sorted(HERE.glob("*.toml"))
PROGRAM = (
    PROGRAM_TABLE
    + """\

[markets]
FR = { tz = "Europe/Paris" }

[[accrual]]
id = "base"
to = "customer"
unit = "money"
rate = "0.05"
"""
)


@pytest.mark.parametrize("path", STORIES, ids=[path.stem for path in STORIES])
def test_story(path: Path, tmp_path: Path) -> None:
    story = tomllib.loads(path.read_text())
    assert set(story) == {"story", "when", "then"}
    programs = Programs([program(PROGRAM)])
    clock = [0]
    embedded = Embedded.open(
        tmp_path, programs, make_agents(Settings(data=tmp_path), programs), now=lambda: clock[0], partitions=1
    )
    assert isinstance(embedded, Embedded)
    found: list[str] = []
    try:
        for one in story["when"]:
            clock[0] = parse_time(one["at"])
            embedded.append([OutRecord("orders", 0, clock[0], b"ada", one["value"].encode())])
            embedded.catch_up()
            found += _outputs(embedded, len(found))
    finally:
        embedded.close()

    assert found == story["then"]["outputs"]


def _outputs(embedded: Embedded, known: int) -> list[str]:
    """What is there beyond the ``known`` first ones: each record has one output at most."""
    letters = list(embedded.log.read("dead-letters", 0, 0, 100))
    inputs = list(embedded.log.read("orders", 0, 0, 100))
    lines = []
    for one in letters:
        headers = dict(one.headers)
        place = int(headers["offset"])
        assert (one.key, one.value) == (inputs[place].key, inputs[place].value)
        lines.append((place, f"dead letter: {headers['code'].decode()} ({place + 1})"))
    for one in embedded.log.read("rewards", 0, 0, 100):
        entry = json.loads(one.value or b"")["data"]
        place = next(n for n, given in enumerate(inputs) if _order(given.value) == entry["order_id"])
        lines.append((place, f"{entry['entry_id']}: {entry['kind']} {entry['amount']} {entry['unit']}"))
    return [line for _, line in sorted(lines)][known:]


def _order(value: bytes | None) -> str | None:
    try:
        return str(json.loads(value or b"")["data"]["order_id"])
    except (ValueError, KeyError):
        return None
