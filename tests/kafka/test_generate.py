from __future__ import annotations

import asyncio
import json
import re
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from streams.cli import run
from tests.kafka.broker import Broker
from tests.kafka.test_front_door import read_all
from tests.streams.processes import EXAMPLES, KEYDAY

PROGRAM = ["--program", str(EXAMPLES / "generated.toml")]
TOPICS = ("partner-events", "clicks", "referrals", "orders", "account-requests")


def published(bootstrap: str) -> list[Any]:
    return [each for topic in TOPICS for each in asyncio.run(read_all(bootstrap, topic, 2))]


def test_generated_events_go_to_their_topics_with_midnights_and_at_a_rate(
    own_kafka: Broker, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    brokers = ["--brokers", own_kafka.bootstrap]
    same = ["generate", "--events", "3000", "--days", "5", *PROGRAM]
    assert run(["topics", "create", *brokers, "--partitions", "2"]) == 0
    assert run([*same, "--out", str(tmp_path)]) == 0
    capsys.readouterr()
    began = time.monotonic()

    assert run([*same, *brokers, "--rate", "3000", "--json"]) == 0
    assert time.monotonic() - began > 0.8
    summary = json.loads(capsys.readouterr().out)
    records = published(own_kafka.bootstrap)
    written = [line for topic in TOPICS for line in (tmp_path / f"{topic}.ndjson").read_bytes().splitlines()]
    clock = asyncio.run(read_all(own_kafka.bootstrap, "clock", 2))
    assert sorted(each.value for each in records) == sorted(written)
    assert summary["events"] == 3_000
    assert summary["midnights"] == len(clock) == 2 * 5


def test_ctrl_c_leaves_what_it_says_on_the_topics(own_kafka: Broker) -> None:
    brokers = ["--brokers", own_kafka.bootstrap]
    assert run(["topics", "create", *brokers, "--partitions", "2"]) == 0
    process = subprocess.Popen(
        [*KEYDAY, "generate", "--events", "1000000", *PROGRAM, *brokers, "--rate", "2000"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=EXAMPLES.parent,
        # A shell that runs the tests in the background has its children ignore Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - no threads here
    )  # fmt: skip
    try:
        deadline = time.monotonic() + 60
        while len(asyncio.run(read_all(own_kafka.bootstrap, "clicks", 2))) < 1_000:
            assert time.monotonic() < deadline
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    finally:
        process.kill()
        process.communicate()

    told = re.search(r"^([\d,]+) records were written to ", err, re.MULTILINE)
    assert told is not None, err
    assert process.returncode == 1
    clock = asyncio.run(read_all(own_kafka.bootstrap, "clock", 2))
    assert len(published(own_kafka.bootstrap)) + len(clock) == int(told[1].replace(",", ""))
