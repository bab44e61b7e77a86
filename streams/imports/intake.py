"""Rows in, valid events out: each mapped event goes through the decoder before anybody gets it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from msgspec import Struct, field

from events.inputs import InputEvent, OrderPlaced
from schemas.codec import Decoder
from schemas.errors import DecodeError
from streams.imports.mapping import Mapped, RowError
from streams.imports.table import Row


class Refused(Struct, frozen=True, gc=False):
    """A row that became no event, and why."""

    line: int
    code: str
    detail: str
    row: list[str]


class Tally(Struct):
    """What an intake has seen so far; times are milliseconds since the epoch."""

    rows: int = 0
    events: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    markets: Counter[str] = field(default_factory=Counter)
    currencies: Counter[str] = field(default_factory=Counter)
    first: int | None = None
    last: int | None = None

    def count(self, event: InputEvent) -> None:
        """One more event that is valid."""
        self.events += 1
        if isinstance(event, OrderPlaced):
            self.markets[event.market] += 1
            self.currencies[event.currency] += 1
        self.first = event.time if self.first is None else min(self.first, event.time)
        self.last = event.time if self.last is None else max(self.last, event.time)


class AnyProgram:
    """Stands in for the programs where none are given: every event belongs to one, whatever its name."""

    def money_unit(self, program_id: str) -> str | None:  # noqa: ARG002 -- the protocol's
        return None

    def resolve(self, program_id: str | None, time: int) -> str | None:  # noqa: ARG002 -- the protocol's
        """The program as named."""
        return program_id or "any"


class Refuse(Protocol):
    """Where refused rows go."""

    def __call__(self, refused: Refused, /) -> None: ...


def valid_events(
    topic: str,
    rows: Iterable[Row],
    mapped: Callable[[Row], Mapped],
    decoder: Decoder,
    tally: Tally,
    refuse: Refuse,
) -> Iterator[Mapped]:
    """The rows that are events of a topic, in the file's order; the others go to ``refuse``."""
    for row in rows:
        tally.rows += 1
        try:
            event = mapped(row)
        except RowError as error:
            code, detail = error.code, error.detail
        else:
            decoded = decoder.decode(topic, event.key, event.value, ())
            if not isinstance(decoded, DecodeError):
                tally.count(decoded.event)
                yield event
                continue
            code, detail = str(decoded.code), decoded.detail
        tally.refused[code] += 1
        refuse(Refused(row.line, code, detail, row.cells))
