"""The tables in RocksDB: rows and source positions in one WriteBatch, so that each entry counts once.

The directory holds nothing that the topics do not hold: lost, damaged, or written by another version of the
folds, it is wiped and filled again.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, TypeVar

import msgspec
from msgspec import Struct

from events.outputs import RewardEvent
from projections import asked, statements
from projections.as_of import balances_at
from projections.asked import StoredAsked
from projections.balances import Balance
from projections.book import Book
from projections.facts import Fact, Ledger, up_to
from projections.faults import Fault, FaultCode
from projections.fold import Account, Batch, Folded, unpack
from projections.keys import VERSION, account_key, escape, key_of, statement_key
from projections.metrics import ProjectionMetrics
from projections.pages import EVERYTHING, Query, RowPage, RowRefusal, all_rows, page
from projections.partner_sums import PartnerSums, partner_sums
from projections.progress import Source
from projections.slices import Steps, at_once, timed
from projections.tables.table import Row, Table
from projections.versions import Versions
from schemas.programs import Programs
from streams.engine.state import Change, Delta
from streams.engine.store import StoreCorruptError, open_store

#: Bump when a fold or the layout of a row changes: older tables are rebuilt from the topics.
FOLD_VERSION: Final = 7

#: What tables of this version are marked with.
STAMP: Final = b"%d" % FOLD_VERSION

#: Facts that are folded in one step: about half a millisecond.
_STEP_FACTS: Final = 16
#: Where rows of all kinds lie; the store keeps its own books before them.
_ALL: Final = (b"\x01", b"\xff")
#: Rows that are replaced in one write.
_REPLACED_ROWS: Final = 2_000

_decode_asked: Final = msgspec.msgpack.Decoder(StoredAsked).decode

log = logging.getLogger(__name__)

T = TypeVar("T")


class Page(Struct, frozen=True):
    """Part of a statement: JSON lines in seq order, and the cursor of the next part if there is one."""

    rows: list[bytes]
    next: int | None


class Tables:
    """Balances and statements under a directory, with the positions they were folded up to.

    Opening raises ``StoreLockedError`` where another process has them open. Where the database turns out to
    be damaged later, reads and writes raise ``StoreCorruptError``, and ``rebuild`` mends it.

    ``until`` an instant (milliseconds, included) they hold what had occurred by then, whenever it came.
    """

    def __init__(
        self,
        path: Path,
        metrics: ProjectionMetrics | None = None,
        programs: Programs | None = None,
        until: int | None = None,
    ) -> None:
        self._path = path / "tables"
        self._metrics = metrics
        self._until = until
        #: Programs of files, known before what is published.
        self.programs = programs
        self._logged: set[FaultCode] = set()
        #: Held by who changes rows: to feed the tables, or to put others in their place.
        self.turn = asyncio.Lock()
        #: Set when a read met damage; who feeds the tables then rebuilds them.
        self.damaged = False
        self._store, damage = open_store(self._path)
        if damage is not None:
            self._note_rebuild("corrupt", damage)
        if self._store.count and self._store.get(VERSION) != STAMP:
            self.rebuild("version", "written by another version of the folds")
        else:
            self._open_book()

    def position(self, source: Source) -> int:
        """The next offset to read from a topic's partition."""
        topic, partition = source
        return self._store.positions.get(f"{topic}/{partition}", 0)

    @property
    def positions(self) -> dict[Source, int]:
        """The next offset of every source that was read."""
        return {_source(name): offset for name, offset in self._store.positions.items()}

    def apply(
        self,
        facts: Sequence[Fact],
        positions: Mapping[Source, int],
        unreadable: Sequence[Fault] = (),
    ) -> Folded:
        """Fold a batch and move its sources to ``positions``, both or neither."""
        return at_once(self.applying(facts, positions, unreadable))

    def applying(
        self,
        facts: Sequence[Fact],
        positions: Mapping[Source, int],
        unreadable: Sequence[Fault] = (),
    ) -> Steps[Folded]:
        """``apply`` in short steps, all of which have to be done; reads in between see what was before."""
        try:
            folded, spent = yield from timed(self._applying(facts, positions, unreadable))
        except Exception as error:
            self._raise_damage(error)
            raise
        if self._metrics is not None:
            self._metrics.on_batch(folded, spent, self._store.size_bytes())
            self._metrics.waiting.set(self._book.waiting)
        return folded

    def balances(self, account: str, as_of: int | None = None) -> list[Balance] | None:
        """The account's balances by unit, or ``None`` for an account without entries.

        ``as_of`` an instant in milliseconds they are those of the entries that had occurred by then.
        """
        if as_of is not None:
            return self._guard(lambda: balances_at(self._store, as_of, account)) or None
        row = self._account(escape(account))
        return None if row is None else [row.balances[unit] for unit in sorted(row.balances)]

    def programs_of(self, account: str) -> list[str]:
        """The programs that have entries in the account; none for an account without entries."""
        row = self._account(escape(account))
        return [] if row is None else row.programs

    def seq_of(self, account: str) -> int:
        """The seq of the account's last entry; 0 without entries."""
        row = self._account(escape(account))
        return 0 if row is None else row.seq

    def statement(self, account: str, after: int, limit: int) -> Page | None:
        """Up to ``limit`` entries with seq > ``after``, or ``None`` for an account without entries."""
        escaped = escape(account)
        row = self._account(escaped)
        if row is None:
            return None
        start = after + 1
        stop = min(start + limit, row.seq + 1)
        found = (self._read(statement_key(escaped, seq)) for seq in range(start, stop))
        lines = [statements.as_line(raw) for raw in found if raw is not None]
        return Page(lines, stop - 1 if stop <= row.seq else None)

    def rows(self, table: str, query: Query = EVERYTHING) -> RowPage | RowRefusal:
        """A page of a table."""
        return self._guard(lambda: page(self._store, self.versions, table, query, self._until))

    def partner_sums(
        self, program: str, first: str, last: str, market: str | None = None
    ) -> dict[str, PartnerSums]:
        """What each partner brought from the home day ``first`` to ``last``, both included (ISO dates)."""
        return self._guard(lambda: partner_sums(self._store, program, first, last, market))

    def asked(self, name: str) -> list[StoredAsked]:
        """The events that a request over HTTP became, if any, but for those that died."""
        first = asked.PREFIX + key_of(name)
        found = self._guard(lambda: list(self._store.scan(first, first + b"\xff")))
        return [row for row in (_decode_asked(raw) for _, raw in found) if row.count > 0]

    def all_rows(self, table: Table, filters: Mapping[str, str] | None = None) -> Iterator[Row]:
        """All rows of a table that fit the filters, in key order."""
        return all_rows(self._store, self.versions, table, filters or {})

    def replace(self, prefix: bytes, other: Tables) -> int:
        """Put the stored rows of other tables in the place of those under a prefix; how many differed.

        Both have to stand at the same positions: rows are written in parts.
        """
        return self._guard(lambda: self._replace(prefix, prefix + b"\xff", other))

    def replace_all(self, other: Tables) -> int:
        """The same with all that is stored but the positions: also what tables are folded with."""
        return self._guard(lambda: self._replace(*_ALL, other))

    def scan(self, table: bytes) -> Iterator[bytes]:
        """All stored values under a prefix in key order."""
        return (value for _, value in self._store.scan(table, table + b"\xff"))

    def rebuild(self, reason: str, detail: str) -> None:
        """Wipe the tables; every position is 0 again."""
        self._store.close()
        shutil.rmtree(self._path, ignore_errors=True)
        self._store, _ = open_store(self._path)
        self.damaged = False
        self._open_book()
        self._note_rebuild(reason, detail)

    def close(self) -> None:
        """Close the database."""
        self._store.close()

    def _replace(self, start: bytes, stop: bytes, other: Tables) -> int:
        own, others = self._store.scan(start, stop), other._store.scan(start, stop)
        count = 0
        changes: list[Change] = []
        for change in _differences(own, others):
            changes.append(change)
            count += 1
            if len(changes) == _REPLACED_ROWS:
                self._commit(changes, self._store.delta_of(changes), {})
                changes = []
        self._commit(changes, self._store.delta_of(changes), {})
        self._open_book()
        return count

    def _open_book(self) -> None:
        """Begin to fold over what is stored; programs of files are known before all else."""
        self.versions = Versions(self.programs, self._until)
        self._book = Book(self._store, self.versions)
        changes, delta = at_once(self._book.draining())
        if changes:
            self._commit(changes, delta, {})

    def _fold(self, batch: Batch, facts: Sequence[Fact]) -> None:
        take = self._book.take
        for fact in facts if self._until is None else up_to(facts, self._until):
            if not isinstance(fact, RewardEvent):
                take(fact)
            elif batch.add(fact):
                take(Ledger(fact.time, fact))

    def _applying(
        self, facts: Sequence[Fact], positions: Mapping[Source, int], unreadable: Sequence[Fault]
    ) -> Steps[Folded]:
        batch = Batch(self._store.get)
        for first in range(0, len(facts), _STEP_FACTS):
            self._fold(batch, facts[first : first + _STEP_FACTS])
            yield
        folded = yield from batch.closing()
        folded.faults.extend(unreadable)
        others, delta = yield from self._book.draining()
        yield
        delta.count += folded.delta.count
        delta.check += folded.delta.check
        self._commit([*folded.changes.items(), *others], delta, positions)
        if self._until is None:  # what came late leaves gaps in the past, which are none of the ledger
            for fault in folded.faults:
                self._log_once(fault)
        return folded

    def _commit(self, changes: list[Change], delta: Delta, positions: Mapping[Source, int]) -> None:
        if self._store.get(VERSION) is None:
            stamp = (VERSION, STAMP)
            changes.append(stamp)
            added = self._store.delta_of([stamp])
            delta.count += added.count
            delta.check += added.check
        named = {f"{topic}/{partition}": offset for (topic, partition), offset in positions.items()}
        self._store.write(changes, delta, named, 0)

    def _account(self, escaped: bytes) -> Account | None:
        raw = self._read(account_key(escaped))
        return None if raw is None else unpack(raw)

    def _read(self, key: bytes) -> bytes | None:
        return self._guard(lambda: self._store.get(key))

    def _guard(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except Exception as error:
            self._raise_damage(error)
            raise

    def _raise_damage(self, error: Exception) -> None:
        """Say it where an error means that the database is damaged."""
        # rocksdict raises plain Exception for every status; only its text tells them apart.
        if type(error) is Exception and "Corruption" in str(error):
            self.damaged = True
            raise StoreCorruptError(str(error)) from error

    def _log_once(self, fault: Fault) -> None:
        if fault.code not in self._logged:
            self._logged.add(fault.code)
            log.error("ledger fault, further ones of its code are only counted: %s", fault)

    def _note_rebuild(self, reason: str, detail: str) -> None:
        log.warning("tables are rebuilt from their topics (%s): %s", reason, detail)
        if self._metrics is not None:
            self._metrics.on_rebuild(reason)


def _differences(old: Iterator[tuple[bytes, bytes]], new: Iterator[tuple[bytes, bytes]]) -> Iterator[Change]:
    """What makes the old rows the new ones; both are in key order."""
    have, want = next(old, None), next(new, None)
    while have is not None or want is not None:
        if want is None or (have is not None and have[0] < want[0]):
            assert have is not None  # noqa: S101 - one of the two is there
            yield have[0], None
            have = next(old, None)
        elif have is None or want[0] < have[0]:
            yield want
            want = next(new, None)
        else:
            if have[1] != want[1]:
                yield want
            have, want = next(old, None), next(new, None)


def _source(name: str) -> Source:
    topic, _, partition = name.rpartition("/")
    return topic, int(partition)
