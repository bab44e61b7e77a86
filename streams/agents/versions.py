"""The program versions that messages between agents name."""

from __future__ import annotations

from schemas.program import Program
from schemas.programs import Programs
from streams.engine.agent import NotReadyError


def deciding_version(programs: Programs, program_id: str, version: int) -> Program:
    """The version by which another agent decided, or this one before.

    Raises:
        NotReadyError: it is not loaded: published a moment ago, other workers may have read it earlier.
    """
    program = programs.version(program_id, version)
    if program is None:
        raise NotReadyError(
            f"version {version} of program {program_id}, which is in use elsewhere and not loaded here",
            lambda: programs.version(program_id, version) is not None,
        )
    return program
