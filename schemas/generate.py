"""Writes the JSON Schemas and the AsyncAPI document: ``python -m schemas.generate [--check]``.

There is a schema of each message, and one of program files.
``--check`` writes nothing and ends with status 1 when a committed file differs from the code.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from schemas.asyncapi import asyncapi
from schemas.json_schemas import all_schemas
from schemas.program_schema import program_schema

FOLDER = Path(__file__).parent / "generated"


def documents() -> dict[str, str]:
    """Text by file name."""
    files = {f"{name}.json": schema for name, schema in all_schemas().items()}
    files["asyncapi.json"] = asyncapi()
    files["program.json"] = program_schema()
    return {name: json.dumps(tree, indent=2, ensure_ascii=False) + "\n" for name, tree in files.items()}


def differences(folder: Path) -> list[str]:
    """Names of files that are missing, differ or should not be there."""
    expected = documents()
    actual = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.json")}
    names = expected.keys() | actual.keys()
    return sorted(name for name in names if expected.get(name) != actual.get(name))


def write(folder: Path) -> None:
    """Make the folder hold exactly the generated documents."""
    folder.mkdir(exist_ok=True)
    expected = documents()
    for name in differences(folder):
        if name in expected:
            (folder / name).write_text(expected[name], encoding="utf-8")
        else:
            (folder / name).unlink()


def main(arguments: list[str]) -> int:
    """Exit status of the command."""
    if arguments not in ([], ["--check"]):
        sys.stderr.write("usage: python -m schemas.generate [--check]\n")
        return 2
    stale = differences(FOLDER)
    if not arguments:
        write(FOLDER)
        return 0
    if stale:
        sys.stderr.write(f"not current: {', '.join(stale)}; run python -m schemas.generate\n")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
