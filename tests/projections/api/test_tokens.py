from __future__ import annotations

import hashlib
import json
import stat
import threading
from pathlib import Path

import pytest

from projections.api.scopes import OPERATOR, Scope, parse_scope
from projections.api.tokens import State, TokenBook, TokenFile, TokensError, read_tokens


def make(path: Path, scope: str = "operator", lifetime_s: int | None = 60) -> str:
    bearer, _ = TokenFile(path).create(parse_scope(scope), now=1_000, lifetime_s=lifetime_s)
    return bearer


def test_only_the_hash_of_a_token_is_kept_and_only_its_owner_may_read_the_file(tmp_path: Path) -> None:
    path = tmp_path / "new" / "tokens.json"
    bearer = make(path)

    (record,) = json.loads(path.read_text())["tokens"]
    assert bearer.rpartition("_")[2] not in path.read_text()
    assert record["sha256"] == hashlib.sha256(bearer.encode()).hexdigest()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(bearer) >= 43 + len("keyday_") + 12


@pytest.mark.parametrize("text", ["operator", "program:acme", "partner:lea", "partner:a:b", "events:write"])
def test_a_scope_is_read_as_it_is_written(text: str) -> None:
    assert str(parse_scope(text)) == text


@pytest.mark.parametrize("text", ["", "Operator", "partner:", "program", "events:read", "partner:a\n", "*"])
def test_what_is_no_scope_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no scope"):
        parse_scope(text)


def test_a_token_is_known_by_all_of_its_characters(tmp_path: Path) -> None:
    bearer = make(tmp_path / "t")
    book = TokenBook(tmp_path / "t")

    found = book.find(bearer.encode(), 1_001)
    assert found is not None
    assert (found[0].scope, found[1]) == (OPERATOR, State.ACTIVE)
    for at in range(len(bearer)):
        other = bearer[:at] + ("A" if bearer[at] != "A" else "B") + bearer[at + 1 :]
        assert book.find(other.encode(), 1_001) is None
    assert book.find((bearer + "A").encode(), 1_001) is None
    assert book.find(b"", 1_001) is None


def test_a_token_ends_when_its_time_is_over_or_it_is_revoked(tmp_path: Path) -> None:
    path = tmp_path / "t"
    short, lasting = make(path, lifetime_s=60), make(path, "partner:lea", lifetime_s=None)
    book = TokenBook(path)

    def state(bearer: str, now: int) -> State:
        found = book.find(bearer.encode(), now)
        assert found is not None
        return found[1]

    assert (state(short, 1_059), state(short, 1_060)) == (State.ACTIVE, State.EXPIRED)
    assert state(lasting, 10**10) is State.ACTIVE
    name = read_tokens(path)[1].id
    assert TokenFile(path).revoke(name, now=2_000) is not None
    assert state(lasting, 2_001) is State.REVOKED
    assert TokenFile(path).revoke("nobody", now=2_000) is None


def test_a_book_sees_a_new_token_and_a_file_that_is_gone(tmp_path: Path) -> None:
    path = tmp_path / "t"
    book = TokenBook(path)
    assert not book.known()
    bearer = make(path)
    assert book.known()
    assert book.active(1_001)
    assert not book.active(2_000)
    path.unlink()
    assert book.find(bearer.encode(), 1_001) is None


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"format":2,"tokens":[]}', '{"format":1,"tokens":[{"id":"a"}]}', "\xff"]
)
def test_a_file_that_cannot_be_read_lets_nobody_in(tmp_path: Path, text: str) -> None:
    path = tmp_path / "t"
    bearer = make(path)
    book = TokenBook(path)
    assert book.find(bearer.encode(), 1_001) is not None
    path.write_text(text, encoding="latin-1")

    assert book.find(bearer.encode(), 1_001) is None
    assert book.known()
    assert book.fault is not None
    with pytest.raises(TokensError):
        TokenFile(path).create(OPERATOR, now=0, lifetime_s=None)


def test_a_file_that_others_may_write_to_lets_nobody_in(tmp_path: Path) -> None:
    path = tmp_path / "t"
    bearer = make(path)
    path.chmod(0o620)
    book = TokenBook(path)

    assert book.find(bearer.encode(), 1_001) is None
    assert book.fault == f"{path} can be written by others: chmod 600 {path}"


def test_many_who_make_tokens_at_once_lose_none(tmp_path: Path) -> None:
    path = tmp_path / "t"
    makers = [
        threading.Thread(target=lambda: [make(path, f"partner:{one}") for one in range(5)]) for _ in range(8)
    ]
    for maker in makers:
        maker.start()
    for maker in makers:
        maker.join()

    tokens = read_tokens(path)
    assert len({token.id for token in tokens}) == 40
    assert {token.scope for token in tokens} == {
        str(Scope(parse_scope("partner:0").role, str(n))) for n in range(5)
    }
