"""An event of an output topic as a webhook: its id, its account and the body that is signed."""

from __future__ import annotations

import hashlib
from typing import Final

import msgspec
from msgspec import Raw, Struct

from streams.engine.record import RecordLike

_PARTNER: Final = "partner:"
#: Hexadecimal digits of a webhook id: 128 bits.
_ID_DIGITS: Final = 32


class Envelope(Struct, frozen=True, gc=False):
    """What is read of an output event; its data goes on byte by byte."""

    id: str
    type: str
    subject: str
    time: str
    data: Raw


class _Data(Struct, frozen=True, gc=False):
    program: str | None = None
    partner_id: str | None = None


class _Body(Struct, frozen=True, gc=False):
    """The form of the standard, type, timestamp and data, and which event of Keyday's ledger it is."""

    type: str
    timestamp: str
    id: str
    subject: str
    data: Raw


class Event(Struct, frozen=True, gc=False):
    """A record that may be delivered: ``account`` is whose order it belongs to."""

    topic: str
    partition: int
    offset: int
    id: str
    type: str
    account: str
    program: str | None
    partner: str | None
    envelope: Envelope

    @property
    def webhook_id(self) -> str:
        """Of the same event always the same; ids of events may hold what a header cannot."""
        name = f"{self.topic}\0{self.type}\0{self.id}"
        return "evt_" + hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:_ID_DIGITS]

    def body(self) -> bytes:
        """The JSON that is sent."""
        envelope = self.envelope
        return msgspec.json.encode(
            _Body(envelope.type, envelope.time, envelope.id, envelope.subject, envelope.data)
        )


_decode = msgspec.json.Decoder(Envelope).decode
_decode_data = msgspec.json.Decoder(_Data).decode


def read_event(record: RecordLike) -> Event | None:
    """The event of a record, ``None`` when it is none of Keyday's."""
    try:
        envelope = _decode(record.value or b"")
        data = _decode_data(envelope.data)
        # What is signed is text: a string that is no UTF-8 would come to light too late.
        bytes(envelope.data).decode()
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    subject = envelope.subject
    partner = subject.removeprefix(_PARTNER) if subject.startswith(_PARTNER) else data.partner_id
    return Event(
        record.topic,
        record.partition,
        record.offset,
        envelope.id,
        envelope.type,
        subject,
        data.program,
        partner,
        envelope,
    )
