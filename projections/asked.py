"""Requests over HTTP as their topics hold them, so that one that is asked again is known on every server.

A request is named before it has a time. Two servers that are asked at once make two events of it, which
differ in their time. Of a redemption or an adjustment the agents drop one by its own id, so that the ids of
the events carry a mark of their time. A resolution has none: both events have one id, and one of them dies.
"""

from __future__ import annotations

import hashlib
from typing import Any, Final

import msgspec
from msgspec import Struct

from projections.keys import key_of

#: What the events say that they come from.
SOURCE: Final = "keyday/http"
_SOURCE_BYTES: Final = SOURCE.encode()
#: The type of the event that decides a case.
RESOLUTION: Final = "compliance.case_resolved"
#: Where the rows of the requests are.
PREFIX: Final = b"Q"
#: Hexadecimal digits of the mark of a time, and of a content.
_MARK_DIGITS: Final = 8
_CONTENT_DIGITS: Final = 32


class AskedEvent(Struct, frozen=True, gc=False):
    """A request's event: its time as written, a digest of what it asks for, -1 where it is dead."""

    id: str
    time: str
    content: str
    sign: int


class StoredAsked(Struct, array_like=True):
    """A row: ``count`` is how often the event came less how often it died."""

    id: str
    time: str
    content: str
    count: int


class _Envelope(Struct, gc=False):
    source: str
    id: str
    type: str
    time: str
    data: dict[str, Any]


_decode: Final = msgspec.json.Decoder(_Envelope).decode
_encode: Final = msgspec.json.Encoder(order="deterministic").encode


def asked(value: bytes | None, sign: int) -> AskedEvent | None:
    """The request that an event was made of, if it was."""
    if value is None or _SOURCE_BYTES not in value:
        return None
    try:
        event = _decode(value)
    except (ValueError, msgspec.MsgspecError, RecursionError):
        return None  # no server wrote it
    if event.source != SOURCE:
        return None
    return AskedEvent(event.id, event.time, content_of(event.type, event.data), sign)


def content_of(type_: str, data: dict[str, Any]) -> str:
    """A digest of what a request asks for; its time is no part of it."""
    return hashlib.sha256(_encode([type_, data])).hexdigest()[:_CONTENT_DIGITS]


def id_of(type_: str, name: str, time: str) -> str:
    """The id of the event that a request becomes at a time."""
    return f"{name}.once" if type_ == RESOLUTION else _marked(name, time)


def row_key(event: AskedEvent) -> bytes:
    """The key of an event's row, behind those of other requests' events."""
    name = event.id.rpartition(".")[0]
    return key_of(name, _marked(name, event.time), event.content)


def _marked(name: str, time: str) -> str:
    return f"{name}.{hashlib.sha256(time.encode()).hexdigest()[:_MARK_DIGITS]}"
