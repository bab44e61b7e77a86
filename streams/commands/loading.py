"""The programs that a command was given."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from schemas.program import ProgramError
from schemas.programs import Programs
from streams.commands.front import WorkFailedError, note
from streams.engine.settings import Settings

_WHICH: Final = (
    "say which programs are in force: --programs PATH, a program file or a folder of them; "
    "or publish one first with keyday publish"
)


def programs_from(settings: Settings) -> Programs:
    """The program file or folder of the settings.

    Raises:
        click.UsageError: none is named.
        WorkFailedError: a file does not validate; every error is noted before.
    """
    if settings.programs is None:
        raise click.UsageError(_WHICH)
    return load_programs(settings.programs)


def embedded_programs(settings: Settings) -> Programs:
    """As ``programs_from``, but the log of ``settings.data`` may hold published programs instead.

    Whether it does is known once it is open: :func:`require_programs`.
    """
    if settings.programs is None and (settings.data / "log").is_dir():
        return Programs()
    return programs_from(settings)


def file_programs(settings: Settings) -> Programs:
    """The programs of ``--programs``; none without it, where all may be published."""
    return Programs() if settings.programs is None else programs_from(settings)


def require_programs(programs: Programs) -> None:
    """Refuse to go on without any program.

    Raises:
        click.UsageError: none was given and none is published.
    """
    if not programs.ids():
        raise click.UsageError(_WHICH)


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
    if error.file == str(path):
        return text
    return f"{path / text}" if path.is_dir() and error.file else f"{path}{text.removeprefix(path.name)}"
