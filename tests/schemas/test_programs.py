from __future__ import annotations

from pathlib import Path

import pytest

from events.time import parse_time
from schemas.program import Program
from schemas.program_file import parse_toml
from schemas.programs import Outcome, Programs
from tests.program_head import HEAD


def program(id_: str = "acme", version: int = 1, from_: str = "2026-01-01T00:00:00Z", **more: str) -> Program:
    text = HEAD.replace('"acme"', f'"{id_}"').replace("version = 1", f"version = {version}")
    text = text.replace("2026-01-01T00:00:00Z", from_)
    for old, new in more.items():
        text = text.replace({"tz": 'home_tz = "Europe/Paris"', "currency": '"EUR"'}[old], new)
    parsed = parse_toml(text).program
    assert parsed is not None
    return parsed


@pytest.mark.parametrize(
    ("at", "version"),
    [
        ("2025-12-31T23:59:59.999Z", None),
        ("2026-01-01T00:00:00Z", 1),
        ("2026-06-30T23:59:59.999Z", 1),
        ("2026-07-01T00:00:00Z", 5),
        ("2026-08-01T00:00:00Z", 3),
        ("2030-01-01T00:00:00Z", 3),
    ],
)
def test_the_version_in_force(at: str, version: int | None) -> None:
    programs = Programs(
        [
            program(version=3, from_="2026-08-01T00:00:00Z"),
            program(version=5, from_="2026-07-01T00:00:00Z"),
            program(version=4, from_="2026-07-01T00:00:00Z"),
            program(version=1),
        ]
    )
    found = programs.in_force("acme", parse_time(at))

    assert (found.version if found else None) == version
    assert programs.resolve("acme", parse_time(at)) == (None if version is None else "acme")
    assert programs.resolve(None, parse_time(at)) == (None if version is None else "acme")


def test_without_an_id_only_the_only_program_is_meant() -> None:
    at = parse_time("2026-02-01T00:00:00Z")
    one = Programs([program(), program(version=2)])
    two = Programs([program(), program("other")])

    assert one.resolve(None, at) == "acme"
    assert two.resolve(None, at) is None
    assert two.resolve("other", at) == "other"
    assert two.resolve("third", at) is None
    assert Programs().resolve(None, at) is None


def test_a_version_never_changes() -> None:
    programs = Programs([program()])

    assert programs.add(program()) is None
    refused = programs.add(program(from_="2026-02-01T00:00:00Z"))
    assert refused is not None
    assert (refused.path, refused.message) == (
        "program.version",
        "version 1 of acme exists with other content",
    )
    assert len(programs.all()) == 1


@pytest.mark.parametrize(
    ("path", "change"),
    [
        ("program.home_tz", {"tz": 'home_tz = "Europe/Berlin"'}),
        ("program.currency", {"currency": '"USD"'}),
    ],
)
def test_what_never_changes_between_versions(path: str, change: dict[str, str]) -> None:
    programs = Programs([program()])

    refused = programs.add(program(version=2, **change))
    assert refused is not None
    assert refused.path == path
    assert [one.version for one in programs.all()] == [1]


def test_a_folder_is_taken_in_whole_or_not_at_all(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(HEAD)
    (tmp_path / "b.toml").write_text(HEAD.replace("version = 1", 'version = "x"'))
    (tmp_path / "c.toml").write_text(HEAD.replace("version = 1", "version = 2").replace("EUR", "USD"))
    (tmp_path / "notes.txt").write_text("not a program")
    programs = Programs()

    loaded = programs.load(tmp_path)
    assert [str(error) for error in loaded.errors] == [
        "b.toml:3:program.version: must be a whole number from 1 to 1000000000",
        "c.toml:program.currency: never changes: version 1 has EUR",
    ]
    assert programs.ids() == []
    (tmp_path / "b.toml").unlink()
    (tmp_path / "c.toml").write_text(HEAD.replace("acme", "other"))
    assert programs.load(tmp_path).errors == ()
    assert programs.ids() == ["acme", "other"]
    assert programs.zones() == ["Europe/Paris"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("missing.toml", None, "cannot be read: No such file or directory"),
        ("latin.toml", b"\xe9", "is not UTF-8"),
    ],
)
def test_a_file_that_cannot_be_read(tmp_path: Path, name: str, content: bytes | None, message: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)

    (error,) = Programs().load(tmp_path / name).errors
    assert error.message == message


def test_an_empty_folder_is_an_error(tmp_path: Path) -> None:
    (error,) = Programs().load(tmp_path).errors

    assert error.message == "holds no program file (*.toml or *.json)"


PUBLISHED = (
    b'{"program": {"id": "acme", "version": 2, "effective_from": "2026-02-01T00:00:00Z", '
    b'"currency": "EUR", "home_tz": "Europe/Paris"}, "markets": {"FR": {"tz": "Europe/Paris"}}}'
)


def published(version: int, more: str = "") -> bytes:
    return PUBLISHED.replace(b'"version": 2', b'"version": %d' % version).replace(
        b'"currency"', f'{more}"currency"'.encode()
    )


def test_a_published_version_is_in_use_beside_those_of_files() -> None:
    programs = Programs([program(), program(version=7)])
    assert programs.published("acme") is None

    taken = programs.publish(PUBLISHED)
    assert (taken.outcome, taken.errors) == (Outcome.TAKEN, ())
    assert taken.program is not None
    assert [one.version for one in programs.versions("acme")] == [1, 7, 2]
    assert programs.published("acme") == 2
    assert programs.in_force("acme", parse_time("2026-02-01T00:00:00Z")) == taken.program


def test_published_versions_count_in_whatever_order_they_come() -> None:
    programs = Programs()
    story = [
        (published(3), Outcome.TAKEN, ""),
        (published(3), Outcome.KNOWN, ""),
        (published(2), Outcome.TAKEN, ""),
        (published(3, '"rounding": "down", '), Outcome.REFUSED, "version 3 of acme exists with other content"),
        (published(5), Outcome.TAKEN, ""),
        (published(3), Outcome.KNOWN, ""),
        (published(4), Outcome.TAKEN, ""),
        (PUBLISHED.replace(b"acme", b"other"), Outcome.TAKEN, ""),
        (
            published(6).replace(b'"home_tz": "Europe/Paris"', b'"home_tz": "UTC"'),
            Outcome.REFUSED,
            "never changes: version 2 has Europe/Paris",
        ),
        (b"{}", Outcome.REFUSED, "is missing"),
        (b"{", Outcome.REFUSED, "is no JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
    ]  # fmt: skip
    for content, outcome, message in story:
        found = programs.publish(content)

        assert (found.outcome, found.errors[0].message if found.errors else "") == (outcome, message)
    assert sorted((one.id, one.version) for one in programs.all()) == [
        ("acme", 2), ("acme", 3), ("acme", 4), ("acme", 5), ("other", 2)
    ]  # fmt: skip


def test_a_file_and_a_publication_of_one_version_must_agree() -> None:
    programs = Programs([program(version=2, from_="2026-02-01T00:00:00Z")])

    assert programs.publish(published(2, '"rounding": "down", ')).outcome is Outcome.REFUSED
    assert programs.published("acme") is None
    assert programs.publish(published(2)).outcome is Outcome.KNOWN
    assert programs.published("acme") == 2
