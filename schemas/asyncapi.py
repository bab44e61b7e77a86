"""The AsyncAPI 3 document of all topics, generated from ``schemas.topics`` and the JSON Schemas.

Actions are Keyday's own, of its workers, its servers and its commands.
"""

from __future__ import annotations

from typing import Any, Final, get_args

from events.messages import Message
from schemas.decisions import schema_name
from schemas.topics import ALL_TOPICS, Topic

Document = dict[str, Any]

_SCHEMA_FORMAT = "application/schema+json;version=draft-07"
_KAFKA_BINDING = "0.5.0"
#: The settings that the Kafka binding of AsyncAPI knows; the others stand in ``x-kafka-configs``.
_BINDING_NUMBERS = ("retention.ms", "delete.retention.ms", "max.message.bytes")
#: Topics whose messages are no CloudEvents.
_SPECIAL: Final = {"clock": ("clock",), "dead-letters": ("dead-letter",)}
#: Who sends to inputs, where it is not everybody.
_SENT: Final = {
    "programs": "Versions that are published.",
    "clock": "The leader's ticks, and the midnights between the events of files.",
}
#: What outputs are read for; the others are for others alone.
_READ: Final = {
    "rewards": "Folded into tables, and delivered by webhooks.",
    "attributions": "Folded into tables.",
    "compliance": "Folded into tables, and delivered by webhooks.",
    "milestones": "Folded into tables, and delivered by webhooks.",
    "dead-letters": "Folded into tables, and sent again when that is asked for.",
}
#: What the messages between agents are, by their tags.
_TOLD: Final = {struct.__struct_config__.tag: struct.__doc__ for struct in get_args(Message)}


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
                "summary": summary,
                "messages": [
                    {"$ref": f"#/channels/{topic.name}/messages/{type_}"} for type_ in _types(topic)
                ],
            }
            for topic in ALL_TOPICS
            for action, summary in _actions(topic).items()
        },
        "components": {
            "messages": {type_: _message(topic, type_) for topic in ALL_TOPICS for type_ in _types(topic)}
        },
    }


def _actions(topic: Topic) -> dict[str, str]:
    """What Keyday does with a topic, and what for."""
    match topic.direction:
        case "input":
            sent = _SENT.get(topic.name, "What comes over HTTP, from files, and back from the dead letters.")
            return {"receive": topic.doc, "send": sent}
        case "output":
            read = _READ.get(topic.name)
            return {"send": topic.doc} | ({} if read is None else {"receive": read})
        case "inbox":
            return {"receive": topic.doc, "send": "Agents write to the inboxes of others."}
        case "changelog":
            return {"receive": "Stores that were away or are lost are restored from it.", "send": topic.doc}


def _types(topic: Topic) -> tuple[str, ...]:
    """Names of the messages of a topic."""
    match topic.direction:
        case "changelog":
            return ("state",)
        case "inbox":
            # Nothing comes in for budgets, so that nothing can come in on a wrong partition.
            moved = () if topic.name == "budgets-inbox" else ("moved",)
            return (*(f"message.{tag}" for tag in topic.types), *moved)
        case "output":
            return _SPECIAL.get(topic.name, tuple(map(schema_name, topic.types)))
        case "input":
            return _SPECIAL.get(topic.name, topic.types)


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
    key: Document = {
        "key": {"type": "string", "description": topic.key},
        "bindingVersion": _KAFKA_BINDING,
    }
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
    if topic.direction in {"inbox", "changelog"}:
        del key["key"]["description"]  # the same message may be in two inboxes
        return message | _internal(type_)
    if type_ == "clock":
        del key["key"]
    file = "reward" if type_.startswith("reward.") else type_
    return message | {
        "contentType": "application/json" if type_ == "clock" else "application/cloudevents+json",
        "payload": {"schemaFormat": _SCHEMA_FORMAT, "schema": {"$ref": f"./{file}.json"}},
    }


def _internal(type_: str) -> Document:
    """Messages that never leave Keyday: what they are for; their form may change with it."""
    if type_ == "state":
        summary = "A value of the state or a task's positions; nothing where a key is gone."
        return {"summary": summary, "contentType": "application/octet-stream"}
    if type_ == "moved":
        return {
            "summary": "An input whose owner lives on this partition, as it came; a header names its topic.",
            "headers": {
                "type": "object",
                "properties": {"keyday-topic": {"type": "string"}},
                "required": ["keyday-topic"],
            },
            "contentType": "application/cloudevents+json",
        }
    told = (_TOLD[type_.removeprefix("message.")] or "").partition("\n")[0]
    return {"summary": told, "contentType": "application/vnd.msgpack"}
