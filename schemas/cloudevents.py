"""CloudEvents 1.0 over Kafka: both content modes become one JSON tree, the structured event.

Binary mode has the attributes in ``ce_`` headers and the data in the value, as the Kafka protocol binding
says: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from schemas.errors import Code, Refused
from schemas.json_tree import read_json, read_object

Headers = Sequence[tuple[str, bytes]]

_PREFIX = "ce_"
_CONTENT_TYPE = "content-type"
_STRUCTURED = "application/cloudevents"


def read_event(value: bytes | None, headers: Headers) -> dict[str, Any]:
    """The event as a JSON object; ``json_invalid`` when it is none or its value is too large."""
    if headers:
        attributes = _attributes(headers)
        if attributes is not None:
            return attributes if value is None else attributes | {"data": read_json(value)}
    if value is None:
        raise Refused(Code.JSON_INVALID, "no value")
    return read_object(value)


def _attributes(headers: Headers) -> dict[str, Any] | None:
    """The attributes of an event in binary mode; ``None`` in structured mode. The last of a name counts."""
    attributes: dict[str, Any] = {}
    content_type: str | None = None
    try:
        for name, value in headers:
            if name.startswith(_PREFIX):
                attributes[name[3:]] = value.decode()
            elif name.lower() == _CONTENT_TYPE:
                content_type = value.decode()
    except UnicodeDecodeError as error:
        raise Refused(Code.JSON_INVALID, "a header is not UTF-8") from error
    if not attributes or (content_type is not None and content_type.lower().startswith(_STRUCTURED)):
        return None
    if content_type is not None:
        attributes["datacontenttype"] = content_type
    return attributes
