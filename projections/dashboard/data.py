"""What pages ask: rows of tables, balances and statements, and programs."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import date
from itertools import islice
from typing import Any, Final, Protocol

import orjson
from aiokafka.errors import KafkaError
from msgspec import Struct, structs

from events.outputs import DeadLetter
from projections.balances import Balance
from projections.dashboard.letters import Letters
from projections.dashboard.sums import Sums
from projections.explanations import Explanations
from projections.partner_sums import PartnerSums
from projections.progress import Source
from projections.store import Page
from projections.tables import TABLES
from projections.tables.table import Row, Table
from schemas.program import Program
from schemas.programs import Programs

#: Seconds: what programs there are is read again after this.
_FRESH_S: Final = 10.0
#: What is summed up over partners is told again for so many times as long as it took, unless nothing came.
_KEPT_TIMES: Final = 20
#: Spans and markets whose sums are kept.
_KEPT_SPANS: Final = 32
#: Rows: a page looks at no more than these.
MOST_ROWS: Final = 200_000


class Tables(Protocol):
    """What is asked of the tables; balances and statements are ``None`` for an account without entries."""

    def balances(self, account: str) -> list[Balance] | None: ...
    def statement(self, account: str, after: int, limit: int) -> Page | None: ...
    @property
    def positions(self) -> dict[Source, int]: ...
    def seq_of(self, account: str) -> int: ...
    def programs_of(self, account: str) -> Collection[str]: ...
    def all_rows(self, table: Table, filters: Mapping[str, str]) -> Iterator[Row]: ...
    def partner_sums(
        self, program: str, first: str, last: str, market: str | None = None
    ) -> dict[str, PartnerSums]: ...


#: Program, first and last day, market.
_Span = tuple[str, str, str, str | None]


class _Summed(Struct, frozen=True):
    """Sums, what the tables had read before them, and until when they may be told all the same."""

    partners: Mapping[str, Sums]
    positions: Mapping[Source, int]
    until: float


class Data:
    """Everything that pages show. It blocks where it reads: pages are made in threads."""

    def __init__(
        self,
        tables: Tables,
        explanations: Explanations | None,
        waiting: Callable[[], Mapping[str, int]] | None = None,
    ) -> None:
        self.tables = tables
        self._waiting = waiting
        self.programs = Programs()
        self._explanations = explanations
        self._read_at = -_FRESH_S
        self._reading = threading.Lock()
        self._summed: dict[_Span, _Summed] = {}
        self._summing = threading.Lock()
        self._letters = Letters()

    @property
    def is_fresh(self) -> bool:
        """Whether what is published was read a moment ago."""
        return self._explanations is None or time.monotonic() - self._read_at < _FRESH_S

    def refresh(self) -> None:
        """Read again what is published, unless that was a moment ago.

        Raises:
            KafkaError: the brokers cannot be reached; what was known before is known still.
        """
        with self._reading:
            if self._explanations is None or self.is_fresh:
                return
            if self.programs.ids():
                self._read_at = time.monotonic()  # also a try that fails is not made again at once
            with self._explanations.source() as source:
                self.programs = self._explanations.versions(source).programs
            self._read_at = time.monotonic()

    def program(self, name: str, now: int) -> Program | None:
        """The version of a program that is in force; ``None`` before the first is."""
        return self.programs.in_force(name, now)

    def rows(self, table: str, **filters: str | None) -> list[dict[str, Any]]:
        """The rows of a table that have these values."""
        asked = {name: value for name, value in filters.items() if value is not None}
        return list(islice(self.tables.all_rows(TABLES[table], asked), MOST_ROWS))

    def partner_sums(
        self, program: str, first: date, last: date, market: str | None = None
    ) -> Mapping[str, Sums]:
        """What each partner brought in these home days.

        With many partners that takes its time: all pages together take no more than a part of it.
        """
        span = (program, first.isoformat(), last.isoformat(), market)
        with self._summing:
            known = self._summed.pop(span, None)
            begun, positions = time.monotonic(), self.tables.positions
            if known is None or (known.until < begun and known.positions != positions):
                found = self.tables.partner_sums(*span)
                sums = {partner: Sums(*structs.astuple(one)) for partner, one in found.items()}
                now = time.monotonic()
                known = _Summed(sums, positions, now + _KEPT_TIMES * (now - begun))
            self._summed[span] = known
            if len(self._summed) > _KEPT_SPANS:
                del self._summed[next(iter(self._summed))]
            return known.partners

    def newest(self, account: str, before: int | None, limit: int) -> tuple[list[dict[str, Any]], bool]:
        """Entries of an account, newest first, those below ``before``; and whether there are older ones."""
        length = self.tables.seq_of(account)
        last = length if before is None else max(0, min(before - 1, length))
        first = max(0, last - limit)
        page = self.tables.statement(account, first, last - first) if last > first else None
        rows = [] if page is None else [orjson.loads(row) for row in reversed(page.rows)]
        return rows, first > 0

    def letters(self) -> tuple[Counter[str], list[DeadLetter]]:
        """How many dead letters there are by code, and the newest ones."""
        if self._explanations is None:
            return Counter(), []
        try:
            with self._explanations.source() as source:
                return self._letters.read(source)
        except KafkaError:
            return self._letters.known()

    @property
    def has_agents(self) -> bool:
        """Whether the agents run in this process."""
        return self._waiting is None

    def waiting_records(self) -> Mapping[str, int]:
        """How many records of each input topic wait for agents in other processes, as far as it is known."""
        try:
            return {} if self._waiting is None else self._waiting()
        except KafkaError:
            return {}

    def member(self, program: str, partner_id: str) -> dict[str, Any] | None:
        """The row of a partner that has a record."""
        found = self.rows("partners", partner_id=partner_id, program=program)
        return found[0] if found and found[0]["enrolled"] else None

    def name(self, program: str, partner_id: str) -> str:
        """What a partner is called: its id where it has no name."""
        member = self.member(program, partner_id)
        return partner_id if member is None else member["name"] or partner_id

    def suspended(self, program: str, partner_id: str) -> bool:
        """Whether a partner is suspended."""
        member = self.member(program, partner_id)
        return member is not None and bool(member["suspended"])

    def groups(self, program: str) -> dict[str, str]:
        """The group of each partner."""
        return {
            row["partner_id"]: row["group"]
            for row in self.rows("partners", program=program)
            if row["enrolled"] and row["group"]
        }
