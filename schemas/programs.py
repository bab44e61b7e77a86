"""The programs that are loaded, each in all its versions, and which version is in force when."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from events.time import TIME_MAX_MS
from schemas.program import Program, ProgramError
from schemas.program_file import Parsed, parse_json, parse_toml


class Loaded(Struct, frozen=True):
    """What loading came to: nothing was taken in when there are errors."""

    errors: tuple[ProgramError, ...] = ()
    warnings: tuple[ProgramError, ...] = ()


class Outcome(StrEnum):
    """What became of a published version."""

    #: It is in use from now on.
    TAKEN = "taken"
    #: It was in use before: published twice, or also in a program file.
    KNOWN = "known"
    #: It is invalid, older than what was published before, or contradicts another version.
    REFUSED = "refused"


class Publication(Struct, frozen=True):
    """A published version and what became of it; ``program`` is None when its content is invalid."""

    outcome: Outcome
    program: Program | None
    errors: tuple[ProgramError, ...] = ()


#: The answer for no time at all.
_NOTHING: Final = ("", None, 0, 0)


class Programs:
    """A registry of programs. A version is immutable once it is in."""

    def __init__(self, programs: Iterable[Program] = ()) -> None:
        self._versions: dict[str, list[Program]] = {}
        self._starts: dict[str, list[int]] = {}
        self._only: str | None = None
        self._published: dict[str, int] = {}
        #: The last version that was asked for, and the times from and before which it is the answer.
        self._last: tuple[str, Program | None, int, int] = _NOTHING
        for program in programs:
            if error := self.add(program):
                raise ValueError(str(error))

    def load(self, path: Path | str) -> Loaded:
        """Take in a program file, or all ``*.toml`` and ``*.json`` of a folder; all of them or none."""
        path = Path(path)
        try:
            texts = [(file.name, file.suffix, file.read_bytes()) for file in _files(path)]
        except OSError as error:
            failed = Path(error.filename or path)
            file = str(path) if failed == path else failed.name
            return Loaded((ProgramError("", 0, f"cannot be read: {error.strerror}", file),))
        if not texts:
            return Loaded((ProgramError("", 0, "holds no program file (*.toml or *.json)", str(path)),))
        parsed = [(name, parse_file(suffix, text)) for name, suffix, text in texts]
        errors = [replace(error, file=name) for name, one in parsed for error in one.errors]
        trial = Programs(self.all())
        for name, one in parsed:
            refused = None if one.program is None else trial.add(one.program)
            if refused is not None:
                errors.append(replace(refused, file=name))
        warnings = tuple(replace(warning, file=name) for name, one in parsed for warning in one.warnings)
        if not errors:
            self._versions, self._starts, self._only = trial._versions, trial._starts, trial._only
            self._last = _NOTHING
        return Loaded(tuple(errors), warnings)

    def publish(self, content: bytes | str) -> Publication:
        """Take in a version as JSON, as it comes from the topic ``programs``, in the order of the topic.

        What is refused changes nothing. That a new version has the greatest number is for ``keyday publish``
        to see to: here each version counts from its own ``effective_from`` on, in whatever order they come.
        """
        parsed = parse_json(content)
        program = parsed.program
        if program is None:
            return Publication(Outcome.REFUSED, None, parsed.errors)
        known = program in self.versions(program.id)
        error = self.add(program)
        if error is not None:
            return Publication(Outcome.REFUSED, program, (error,))
        self._published[program.id] = max(self._published.get(program.id, 0), program.version)
        return Publication(Outcome.KNOWN if known else Outcome.TAKEN, program)

    def published(self, program_id: str) -> int | None:
        """The newest version of a program that was published; ``None`` when none was."""
        return self._published.get(program_id)

    def add(self, program: Program) -> ProgramError | None:
        """Take in one version; the same one again is fine, another one under its number is not."""
        versions = self._versions.get(program.id, [])
        for other in versions:
            if other.version == program.version and other != program:
                message = f"version {program.version} of {program.id} exists with other content"
                return ProgramError("program.version", 0, message)
            if other.version == program.version:
                return None
            for key in ("currency", "home_tz"):
                if getattr(other, key) != getattr(program, key):
                    return ProgramError(
                        f"program.{key}",
                        0,
                        f"never changes: version {other.version} has {getattr(other, key)}",
                    )
        if not versions:
            self._versions[program.id] = versions
        insort(versions, program, key=lambda one: (one.effective_from, one.version))
        self._starts[program.id] = [one.effective_from for one in versions]
        self._only = program.id if len(self._versions) == 1 else None
        self._last = _NOTHING
        return None

    def in_force(self, program_id: str, time: int) -> Program | None:
        """The version with the greatest ``effective_from`` ≤ time; of equal ones the greater version."""
        name, program, start, end = self._last
        if start <= time < end and name == program_id:
            return program
        starts = self._starts.get(program_id)
        if starts is None:
            return None
        position = bisect_right(starts, time)
        if not position:
            return None
        program = self._versions[program_id][position - 1]
        until = starts[position] if position < len(starts) else TIME_MAX_MS + 1
        self._last = (program_id, program, starts[position - 1], until)
        return program

    def resolve(self, program_id: str | None, time: int) -> str | None:
        """The id of the program in force; without an id the only one that is loaded, else ``None``."""
        wanted = self._only if program_id is None else program_id
        name, _, start, end = self._last
        if start <= time < end and name == wanted:
            return wanted
        if wanted is None or self.in_force(wanted, time) is None:
            return None
        return wanted

    def version(self, program_id: str, version: int) -> Program | None:
        """A version by its number."""
        return next((one for one in self._versions.get(program_id, ()) if one.version == version), None)

    def ids(self) -> list[str]:
        """All program ids, ascending."""
        return sorted(self._versions)

    def home_tz(self, program_id: str) -> str | None:
        """The home zone, which is the same in all versions; ``None`` when the program is not loaded."""
        versions = self._versions.get(program_id)
        return versions[0].home_tz if versions else None

    def money_unit(self, program_id: str) -> str | None:
        """The unit of a program's money; ``None`` when the program is not loaded."""
        versions = self._versions.get(program_id)
        return versions[0].money_unit if versions else None

    def zones(self) -> list[str]:
        """The home zones of all programs, ascending: the clocks that tick."""
        return sorted({versions[0].home_tz for versions in self._versions.values()})

    def versions(self, program_id: str) -> Sequence[Program]:
        """Every version of a program, by start and version; empty when it is not loaded."""
        return self._versions.get(program_id, ())

    def all(self) -> list[Program]:
        """Every version, by program id, start and version."""
        return [program for name in self.ids() for program in self._versions[name]]


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    return sorted(file for file in path.iterdir() if file.suffix in {".toml", ".json"})


def parse_file(suffix: str, text: bytes) -> Parsed:
    """The bytes of a program file, which is JSON when its name ends so."""
    try:
        return parse_json(text) if suffix == ".json" else parse_toml(text.decode())
    except UnicodeDecodeError:
        return Parsed(None, (ProgramError("", 0, "is not UTF-8"),))
