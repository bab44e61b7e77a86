from __future__ import annotations

from itertools import combinations

import pytest

from streams.rules.terms import is_older

ASCENDING = [
    "1",
    "2",
    "2.0",
    "2.9",
    "2.10",
    "2.10-1",
    "2.10-rc",
    "10",
    "2019-12",
    "2020-01",
    "2020-01-02",
    "v1",
]


@pytest.mark.parametrize(("older", "newer"), list(combinations(ASCENDING, 2)))
def test_versions_compare_part_by_part(older: str, newer: str) -> None:
    assert is_older(older, newer)
    assert not is_older(newer, older)


@pytest.mark.parametrize("version", [*ASCENDING, "01"])
def test_no_version_is_older_than_itself_and_none_is_older_than_any(version: str) -> None:
    assert not is_older(version, version)
    assert is_older(None, version)


def test_numbers_compare_as_numbers() -> None:
    assert not is_older("2.01", "2.1")
    assert not is_older("2.1", "2.01")
