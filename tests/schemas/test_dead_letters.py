"""Dead letters keep the original bytes."""

from __future__ import annotations

import json
from base64 import b64decode

from hypothesis import given
from hypothesis import strategies as st

from events.outputs import DeadLetter
from schemas.codec import dead_letter_headers, dead_letter_line
from schemas.dead_letters import read_dead_letter


def letter(key: bytes | None, value: bytes | None, headers: tuple[tuple[str, bytes], ...] = ()) -> DeadLetter:
    return DeadLetter("field_invalid", "data.tax", "orders", 3, 42, 0, key, value, headers)


def test_a_line_has_the_original_text() -> None:
    assert (
        dead_letter_line(letter(b"c-1", '{"é": 1.0 }'.encode()))
        == (
            '{"code":"field_invalid","detail":"data.tax","topic":"orders","partition":3,"offset":42,'
            '"key":"c-1","value":"{\\"é\\": 1.0 }"}'
        ).encode()
    )


def test_a_key_or_value_that_is_not_there_is_null() -> None:
    line = json.loads(dead_letter_line(letter(None, None)))

    assert (line["key"], line["value"]) == (None, None)
    assert "base64" not in line


def test_what_is_no_utf_8_is_base64_and_named() -> None:
    line = json.loads(dead_letter_line(letter(b"c-1", b"\xff\x00", (("ce_id", b"e-1"), ("x", b"\xfe")))))

    assert line["key"] == "c-1"
    assert b64decode(line["value"]) == b"\xff\x00"
    assert line["headers"] == [{"name": "ce_id", "value": "e-1"}, {"name": "x", "value": "/g=="}]
    assert line["base64"] == ["value", "headers.1"]


@given(key=st.none() | st.binary(), value=st.none() | st.binary())
def test_the_original_bytes_can_always_be_restored(key: bytes | None, value: bytes | None) -> None:
    line = json.loads(dead_letter_line(letter(key, value)))

    for name, original in (("key", key), ("value", value)):
        text = line[name]
        if text is not None:
            text = b64decode(text) if name in line.get("base64", []) else text.encode()
        assert text == original


def test_on_kafka_headers_say_why_and_the_originals_follow() -> None:
    assert dead_letter_headers(letter(b"c-1", b"x", (("ce_id", b"e-1"), ("topic", b"theirs")))) == [
        ("code", b"field_invalid"),
        ("detail", b"data.tax"),
        ("topic", b"orders"),
        ("partition", b"3"),
        ("offset", b"42"),
        ("ce_id", b"e-1"),
        ("topic", b"theirs"),
    ]


def test_a_dead_letter_is_read_back_from_its_record() -> None:
    written = letter(b"c-1", b"\xff", (("ce_id", b"e-1"), ("topic", b"theirs")))

    assert read_dead_letter(0, b"c-1", b"\xff", dead_letter_headers(written)) == written


def test_a_record_that_keyday_did_not_write_is_no_dead_letter() -> None:
    headers = dead_letter_headers(letter(b"c-1", b"x"))
    others = [("reason", b"broken"), *headers[1:]]
    nowhere = [*headers[:3], ("partition", b"x"), headers[4]]

    assert [read_dead_letter(0, None, b"x", one) for one in ([], headers[:4], others, nowhere)] == [None] * 4
