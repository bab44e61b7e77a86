"""Statements: an account's ledger entries in the order of their seq."""

from __future__ import annotations

from typing import Any, Final

import msgspec
import orjson

from events.outputs import RewardEvent
from events.time import format_time

#: A row as it is stored: written for every entry, so compact; turned into JSON for those that are asked for.
pack: Final = msgspec.msgpack.Encoder().encode
unpack: Final = msgspec.msgpack.Decoder(RewardEvent).decode


def as_row(event: RewardEvent) -> dict[str, Any]:
    """The row of the table ``statements``: the entry's data and its time (RFC 3339, UTC)."""
    row: dict[str, Any] = msgspec.to_builtins(event.data)
    row["time"] = format_time(event.time)
    return row


def as_line(raw: bytes) -> bytes:
    """A stored row as JSON with sorted keys."""
    return orjson.dumps(as_row(unpack(raw)), option=orjson.OPT_SORT_KEYS)
