"""The AsyncAPI 3 document of all topics, generated from ``schemas.topics`` and the JSON Schemas.

Actions are Keyday's own: it receives inputs and sends outputs.
"""

from __future__ import annotations

from typing import Any

from schemas.decisions import schema_name
from schemas.topics import ALL_TOPICS, Topic

Document = dict[str, Any]

_SCHEMA_FORMAT = "application/schema+json;version=draft-07"
_KAFKA_BINDING = "0.5.0"
#: The settings that the Kafka binding of AsyncAPI knows; the others stand in ``x-kafka-configs``.
_BINDING_NUMBERS = ("retention.ms", "delete.retention.ms", "max.message.bytes")


def asyncapi() -> Document:
    """The document as JSON values."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Keyday",
            "version": "1.0.0",
            "description": "Events of partner loyalty programs in, rewards and dead letters out.",
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {topic.name: _channel(topic) for topic in ALL_TOPICS},
        "operations": {
            f"{action}-{topic.name}": {
                "action": action,
                "channel": {"$ref": f"#/channels/{topic.name}"},
                "summary": topic.doc,
            }
            for topic in ALL_TOPICS
            for action in _actions(topic)
        },
        "components": {
            "messages": {type_: _message(topic, type_) for topic in ALL_TOPICS for type_ in _types(topic)}
        },
    }


def _actions(topic: Topic) -> tuple[str, ...]:
    match topic.direction:
        case "input":
            return ("receive", "send") if topic.name == "clock" else ("receive",)
        case "output":
            return ("send",)
        case "inbox" | "changelog":
            return ("receive", "send")


def _types(topic: Topic) -> tuple[str, ...]:
    """Names of the messages of a topic; none where the next agents still have to say what is in it."""
    special = {"clock": ("clock",), "dead-letters": ("dead-letter",)}
    named = map(schema_name, topic.types) if topic.direction == "output" else topic.types
    return special.get(topic.name, tuple(named))


def _channel(topic: Topic) -> Document:
    configs = topic.configs()
    kafka: Document = {
        "topic": topic.name,
        "topicConfiguration": {
            "cleanup.policy": [topic.cleanup],
            **{name: int(configs[name]) for name in _BINDING_NUMBERS if name in configs},
        },
        "bindingVersion": _KAFKA_BINDING,
    }
    if topic.partitions == "one":
        kafka["partitions"] = 1
    return {
        "address": topic.name,
        "description": f"{topic.doc} Key: {topic.key}.",
        "messages": {type_: {"$ref": f"#/components/messages/{type_}"} for type_ in _types(topic)},
        "bindings": {"kafka": kafka},
        "x-partitions": topic.partitions,
        "x-kafka-configs": configs,
    }


def _message(topic: Topic, type_: str) -> Document:
    key = {"key": {"type": "string", "description": topic.key}, "bindingVersion": _KAFKA_BINDING}
    message: Document = {"name": type_, "bindings": {"kafka": key}}
    if type_ == "dead-letter":
        # On Kafka the payload is the original record's; the schema of a line is that of the file.
        return message | {
            "summary": "The original key and value, untouched.",
            "headers": {
                "type": "object",
                "properties": {
                    name: {"type": "string"} for name in ("code", "detail", "topic", "partition", "offset")
                },
                "required": ["code", "detail", "topic", "partition", "offset"],
            },
            "contentType": "application/octet-stream",
        }
    if type_ == "clock":
        del key["key"]
    file = "reward" if type_.startswith("reward.") else type_
    return message | {
        "contentType": "application/json" if type_ == "clock" else "application/cloudevents+json",
        "payload": {"schemaFormat": _SCHEMA_FORMAT, "schema": {"$ref": f"./{file}.json"}},
    }
