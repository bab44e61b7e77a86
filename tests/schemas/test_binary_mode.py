"""CloudEvents in Kafka's binary mode are the structured events that they stand for."""

from __future__ import annotations

import pytest

from schemas.codec import Decoded
from schemas.errors import Code, DecodeError
from tests.schemas.examples import DECODER, INPUTS, Tree, decode, example, wire

Headers = list[tuple[str, bytes]]


def headers(tree: Tree) -> Headers:
    return [(f"ce_{name}", value.encode()) for name, value in tree.items() if name != "data"]


def binary(tree: Tree, topic: str = "orders", *more: tuple[str, bytes]) -> Decoded | DecodeError:
    return DECODER.decode(topic, None, wire(tree["data"]), [*headers(tree), *more])


@pytest.mark.parametrize(("topic", "type_"), INPUTS)
def test_both_modes_give_the_same_event_and_content(topic: str, type_: str) -> None:
    tree = example(topic, type_)

    assert binary(tree, topic) == decode(tree, topic)


def test_the_content_type_is_an_attribute_of_the_event() -> None:
    tree = example()
    typed = binary(tree, "orders", ("content-type", b"application/json"))

    assert typed == decode(tree | {"datacontenttype": "application/json"})


@pytest.mark.parametrize(
    "content_type", [b"application/cloudevents+json", b"application/CloudEvents+json; charset=UTF-8"]
)
def test_a_structured_content_type_wins_over_stray_headers(content_type: bytes) -> None:
    outcome = DECODER.decode(
        "orders", None, wire(example()), [("ce_id", b"other"), ("content-type", content_type)]
    )

    assert outcome == decode(example())


def test_headers_of_others_change_nothing() -> None:
    outcome = DECODER.decode("orders", None, wire(example()), [("traceparent", b"\xff"), ("id", b"x")])

    assert outcome == decode(example())


@pytest.mark.parametrize("name", ["specversion", "id", "source", "type", "time"])
def test_an_attribute_without_header_is_missing(name: str) -> None:
    tree = example()
    kept = [(key, value) for key, value in headers(tree) if key != f"ce_{name}"]

    assert DECODER.decode("orders", None, wire(tree["data"]), kept) == DecodeError(Code.FIELD_MISSING, name)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, DecodeError(Code.FIELD_MISSING, "data")),
        (b"null", DecodeError(Code.FIELD_MISSING, "data")),
        (b"[]", DecodeError(Code.FIELD_INVALID, "data")),
        (b"", DecodeError(Code.JSON_INVALID, "not JSON in UTF-8")),
        (b'{"order_id":"\xff"}', DecodeError(Code.JSON_INVALID, "not JSON in UTF-8")),
    ],
)
def test_the_value_is_the_data(value: bytes | None, expected: DecodeError) -> None:
    assert DECODER.decode("orders", None, value, headers(example())) == expected


def test_a_header_that_is_no_utf_8_makes_the_event_unreadable() -> None:
    outcome = binary(example(), "orders", ("ce_subject", b"\xff"))

    assert outcome == DecodeError(Code.JSON_INVALID, "a header is not UTF-8")


def test_the_last_of_two_headers_of_a_name_counts() -> None:
    outcome = binary(example(), "orders", ("ce_id", b"e-2"))

    assert outcome == decode(example() | {"id": "e-2"})
