"""Dead letters: in a file one JSON line each, on Kafka the original record with headers that say why."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import msgspec

from events.outputs import DeadLetter

_encode = msgspec.json.Encoder().encode


def dead_letter_line(letter: DeadLetter) -> bytes:
    """One line of ``dead-letters.ndjson``, without its end.

    Key and value are text. Where one is not UTF-8 it is base64, and ``base64`` lists which are. Headers
    are there when the record had some, as pairs whose values follow the same rule.
    """
    encoded: list[str] = []
    line: dict[str, Any] = {
        "code": letter.code,
        "detail": letter.detail,
        "topic": letter.topic,
        "partition": letter.partition,
        "offset": letter.offset,
        "key": _text("key", letter.key, encoded),
        "value": _text("value", letter.value, encoded),
    }
    if letter.headers:
        line["headers"] = [
            [name, _text(f"headers.{position}", value, encoded)]
            for position, (name, value) in enumerate(letter.headers)
        ]
    if encoded:
        line["base64"] = encoded
    return _encode(line)


def dead_letter_headers(letter: DeadLetter) -> list[tuple[str, bytes]]:
    """Headers of a dead letter on Kafka, whose key and value are the original's: why and where from, then
    the original's own headers.
    """
    return [
        ("code", letter.code.encode()),
        ("detail", letter.detail.encode()),
        ("topic", letter.topic.encode()),
        ("partition", str(letter.partition).encode()),
        ("offset", str(letter.offset).encode()),
        *letter.headers,
    ]


def _text(name: str, value: bytes | None, encoded: list[str]) -> str | None:
    if value is None:
        return None
    try:
        return value.decode()
    except UnicodeDecodeError:
        encoded.append(name)
        return b64encode(value).decode("ascii")
