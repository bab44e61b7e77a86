"""Replays to fold: the files of one, the records that it stands for on topics, and tables of them."""

from __future__ import annotations

import json
import tempfile
from base64 import b64decode
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

from events.time import parse_time
from projections.facts import SOURCES
from projections.store import Tables
from schemas.programs import Programs
from streams.engine.record import Record
from tests.oracle.compare import in_process, write
from tests.oracle.worlds import make_world
from tests.projections.naive import Files, raw_lines

OUTPUTS = ("rewards", "attributions", "compliance", "milestones")
INPUTS = ("programs", "partner-events", "clicks", "referrals", "orders", "account-requests")


def replayed(seed: int, folder: Path) -> Files:
    """A random world, replayed in a folder."""
    status, said = in_process(write(make_world(str(seed)), folder))
    assert status == 0, said
    return Files(sorted((folder / "programs").iterdir()), folder / "input", folder / "out")


def small() -> Files:
    """A stream for tests that have to be quick, with a row in nearly every table."""
    return generated(1, 500, customers=60, partners=6)


@cache
def generated(seed: int, events: int = 3_000, customers: int = 300, partners: int = 12) -> Files:
    """A stream of the generator with breaches, replayed; the folder lives as long as the process."""
    folder = Path(tempfile.mkdtemp(prefix="keyday-test-"))
    arguments = ["generate", "--seed", str(seed), "--events", str(events), "--breaches", "0.05"]
    arguments += ["--customers", str(customers), "--partners", str(partners), "--out", str(folder / "in")]
    program = folder / "in" / "program.toml"
    for command in (arguments, replaying(program, folder / "in", folder / "out")):
        status, said = in_process(command)
        assert status == 0, said
    return Files([program], folder / "in", folder / "out")


def replaying(program: Path, source: Path, out: Path) -> list[str]:
    """The command that replays a stream of the generator."""
    arguments = ["--programs", str(program), "--input", str(source), "--out", str(out)]
    return ["replay", *arguments, "--until", "2026-01-20T00:00:00Z"]


def programs_of(files: Files) -> Programs:
    """The programs of the files that the replay was given."""
    programs = Programs()
    for path in files.paths:
        assert not programs.load(path).errors
    return programs


def records(files: Files) -> dict[str, list[Record]]:
    """What stands on each topic that tables are folded from, in its order."""
    found = {topic: _lines(topic, files.source / f"{topic}.ndjson") for topic in INPUTS}
    found |= {topic: _lines(topic, files.out / f"{topic}.ndjson") for topic in OUTPUTS}
    letters = (files.out / "dead-letters.ndjson").read_bytes().splitlines()
    found["dead-letters"] = [_letter(json.loads(line)) for line in letters]
    # A replay sorts its input by time: on a topic it would have stood in this order.
    for topic in INPUTS[1:]:
        found[topic].sort(key=lambda record: (record.timestamp, record.offset))
    return found


def fold(tables: Tables, batch: Iterable[Record]) -> None:
    """Count one batch of records."""
    facts = [SOURCES[record.topic](record) for record in batch]
    tables.apply([fact for fact in facts if fact is not None], {})


def lines_of(out: Path) -> dict[str, bytes]:
    """The files of all tables."""
    return {path.stem: path.read_bytes() for path in sorted((out / "tables").iterdir())}


def batches(found: Sequence[Record], size: int) -> list[Sequence[Record]]:
    """The records in batches."""
    return [found[at : at + size] for at in range(0, len(found), size)]


def _lines(topic: str, path: Path) -> list[Record]:
    return [Record(topic, 0, offset, _time(line), None, line) for offset, line in raw_lines(path)]


def _time(line: bytes) -> int:
    try:
        return parse_time(json.loads(line)["time"])
    except (ValueError, TypeError, KeyError):
        return 0


def _letter(row: dict[str, object]) -> Record:
    why = [(name, str(row[name]).encode()) for name in ("code", "detail", "topic", "partition", "offset")]
    value = str(row["value"])
    raw = b64decode(value) if "value" in row.get("base64", ()) else value.encode()
    return Record("dead-letters", 0, 0, 0, None, raw, why)
