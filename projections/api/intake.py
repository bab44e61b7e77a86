"""Events that come over HTTP: read and checked as far as one can without state, then made durable.

What is taken here can still become a dead letter, for what only an agent knows: a market, a currency rate,
an id that was used before.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Protocol

import msgspec
from msgspec import Raw, Struct

from events.limits import MESSAGE_MAX_BYTES
from projections.api.accounts import is_account
from projections.api.scopes import Role, Scope
from projections.progress import Source
from schemas import wire
from schemas.codec import Decoder, ProgramLookup
from schemas.errors import Code, DecodeError
from streams.engine.envelope import read_envelope
from streams.engine.partitioner import partition_of
from streams.engine.record import OutRecord

#: The topic of each type of event.
_TOPICS: Final = {type_: topic for topic, type_ in wire.ENVELOPES}
#: What only operators may send, since it decides about everything that comes after it.
_OPERATORS: Final = frozenset({"programs"})
#: The code of an event that the scope of the token does not hold.
SCOPE: Final = "scope_insufficient"


class SinkError(Exception):
    """Events could not be made durable now; trying again may help."""


class Sink(Protocol):
    """Where events become durable."""

    async def partitions(self, topic: str) -> int:
        """How many partitions a topic has; ``SinkError`` where nobody can say."""
        ...

    async def end(self, source: Source) -> int:
        """The offset of a partition's next record; ``SinkError`` where nobody can say."""
        ...

    async def append(self, records: Sequence[OutRecord]) -> None:
        """Return when no loss of power can take the records back; ``SinkError`` when they may be lost."""
        ...


class RefusedEvent(Struct, frozen=True):
    """An event that was not taken: its place in the request, its id if it has one, and why."""

    index: int
    id: str | None
    code: str
    detail: str


class Taken(Struct):
    """What became of the events of a request."""

    accepted: int
    refused: list[RefusedEvent]


class _Head(Struct):
    id: Any = None
    type: Any = None
    dataschema: Any = None


_head = msgspec.json.Decoder(_Head).decode


class Intake:
    """Takes events in; ``programs`` are those that events may belong to."""

    def __init__(self, sink: Sink, programs: ProgramLookup) -> None:
        self._sink = sink
        self._decode = Decoder(programs).decode

    async def take(self, events: Sequence[Raw | bytes], scope: Scope) -> Taken:
        """Make those events durable that can be read and that the scope holds.

        Raises:
            SinkError: none or only some are durable; the same events may be sent again.
        """
        refused: list[RefusedEvent] = []
        records: list[OutRecord] = []
        for index, raw in enumerate(events):
            one = self._read(index, bytes(raw), scope)
            if isinstance(one, RefusedEvent):
                refused.append(one)
            else:
                topic, time, key, value = one
                partition = partition_of(key, await self._sink.partitions(topic))
                records.append(OutRecord(topic, partition, time, key, value))
        if records:
            await self._sink.append(records)
        return Taken(len(records), refused)

    async def end(self, topic: str, key: bytes) -> tuple[Source, int]:
        """Where events of a key go, and the offset of the next record there.

        Raises:
            SinkError: nobody can say.
        """
        source = topic, partition_of(key, await self._sink.partitions(topic))
        return source, await self._sink.end(source)

    def _read(self, index: int, value: bytes, scope: Scope) -> tuple[str, int, bytes, bytes] | RefusedEvent:
        try:
            head = _head(value)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return RefusedEvent(index, None, Code.JSON_INVALID, "not a JSON object in UTF-8")
        name = head.id if isinstance(head.id, str) else None
        if len(value) > MESSAGE_MAX_BYTES:
            return RefusedEvent(index, name, Code.JSON_INVALID, f"more than {MESSAGE_MAX_BYTES} bytes")
        if not isinstance(head.dataschema, str | None):
            return RefusedEvent(index, name, Code.FIELD_INVALID, "dataschema")
        topic = _TOPICS.get(head.type) if isinstance(head.type, str) else None
        if topic in _OPERATORS and scope.role is not Role.OPERATOR:
            return RefusedEvent(index, name, SCOPE, "this type of event needs a token for operators")
        # An event of no known type fails on every topic, by the first check that it fails.
        error = self._error(topic or "orders", value)
        envelope = read_envelope(topic or "orders", value)
        if error is None and (envelope.time is None or not envelope.key):
            error = DecodeError(Code.FIELD_INVALID, "data")
        if error is not None or topic is None or envelope.time is None or envelope.key is None:
            found = error or DecodeError(Code.TYPE_UNKNOWN, "type")
            return RefusedEvent(index, name, found.code, found.detail)
        return topic, envelope.time, envelope.key, value

    def _error(self, topic: str, value: bytes) -> DecodeError | None:
        try:
            decoded = self._decode(topic, None, value, ())
        except (msgspec.ValidationError, AttributeError):
            # Units are not checked where programs are not known, so that anything may stand there.
            return DecodeError(Code.FIELD_INVALID, "data")
        if isinstance(decoded, DecodeError):
            return decoded
        account = getattr(decoded.event, "account", None)
        if account is not None and not is_account(account):
            return DecodeError(Code.FIELD_INVALID, "data.account")
        return None
