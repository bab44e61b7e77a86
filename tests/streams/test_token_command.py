"""``keyday token``: what it prints, and what it keeps."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from projections.api.tokens import State, TokenBook, read_tokens
from streams.cli import run
from streams.engine.log import Log

Capture = pytest.CaptureFixture[str]


def test_a_token_is_printed_once_listed_without_secrets_and_revoked(tmp_path: Path, capsys: Capture) -> None:
    data = ["--data", str(tmp_path)]
    assert run(["token", "create", "--scope", "partner:lea", "--expires", "12h", "--note", "Lea", *data]) == 0
    printed = capsys.readouterr()
    bearer = printed.out.strip()
    (record,) = read_tokens(tmp_path / "tokens.json")
    assert run(["token", "list", "--json", *data]) == 0
    listed = capsys.readouterr().out
    assert run(["token", "revoke", record.id, *data]) == 0

    found = TokenBook(tmp_path / "tokens.json").find(bearer.encode(), record.created)
    assert found is not None
    assert (str(found[0].scope), found[1]) == ("partner:lea", State.REVOKED)
    assert record.expires == record.created + 12 * 3_600
    assert bearer not in printed.err + listed
    (row,) = json.loads(listed)
    assert (row["id"], row["scope"], row["state"], row["note"]) == (record.id, "partner:lea", "active", "Lea")


def test_the_file_is_where_the_server_looks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    places = {
        "keyday-data/tokens.json": [],
        "d/tokens.json": ["--data", "d"],
        "s/tokens.json": ["--state-dir", "s"],
        "t.json": ["--tokens-file", "t.json", "--data", "d"],
    }
    for place, flags in places.items():
        assert run(["token", "create", "--scope", "operator", "--expires", "never", *flags]) == 0
        (token,) = read_tokens(tmp_path / place)
        assert token.expires is None
    monkeypatch.setenv("KEYDAY_BROKERS", "localhost:9092")
    assert run(["token", "create", "--scope", "operator"]) == 0
    assert len(read_tokens(tmp_path / "keyday-state" / "tokens.json")) == 1


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["create"], 2),
        (["create", "--scope", "admin"], 2),
        (["create", "--scope", "operator", "--expires", "0d"], 2),
        (["create", "--scope", "operator", "--expires", "soon"], 2),
        (["create", "--scope", "operator", "--data", "a", "--state-dir", "b"], 2),
        (["revoke", "nobody"], 1),
        (["list"], 0),
    ],
)
def test_wrong_use_is_told_from_failed_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], status: int
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["token", *arguments]) == status


def test_a_log_can_be_made_where_tokens_are_already(tmp_path: Path) -> None:
    assert run(["token", "create", "--scope", "operator", "--data", str(tmp_path)]) == 0
    log = Log.open(tmp_path)
    assert isinstance(log, Log)
    log.close()
