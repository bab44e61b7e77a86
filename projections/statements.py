"""Statements: an account's ledger entries in the order of their seq."""

from __future__ import annotations

from typing import Any

import msgspec
import orjson

from events.outputs import RewardEvent
from events.time import format_time


def as_row(event: RewardEvent) -> dict[str, Any]:
    """The row of the table ``statements``: the entry's data and its time (RFC 3339, UTC)."""
    row: dict[str, Any] = msgspec.to_builtins(event.data)
    row["time"] = format_time(event.time)
    return row


def encode_row(event: RewardEvent) -> bytes:
    """The row as one line of JSON with sorted keys: what tables and HTTP answers hand on as it is."""
    return orjson.dumps(as_row(event), option=orjson.OPT_SORT_KEYS)
