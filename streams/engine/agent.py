"""What the engine asks of an agent. Agents cannot tell whether they run on Kafka, embedded or in replay."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, runtime_checkable

from msgspec import Struct

from events.inputs import InputEvent
from events.messages import Message, Send
from events.outputs import OutputEvent
from streams.engine.record import RecordLike
from streams.engine.state import Space


class Rejection(Struct, frozen=True, gc=False):
    """The event takes no effect and goes to dead-letters with this code (DOMAIN sections 1, 2, 14)."""

    code: str
    detail: str


class Duplicate(Struct, frozen=True, gc=False):
    """The event's business id is known already: dropped and counted."""


DUPLICATE = Duplicate()


class Clipped(Struct, frozen=True, gc=False):
    """A refund asked for more than was left of its order (DOMAIN section 7): counted, and nothing else."""


CLIPPED = Clipped()

Outcome = Rejection | Duplicate | None
Emit = Callable[[OutputEvent | Send | Clipped], None]


class NotReadyError(Exception):
    """The agent cannot decide yet: nothing of the batch counts, it is to come again once ``ready`` says so.

    A task out of which this came has decided a part and must not go on; another one takes its place.
    """

    def __init__(self, lacks: str, ready: Callable[[], bool]) -> None:
        super().__init__(lacks)
        self.ready = ready


class Entity(Protocol):
    """What an agent keeps of an owner. ``memory`` is the engine's: which events it has seen."""

    memory: bytes


class BudgetLevel(Struct, frozen=True, gc=False):
    """How a budget stands in its present period: its amount and what is spent, in the ledger's ``unit``."""

    program: str
    budget: str
    unit: str
    amount: int
    spent: int


@runtime_checkable
class OwnsBudgets(Protocol):
    """An agent that can tell how the budgets of its partition stand at a time in milliseconds."""

    def budget_levels(self, now: int) -> Sequence[BudgetLevel]: ...


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

    @property
    def entities(self) -> Space[Any]:
        """The owners by id in UTF-8, each an :class:`Entity`; all belong to this partition."""
        ...

    def new_entity(self) -> Entity:
        """What is kept of an owner that was never seen."""
        ...

    def handle(self, event: InputEvent, entity: Any, record: RecordLike, emit: Emit) -> Outcome:
        """Decide on one event that is new by its identity; the engine stores its owner's ``entity`` then."""
        ...

    @property
    def answers_for(self) -> frozenset[str]:
        """Topics whose unreadable records this agent sends to dead-letters; each topic has one such agent."""
        ...

    def owner(self, event: InputEvent) -> str | None:
        """The id of the entity that the event belongs to: its key on every topic of this agent.

        ``None`` when it belongs to an entity of another agent.
        """
        ...

    def receive(self, message: Message, emit: Emit) -> None:
        """Act on what another agent, or another partition of this one, sent."""
        ...

    def midnight(self, zone: str, day: int, at: int, limit: int, emit: Emit) -> bool:
        """Do up to ``limit`` accounts' worth of what falls due at a home midnight.

        ``zone`` is the home zone whose day begins, ``day`` the proleptic ordinal of that home date and
        ``at`` its instant in milliseconds. True when nothing of this midnight is left; called again
        until then.
        """
        ...
