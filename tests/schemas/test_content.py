"""The content digest: equal JSON values and only those have the same one, on every machine."""

from __future__ import annotations

import json
import subprocess
import sys
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import Code, Refused
from schemas.json_tree import digest, read_json
from tests.schemas.examples import content, example, wire


def of(text: str) -> int:
    return digest(read_json(text.encode()))


@pytest.mark.parametrize(
    "texts",
    [
        ("12.5", "12.50", "1.25e1", "125E-1", "0.125e+2", "12.5e0"),
        ("1", "1.0", "1e0", "10e-1", "1.000"),
        ("0", "-0", "0.0", "-0.0", "0e5", "0e-400"),
        ("-3", "-3.0", "-30e-1"),
        ("100", "1e2", "1E+2", "100.00"),
        ("18446744073709551616", "18446744073709551616.0", "1.8446744073709551616e19"),
        ("1e500", "10e499", "0.1e501"),
        ("0.5", "5e-1", "0.50"),
        ("0." + "0" * 200 + "1", "1e-201", "0." + "0" * 200 + "10"),
        ("1" * 40 + ".5", "1" * 40 + "5e-1"),
        ('{"a":1,"b":{"c":2,"d":3}}', ' { "b" : {"d":3.0,"c":2}, "a" : 1 } '),
        ('"é"', '"\\u00e9"'),
        ('"😀"', '"\\ud83d\\ude00"'),
        ('"a/b"', '"a\\/b"'),
    ],
)
def test_ways_to_write_one_value_have_one_digest(texts: tuple[str, ...]) -> None:
    assert len({of(text) for text in texts}) == 1


def test_different_values_have_different_digests() -> None:
    texts = ["null", "{}", '{"a":null}', '{"a":0}', '{"a":false}', '{"a":""}', '{"a":[]}', '{"a":{}}', "[]"]
    texts += ["12.5", '"12.5"', "-12.5", "125", "1.25", "12.51", "1", "true", '"1"', '"1.0"', '"true"']
    texts += ["18446744073709551616", "18446744073709551617", "1e500", "1e501", '"1e500"', "[1,2]", "[2,1]"]
    texts += ['"é"', '"e\\u0301"', '{"a":{"b":1}}', '{"a":{},"b":1}', "0.1", "0.1000000000000000055511151231"]

    assert len({of(text) for text in texts}) == len(texts)


@given(
    one=st.decimals(allow_nan=False, allow_infinity=False),
    other=st.decimals(allow_nan=False, allow_infinity=False),
)
def test_numbers_have_one_digest_exactly_when_they_are_equal(one: Decimal, other: Decimal) -> None:
    assert (of(str(one)) == of(str(other))) == (one == other)
    if one == int(one) and abs(one) < 10**100:
        assert of(str(one)) == of(str(int(one)))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab\u00e9"), inner, max_size=3),
    max_leaves=8,
)


@given(value=json_values)
def test_form_does_not_matter(value: Any) -> None:
    def backwards(tree: Any) -> Any:
        if isinstance(tree, dict):
            return {key: backwards(tree[key]) for key in reversed(tree)}
        return [backwards(item) for item in tree] if isinstance(tree, list) else tree

    assert of(json.dumps(value, ensure_ascii=False)) == of(json.dumps(backwards(value), indent=1))


def test_all_of_the_event_counts() -> None:
    same = example()
    digests = {content(same)}
    for change in ({"id": "e-2"}, {"subject": "x"}, {"subject": None}, {"time": "2026-11-27T11:00:00Z"}):
        digests.add(content(same | change))
    digests.add(content(same | {"data": same["data"] | {"colour": "red"}}))
    digests.add(content(same | {"data": same["data"] | {"subtotal": 129.9}}))

    assert len(digests) == 7


def test_an_exponent_that_nobody_can_read_is_no_json() -> None:
    with pytest.raises(Refused) as refused:
        of("1e" + "9" * 5_000)
    assert refused.value.error.code == Code.JSON_INVALID


def test_many_short_numbers_of_great_size_stay_short() -> None:
    text = "[" + ",".join(["1e999999"] * 10_000) + "]"

    assert of(text) == of(text)


def test_the_digest_is_the_same_in_every_process() -> None:
    """A digest that changes makes every known event a conflict after an upgrade: this number is a contract."""
    program = (
        "import sys; from schemas.json_tree import digest, read_json;"
        "print(digest(read_json(sys.stdin.buffer.read())))"
    )
    results = {
        subprocess.run(
            [sys.executable, "-c", program],
            input=wire(example()),
            capture_output=True,
            check=True,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": "."},
        ).stdout
        for seed in ("1", "2")
    }

    assert {int(result) for result in results} == {content(example())} == {6055811952989325639}
