from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from streams.cli import cli, run

EXAMPLES = Path(__file__).parents[2] / "examples"
CSV = """Order,Customer,Created at,Subtotal
1001,lea,2025-11-28 10:00:00,20.00
1002,max,2025-11-27 10:00:00,30.999
1003,zoe,2025-11-26 10:00:00,40.00
1004,,2025-11-26 10:00:00,40.00
"""

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def export(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "shop.csv"
    file.write_text(CSV)
    return file


def test_every_command_explains_itself(capsys: Capture) -> None:
    for name, command in cli.commands.items():
        assert run([name, "--help"]) == 0
        assert command.help
        assert "Usage: keyday " + name in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["generate"],
        ["generate", "--out", "x", "--events", "0"],
        ["import", "orders", "no-such-file.csv"],
        ["worker"],
        ["topics", "create"],
        ["run"],
        ["serve", "--brokers", "a:1", "--data", "b"],
        ["run", "--programs", "x", "--port", "http"],
        ["run", "--programs", "x", "--log-format", "xml"],
    ],
)
def test_wrong_use_is_one_line_and_status_2(arguments: list[str], capsys: Capture) -> None:
    assert run(arguments) == 2

    said = capsys.readouterr()
    assert said.out == ""
    assert len(said.err.splitlines()) == 1
    assert said.err.startswith("keyday")
    assert "--help)" in said.err


def test_without_a_command_the_help_is_shown_and_the_status_is_2(capsys: Capture) -> None:
    assert run([]) == 2
    assert "Commands:" in capsys.readouterr().err


