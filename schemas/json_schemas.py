"""JSON Schemas of all messages, generated from the structs that read and write them."""

from __future__ import annotations

from typing import Any

import msgspec

from schemas import wire
from schemas.dead_letters import DeadLetterLine
from schemas.decisions import DECISIONS, decision_envelope, schema_name
from schemas.rewards import RewardEnvelope
from schemas.upcast import SCHEMA_PREFIX, current_version, schema_uri

Schema = dict[str, Any]

#: What the schemas need, and what AsyncAPI tools must support.
_DIALECT = "http://json-schema.org/draft-07/schema#"


def all_schemas() -> dict[str, Schema]:
    """Schema by message: the type of an input or a decision, ``reward``, ``dead-letter`` or ``clock``."""
    inputs = {
        type_: _schema(envelope, schema_uri(type_, current_version(type_)))
        for (_, type_), envelope in wire.ENVELOPES.items()
    }
    decisions = {
        schema_name(type_): _schema(decision_envelope(type_), f"{SCHEMA_PREFIX}{schema_name(type_)}/v1")
        for type_ in DECISIONS
    }
    return (
        inputs
        | decisions
        | {
            "reward": _schema(RewardEnvelope, f"{SCHEMA_PREFIX}reward/v1"),
            "dead-letter": _schema(DeadLetterLine, f"{SCHEMA_PREFIX}dead-letter/v1"),
            "clock": _clock(),
        }
    )


def _schema(struct: type[msgspec.Struct], id_: str) -> Schema:
    root, components = msgspec.json.schema_components([struct], ref_template="#/definitions/{name}")
    name = root[0]["$ref"].rpartition("/")[2]
    top = components.pop(name)
    return {"$schema": _DIALECT, "$id": id_, **top, "definitions": components}


def _clock() -> Schema:
    """Ticks are made and read by the engine; their form is a contract all the same."""
    return {
        "$schema": _DIALECT,
        "$id": f"{SCHEMA_PREFIX}clock/v1",
        "title": "Clock",
        "description": "A minute or a home midnight; the record's timestamp is its instant.",
        "type": "object",
        "properties": {
            "type": {"enum": ["clock.minute", "clock.midnight"]},
            "zone": {"type": "string", "description": "IANA zone of a midnight."},
            "date": {"type": "string", "format": "date", "description": "The day that begins."},
        },
        "required": ["type"],
        "if": {"properties": {"type": {"const": "clock.midnight"}}},
        "then": {"required": ["type", "zone", "date"]},
    }
