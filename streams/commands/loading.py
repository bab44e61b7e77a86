"""The programs that a command was given."""

from __future__ import annotations

from pathlib import Path

import click

from schemas.program import ProgramError
from schemas.programs import Programs
from streams.commands.front import WorkFailedError, note
from streams.engine.settings import Settings


def programs_from(settings: Settings) -> Programs:
    """The program file or folder of the settings.

    Raises:
        click.UsageError: none is named.
        WorkFailedError: a file does not validate; every error is noted before.
    """
    if settings.programs is None:
        raise click.UsageError(
            "say which programs are in force: --programs PATH, a program file or a folder of them"
        )
    return load_programs(settings.programs)


def load_programs(path: Path) -> Programs:
    """The program file or folder at ``path``; see ``programs_from``."""
    programs = Programs()
    errors = programs.load(path).errors
    if errors:
        for error in errors[1:]:
            note(shown(path, error))
        raise WorkFailedError(shown(path, errors[0]))
    return programs


def shown(path: Path, error: ProgramError) -> str:
    """An error with the path as it was given, so that an editor finds it."""
    text = str(error)
    return f"{path / text}" if path.is_dir() and error.file else f"{path}{text.removeprefix(path.name)}"
