"""What README and docs name is there: commands with their options, targets, modules, files, links and headings."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from streams.cli import cli

ROOT = Path(__file__).resolve().parents[1]
PAGES = [
    *(ROOT / name for name in ("README.md", "ARCHITECTURE.md", "SECURITY.md", "CHANGELOG.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
LAYERS = ("events", "schemas", "streams", "projections", "tests", "benchmarks", "deploy", "examples")
_BLOCK = re.compile(r"^ *```\w*\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
#: What commands print begins with their name, too.
_PRINTED = "keyday listens on "


def code_of(text: str) -> list[str]:
    """Lines of blocks, joined where they go on behind a backslash, and what stands between backticks."""
    lines = [
        line.strip() for block in _BLOCK.findall(text) for line in block.replace("\\\n", " ").splitlines()
    ]
    return [line.removeprefix("$ ") for line in lines] + re.findall(r"`([^`]+)`", _BLOCK.sub("", text))


def said() -> Iterator[tuple[str, str]]:
    """Page and code."""
    for page in PAGES:
        for code in code_of(page.read_text()):
            yield page.relative_to(ROOT).as_posix(), code


def unknown(line: str) -> list[str]:
    """What a call of ``keyday`` names and the command line does not know."""
    words = shlex.split(line, comments=True)[1:]
    found: Any = cli
    while words and isinstance(found, click.Group) and words[0] in found.commands:
        found = found.commands[words.pop(0)]
    options = {"-h", "--help"}
    options |= {option for one in found.params for option in (*one.opts, *one.secondary_opts)}
    lost = words[:1] if found is cli and words and not words[0].startswith("-") else []
    return lost + [
        word for word in words if re.match("--?[a-z]", word) and word.partition("=")[0] not in options
    ]


def anchors(page: Path) -> set[str]:
    """The names by which headings of a page are linked to."""
    headings = re.findall(r"^#+ (.+)$", _BLOCK.sub("", page.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_commands_exist_with_their_options() -> None:
    calls = [
        (page, code.removeprefix(".venv/bin/"))
        for page, code in said()
        if re.match(r"(\.venv/bin/)?keyday [a-z-]", code) and not code.startswith(_PRINTED)
    ]

    assert len(calls) > 100
    assert [(page, call, lost) for page, call in calls if (lost := unknown(call))] == []


def test_the_guard_of_commands_bites() -> None:
    assert unknown("keyday nonsense --json") == ["nonsense", "--json"]
    assert unknown("keyday dlq list --nonsense --limit 3 # --no") == ["--nonsense"]
    assert unknown("keyday topics create --dry-run --brokers HOST:PORT") == []


def test_targets_modules_and_tests_that_are_to_be_run_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    made, modules, tests = set(), set(), set()
    for page, code in said():
        made |= {(page, name) for name in re.findall(r"^make ([a-z-]+)", code)}
        modules |= {(page, name) for name in re.findall(r"\bpython -m ([\w.]+)", code)}
        tests |= {
            (page, name) for name in re.findall(r"(?<=\s)tests/[\w/.*]+", code) if code.startswith("pytest")
        }

    assert len(made) > 10
    assert len(modules) > 10
    assert len(tests) > 5
    assert {(page, name) for page, name in made if name not in targets} == set()
    assert {(page, name) for page, name in modules if find_spec(name) is None} == set()
    assert {(page, name) for page, name in tests if not list(ROOT.glob(name))} == set()


def test_links_lead_to_files_and_headings() -> None:
    lost, seen = [], 0
    for page in PAGES:
        for link in re.findall(r"\]\(([^)\s]+)\)", _BLOCK.sub("", page.read_text())):
            if "://" in link:
                continue
            name, _, heading = link.partition("#")
            to = (page.parent / name).resolve() if name else page
            seen += 1
            if not to.exists() or (heading and heading not in anchors(to)):
                lost.append((page.name, link))

    assert seen > 50
    assert lost == []


def test_files_that_are_named_exist() -> None:
    top = "|".join(
        path.name for path in ROOT.iterdir() if path.is_dir() and path.name not in {"build", ".venv"}
    )
    names = [(page, code) for page, code in said() if re.fullmatch(rf"(?:{top})/[\w./*-]+", code)]

    assert len(names) > 50
    assert [(page, name) for page, name in names if not list(ROOT.glob(name.rstrip("/")))] == []


def test_files_that_the_map_names_by_their_last_name_exist() -> None:
    files = {path.name for layer in LAYERS for path in (ROOT / layer).rglob("*.*")}
    named = set(
        re.findall(r"`(?:\w+/)*(\w+\.(?:py|toml|yml|ftl|json))`", (ROOT / "ARCHITECTURE.md").read_text())
    )

    assert len(named) > 50
    assert named - files == set()
