"""Ledger entries as CloudEvents in structured mode, and back."""

from __future__ import annotations

from typing import Annotated, get_args

import msgspec
from msgspec import Meta, Struct

from events.outputs import Kind, Reward, RewardEvent
from events.time import format_time, parse_time

#: The CloudEvents source of all that Keyday decides.
SOURCE = "keyday"

_TYPES = {kind: f"reward.{kind}" for kind in get_args(Kind)}
REWARD_TYPES = tuple(_TYPES.values())


class RewardEnvelope(Struct, frozen=True, gc=False):
    """CloudEvent of a ledger entry: its id is the entry's, its subject the owner's account."""

    id: str
    type: Annotated[str, Meta(extra_json_schema={"enum": list(REWARD_TYPES)})]
    subject: str
    time: Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
    data: Reward
    specversion: Annotated[str, Meta(extra_json_schema={"const": "1.0"})] = "1.0"
    source: Annotated[str, Meta(extra_json_schema={"const": SOURCE})] = SOURCE
    datacontenttype: str = "application/json"


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(RewardEnvelope).decode


def encode_output(event: RewardEvent) -> bytes:
    """The CloudEvent of a ledger entry; the same event gives the same bytes."""
    data = event.data
    return _encode(
        RewardEnvelope(data.entry_id, _TYPES[data.kind], data.account, format_time(event.time), data)
    )


def decode_output(value: bytes) -> RewardEvent:
    """The ledger entry of a CloudEvent; ``msgspec.DecodeError`` or ``ValueError`` when it is none."""
    envelope = _decode(value)
    return RewardEvent(parse_time(envelope.time), envelope.data)
