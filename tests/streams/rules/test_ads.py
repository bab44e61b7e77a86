from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.rules.ads import BrandMatch, brand_match, plain, within_one

GROUPS: list[dict[str, Any]] = tomllib.loads(
    Path(__file__).with_name("brand_terms.toml").read_text(encoding="utf-8")
)["group"]
CASES = [
    (group["terms"], keyword, kind == "hits")
    for group in GROUPS
    for kind in ("hits", "misses")
    for keyword in group[kind]
]


def test_there_are_many_cases_of_both_kinds() -> None:
    assert len(CASES) >= 60
    assert 0.3 < sum(hit for *_, hit in CASES) / len(CASES) < 0.7


@pytest.mark.parametrize(("terms", "keyword", "hit"), CASES)
def test_a_keyword_holds_a_brand_term_or_does_not(terms: list[str], keyword: str, *, hit: bool) -> None:
    assert (brand_match(keyword, terms) is not None) == hit


def test_what_is_written_exactly_goes_before_what_is_close() -> None:
    assert brand_match("solbrok acme", ["solbrook", "acme"]) == BrandMatch("acme", "acme", exact=True)
    assert brand_match("my solbrok", ["Solbrook"]) == BrandMatch("Solbrook", "solbrok", exact=False)


def test_letters_are_counted_without_blanks_digits_and_signs() -> None:
    assert brand_match("abc 1x", ["abc 12"]) is None
    assert brand_match("abcde 1x", ["abcde 12"]) is not None


words = st.text("abc ", max_size=6)


def distance(one: str, other: str) -> int:
    """The edit distance, slowly."""
    if not one or not other:
        return len(one) + len(other)
    return min(
        distance(one[1:], other) + 1,
        distance(one, other[1:]) + 1,
        distance(one[1:], other[1:]) + (one[0] != other[0]),
    )


@given(words, words)
def test_within_one_is_an_edit_distance_of_one_at_most(one: str, other: str) -> None:
    assert within_one(one, other) == (distance(one, other) <= 1)


@given(st.text(max_size=20))
def test_a_plain_text_stays_as_it_is(text: str) -> None:
    assert plain(plain(text)) == plain(text)
