"""JSON as untyped values with exact numbers, and a digest that compares them by value.

Integers are ``int``; a number with a fraction or an exponent stays a ``JsonNumber``, as it was written.
"""

from __future__ import annotations

from typing import Any

import msgspec
from xxhash import xxh3_64_intdigest

from events.limits import MESSAGE_MAX_BYTES, NESTING_MAX_LEVELS
from schemas.errors import Code, Refused

#: Characters up to which a number is compared without exponent. An integer of more digits, which nobody
#: sends, equals only integers that are written like it.
_PLAIN_MAX_CHARS = 128


class JsonNumber:
    """A JSON number with a fraction or an exponent: its literal."""

    __slots__ = ("literal",)

    def __init__(self, literal: str) -> None:
        self.literal = literal


_decode = msgspec.json.Decoder(float_hook=JsonNumber).decode


def read_json(value: bytes) -> Any:
    """The JSON value in UTF-8 bytes; ``json_invalid`` for all that RFC 8259 and our limits do not allow.

    NaN, Infinity, unpaired surrogates and integers of thousands of digits are refused as well.
    """
    size = len(value)
    if size > MESSAGE_MAX_BYTES:
        raise Refused(Code.JSON_INVALID, f"more than {MESSAGE_MAX_BYTES} bytes")
    try:
        tree = _decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refused(Code.JSON_INVALID, "not JSON in UTF-8") from error
    # A level takes two bytes at least.
    if size > 2 * NESTING_MAX_LEVELS and value.count(b"{") + value.count(b"[") > NESTING_MAX_LEVELS:
        _check_nesting(tree)
    return tree


def read_object(value: bytes) -> dict[str, Any]:
    """The JSON object in UTF-8 bytes; ``json_invalid`` for all else."""
    tree = read_json(value)
    if type(tree) is not dict:
        raise Refused(Code.JSON_INVALID, "not an object")
    return tree


def _check_nesting(tree: Any) -> None:
    """Refuse deep trees at a fixed level, so that no outcome depends on the room left on a stack."""
    level = [tree]
    for _ in range(NESTING_MAX_LEVELS):
        level = [
            child
            for node in level
            if isinstance(node, dict | list)
            for child in (node.values() if isinstance(node, dict) else node)
        ]
        if not level:
            return
    raise Refused(Code.JSON_INVALID, f"more than {NESTING_MAX_LEVELS} levels")


def _canonical(number: JsonNumber) -> msgspec.Raw:
    """The same text for all literals of one value; integers as ``int`` is written."""
    literal = number.literal
    if len(literal) <= _PLAIN_MAX_CHARS and "e" not in literal and "E" not in literal:
        if not literal.endswith("0"):
            return msgspec.Raw(literal)
        short = literal.rstrip("0").removesuffix(".")
        return msgspec.Raw(b"0" if short == "-0" else short.encode())
    return msgspec.Raw(_plain_or_exponent(literal).encode())


def _plain_or_exponent(literal: str) -> str:
    """A number without exponent when that is short, else its digits as an integer with exponent."""
    mantissa, _, exponent = literal.lower().partition("e")
    whole, _, fraction = mantissa.partition(".")
    sign = "-" if whole.startswith("-") else ""
    digits = (whole.removeprefix("-") + fraction).lstrip("0")
    if not digits:
        return "0"
    # A limit of the interpreter: it reads no integer of thousands of digits and raises ValueError.
    shift = (int(exponent) if exponent else 0) - len(fraction)
    short = digits.rstrip("0")
    shift += len(digits) - len(short)
    point = len(short) + shift
    if max(point, -shift, len(short)) > _PLAIN_MAX_CHARS:
        return f"{sign}{short}e{shift}"
    if shift >= 0:
        return f"{sign}{short}{'0' * shift}"
    if point > 0:
        return f"{sign}{short[:point]}.{short[point:]}"
    return f"{sign}0.{'0' * -point}{short}"


def _as_written(number: JsonNumber) -> msgspec.Raw:
    return msgspec.Raw(number.literal.encode())


_encode_canonical = msgspec.json.Encoder(order="deterministic", enc_hook=_canonical).encode
_encode_as_written = msgspec.json.Encoder(enc_hook=_as_written).encode


def digest(tree: Any) -> int:
    """64 bits of a JSON value, the same for all ways to write it and on every machine.

    The order of keys, whitespace, escapes and the form of numbers do not matter; all else does.
    """
    try:
        text = _encode_canonical(tree)
    except ValueError as error:
        # The interpreter reads no integers of thousands of digits, here those of an exponent.
        raise Refused(Code.JSON_INVALID, "an exponent of thousands of digits") from error
    return xxh3_64_intdigest(text)


def write_json(tree: Any) -> bytes:
    """The tree as JSON bytes, every number as it was written."""
    return _encode_as_written(tree)
