"""Older versions of event data are brought to the current one before they are read."""

from __future__ import annotations

import pytest

from events import inputs
from schemas.codec import Decoded, Decoder
from schemas.errors import Code, DecodeError
from schemas.upcast import UPCASTERS, Upcasters, current_version, schema_uri
from tests.schemas.examples import INPUTS, Programs, Tree, content, decode, example


def one_to_two(data: Tree) -> Tree:
    """In version 1 the customer was called buyer."""
    return {("customer_id" if name == "buyer" else name): value for name, value in data.items()}


def two_to_three(data: Tree) -> Tree:
    """In version 2 the discount was part of a list."""
    rest = {name: value for name, value in data.items() if name != "discounts"}
    return rest | {"discount": data["discounts"][0]}


#: A history that Keyday never had.
HISTORY: Upcasters = {("order.placed", 1): one_to_two, ("order.placed", 2): two_to_three}
HISTORIC = Decoder(Programs(acme=0), HISTORY)


def version(number: int) -> Tree:
    """The example order in a version of that history."""
    tree = example() | {"dataschema": schema_uri("order.placed", number)}
    if number < 3:
        tree["data"]["discounts"] = [tree["data"].pop("discount")]
    if number < 2:
        tree["data"]["buyer"] = tree["data"].pop("customer_id")
    return tree


@pytest.mark.parametrize("number", [1, 2, 3])
def test_every_version_becomes_the_same_fact(number: int) -> None:
    outcome, today = decode(version(number), decoder=HISTORIC), decode(example())

    assert isinstance(outcome, Decoded)
    assert isinstance(today, Decoded)
    assert outcome.event == today.event


def test_the_content_is_that_of_the_event_as_it_was_sent() -> None:
    old = decode(version(1), decoder=HISTORIC)

    assert isinstance(old, Decoded)
    assert old.content != content(example())


@pytest.mark.parametrize(
    "dataschema", [None, 5, "", "https://shop.example/orders/v7", "urn:other:order.placed/v1"]
)
def test_schemas_of_others_mean_the_current_version(dataschema: object) -> None:
    outcome = decode(example() | {"dataschema": dataschema})

    assert isinstance(outcome, Decoded)
    assert isinstance(outcome.event, inputs.OrderPlaced)


@pytest.mark.parametrize(
    "name",
    ["order.placed/v4", "order.placed/v0", "order.placed/v01", "order.placed", "order.refunded/v1", ""],
)
def test_a_version_that_is_not_known_is_an_invalid_field(name: str) -> None:
    tree = example() | {"dataschema": f"urn:keyday:schema:{name}"}

    assert decode(tree, decoder=HISTORIC) == DecodeError(Code.FIELD_INVALID, "dataschema")


def test_attributes_are_checked_before_the_version_and_fields_after() -> None:
    unknown = example() | {"dataschema": schema_uri("order.placed", 9)}

    assert decode(unknown | {"id": ""}) == DecodeError(Code.FIELD_INVALID, "id")
    assert decode(unknown | {"data": None}) == DecodeError(Code.FIELD_INVALID, "dataschema")
    missing = version(1)
    del missing["data"]["buyer"]
    assert decode(missing, decoder=HISTORIC) == DecodeError(Code.FIELD_MISSING, "data.customer_id")
    wrong = version(1)
    wrong["data"]["coupons"] = 5
    assert decode(wrong, decoder=HISTORIC) == DecodeError(Code.FIELD_INVALID, "data.coupons")
    assert decode(version(1) | {"data": None}, decoder=HISTORIC) == DecodeError(Code.FIELD_MISSING, "data")


def test_data_that_an_upcaster_cannot_read_is_invalid() -> None:
    tree = version(2)
    del tree["data"]["discounts"]

    assert decode(tree, decoder=HISTORIC) == DecodeError(Code.FIELD_INVALID, "data")


@pytest.mark.parametrize(("topic", "type_"), INPUTS)
def test_the_current_version_may_be_named(topic: str, type_: str) -> None:
    tree = example(topic, type_) | {"dataschema": schema_uri(type_, current_version(type_))}

    assert isinstance(decode(tree, topic), Decoded)


def reached(upcasters: Upcasters) -> set[tuple[str, int]]:
    """The steps by which data of the types of today come to their current version."""
    return {(type_, n) for _, type_ in INPUTS for n in range(1, current_version(type_, upcasters))}


def test_the_table_has_no_gaps_and_only_known_types() -> None:
    assert set(UPCASTERS) == reached(UPCASTERS)
    assert set(HISTORY) == reached(HISTORY)
    gap, unknown = {("order.placed", 2): two_to_three}, {("order.gone", 1): one_to_two}
    assert set(gap) != reached(gap)
    assert set(unknown) != reached(unknown)
