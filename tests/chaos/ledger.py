"""Reading both sides: the committed topics of a run, and the files of a replay of the same input."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from events.messages import Message
from schemas.messages import decode_message
from tests.chaos.kafka import read_all
from tests.chaos.verdict import Entry

#: Topics of decisions that are no entries of the ledger.
DECISIONS = ("attributions", "milestones", "compliance", "notices")
#: Evidence: which of several opens its case, and their numbers, are decided by arrival.
EVIDENCE = frozenset({"compliance.violation_detected", "compliance.evidence_added"})
#: What a desk says of a span when it closes: what is late by then is not in it, and that arrival decides.
_SPANS = frozenset({"key_day.closed", "goal.progressed", "review.due"})

#: Code, detail, topic, partition and offset; the original's own headers follow.
ORIGIN_HEADERS = 5


@dataclass(frozen=True)
class Decision:
    """A decision as a CloudEvent, and where it was read."""

    topic: str
    event: Mapping[str, Any]
    where: str

    @property
    def id(self) -> str:
        return str(self.event["id"])

    @property
    def key(self) -> str:
        """What it is about: the same in every order of arrival."""
        if self.kind in EVIDENCE:
            shown = self.data["evidence"]
            return f"{self.data['case_id']}~{shown['source']}~{shown['id']}"
        return self.id

    @property
    def kind(self) -> str:
        return str(self.event["type"])

    @property
    def data(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.event["data"]
        return found


def entry_of(event: Mapping[str, Any], where: str) -> Entry:
    """The ledger entry in a ``reward.…`` CloudEvent."""
    data = event["data"]
    return Entry(
        data["entry_id"],
        data["seq"],
        data["account"],
        data["kind"],
        data["unit"],
        data["amount"],
        content_of(event),
        tuple((p["from"], p["to"], p["amount"]) for p in data["postings"]),
        data.get("rule"),
        data.get("order_id"),
        data.get("reverses"),
        data.get("available_on"),
        where,
    )


def content_of(event: Mapping[str, Any]) -> str:
    """All that an event says, but for the numbers that tell in which order it came to its partition.

    Those are ``seq``, what was available when something was asked of an account, the numbers of evidence, the
    times of notices about it, and what a desk counted until it closed a span.
    """
    left_out = {"seq"}
    if event["type"] in _SPANS:
        return str(event["id"])
    if event["type"] in EVIDENCE:
        event = {name: value for name, value in event.items() if name not in {"id", "type"}}
        data = {name: value for name, value in event["data"].items() if name != "number"}
        return orjson.dumps({**event, "data": data}, option=orjson.OPT_SORT_KEYS).decode()
    if event["type"] == "notice.issued" and event["data"]["template"].startswith("case_"):
        event = {name: value for name, value in event.items() if name != "time"}
    if event["type"] in {"reward.redeemed", "redemption.declined"}:
        left_out |= {"explain", "available", "reason"}
    data = {name: value for name, value in event["data"].items() if name not in left_out}
    return orjson.dumps({**event, "data": data}, option=orjson.OPT_SORT_KEYS).decode()


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


async def kafka_decisions(bootstrap: str) -> list[Decision]:
    """What was decided besides the ledger, committed."""
    return [
        Decision(topic, orjson.loads(record.value), f"{topic}[{record.partition}]@{record.offset}")
        for topic in DECISIONS
        async for record in read_all(bootstrap, topic)
    ]


async def kafka_messages(bootstrap: str, topic: str) -> list[Message]:
    """The committed messages of an inbox in the order of its partitions; marks are none."""
    found = [decode_message(record.value) async for record in read_all(bootstrap, topic)]
    return [message for message in found if message is not None]


def replay_ledger(folder: Path) -> dict[str, Entry]:
    """The entries that a replay wrote, by id."""
    return {entry.entry_id: entry for entry in replay_entries(folder)}


def replay_entries(folder: Path) -> list[Entry]:
    """The entries that a replay wrote, in their order."""
    with (folder / "rewards.ndjson").open("rb") as file:
        return [
            entry_of(orjson.loads(line), f"rewards.ndjson:{number}") for number, line in enumerate(file, 1)
        ]


def replay_decisions(folder: Path) -> list[Decision]:
    """What a replay decided besides the ledger."""
    return [
        Decision(topic, orjson.loads(line), f"{topic}.ndjson:{number}")
        for topic in DECISIONS
        for number, line in enumerate((folder / f"{topic}.ndjson").read_bytes().splitlines(), 1)
    ]


def replay_dead_letters(folder: Path) -> list[tuple[str, bytes]]:
    """Code and original bytes of every dead letter that a replay wrote."""
    path = folder / "dead-letters.ndjson"
    lines = path.read_bytes().splitlines() if path.exists() else []
    return [(letter["code"], original_bytes(letter)) for letter in map(orjson.loads, lines)]


def original_bytes(letter: Mapping[str, Any]) -> bytes:
    """The value of a dead letter in a file: text, or base64 where it is no UTF-8."""
    encoded = "value" in letter.get("base64", ())
    return b64decode(letter["value"]) if encoded else letter["value"].encode()
