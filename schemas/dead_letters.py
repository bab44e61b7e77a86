"""Dead letters: in a file one JSON line each, on Kafka the original record with headers that say why."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence

import msgspec
from msgspec import UNSET, Struct, UnsetType

from events.outputs import DeadLetter


class Header(Struct, frozen=True, gc=False):
    """One header of the original record."""

    name: str
    value: str


class DeadLetterLine(Struct, frozen=True, gc=False):
    """A dead letter in a file.

    Key and value are the original's text. What is not UTF-8 is base64, and ``base64`` lists which: ``key``,
    ``value``, ``headers.<position>``. ``headers`` are the original's, when it had some.
    """

    code: str
    detail: str
    topic: str
    partition: int
    offset: int
    key: str | None
    value: str | None
    headers: tuple[Header, ...] | UnsetType = UNSET
    base64: tuple[str, ...] | UnsetType = UNSET


#: Headers that a dead letter on Kafka begins with.
_WHY = ("code", "detail", "topic", "partition", "offset")

_encode = msgspec.json.Encoder().encode


def dead_letter_line(letter: DeadLetter) -> bytes:
    """One line of ``dead-letters.ndjson``, without its end."""
    encoded: list[str] = []
    return _encode(
        DeadLetterLine(
            code=letter.code,
            detail=letter.detail,
            topic=letter.topic,
            partition=letter.partition,
            offset=letter.offset,
            key=None if letter.key is None else _text("key", letter.key, encoded),
            value=None if letter.value is None else _text("value", letter.value, encoded),
            headers=tuple(
                Header(name, _text(f"headers.{position}", value, encoded))
                for position, (name, value) in enumerate(letter.headers)
            )
            or UNSET,
            base64=tuple(encoded) or UNSET,
        )
    )


def dead_letter_headers(letter: DeadLetter) -> list[tuple[str, bytes]]:
    """Headers of a dead letter on Kafka, whose key and value are the original's.

    Why and where from come first, then the original's own headers.
    """
    values = (letter.code, letter.detail, letter.topic, str(letter.partition), str(letter.offset))
    return [*((name, value.encode()) for name, value in zip(_WHY, values, strict=True)), *letter.headers]


def read_dead_letter(
    time: int, key: bytes | None, value: bytes | None, headers: Sequence[tuple[str, bytes]]
) -> DeadLetter | None:
    """The dead letter of a record of topic ``dead-letters``; ``None`` when Keyday did not write it."""
    if tuple(name for name, _ in headers[: len(_WHY)]) != _WHY:
        return None
    try:
        code, detail, topic, partition, offset = (raw.decode() for _, raw in headers[: len(_WHY)])
        return DeadLetter(
            code, detail, topic, int(partition), int(offset), time, key, value, tuple(headers[len(_WHY) :])
        )
    except ValueError:
        return None


def _text(name: str, value: bytes, encoded: list[str]) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        encoded.append(name)
        return b64encode(value).decode("ascii")
