"""The time and the record key of an event, read from its JSON without decoding the rest of it."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from events.time import parse_time

#: Where the record key of each input topic stands in an event's data (DOMAIN section 2).
KEY_PATHS = {
    "programs": ("program", "id"),
    "partner-events": ("partner_id",),
    "clicks": ("customer_id",),
    "referrals": ("friend_id",),
    "orders": ("customer_id",),
    "account-requests": ("account",),
}


class Envelope(Struct, frozen=True, gc=False):
    """``time`` in milliseconds and ``key``; each is ``None`` where it cannot be read."""

    time: int | None
    key: bytes | None


class _Loose(Struct):
    time: Any = None
    data: Any = None


def _strict(path: tuple[str, ...]) -> Any:
    kind: Any = str
    for name in reversed(path):
        kind = msgspec.defstruct("Data", [(name, kind)], gc=False)
    return msgspec.defstruct("Strict", [("time", str), ("data", kind)], gc=False)


_strict_decoders = {topic: msgspec.json.Decoder(_strict(path)) for topic, path in KEY_PATHS.items()}
_decode_loose = msgspec.json.Decoder(_Loose).decode


def read_envelope(topic: str, value: bytes) -> Envelope:
    """What the engine has to know of an event of an input topic before it is decoded."""
    path = KEY_PATHS[topic]
    try:
        found = _strict_decoders[topic].decode(value)
        time = parse_time(found.time)
        key = found.data
        for name in path:
            key = getattr(key, name)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return _read_loose(path, value)
    return Envelope(time, _key(path, key))


def _read_loose(path: tuple[str, ...], value: bytes) -> Envelope:
    """The same of an event that lacks one of the two."""
    try:
        found = _decode_loose(value)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return Envelope(None, None)
    key = found.data
    for name in path:
        key = key.get(name) if isinstance(key, dict) else None
    time: int | None = None
    if isinstance(found.time, str):
        try:
            time = parse_time(found.time)
        except ValueError:
            time = None
    return Envelope(time, _key(path, key) if isinstance(key, str) else None)


def _key(path: tuple[str, ...], key: str) -> bytes:
    # An account is "customer:<id>"; its key is the owner's id.
    owner = key.partition(":")[2] if path == ("account",) else key
    return owner.encode("utf-8", "surrogatepass")
