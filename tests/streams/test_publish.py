"""``keyday publish`` into an embedded log: what goes in, what is refused, and what decides afterwards."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from schemas.program_file import parse_json, parse_toml
from streams.cli import run
from streams.engine.log import Log
from streams.engine.record import Record
from tests.streams.processes import EXAMPLES, ended, started, until_settled

DEMO = EXAMPLES / "demo.toml"
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def version(tmp_path: Path, number: int, *changes: tuple[str, str]) -> Path:
    """The demo's program as another version; each change is old and new text."""
    text = DEMO.read_text(encoding="utf-8")
    for old, new in (("version = 1", f"version = {number}"), *changes):
        assert old in text
        text = text.replace(old, new, 1)
    file = tmp_path / f"demo-{number}.toml"
    file.write_text(text, encoding="utf-8")
    return file


def publish(file: Path, data: Path) -> int:
    return run(["publish", str(file), "--data", str(data)])


def published(data: Path) -> list[Record]:
    log = Log.open(data)
    assert isinstance(log, Log)
    records = log.read("programs", 0, 0, 100)
    log.close()
    return records


def test_a_version_goes_to_the_log_as_an_event(data: Path, capsys: Capture) -> None:
    assert publish(DEMO, data) == 0

    said = f"published version 1 of demo to the embedded log in {data}, for events from 2020-01-01T00:00:00.000Z on"
    assert capsys.readouterr().out.strip() == said
    (record,) = published(data)
    event = json.loads(record.value or b"")
    assert (event["id"], event["source"], event["type"]) == ("demo/v1", "keyday/publish", "program.published")
    assert record.key == b"demo"
    assert (
        parse_json(json.dumps(event["data"])).program == parse_toml(DEMO.read_text(encoding="utf-8")).program
    )


def test_a_json_file_is_published_without_what_is_for_editors(tmp_path: Path, data: Path) -> None:
    assert publish(DEMO, data) == 0
    (record,) = published(data)
    content = json.loads(record.value or b"")["data"]
    content["program"]["version"] = 2
    file = tmp_path / "demo.json"
    file.write_text(json.dumps({"$schema": "program.json", **content}))

    assert publish(file, data) == 0
    assert json.loads(published(data)[1].value or b"")["data"] == content


@pytest.mark.parametrize(
    ("number", "changes", "error"),
    [
        (2, (), "7:program.version: version 2 of demo is published already; a change needs a higher version"),
        (
            2,
            (('rate = "0.02"', 'rate = "0.03"'),),
            "7:program.version: version 2 of demo is published with other content; a change needs a higher version",
        ),
        (
            1,
            (),
            (
                "7:program.version: version 1 of demo is not newer than version 2, which is published; "
                "a change needs a higher version"
            ),
        ),
        (
            3,
            (('currency = "EUR"', 'currency = "CHF"'),),
            "9:program.currency: never changes: version 2 has EUR",
        ),
        (3, (('rate = "0.02"', 'rate = "2%"'),), '48:accrual[1].rate: must be a decimal, as "0.05"'),
    ],
)
def test_what_cannot_be_published_is_refused_with_path_and_line(
    number: int, changes: tuple[tuple[str, str], ...], error: str, tmp_path: Path, data: Path, capsys: Capture
) -> None:
    assert publish(version(tmp_path, 2), data) == 0
    file = version(tmp_path, number, *changes)
    capsys.readouterr()

    assert publish(file, data) == 1
    assert capsys.readouterr().err.strip() == f"keyday: {file}:{error}"
    assert len(published(data)) == 1


def test_every_error_of_a_file_is_named(tmp_path: Path, data: Path, capsys: Capture) -> None:
    file = version(tmp_path, 2, ('rate = "0.02"', 'rate = "2%"'), ("hold_days = 14", "hold_day = 14"))

    assert publish(file, data) == 1
    assert [line.removeprefix("keyday: ") for line in sorted(capsys.readouterr().err.splitlines())] == [
        f'{file}:48:accrual[1].rate: must be a decimal, as "0.05"',
        f"{file}:41:accrual[0].hold_day: is not known here",
    ]
    assert not data.exists()


