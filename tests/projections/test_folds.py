"""Every table is what plain loops over whole files make of the same topics, however these are read."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from projections.store import Tables
from projections.table_files import lines
from projections.tables import TABLES
from tests.projections.naive import NAIVE, Files
from tests.projections.replays import (
    batches,
    fold,
    generated,
    lines_of,
    programs_of,
    records,
    replayed,
    replaying,
    small,
)


def naive_differences(files: Files) -> dict[str, tuple[object, object]]:
    """The first row of each table that differs from its naive recomputation."""
    found = {}
    for name, table in NAIVE.items():
        rows = [
            json.loads(line) for line in (files.out / "tables" / f"{name}.ndjson").read_text().splitlines()
        ]
        expected = table(files)
        if rows != expected:
            pairs = zip([*rows, None], [*expected, None], strict=False)
            found[name] = next(((a, b) for a, b in pairs if a != b), (len(rows), len(expected)))
    return found


def test_every_table_but_balances_and_statements_has_a_naive_recomputation() -> None:
    assert {*NAIVE, "balances", "statements"} == set(TABLES)


def test_tables_of_a_small_stream_are_what_plain_loops_make_of_it() -> None:
    assert naive_differences(small()) == {}


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_tables_of_a_generated_stream_are_what_plain_loops_make_of_it(seed: int) -> None:
    files = generated(seed)

    assert naive_differences(files) == {}
    assert all(path.stat().st_size for path in (files.out / "tables").iterdir() if path.stem != "goals")


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 41))
def test_tables_of_random_worlds_are_what_plain_loops_make_of_them(seed: int, tmp_path: Path) -> None:
    assert naive_differences(replayed(seed, tmp_path)) == {}


@pytest.mark.slow
def test_a_second_replay_leaves_every_byte_of_every_table(tmp_path: Path) -> None:
    files = small()
    (program,) = files.paths
    command = [sys.executable, "-m", "streams.cli", *replaying(program, files.source, tmp_path / "out")]
    # Another process, in which sets and hashes of texts have another order.
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, "PYTHONHASHSEED": "4711"})

    assert lines_of(tmp_path / "out") == lines_of(files.out)


def interleaved(files: Files, rng: random.Random, folder: Path, *, known: bool) -> dict[str, bytes]:
    """Tables over the topics read in a random interleaving; ``programs`` are known before, or published."""
    topics = {topic: list(found) for topic, found in records(files).items()}
    tables = Tables(folder, programs=programs_of(files) if known else None)
    while any(topics.values()):
        topic = rng.choice(sorted(topic for topic, found in topics.items() if found))
        size = rng.choice([1, 3, 40, 400, 4_000])
        fold(tables, topics[topic][:size])
        del topics[topic][:size]
        if rng.random() < 0.1:
            tables.close()
            tables = Tables(folder, programs=programs_of(files) if known else None)
    if not known:
        tables.close()
        tables = Tables(folder, programs=programs_of(files))
    found = {name: b"".join(line + b"\n" for line in lines(tables, table)) for name, table in TABLES.items()}
    tables.close()
    return found


@settings(max_examples=4)
@given(st.integers(0, 2**32), st.booleans())
def test_topics_may_be_read_in_any_interleaving(seed: int, known: bool) -> None:  # noqa: FBT001
    files = small()
    with tempfile.TemporaryDirectory() as folder:
        found = interleaved(files, random.Random(seed), Path(folder), known=known)

    assert found == lines_of(files.out)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 25))
def test_topics_of_random_worlds_may_be_read_in_any_interleaving(seed: int, tmp_path: Path) -> None:
    files = replayed(seed, tmp_path / "world")
    rng = random.Random(seed)

    for turn in range(3):
        found = interleaved(files, rng, tmp_path / str(turn), known=turn > 0)
        assert found == lines_of(files.out)


def test_a_topic_at_a_time_is_an_interleaving_too(tmp_path: Path) -> None:
    files = small()
    for turn, topics in enumerate([sorted(records(files)), sorted(records(files), reverse=True)]):
        tables = Tables(tmp_path / str(turn), programs=programs_of(files))
        for topic in topics:
            for batch in batches(records(files)[topic], 500):
                fold(tables, batch)
        found = {name: b"".join(line + b"\n" for line in lines(tables, one)) for name, one in TABLES.items()}
        tables.close()
        assert found == lines_of(files.out)
