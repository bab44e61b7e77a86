"""Plain events: read in one pass, as the reading of trees reads them."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.limits import ID_MAX_CHARS, MESSAGE_MAX_BYTES
from schemas.codec import Decoded
from schemas.errors import Code, DecodeError
from schemas.plain import read_plain
from tests.schemas.examples import DECODER, Programs, Tree, example

#: A header that says nothing makes the decoder read a tree.
AS_TREE = [("trace", b"1")]
KINDS = ("orders", "order.placed"), ("clicks", "link.clicked")
VALUES = st.one_of(
    st.sampled_from(
        ["", "x", "1.5", "1.555", "-1", "EUR", "JPY", "XXX", "2026-01-01T00:00:00Z", "x" * (ID_MAX_CHARS + 1)]
    ),
    st.none(),
    st.booleans(),
    st.integers(-2, 2),
    st.floats(0, 9),
    st.text(max_size=4).filter(lambda text: text.isprintable()),
    st.lists(st.text(max_size=2).filter(lambda text: text.isprintable()), max_size=2),
    st.just({"line_id": "1"}),
)


def plain(topic: str, value: bytes) -> Decoded | None:
    return read_plain(topic, value, Programs(acme=0).resolve)


@pytest.mark.parametrize(("topic", "type_"), KINDS)
def test_events_with_all_of_their_fields_are_plain(topic: str, type_: str) -> None:
    value = msgspec.json.encode(example(topic, type_))
    found = plain(topic, value)
    assert found is not None
    assert found == DECODER.decode(topic, None, value, AS_TREE)


@pytest.mark.parametrize(("topic", "type_"), KINDS)
def test_events_of_a_program_that_is_not_known_are_refused(topic: str, type_: str) -> None:
    tree = example(topic, type_)
    tree["data"]["program"] = "other"
    value = msgspec.json.encode(tree)

    assert plain(topic, value) is None
    assert DECODER.decode(topic, None, value, []) == DecodeError(Code.PROGRAM_UNKNOWN, "data.program")


@pytest.mark.parametrize(("topic", "type_"), KINDS)
@given(data=st.data())
def test_a_plain_event_is_read_as_its_tree_is(topic: str, type_: str, data: st.DataObject) -> None:
    tree = example(topic, type_)
    for part in (tree, tree["data"], *tree["data"].get("lines", ())):
        for name in data.draw(st.lists(st.sampled_from(sorted(part)), max_size=2)):
            if name == "data":
                continue
            if data.draw(st.booleans()):
                part.pop(name, None)
            else:
                part[name] = data.draw(VALUES)
        if data.draw(st.integers(0, 9)) == 0:
            part["unknown"] = data.draw(VALUES)
    value = msgspec.json.encode(tree)
    assert DECODER.decode(topic, None, value, ()) == DECODER.decode(topic, None, value, AS_TREE)


@pytest.mark.parametrize(
    "change",
    [
        (b'"o-1"', b'"\\u006f-1"'),
        (b'"order_id"', b'"\\u006frder_id"'),
        (b'"o-1"', b'"\\ud83d\\ude00"'),
        (b'"o-1"', b'"\\ud83d"'),
        (b'"o-1"', b'"\xff"'),
        (b'"o-1"', '"é\u2028"'.encode()),
        (b'"o-1"', b'"o-1","order_id":"o-2"'),
        (b'"o-1"', b'1,"order_id":"o-2"'),
        (b'"specversion":"1.0"', b'"specversion": "1.0" ,\t"subject":"s"'),
        (b'"quantity":2', b'"quantity":2.0'),
        (b'"quantity":2', b'"quantity":-0'),
        (b'"quantity":2', b'"quantity":1000000000001'),
        (b'"129.90"', b"129.90"),
        (b'"129.90"', b"1.299e2"),
        (b'"129.90"', b"NaN"),
        (b"}", b"} x"),
    ],
)
def test_json_may_be_written_in_any_way(change: tuple[bytes, bytes]) -> None:
    value = msgspec.json.encode(example()).replace(*change)
    assert DECODER.decode("orders", None, value, ()) == DECODER.decode("orders", None, value, AS_TREE)


def order(**changes: Any) -> Tree:
    tree = example()
    tree["data"] |= changes
    return tree


@pytest.mark.parametrize(
    "tree",
    [
        order(discount=None),
        order(subtotal=129),
        order(campaign="spring"),
        order(currency="XXX"),
        order(subtotal="1.999"),
        order(discount="999.00"),
        order(program="nobody's"),
        example() | {"dataschema": "urn:keyday:schema:order.placed/v1"},
        example() | {"time": "yesterday"},
        example("orders", "order.refunded"),
    ],
)
def test_what_is_not_plain_is_left_to_trees(tree: Tree) -> None:
    assert plain("orders", msgspec.json.encode(tree)) is None


def test_other_topics_and_large_messages_are_left_to_trees() -> None:
    value = msgspec.json.encode(example())
    assert plain("referrals", value) is None
    assert plain("orders", value + b" " * (MESSAGE_MAX_BYTES - len(value))) is not None
    assert plain("orders", value + b" " * (MESSAGE_MAX_BYTES - len(value) + 1)) is None


def test_amounts_that_were_seen_before_are_the_same() -> None:
    value = msgspec.json.encode(order(subtotal="77.31"))
    assert plain("orders", value) == plain("orders", value)
