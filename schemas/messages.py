"""Messages between agents as bytes. They never leave Keyday, so their form may change with it."""

from __future__ import annotations

import msgspec

from events.messages import Message

encode_message = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Message).decode


def decode_message(value: bytes | None) -> Message | None:
    """The message of an inbox record; ``None`` when it is none."""
    try:
        message: Message = _decode(value or b"")
    except msgspec.MsgspecError:
        return None
    return message
