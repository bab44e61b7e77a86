"""One record of a topic, shaped like aiokafka's ``ConsumerRecord`` so that the engine takes either."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol


class Headed(Protocol):
    """What a record says, wherever it stands; ``timestamp`` is milliseconds since the epoch."""

    @property
    def topic(self) -> str: ...
    @property
    def timestamp(self) -> int: ...
    @property
    def key(self) -> bytes | None: ...
    @property
    def value(self) -> bytes | None: ...
    @property
    def headers(self) -> Sequence[tuple[str, bytes]]: ...


class RecordLike(Headed, Protocol):
    """What the engine reads of a record."""

    @property
    def partition(self) -> int: ...
    @property
    def offset(self) -> int: ...


class Record(NamedTuple):
    """A record of the embedded log or of a replay."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]] = ()


class OutRecord(NamedTuple):
    """A record to be appended to a partition that was chosen already."""

    topic: str
    partition: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    #: A list, because aiokafka's compiled builder takes nothing else; never changed.
    headers: list[tuple[str, bytes]] = []  # noqa: RUF012
