"""An agent that writes down what reaches it and decides nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from events.inputs import InputEvent, ProgramPublished
from schemas.programs import Programs
from streams.engine.agent import Emit, Outcome
from streams.engine.record import RecordLike
from streams.engine.state import State

INPUTS = ("programs", "partner-events", "clicks", "referrals", "orders", "account-requests")


class Recorder:
    """Appends event ids and ``zone date`` of midnights to ``seen``; takes published programs into use."""

    inputs = INPUTS

    def __init__(self, name: str, programs: Programs, seen: list[str]) -> None:
        self.name = name
        self._programs = programs
        self._seen = seen
        self._memory: dict[str, bytes] = {}

    def handle(self, event: InputEvent, record: RecordLike, emit: Emit) -> Outcome:
        del record, emit
        self._seen.append(event.id)
        if isinstance(event, ProgramPublished):
            assert not self._programs.publish(event.content).errors
        return None

    def owner(self, event: InputEvent) -> str:
        return event.source

    def recall(self, owner: str) -> bytes | None:
        return self._memory.get(owner)

    def note(self, owner: str, memory: bytes) -> None:
        self._memory[owner] = memory

    def midnight(self, zone: str, day: int, at: int, limit: int, emit: Emit) -> bool:
        del at, limit, emit
        self._seen.append(f"{zone} {date.fromordinal(day)}")
        return True


def recorder(name: str, programs: Programs, seen: list[str]) -> Callable[[State], Recorder]:
    return lambda _state: Recorder(name, programs, seen)
