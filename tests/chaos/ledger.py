"""Reading both sides: the committed topics of a run, and the files of a replay of the same input."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from tests.chaos.kafka import read_all
from tests.chaos.verdict import Entry

#: Code, detail, topic, partition and offset; the original's own headers follow.
ORIGIN_HEADERS = 5


def entry_of(event: Mapping[str, Any], where: str) -> Entry:
    """The ledger entry in a ``reward.…`` CloudEvent."""
    data = event["data"]
    content = tuple(data.get(name) for name in ("amount", "order_id", "reverses", "rule"))
    postings = tuple((p["from"], p["to"], p["amount"]) for p in data["postings"])
    dates = (data.get("available_on"), data.get("key_day"), event["time"])
    return Entry(
        data["entry_id"],
        data["seq"],
        data["account"],
        data["kind"],
        data["unit"],
        (*content, postings, *dates),
        postings,
        where,
    )


async def kafka_ledger(bootstrap: str, topic: str = "rewards") -> list[Entry]:
    """The read-committed ledger in the order of its partitions."""
    return [
        entry_of(orjson.loads(record.value), f"{record.topic}[{record.partition}]@{record.offset}")
        async for record in read_all(bootstrap, topic)
    ]


async def kafka_dead_letters(bootstrap: str, topic: str = "dead-letters") -> list[tuple[str, bytes, str]]:
    """Code, original bytes and origin of every committed dead letter."""
    found = []
    async for record in read_all(bootstrap, topic):
        headers = {name: value.decode() for name, value in record.headers[:ORIGIN_HEADERS]}
        origin = f"{headers['topic']}[{headers['partition']}]@{headers['offset']}"
        found.append((headers["code"], record.value, origin))
    return found


def replay_ledger(folder: Path) -> dict[str, Entry]:
    """The entries that a replay wrote, by id."""
    entries = {}
    with (folder / "rewards.ndjson").open("rb") as file:
        for number, line in enumerate(file, 1):
            entry = entry_of(orjson.loads(line), f"rewards.ndjson:{number}")
            entries[entry.entry_id] = entry
    return entries


def replay_dead_letters(folder: Path) -> list[tuple[str, bytes]]:
    """Code and original bytes of every dead letter that a replay wrote."""
    path = folder / "dead-letters.ndjson"
    lines = path.read_bytes().splitlines() if path.exists() else []
    return [(letter["code"], original_bytes(letter)) for letter in map(orjson.loads, lines)]


def original_bytes(letter: Mapping[str, Any]) -> bytes:
    """The value of a dead letter in a file: text, or base64 where it is no UTF-8."""
    encoded = "value" in letter.get("base64", ())
    return b64decode(letter["value"]) if encoded else letter["value"].encode()
