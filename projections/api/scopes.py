"""What a token may do: one scope each, from a closed list."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from msgspec import Struct

from events.limits import ID_MAX_CHARS


class Role(StrEnum):
    """The kinds of scopes."""

    OPERATOR = "operator"
    PROGRAM = "program"
    PARTNER = "partner"
    WRITER = "events:write"


#: Scopes that are about one program or one partner.
_OF_ONE: Final = frozenset({Role.PROGRAM, Role.PARTNER})

READERS: Final = frozenset({Role.OPERATOR, Role.PROGRAM, Role.PARTNER})
MANAGERS: Final = frozenset({Role.OPERATOR, Role.PROGRAM})
WRITERS: Final = frozenset({Role.OPERATOR, Role.WRITER})


class Scope(Struct, frozen=True):
    """A role, and the id of the program or the partner that it is about."""

    role: Role
    id: str = ""

    def __str__(self) -> str:
        return f"{self.role}:{self.id}" if self.role in _OF_ONE else str(self.role)


OPERATOR: Final = Scope(Role.OPERATOR)


class Caller(Struct, frozen=True):
    """Who asks: the id of the token, never the token, and its scope."""

    token: str
    scope: Scope

    @property
    def partner(self) -> str | None:
        """The partner whose data alone may be seen."""
        return self.scope.id if self.scope.role is Role.PARTNER else None

    @property
    def program(self) -> str | None:
        """The program whose data alone may be seen."""
        return self.scope.id if self.scope.role is Role.PROGRAM else None


def parse_scope(text: str) -> Scope:
    """The scope that ``str`` of it writes.

    Raises:
        ValueError: it is none; the message says what there is.
    """
    if text in {Role.OPERATOR, Role.WRITER}:
        return Scope(Role(text))
    kind, _, name = text.partition(":")
    if kind in _OF_ONE and 0 < len(name) <= ID_MAX_CHARS and name.isprintable():
        return Scope(Role(kind), name)
    raise ValueError(f"{text!r} is no scope: operator, program:ID, partner:ID or events:write")
