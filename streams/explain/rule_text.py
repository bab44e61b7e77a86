"""The text of a rule as it stands in a version of a program: as its file has it, or as it was published."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from events.inputs import ProgramPublished
from events.units import POINTS
from schemas.codec import Decoded, Decoder
from schemas.program import Program, ProgramError
from schemas.program_file import parse_json
from schemas.programs import Programs, parse_file
from streams.engine.record import RecordLike

#: Tables that rules without an id of their own come from.
_TABLES: Final = {"tier": "tiers", f"tier-{POINTS}": "tiers", "referral": "referral"}
_RULES: Final = ("accrual", "bonus")
_HEADER: Final = re.compile(r"\s*\[\[?\s*([\w.-]+)\s*\]\]?\s*(?:#.*)?$")


class Versions:
    """Versions of programs with their texts. Files go before what was published: they hold the comments."""

    def __init__(self) -> None:
        self.programs = Programs()
        self._texts: dict[tuple[str, int], str] = {}
        self._trees: dict[tuple[str, int], dict[str, Any]] = {}

    def load(self, path: Path, programs: Programs) -> None:
        """Take in ``programs``, which were loaded from the file or folder at ``path``."""
        for program in programs.all():
            self.programs.add(program)
        files = [path]
        if path.is_dir():
            files = sorted(file for file in path.iterdir() if file.suffix in {".toml", ".json"})
        for file in files:
            content = file.read_bytes()
            parsed = parse_file(file.suffix, content)
            if parsed.program is None:
                continue
            key = (parsed.program.id, parsed.program.version)
            if file.suffix == ".json":
                self._trees[key] = json.loads(content, parse_float=str)
            else:
                self._texts[key] = content.decode()
                self._trees[key] = tomllib.loads(content.decode(), parse_float=str)

    def take(self, records: Iterable[RecordLike]) -> list[ProgramError]:
        """Take in published versions; returns which contradict what is here, and are left out.

        Whoever runs Keyday with both a file and what was published has the same preference.
        """
        errors = []
        decode = Decoder(self.programs).decode
        for record in records:
            decoded = decode("programs", record.key, record.value, record.headers)
            if not isinstance(decoded, Decoded) or not isinstance(decoded.event, ProgramPublished):
                continue
            program = parse_json(decoded.event.content).program
            if program is None:
                continue
            error = self.programs.add(program)
            if error is not None:
                errors.append(error)
                continue
            tree = json.loads(decoded.event.content, parse_float=str)
            self._trees.setdefault((program.id, program.version), tree)
        return errors

    def program(self, program_id: str, version: int) -> Program | None:
        """A version, ``None`` when it is not there."""
        return self.programs.version(program_id, version)

    def text(self, program_id: str, version: int, rule: str) -> tuple[str, ...] | None:
        """The lines of a rule with the comment above it; ``None`` when it, or its version, is not there."""
        key = (program_id, version)
        tree = self._trees.get(key)
        found = None if tree is None else _found(tree, rule)
        if found is None:
            return None
        name, position, table = found
        if key in self._texts:
            block = _block(self._texts[key], name, position or 0)
            if block:
                return block
        header = name if position is None else f"[{name}]"
        return (
            f"[{header}]",
            *(f"{one} = {json.dumps(value, ensure_ascii=False)}" for one, value in table.items()),
        )


def _found(tree: dict[str, Any], rule: str) -> tuple[str, int | None, dict[str, Any]] | None:
    """The table of a rule: its name, its position among those of the name, and its content."""
    if rule in _TABLES:
        name = _TABLES[rule]
        return (name, None, tree[name]) if name in tree else None
    for name in _RULES:
        for position, table in enumerate(tree.get(name, ())):
            if table.get("id") == rule:
                return name, position, table
    return None


def _block(text: str, name: str, position: int) -> tuple[str, ...]:
    """The lines of a table and the comment above it; none when the file writes it in some other form."""
    lines = text.splitlines()
    headers = [(at, found[1]) for at, line in enumerate(lines) if (found := _HEADER.match(line))]
    mine = [at for at, header in headers if header == name]
    if position >= len(mine):
        return ()
    start = mine[position]
    others = (at for at, header in headers if at > start and not header.startswith(f"{name}."))
    end = next(others, len(lines))
    while not lines[end - 1].strip() or (end < len(lines) and lines[end - 1].lstrip().startswith("#")):
        # A comment above the next table is that table's.
        end -= 1
    while start and lines[start - 1].lstrip().startswith("#"):
        start -= 1
    return tuple(line.rstrip() for line in lines[start:end])
