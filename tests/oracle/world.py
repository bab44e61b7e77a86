"""A world: programs, lines and the time up to which it is replayed."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from tests.oracle.decode import TOPICS
from tests.oracle.program_text import to_toml

_NUMBER = re.compile(r'"@number:([^"]*)@"')


@dataclass
class Record:
    """A line of a topic; ``event`` is what it was made of, when it is an event at all."""

    topic: str
    raw: bytes
    event: dict[str, Any] | None = None


@dataclass
class World:
    """Programs and events. A record's place in the list is its place among those of its topic."""

    seed: str
    programs: list[dict[str, Any]] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    until: str | None = None

    def texts(self) -> list[str]:
        return [to_toml(one) for one in self.programs]

    def lines(self) -> dict[str, list[bytes]]:
        found: dict[str, list[bytes]] = {topic: [] for topic in TOPICS}
        for record in self.records:
            found[record.topic].append(record.raw)
        return {topic: lines for topic, lines in found.items() if lines}


def line(event: dict[str, Any]) -> bytes:
    """The line of an event; ``@number:12.50@`` stands for the JSON number as it is written."""
    return _NUMBER.sub(r"\1", json.dumps(event, ensure_ascii=False)).encode()
