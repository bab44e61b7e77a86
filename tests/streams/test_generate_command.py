from __future__ import annotations

import json
import re
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from schemas.programs import Programs
from streams.app import build_embedded
from streams.cli import run
from streams.engine.embedded import Embedded
from streams.engine.settings import Settings
from tests.streams.processes import EXAMPLES, KEYDAY

Capture = pytest.CaptureFixture[str]
PROGRAM = str(EXAMPLES / "generated.toml")
TOPICS = ["account-requests", "clicks", "orders", "partner-events", "referrals"]
SMALL = ["generate", "--seed", "3", "--events", "3000", "--customers", "200", "--days", "20"]


def offsets(data: Path) -> dict[str, int]:
    programs = Programs()
    programs.load(EXAMPLES / "generated.toml")
    opened = build_embedded(Settings(data=data), programs)
    assert isinstance(opened, Embedded)
    try:
        return {topic: opened.log.end_offset(topic, 0) for topic in TOPICS}
    finally:
        opened.close()


@pytest.mark.slow
def test_files_can_be_replayed_with_the_program_beside_them(tmp_path: Path, capsys: Capture) -> None:
    source, out = tmp_path / "in", tmp_path / "out"

    assert run([*SMALL, "--breaches", "0.05", "--out", str(source), "--json"]) == 0
    summary = json.loads(capsys.readouterr().out)
    replay = ["replay", "--programs", str(source / "program.toml"), "--input", str(source), "--out", str(out)]
    assert run([*replay, "--json"]) == 0
    replayed = json.loads(capsys.readouterr().out)

    lines = {topic: (source / f"{topic}.ndjson").read_bytes().count(b"\n") for topic in TOPICS}
    assert summary["events"] == sum(lines.values()) == 3_000
    assert summary["topics"] == lines
    assert (summary["first"], summary["midnights"]) == ("2025-11-01T00:00:00.000Z", 0)
    assert "2025-11-20" < summary["last"] < "2025-11-21"
    truths = [json.loads(line) for line in (source / "truth.ndjson").read_text().splitlines()]
    assert Counter(each["rule"] for each in truths) == summary["breaches"]
    assert truths[0].keys() == {"rule", "partner_id", "home_date", "case_id", "events"}
    assert replayed["dead_letters"] == {}
    assert sum(replayed["read"].values()) == 3_000
    assert replayed["written"]["rewards"] > 100


def test_the_same_command_makes_the_same_files(tmp_path: Path, capsys: Capture) -> None:
    for folder in ("one", "two"):
        assert run([*SMALL, "--breaches", "0.02", "--gzip", "--out", str(tmp_path / folder)]) == 0
    said = capsys.readouterr().out

    files = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert files == sorted([*(f"{topic}.ndjson.gz" for topic in TOPICS), "program.toml", "truth.ndjson"])
    for name in files:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    assert "3,000 events from 2025-11-01T00:00:00.000Z to 2025-11-20T" in said
    assert f"are told in {tmp_path / 'one' / 'truth.ndjson'}" in said


def test_without_breaches_the_truth_is_empty(tmp_path: Path) -> None:
    assert run([*SMALL, "--out", str(tmp_path)]) == 0
    assert (tmp_path / "truth.ndjson").read_bytes() == b""


@pytest.mark.slow
def test_events_for_a_program_of_ones_own(tmp_path: Path, capsys: Capture) -> None:
    demo = str(EXAMPLES / "demo.toml")

    assert run([*SMALL, "--program", demo, "--out", str(tmp_path / "in")]) == 0
    assert (
        run(["replay", "--programs", demo, "--input", str(tmp_path / "in"), "--out", str(tmp_path / "o")])
        == 0
    )
    assert "refused   nothing" in capsys.readouterr().out
    assert not (tmp_path / "in" / "program.toml").exists()
    lines = (tmp_path / "in" / "orders.ndjson").read_text().splitlines()
    orders = [json.loads(line)["data"] for line in lines]
    assert {each["market"] for each in orders if "market" in each} == {"FR", "DE", "US"}


