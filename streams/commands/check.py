"""``keyday check``: whether a program file validates, and what in it is suspicious."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from streams.commands.front import DONE, FAILED, as_json, note, say


@click.command()
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path, exists=True))
@click.option("--json", "json_", is_flag=True, help="Print errors and warnings as JSON.")
def check(path: Path, *, json_: bool) -> int:
    """Validate a program file, or all of a folder together.

    FILE is TOML or JSON. Every error is named with path and line, and so is what is valid and suspicious,
    such as a bonus that can never apply.
    """
    from schemas.programs import Programs
    from streams.commands.loading import shown

    loaded = Programs().load(path)
    if json_:
        as_json(msgspec.to_builtins(loaded))
    else:
        for warning in loaded.warnings:
            note(f"warning: {shown(path, warning)}")
        for error in loaded.errors:
            note(shown(path, error))
        if not loaded.errors:
            say(f"{path} is valid")
    return FAILED if loaded.errors else DONE
