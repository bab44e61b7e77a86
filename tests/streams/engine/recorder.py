"""An agent that writes down what reaches it and decides nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from msgspec import Struct

from events.inputs import InputEvent
from events.messages import Message
from schemas.programs import Programs
from streams.engine.agent import Emit, Outcome
from streams.engine.record import RecordLike
from streams.engine.state import State

INPUTS = ("programs", "partner-events", "clicks", "referrals", "orders", "account-requests")


class Remembered(Struct, array_like=True):
    """An owner."""

    memory: bytes = b""


class Recorder:
    """Appends event ids and ``zone date`` of midnights to ``seen``."""

    inputs = INPUTS
    answers_for = frozenset({"clock", *INPUTS})

    def __init__(self, state: State, name: str, programs: Programs, seen: list[str]) -> None:
        self.name = name
        del programs
        self._seen = seen
        self.entities = state.space(b"e", Remembered, cache_limit=1_000)
        self.new_entity = Remembered

    def handle(self, event: InputEvent, entity: Remembered, record: RecordLike, emit: Emit) -> Outcome:
        del entity, record, emit
        self._seen.append(event.id)

    def receive(self, message: Message, emit: Emit) -> None:
        del emit
        self._seen.append(type(message).__name__)

    def owner(self, event: InputEvent) -> str:
        return event.source

    def midnight(self, zone: str, day: int, at: int, limit: int, emit: Emit) -> bool:
        del at, limit, emit
        self._seen.append(f"{zone} {date.fromordinal(day)}")
        return True


def recorder(name: str, programs: Programs, seen: list[str]) -> Callable[[State], Recorder]:
    return lambda state: Recorder(state, name, programs, seen)