@pytest.mark.slow
def test_events_go_into_the_embedded_log_at_a_rate(tmp_path: Path, capsys: Capture) -> None:
    data = ["--program", PROGRAM, "--data", str(tmp_path / "data"), "--truth", str(tmp_path / "truth")]
    started = time.monotonic()

    assert run([*SMALL, *data, "--breaches", "0.02", "--rate", "4000", "--json"]) == 0
    assert time.monotonic() - started > 0.6
    summary = json.loads(capsys.readouterr().out)
    assert offsets(tmp_path / "data") == summary["topics"]
    assert sum(summary["topics"].values()) == 3_000
    assert (tmp_path / "truth").read_text().count("\n") == sum(summary["breaches"].values())
    assert list(tmp_path.glob(".*")) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--out", "x", "--rate", "5"], "--rate is for --data and --brokers"),
        (["--data", "x"], "--program FILE"),
        (["--brokers", "a:1"], "--program FILE"),
        (["--program", PROGRAM, "--data", "x", "--gzip"], "--gzip is for files"),
        (["--program", PROGRAM, "--data", "x", "--breaches", "0.1"], "--truth FILE"),
        (["--program", PROGRAM, "--data", "x", "--out", "y"], "give one of --out, --data and --brokers"),
        ([], "say where the events go"),
        (["--program", PROGRAM], "say where the events go"),
        (["--program", PROGRAM, "--start", "2019-12-31", "--out", "x"], "is not in force yet on 2019-12-31"),
        (["--program", PROGRAM, "--markets", "FR,JP", "--out", "x"], "has no market JP"),
        (["--markets", "FR, XX", "--out", "x"], "XX is none"),
        (["--breaches", "0.9", "--out", "x"], "between 0 and 0.2"),
        (["--start", "yesterday", "--out", "x"], "yesterday"),
    ],
)
def test_wrong_use_is_one_line_that_says_what_to_do(
    arguments: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.chdir(tmp_path)

    assert run(["generate", *arguments]) == 2
    said = capsys.readouterr().err
    assert message in said
    assert len(said.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_program_that_does_not_validate_is_refused(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "bad.toml").write_text('[program]\nid = "x"\n')

    assert run([*SMALL, "--program", str(tmp_path / "bad.toml"), "--out", str(tmp_path / "out")]) == 1
    assert "bad.toml" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "file").write_text("")

    assert run([*SMALL, "--out", str(tmp_path / "file" / "out")]) == 1
    assert "cannot be written" in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.slow
@pytest.mark.parametrize("to_files", [True, False])
def test_ctrl_c_ends_with_status_1_and_says_what_is_there(tmp_path: Path, *, to_files: bool) -> None:
    arguments = ["generate", "--events", "50000000", "--breaches", "0.01", "--out", str(tmp_path / "out")]
    if not to_files:
        arguments = ["generate", "--program", PROGRAM, "--data", str(tmp_path / "out"), "--rate", "2000"]
    process = subprocess.Popen(
        [*KEYDAY, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=EXAMPLES.parent
    )
    try:
        until_it_writes(tmp_path / "out")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()

    assert (process.returncode, out) == (1, "")
    assert err.splitlines()[-1] == "keyday: interrupted"
    told = re.search(r"^([\d,]+) records were written to ", err, re.MULTILINE)
    assert told is not None
    count = int(told[1].replace(",", ""))
    if to_files:
        assert count == 0
        assert list((tmp_path / "out").iterdir()) == []
    else:
        assert sum(offsets(tmp_path / "out").values()) == count > 0


def until_it_writes(folder: Path) -> None:
    """Wait until a folder holds a few thousand bytes."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        sizes: Any = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
        if sum(sizes) > 200_000:
            return
        time.sleep(0.05)  # another process writes
    pytest.fail("nothing was written")
