"""``keyday dlq`` on an embedded log: what was refused is shown, and counts once its cause is gone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from schemas.codec import decode_output
from schemas.programs import Programs
from streams.app import build_embedded
from streams.cli import run
from streams.engine.embedded import Embedded
from streams.engine.record import OutRecord
from streams.engine.settings import Settings

Capture = pytest.CaptureFixture[str]

PROGRAM = """
[program]
id = "shop"
version = {version}
effective_from = 2020-01-01T00:00:00Z
currency = "EUR"
home_tz = "Europe/Paris"
[markets.FR]
tz = "Europe/Paris"
{fx}
[[accrual]]
id = "base"
to = "customer"
unit = "points"
rate = "1"
"""
FX = '[fx]\nUSD = [{ from = 2020-01-01T00:00:00Z, rate = "0.5" }]'
TIME = 1_600_000_000_000


def order(number: int, currency: str) -> OutRecord:
    event = {
        "specversion": "1.0", "id": f"e{number}", "source": "shop", "type": "order.placed",
        "time": "2020-09-13T12:26:40Z",
        "data": {"order_id": f"o{number}", "customer_id": "ann", "market": "FR", "currency": currency, "subtotal": "10.00"},
    }  # fmt: skip
    return OutRecord("orders", 0, TIME, b"ann", json.dumps(event).encode())


class Log:
    """An embedded log of a program that learns what a dollar is worth only later."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        self.file = folder / "shop.toml"
        self.program(version=1)

    def program(self, version: int, fx: str = "") -> None:
        self.file.write_text(PROGRAM.format(version=version, fx=fx), encoding="utf-8")

    def work(self, *records: OutRecord) -> None:
        """Take records in and process all that is there."""
        programs = Programs()
        assert not programs.load(self.file).errors
        embedded = build_embedded(Settings(data=self.data), programs)
        assert isinstance(embedded, Embedded)
        if records:
            embedded.append(records)
        embedded.catch_up()
        embedded.close()

    def grants(self) -> dict[str, int]:
        embedded = build_embedded(Settings(data=self.data), Programs())
        assert isinstance(embedded, Embedded)
        rewards = [decode_output(one.value or b"").data for one in embedded.log.read("rewards", 0, 0, 100)]
        embedded.close()
        return {reward.entry_id: reward.amount for reward in rewards if reward.kind == "accrued"}

    def dlq(self, command: str, *options: str) -> int:
        return run(["dlq", command, "--data", str(self.data), "--programs", str(self.file), *options])


@pytest.fixture
def log(tmp_path: Path) -> Log:
    log = Log(tmp_path)
    log.work(
        order(1, "EUR"), order(2, "USD"), OutRecord("orders", 0, TIME, b"ann", b"\xff{"), order(3, "USD")
    )
    return log


def test_letters_are_listed_with_their_reason_and_without_their_content(log: Log, capsys: Capture) -> None:
    assert log.dlq("list") == 0

    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1:4] for line in lines] == [
        ["code", "topic", "partition"],
        ["fx_rate_missing", "orders", "0"],
        ["json_invalid", "orders", "0"],
        ["fx_rate_missing", "orders", "0"],
    ]
    assert not any("ann" in line for line in lines)


def test_letters_as_json_are_those_of_a_replay(log: Log, capsys: Capture) -> None:
    assert log.dlq("list", "--json", "--code", "json_invalid") == 0

    (letter,) = json.loads(capsys.readouterr().out)
    assert (letter["offset"], letter["value"], letter["base64"]) == (2, "/3s=", ["value"])


def test_letters_are_counted_by_topic_and_code(log: Log, capsys: Capture) -> None:
    assert log.dlq("list", "--count", "--json") == 0

    counts = [(row["code"], row["letters"]) for row in json.loads(capsys.readouterr().out)]
    assert counts == [("fx_rate_missing", 2), ("json_invalid", 1)]


def test_a_list_that_is_cut_says_so(log: Log, capsys: Capture) -> None:
    assert log.dlq("list", "--limit", "1") == 0

    said = capsys.readouterr()
    assert len(said.out.splitlines()) == 2
    assert "1 of 3" in said.err


def test_sent_again_once_the_cause_is_gone_they_count_once(log: Log, capsys: Capture) -> None:
    log.program(version=2, fx=FX)
    assert log.dlq("replay", "--code", "fx_rate_missing") == 0
    assert "2 dead letters were sent again" in capsys.readouterr().out
    log.work()
    granted = {"o1~base~customer:ann": 10, "o2~base~customer:ann": 5, "o3~base~customer:ann": 5}
    assert log.grants() == granted

    assert log.dlq("replay") == 0
    log.work()
    assert log.grants() == granted, "what took effect is a duplicate"
    capsys.readouterr()
    assert log.dlq("list", "--count", "--json") == 0
    assert {row["code"]: row["letters"] for row in json.loads(capsys.readouterr().out)} == {
        "fx_rate_missing": 2,
        "json_invalid": 2,
    }


def test_a_dry_run_sends_nothing(log: Log, capsys: Capture) -> None:
    assert log.dlq("replay", "--dry-run") == 0

    assert "3 dead letters would be sent again" in capsys.readouterr().out
    log.program(version=2, fx=FX)
    log.work()
    assert len(log.grants()) == 1


@pytest.mark.parametrize(
    ("options", "letters"),
    [
        (["--topic", "clicks"], 0),
        (["--topic", "clicks", "--topic", "orders"], 3),
        (["--since", "2020-09-13T12:26:40Z"], 3),
        (["--since", "2020-09-13T12:26:40.001Z"], 0),
        (["--until", "2020-09-13T12:26:40Z"], 0),
    ],
)
def test_letters_are_chosen_by_topic_and_time(
    log: Log, options: list[str], letters: int, capsys: Capture
) -> None:
    assert log.dlq("list", "--json", *options) == 0
    assert len(json.loads(capsys.readouterr().out)) == letters


def test_wrong_use_is_said_in_a_line(tmp_path: Path, capsys: Capture) -> None:
    assert run(["dlq", "list"]) == 2
    assert "--brokers" in capsys.readouterr().err
    assert run(["dlq", "list", "--data", str(tmp_path), "--brokers", "localhost:1"]) == 2
    assert run(["dlq", "list", "--data", str(tmp_path / "none")]) == 1
    assert run(["dlq", "list", "--data", str(tmp_path), "--since", "yesterday"]) == 2
