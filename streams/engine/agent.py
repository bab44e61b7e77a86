"""What the engine asks of an agent. Agents cannot tell whether they run on Kafka, embedded or in replay."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from msgspec import Struct

from events.inputs import InputEvent
from events.outputs import OutputEvent
from streams.engine.record import RecordLike


class Rejection(Struct, frozen=True, gc=False):
    """The event takes no effect and goes to dead-letters with this code (DOMAIN sections 1, 2, 14)."""

    code: str
    detail: str


class Duplicate(Struct, frozen=True, gc=False):
    """The event's business id is known already: dropped and counted."""


DUPLICATE = Duplicate()

Outcome = Rejection | Duplicate | None
Emit = Callable[[OutputEvent], None]


class Agent(Protocol):
    """A keyed agent of one partition. It reads and changes its spaces and emits facts.

    It has emitted nothing and changed nothing when it answers with a rejection or a duplicate.
    """

    @property
    def name(self) -> str:
        """What its inbox, its changelog and its transactional ids are called after."""
        ...

    @property
    def inputs(self) -> Sequence[str]:
        """Input topics, causes before effects: the order that breaks ties between equal times."""
        ...

    def handle(self, event: InputEvent, record: RecordLike, emit: Emit) -> Outcome:
        """Decide on one event that is new by its identity."""
        ...

    def owner(self, event: InputEvent) -> str:
        """The id of the entity that the event belongs to: its key on every topic of this agent."""
        ...

    def recall(self, owner: str) -> bytes | None:
        """What the engine keeps in the owner's record (``b""`` at first); ``None`` without a record.

        An owner with a record is one whose partition was checked before.
        """
        ...

    def note(self, owner: str, memory: bytes) -> None:
        """Keep this for the engine in the owner's record, which is made when there is none."""
        ...

    def midnight(self, zone: str, day: int, at: int, limit: int, emit: Emit) -> bool:
        """Do up to ``limit`` accounts' worth of what falls due at a home midnight.

        ``zone`` is the home zone whose day begins, ``day`` the proleptic ordinal of that home date and
        ``at`` its instant in milliseconds. True when nothing of this midnight is left; called again
        until then.
        """
        ...
