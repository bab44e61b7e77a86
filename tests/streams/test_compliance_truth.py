"""The generator's planted breaches are found, all of them and nothing else."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from streams.cli import run


def cases(folder: Path, *, events: int, breaches: str) -> tuple[set[str], set[str]]:
    """The cases that are planted, and those that a replay opens."""
    source, out, truth = folder / "in", folder / "out", folder / "truth.ndjson"
    options = ["--events", str(events), "--seed", "5", "--partners", "40", "--breaches", breaches]
    assert run(["generate", *options, "--truth", str(truth), "--out", str(source)]) == 0
    program = str(source / "program.toml")
    assert run(["replay", "--programs", program, "--input", str(source), "--out", str(out)]) == 0
    planted = [json.loads(line) for line in truth.read_text().splitlines()] if truth.exists() else []
    told = [json.loads(line) for line in (out / "compliance.ndjson").read_text().splitlines()]
    opened = [one["data"] for one in told if one["type"] == "compliance.violation_detected"]
    return {one["case_id"] for one in planted}, {one["case_id"] for one in opened}


@pytest.mark.slow
def test_what_is_planted_is_found_and_nothing_else(tmp_path: Path) -> None:
    planted, found = cases(tmp_path, events=12_000, breaches="0.15")

    rules = Counter(case_id.partition("~")[0] for case_id in planted)
    assert len(rules) == 9, rules
    assert found == planted


@pytest.mark.slow
def test_a_program_without_breaches_opens_no_case(tmp_path: Path) -> None:
    planted, found = cases(tmp_path, events=10_000, breaches="0")

    assert planted == found == set()