def test_a_wrong_environment_is_wrong_use(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setenv("KEYDAY_PORT", "tcp://10.0.0.1:6066")

    assert run(["run", "--programs", str(EXAMPLES / "demo.toml")]) == 2
    assert "KEYDAY_PORT: 'tcp://10.0.0.1:6066' is not a whole number" in capsys.readouterr().err


def test_secrets_are_no_flags(capsys: Capture) -> None:
    for command in ("run", "worker", "serve", "demo", "webhooks"):
        run([command, "--help"])
    run(["topics", "create", "--help"])

    flags = set(re.findall(r"--[a-z-]+", capsys.readouterr().out))
    assert "--sasl-username" in flags
    # Files are named, what is in them is not.
    assert {flag for flag in flags if re.search("password|token|secret", flag)} <= {"--tokens-file"}


def test_check_names_the_file_of_a_folder_that_cannot_be_read(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "acme.toml").write_text((EXAMPLES / "demo.toml").read_text())
    (tmp_path / "gone.toml").symlink_to(tmp_path / "nowhere")

    assert run(["check", str(tmp_path)]) == 1
    assert capsys.readouterr().err == f"{tmp_path}/gone.toml: cannot be read: No such file or directory\n"


def test_check_says_what_is_wrong_with_path_and_line(tmp_path: Path, capsys: Capture) -> None:
    file = tmp_path / "acme.toml"
    file.write_text((EXAMPLES / "demo.toml").read_text().replace('currency = "EUR"', 'currency = "EUX"'))

    assert run(["check", str(EXAMPLES / "demo.toml")]) == 0
    assert "is valid" in capsys.readouterr().out
    assert run(["check", str(file)]) == 1
    assert f"{file}:9:program.currency" in capsys.readouterr().err
    assert run(["check", str(file), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["errors"][0]["path"] == "program.currency"


def test_check_warns_of_a_bonus_on_a_day_that_its_market_does_not_keep(
    tmp_path: Path, capsys: Capture
) -> None:
    file = tmp_path / "acme.toml"
    demo = (EXAMPLES / "demo.toml").read_text()
    # Argentina keeps Black Friday alone.
    text = demo.replace("markets.US", "markets.AR").replace('markets = ["FR", "DE", "US"]', "")
    file.write_text(text.replace('min_order = "50.00"', 'market = ["AR"]'))

    assert run(["check", str(file)]) == 0
    said = capsys.readouterr()
    assert "is valid" in said.out
    assert said.err.count("warning:") == 1
    assert "rule cyber-monday-cash never applies: cyber_monday is not kept in AR" in said.err


def test_an_import_by_the_names_in_the_header(export: Path, capsys: Capture) -> None:
    command = ["import", "orders", str(export), "--market", "FR", "--currency", "EUR", "--out", "in"]

    assert run([*command, "--json"]) == 1
    said = capsys.readouterr()
    summary = json.loads(said.out)

    assert summary == {
        "file": str(export),
        "rows": 4,
        "orders": 2,
        "first": "2025-11-26T10:00:00.000Z",
        "last": "2025-11-28T10:00:00.000Z",
        "midnights": 0,
        "to": "files in in",
        "refused": {"amount_precision": 1, "field_missing": 1},
        "refused_file": "shop.csv.refused.ndjson",
    }
    assert "--column order_id=Order --column customer_id=Customer --column 'time=Created at'" in said.err
    ids = [json.loads(line)["id"] for line in Path("in/orders.ndjson").read_bytes().splitlines()]
    assert ids == ["1003", "1001"]
    refused = [json.loads(line) for line in Path("shop.csv.refused.ndjson").read_bytes().splitlines()]
    assert [(each["line"], each["code"]) for each in refused] == [
        (3, "amount_precision"),
        (5, "field_missing"),
    ]
    assert refused[0]["row"] == ["1002", "max", "2025-11-27 10:00:00", "30.999"]
    assert run([*command, "--allow-refused"]) == 0


def test_the_same_file_makes_the_same_bytes_again(export: Path) -> None:
    command = ["import", "orders", str(export), "--market", "FR", "--currency", "EUR", "--allow-refused"]

    run([*command, "--out", "one"])
    run([*command, "--out", "two"])

    assert Path("one/orders.ndjson").read_bytes() == Path("two/orders.ndjson").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--out", "in"], "nothing fills currency, market"),
        (["--market", "FR", "--currency", "EUR"], "say where the events go"),
        (["--market", "FR", "--currency", "EUR", "--out", "a", "--data", "b"], "give one of --out, --data"),
        (["--market", "FR", "--currency", "EUR", "--data", "b"], "say which programs are in force"),
        (["--column", "order_id", "--out", "in"], "--column 'order_id' is not of the form FIELD="),
        (
            ["--zone", "Mars/Base", "--out", "in", "--market", "FR", "--currency", "EUR"],
            "neither a time zone",
        ),
        (["--at", "25:00", "--out", "in", "--market", "FR", "--currency", "EUR"], "no time of day"),
        (
            ["--separator", "ab", "--out", "in", "--market", "FR", "--currency", "EUR"],
            "neither one character",
        ),
        (
            ["--encoding", "x", "--out", "in", "--market", "FR", "--currency", "EUR"],
            "--encoding 'x' is not known",
        ),
    ],
)
def test_an_import_says_what_is_missing(
    export: Path, arguments: list[str], message: str, capsys: Capture
) -> None:
    assert run(["import", "orders", str(export), *arguments]) == 2
    assert message in " ".join(capsys.readouterr().err.split())


def test_nothing_is_left_of_an_import_that_could_not_read_its_columns(export: Path) -> None:
    columns = ["--column", "order_id=1", "--column", "customer_id=2", "--column", "time=3"]
    fixed = ["--column", "subtotal=Betrag", "--market", "FR", "--currency", "EUR"]

    assert run(["import", "orders", str(export), *columns, *fixed, "--out", "in"]) == 2
    assert not list(Path("in").glob("*"))


def test_imported_orders_go_through_the_embedded_log(export: Path, capsys: Capture) -> None:
    command = ["import", "orders", str(export), "--market", "FR", "--currency", "EUR", "--allow-refused"]
    command += ["--programs", str(EXAMPLES / "demo.toml"), "--data", "data"]

    assert run(command) == 0
    assert "2 orders" in capsys.readouterr().out
    assert run(command) == 0


def test_a_folder_without_programs_is_named_as_it_was_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rules").mkdir()

    assert run(["replay", "--programs", "rules", "--input", "rules", "--out", "out"]) == 1
    assert capsys.readouterr().err == "keyday: rules: holds no program file (*.toml or *.json)\n"


def test_a_replay_without_input_is_one_line(tmp_path: Path, capsys: Capture) -> None:
    demo = str(EXAMPLES / "demo.toml")

    assert run(["replay", "--programs", demo, "--input", "nowhere", "--out", str(tmp_path)]) == 2
    assert run(["replay", "--programs", demo, "--input", str(tmp_path), "--out", "o", "--until", "x"]) == 2
    assert "--until 'x' is no time" in capsys.readouterr().err
