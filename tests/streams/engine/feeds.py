"""Programs, agents and seeded input for tests of the engine's ways of running."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from pathlib import Path

from schemas.programs import Programs
from streams.agents.customers import Customers
from streams.engine.embedded import AgentFactory
from streams.engine.envelope import read_envelope
from streams.engine.record import OutRecord
from tests.chaos.stream import Item, Stream

ROOT = Path(__file__).parents[3]
PROGRAM = ROOT / "tests/chaos/program.toml"


def programs(path: Path = PROGRAM) -> Programs:
    loaded = Programs()
    assert not loaded.load(path).errors
    return loaded


def agents(loaded: Programs) -> Mapping[str, AgentFactory]:
    return {"customers": lambda state: Customers(state, loaded)}


def events(seed: int, count: int, *, per_day: int = 60, customers: int = 20) -> list[Item]:
    """Orders, refunds, cancels, repeats and poison in the order of time; the engine makes the midnights."""
    stream = Stream(seed, customers=customers, per_day=per_day)
    return list(islice((item for item in stream.items() if item.topic != "clock"), count))


def records(items: Iterable[Item]) -> list[OutRecord]:
    return [OutRecord(item.topic, 0, time_of(item.topic, item.value), item.key, item.value) for item in items]


def time_of(topic: str, value: bytes) -> int:
    time = read_envelope(topic, value).time
    return -1 if time is None else time


def write_inputs(folder: Path, items: Iterable[Item]) -> Path:
    """``<topic>.ndjson`` for each topic of the items."""
    folder.mkdir(parents=True, exist_ok=True)
    topics: dict[str, list[bytes]] = {}
    for item in items:
        topics.setdefault(item.topic, []).append(item.value)
    for topic, lines in topics.items():
        (folder / f"{topic}.ndjson").write_bytes(b"".join(line + b"\n" for line in lines))
    return folder


def lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines()
