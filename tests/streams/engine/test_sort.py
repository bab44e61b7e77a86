from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.engine.sort import ENTRY_BYTES, FAN_IN, Entry, Sorter

entries = st.lists(
    st.tuples(
        st.integers(-(2**63), 2**62),
        st.integers(0, 5),
        st.integers(0, 2**40),
        st.integers(-1, 2**62),
        st.none() | st.binary(max_size=5),
        st.binary(max_size=20),
    ),
    unique_by=lambda entry: entry[:3],
    max_size=60,
)


@settings(max_examples=60)
@given(entries, st.sampled_from([1, 2 * ENTRY_BYTES, 10**9]))
def test_entries_come_back_sorted_and_whole(
    tmp_path_factory: pytest.TempPathFactory, given_entries: list[Entry], run_bytes: int
) -> None:
    sorter = Sorter(tmp_path_factory.mktemp("sort"), run_bytes)
    for entry in given_entries:
        sorter.add(entry)

    assert list(sorter.sorted()) == sorted(given_entries)


def test_more_runs_than_can_be_open_at_once_are_merged_on_the_way(tmp_path: Path) -> None:
    rng = random.Random(7)
    shuffled: list[Entry] = [(n, 0, n, n, None, b"x") for n in range(2 * FAN_IN + 3)]
    rng.shuffle(shuffled)
    sorter = Sorter(tmp_path, run_bytes=1)
    for entry in shuffled:
        sorter.add(entry)

    assert len(list(tmp_path.iterdir())) < FAN_IN
    assert list(sorter.sorted()) == sorted(shuffled)


def test_what_fits_into_memory_touches_no_disk(tmp_path: Path) -> None:
    sorter = Sorter(tmp_path)
    sorter.add((2, 0, 0, 2, b"", b"b"))
    sorter.add((1, 0, 1, 1, None, b"a"))

    assert [entry[5] for entry in sorter.sorted()] == [b"a", b"b"]
    assert list(tmp_path.iterdir()) == []