def test_what_is_suspicious_is_said_and_published(tmp_path: Path, data: Path, capsys: Capture) -> None:
    assert publish(version(tmp_path, 2, ("effective_from = 2020", "effective_from = 2021")), data) == 0
    file = version(tmp_path, 3, ('multiply = "2"', 'multiply = "1"'))
    capsys.readouterr()

    assert publish(file, data) == 0
    said = capsys.readouterr().err
    assert "bonus[0].multiply: bonus black-friday-double adds nothing: it multiplies by 1" in said
    assert "warning: version 2 goes on deciding events from 2021-01-01T00:00:00.000Z on" in said


def test_what_is_too_large_for_the_topic_is_refused(tmp_path: Path, data: Path, capsys: Capture) -> None:
    terms = ", ".join(f'"{number:0190}"' for number in range(6_000))
    file = version(tmp_path, 1, ("[markets.DE]", f"[markets.DE]\nbrand_terms = [{terms}]"))

    assert publish(file, data) == 1
    assert f"keyday: {file} cannot be published: json_invalid" in capsys.readouterr().err
    assert published(data) == []


def test_numbers_are_published_with_all_their_digits(tmp_path: Path, data: Path) -> None:
    goal = (
        '[[goal]]\nid = "g"\nscope = "program"\nmetric = "revenue"\nperiod = "year"\ntarget = 9000000000.10\n'
    )
    file = version(tmp_path, 1, ("[markets.DE]", f"{goal}[markets.DE]"))

    assert publish(file, data) == 0
    (record,) = published(data)
    assert json.loads(record.value or b"")["data"]["goal"][0]["target"] == "9000000000.10"


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ([], "say where the program goes: --brokers HOST:PORT or --data DIR"),
        (["--brokers", "a:1", "--data", "b"], "give one of --brokers and --data"),
    ],
)
def test_the_place_is_named_once(arguments: list[str], why: str, capsys: Capture) -> None:
    assert run(["publish", str(DEMO), *arguments]) == 2
    assert why in capsys.readouterr().err


def test_brokers_out_of_reach_are_one_line(capsys: Capture) -> None:
    assert run(["publish", str(DEMO), "--brokers", "127.0.0.1:1"]) == 1

    said = capsys.readouterr().err
    (line,) = [line for line in said.splitlines() if line.startswith("keyday: ")]
    assert line.startswith("keyday: 127.0.0.1:1: ")


@pytest.mark.slow
def test_what_is_published_runs_without_a_file(tmp_path: Path, data: Path, capsys: Capture) -> None:
    orders = tmp_path / "shop.csv"
    orders.write_text("Order,Customer,Created at,Subtotal\n1001,lea,2025-10-01 10:00:00,20.00\n")
    command = ["import", "orders", str(orders), "--market", "FR", "--currency", "EUR", "--data", str(data)]
    assert run(command) == 2
    assert "publish one first with keyday publish" in capsys.readouterr().err
    assert publish(version(tmp_path, 2, ('flat = "100"', 'flat = "7"')), data) == 0

    assert run(command) == 0
    with started(["run", "--data", str(data), "--port", "0"]) as (process, url):
        assert until_settled(url, "customer:lea", available=27)["earned"] == 27
        assert publish(version(tmp_path, 3), data) == 1
        assert "another keyday process" in capsys.readouterr().err
        assert ended(process, signal.SIGTERM) == 0


def test_a_log_without_a_program_does_not_run(data: Path, capsys: Capture) -> None:
    log = Log.open(data)
    assert isinstance(log, Log)
    log.close()

    assert run(["run", "--data", str(data), "--port", "0"]) == 2
    assert "say which programs are in force" in capsys.readouterr().err.splitlines()[-1]
