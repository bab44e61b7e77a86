"""The first check that fails is the code, and the slow path agrees with the fast one."""

from __future__ import annotations

import copy
from collections.abc import Callable
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.cloudevents import read_event
from schemas.codec import Decoded, Decoder
from schemas.diagnosis import diagnose
from schemas.errors import Code, DecodeError, Refused
from schemas.upcast import UPCASTERS
from tests.schemas.examples import INPUTS, Programs, Tree, decode, example, wire

PROGRAMS = Programs(acme=0)


def envelope(name: str, value: Any) -> Callable[[Tree], None]:
    return lambda tree: tree.__setitem__(name, value)


def data(name: str, value: Any) -> Callable[[Tree], None]:
    return lambda tree: tree["data"].__setitem__(name, value)


#: Faults of an order in the order in which they are looked for.
FAULTS: list[tuple[str, Callable[[Tree], None], DecodeError]] = [
    ("specversion", envelope("specversion", "0.3"), DecodeError(Code.SPECVERSION_UNKNOWN, "specversion")),
    ("id", envelope("id", ""), DecodeError(Code.FIELD_INVALID, "id")),
    ("source", envelope("source", None), DecodeError(Code.FIELD_MISSING, "source")),
    ("time", envelope("time", "noon"), DecodeError(Code.FIELD_INVALID, "time")),
    ("known type", envelope("type", "order.lost"), DecodeError(Code.TYPE_UNKNOWN, "type")),
    ("program", data("program", "other"), DecodeError(Code.PROGRAM_UNKNOWN, "data.program")),
    ("order_id", data("order_id", None), DecodeError(Code.FIELD_MISSING, "data.order_id")),
    ("customer_id", data("customer_id", 5), DecodeError(Code.FIELD_INVALID, "data.customer_id")),
    ("currency", data("currency", "XYZ"), DecodeError(Code.CURRENCY_UNKNOWN, "data.currency")),
    ("subtotal", data("subtotal", "1.000"), DecodeError(Code.AMOUNT_PRECISION, "data.subtotal")),
    ("discount", data("discount", "-500"), DecodeError(Code.AMOUNT_NEGATIVE, "data.discount")),
    ("tax", data("tax", "1e5"), DecodeError(Code.FIELD_INVALID, "data.tax")),
    ("shipping", data("shipping", 10**12), DecodeError(Code.AMOUNT_OUT_OF_RANGE, "data.shipping")),
    ("coupons", data("coupons", 5), DecodeError(Code.FIELD_INVALID, "data.coupons")),
    ("lines", data("lines", [{}]), DecodeError(Code.FIELD_MISSING, "data.lines[0].line_id")),
]


@pytest.mark.parametrize(("name", "fault", "expected"), FAULTS, ids=[name for name, _, _ in FAULTS])
def test_each_fault_alone_has_its_code(
    name: str, fault: Callable[[Tree], None], expected: DecodeError
) -> None:
    tree = example()
    fault(tree)

    assert decode(tree) == expected, name


def test_of_two_faults_the_earlier_one_is_the_code() -> None:
    for (first, one, expected), (second, two, _) in combinations(FAULTS, 2):
        tree = example()
        one(tree)
        two(tree)

        assert decode(tree) == expected, (first, second)


def test_every_fault_at_once_is_told_by_the_first() -> None:
    tree = example()
    for _, fault, _ in FAULTS:
        fault(tree)

    assert decode(tree) == FAULTS[0][2]


def test_a_missing_type_is_found_before_the_time_and_an_unknown_one_after() -> None:
    tree = example() | {"time": "noon"}

    assert decode(tree | {"type": None}) == DecodeError(Code.FIELD_MISSING, "type")
    assert decode(tree | {"type": "order.lost"}) == DecodeError(Code.FIELD_INVALID, "time")


def test_data_that_is_missing_is_found_before_the_program() -> None:
    nothing = Decoder(Programs())

    assert decode(example() | {"data": None}, decoder=nothing) == DecodeError(Code.FIELD_MISSING, "data")
    assert decode(example(), decoder=nothing) == DecodeError(Code.PROGRAM_UNKNOWN, "data.program")


def test_net_is_looked_at_last() -> None:
    tree = example()
    tree["data"] |= {"subtotal": "1.00", "discount": "2.00"}
    assert decode(tree) == DecodeError(Code.AMOUNT_NEGATIVE, "net")
    tree["data"]["lines"][0]["amount"] = "1.000"
    assert decode(tree) == DecodeError(Code.AMOUNT_PRECISION, "data.lines[0].amount")


# Any JSON in any place: the typed conversion and the slow path must say the same.

NASTY = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**13), 10**13),
    st.sampled_from(["", "EUR", "JPY", "XYZ", "1.5", "-1", "12.500", "x" * 257, "acme", "other", "1.0"]),
    st.sampled_from([0.5, -0.5, 12.125, 1e300, 10**30]),
    st.sampled_from(["2026-01-01T00:00:00Z", "points", "EUR/2", "customer:1", "upheld", "order.refunded"]),
    st.lists(st.one_of(st.none(), st.integers(), st.just("x"), st.just({})), max_size=2),
    st.dictionaries(st.sampled_from(["id", "line_id"]), st.one_of(st.none(), st.just("x")), max_size=2),
)


@st.composite
def mutated(draw: st.DrawFn) -> tuple[str, Tree]:
    topic, type_ = draw(st.sampled_from(INPUTS))
    tree = copy.deepcopy(example(topic, type_))
    for _ in range(draw(st.integers(0, 3))):
        place: Any = tree
        keys = draw(st.sampled_from(["envelope", "data", "data", "data", "line"]))
        if keys != "envelope" and isinstance(place.get("data"), dict):
            place = place["data"]
        if keys == "line" and isinstance(place.get("lines"), list) and place["lines"]:
            place = place["lines"][0] if isinstance(place["lines"][0], dict) else place
        key = draw(st.sampled_from([*sorted(place), "program", "discount"]))
        if draw(st.booleans()):
            place[key] = draw(NASTY)
        else:
            place.pop(key, None)
    return topic, tree


@pytest.mark.slow
@given(case=mutated())
@settings(max_examples=600)
def test_the_slow_path_agrees_with_the_fast_path(case: tuple[str, Tree]) -> None:
    topic, tree = case
    fast = decode(tree, topic)
    slow: Refused | None
    try:
        slow = diagnose(topic, read_event(wire(tree), ()), PROGRAMS.resolve, UPCASTERS)
    except Refused as refused:
        slow = refused

    if isinstance(fast, Decoded) or fast == DecodeError(Code.AMOUNT_NEGATIVE, "net"):
        assert slow is None, slow
    else:
        assert slow is not None
        assert slow.error == fast
