from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest
from pyarrow import parquet

from events.time import format_time
from projections.store import Tables
from projections.tables import TABLES
from streams.cli import run
from streams.engine.log import Log
from streams.engine.record import OutRecord
from tests.projections.naive import NAIVE, Files
from tests.projections.replays import lines_of, programs_of, records, small
from tests.projections.test_past import times
from tests.projections.test_rebuild import harm


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with the topics of a replay, and its tables."""
    folder = tmp_path_factory.mktemp("data")
    files = small()
    log = Log.open(folder)
    assert isinstance(log, Log)
    for topic, found in records(files).items():
        log.append(
            [OutRecord(topic, 0, one.timestamp, one.key, one.value, list(one.headers)) for one in found]
        )
    log.close()
    assert run(["rebuild", "--data", str(folder), "--programs", str(files.paths[0])]) == 0
    return folder


@pytest.fixture
def exported(data: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> Iterator[object]:
    def export(*arguments: str) -> bytes:
        assert run(["export", *arguments, "--data", str(data)]) == 0
        return capfdbinary.readouterr().out

    return export  # type: ignore[return-value]


@pytest.mark.parametrize("name", list(TABLES))
def test_an_export_is_the_file_of_a_replay(name: str, exported: object) -> None:
    assert exported(name) == lines_of(small().out)[name]


@pytest.mark.parametrize("name", list(TABLES))
def test_csv_and_parquet_have_the_rows_of_ndjson_with_their_types(
    name: str, exported: object, tmp_path: Path
) -> None:
    rows = [json.loads(line) for line in exported(name).splitlines()]
    table = csv.DictReader(io.StringIO(exported(name, "--format", "csv").decode(), newline=""))
    exported(name, "--format", "parquet", "--out", str(tmp_path / "rows"))
    columns = parquet.read_table(tmp_path / "rows")
    assert [path.name for path in tmp_path.iterdir()] == ["rows"]
    assert columns.column_names == table.fieldnames == [column.name for column in TABLES[name].columns]
    for row, of_csv, of_parquet in zip(rows, table, columns.to_pylist(), strict=True):
        for column, value in row.items():
            if isinstance(value, list | dict):
                assert json.loads(of_csv[column]) == json.loads(of_parquet[column]) == value
            else:
                text = {True: "true", False: "false"} if isinstance(value, bool) else {None: ""}
                assert of_csv[column] == text.get(value, str(value))
                assert of_parquet[column] == typed(name, column, value)
        assert {column for column, value in of_parquet.items() if value is not None} == {
            column for column, value in row.items() if value is not None
        }
    for column in TABLES[name].columns:
        field = columns.schema.field(column.name)
        assert field.metadata[b"unit"] == column.unit.encode()
        kind = column.unit if column.type == "string" else column.type
        expected = {"integer": "int64", "boolean": "bool", "date": "date32[day]"}
        expected["time"] = "timestamp[ms, tz=UTC]"
        assert str(field.type) == expected.get(kind, "string")


def typed(table: str, column: str, value: object) -> object:
    """A value of a row as Parquet has it."""
    (found,) = [one for one in TABLES[table].columns if one.name == column]
    if found.type == "string" and isinstance(value, str) and found.unit in {"date", "time"}:
        return date.fromisoformat(value) if found.unit == "date" else datetime.fromisoformat(value)
    return value


def test_filters_and_a_past_instant_narrow_an_export(exported: object) -> None:
    statements = [json.loads(line) for line in exported("statements").splitlines()]
    middle = sorted(one["time"] for one in statements)[len(statements) // 2]
    then = [json.loads(line) for line in exported("statements", "--as-of", middle).splitlines()]
    assert then == [one for one in statements if one["time"] <= middle]

    balances = [json.loads(line) for line in exported("balances", "--as-of", middle).splitlines()]
    earned = {(one["account"], one["unit"]): one["earned"] for one in balances}
    assert {(one["account"], one["unit"]) for one in then} == set(earned)
    grants = [one for one in then if one["kind"] in {"accrued", "tier", "bonus", "referral", "adjusted"}]
    for key, amount in earned.items():
        assert amount == sum(one["amount"] for one in grants if (one["account"], one["unit"]) == key)

    account = balances[0]["account"]
    only = [
        json.loads(line)
        for line in exported("balances", "--as-of", middle, "--where", f"account={account}").splitlines()
    ]
    assert only == [one for one in balances if one["account"] == account]


@pytest.mark.parametrize(
    "name", ["partner_performance", *(pytest.param(one, marks=pytest.mark.slow) for one in sorted(NAIVE))]
)
def test_every_table_can_be_exported_as_of_a_past_instant(name: str, exported: object, data: Path) -> None:
    files = small()
    found = times(files)
    at = found[len(found) // 2]
    then = [json.loads(line) for line in exported(name, "--as-of", format_time(at)).splitlines()]

    assert then == NAIVE[name](Files(files.paths, files.source, files.out, until=at))
    assert [path.name for path in data.iterdir() if path.name.startswith(".")] == []


def test_where_the_topics_are_has_to_be_known_for_a_past(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Tables(tmp_path / "projections", programs=programs_of(small())).close()
    then = ["--as-of", "2026-01-01T00:00:00Z", "--state-dir", str(tmp_path)]
    assert run(["export", "balances", *then]) == 0
    assert run(["export", "tiers", *then]) == 2
    assert "say where Kafka is: --brokers HOST:PORT" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["sales"], "there is no table sales"),
        (["tiers", "--where", "colour=red"], "can be filtered by partner_id, program, tier"),
        (["tiers", "--where", "tier"], "is no COLUMN=VALUE"),
        (["tiers", "--brokers", "localhost:9"], "give one of --data and --brokers"),
        (["tiers", "--state-dir", "state"], "give one of --data and --state-dir"),
        (["balances", "--as-of", "yesterday"], "is no time such as"),
    ],
)
def test_what_cannot_be_exported_is_wrong_use(
    arguments: list[str], said: str, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["export", *arguments, "--data", str(data)]) == 2
    assert said in capsys.readouterr().err


def test_without_tables_an_export_fails_and_leaves_no_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.csv"
    assert run(["export", "tiers", "--data", str(tmp_path), "--out", str(out)]) == 1
    assert "holds no tables" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_an_export_reads_beside_the_process_that_feeds_the_tables(data: Path) -> None:
    tables = Tables(data, programs=programs_of(small()))
    try:
        command = [sys.executable, "-m", "streams.cli", "export", "tiers", "--data", str(data)]
        done = subprocess.run(command, capture_output=True, check=False)
        assert (done.returncode, done.stdout) == (0, lines_of(small().out)["tiers"])
        held = [sys.executable, "-m", "streams.cli", "rebuild", "tiers", "--data", str(data)]
        refused = subprocess.run(held, capture_output=True, check=False, text=True)
        assert refused.returncode == 1
        assert "has the tables open and does not answer; stop it first" in refused.stderr
    finally:
        tables.close()


def test_rebuild_says_how_many_rows_were_wrong(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tables = Tables(data)
    harm(tables, "partner_performance")
    tables.close()

    for wrong in (3, 0):
        assert run(["rebuild", "partner_performance", "tiers", "--data", str(data), "--json"]) == 0
        first, second = json.loads(capsys.readouterr().out)
        assert (first["table"], first["wrong"]) == ("partner_performance", wrong)
        assert (second["table"], second["wrong"]) == ("tiers", 0)

    assert run(["rebuild", "sales", "--data", str(data)]) == 2
