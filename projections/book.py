"""The fold of all tables but balances and statements: facts of any topic, in any order between topics."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from msgspec import Struct

from events.outputs import Reward
from projections import asked, decisions, facts, grants, inputs
from projections.asked import AskedEvent, StoredAsked
from projections.facts import Attributed, Fact, Ledger, Said, Version
from projections.fold import STEP_ROWS
from projections.keys import LAST, key_of, number_of, numbered
from projections.order_sums import settle
from projections.period_rows import begin
from projections.rows import Rows
from projections.slices import Steps
from projections.versions import Versions
from schemas.program import Program
from streams.engine.state import Change, Delta, Reader, Space, State

#: The book's own rows: what waits, programs, and the program of inputs that name none.
WAITING: Final = b"W"
PROGRAMS: Final = b"P"
ONLY: Final = b"N"
#: Within ``WAITING``: entries of the ledger, which wait in one row for each program, and all else.
_ENTRIES: Final = b"e"
_OTHERS: Final = b"o"


class _Wait(Struct, array_like=True):
    fact: facts.Waiting


class Book:
    """The rows of one store. Facts of a batch are taken in; ``draining`` gives what they changed."""

    def __init__(self, reader: Reader, versions: Versions) -> None:
        self._versions = versions
        self._state = state = State(reader)
        self._rows = Rows(state, versions)
        self._waiting: Space[_Wait] = state.space(WAITING, _Wait, cache_limit=0)
        self._programs: Space[Program] = state.space(PROGRAMS, Program, cache_limit=0)
        waiting = [key for key, _ in self._waiting.scan(b"", b"\xff")]
        self._waits = max((number_of(key) for key in waiting), default=0)
        #: Records that wait for a version of a program which is not known.
        self.waiting = len(waiting)
        #: Programs with entries of the ledger that wait: later ones wait behind them.
        self._blocked = {key[1:].split(b"\0")[0].decode() for key in waiting if key[:1] == _ENTRIES}
        for _, program in list(self._programs.scan(b"", b"\xff")):
            versions.add(program)
        #: The program of inputs that name none: the first one that was known, if it was the only one then.
        self._only: Space[str] = state.space(ONLY, str, cache_limit=1)
        self._know(versions.all())

    def take(self, fact: Fact | Ledger) -> None:
        """Take in one fact; of the ledger only entries that count."""
        if isinstance(fact, Version):
            self._publish(fact)
        elif isinstance(fact, Said):
            decisions.decide(self._rows, fact)
        elif isinstance(fact, Ledger):
            self._ledger(fact)
        elif isinstance(fact, Attributed):
            data = fact.data
            if self._versions.version(data.program, data.program_version) is None:
                self._wait(_OTHERS + key_of(data.program, str(data.program_version)), fact)
            else:
                decisions.attribute(self._rows, fact)
        elif isinstance(fact, facts.Taken):
            self._input(fact)
        elif isinstance(fact, AskedEvent):
            self._request(fact)

    def draining(self) -> Steps[tuple[list[Change], Delta]]:
        """The batch's changes for the store, each row once, and how they move its books; in short steps."""
        rows = self._rows
        touched, rows.before = rows.before, {}
        for number, (key, before) in enumerate(touched.items(), 1):
            if not number % STEP_ROWS:
                yield
            order = rows.orders.get(key)
            after = {} if order is None else rows.contributions(order)
            if after != before:
                settle(rows, before, after)
            if order is not None:
                rows.orders.put(key, None if order.is_empty else order)
        return self._state.drain()

    def _request(self, fact: AskedEvent) -> None:
        key = asked.row_key(fact)
        row = self._rows.asked.get(key) or StoredAsked(fact.id, fact.time, fact.content, 0)
        row.count += fact.sign
        self._rows.asked.put(key, row if row.count else None)

    def _ledger(self, fact: Ledger) -> None:
        reward = fact.event.data
        fold = grants.fold_of(reward)
        if fold is grants.referral:
            fold(self._rows, reward, fact.time)
        elif fold is not None:
            self._in_time(reward, fact, fold)

    def _in_time(self, reward: Reward, fact: Ledger, fold: Callable[[Rows, Reward, int], None]) -> None:
        """Fold an entry; all of its program wait, in their order, for a version that is not known yet."""
        program = reward.program
        if program in self._blocked or self._versions.version(program, reward.program_version) is None:
            self._blocked.add(program)
            self._wait(_ENTRIES + key_of(program), fact)
        else:
            fold(self._rows, reward, fact.time)

    def _input(self, fact: facts.Taken) -> None:
        """Take in an input, once its program is known."""
        program = self._only.get(b"") if fact.program == facts.ONLY else fact.program
        if program is None or self._versions.home(program) is None:
            self._wait(_OTHERS + key_of(fact.program, ""), fact)
        else:
            inputs.take(self._rows, program, fact)

    def _publish(self, fact: Version) -> None:
        program = self._versions.publish(fact.content)
        if program is not None:
            self._know([program])

    def _know(self, programs: Iterable[Program]) -> None:
        """Keep these versions, and fold what waited for them in the order in which it came."""
        for one in programs:
            key = key_of(one.id, str(one.version))
            if self._programs.get(key) is None:
                self._programs.put(key, one)
                if self._versions.has_begun(one):
                    begin(self._rows, one)
        if self._only.get(b"") is None and not self._versions.empty:
            self._only.put(b"", self._versions.first() or "")
        if not self._waits:
            return
        ids = sorted({one.id for one in programs})
        places = {(one.id, str(one.version)) for one in programs} | {(id_, "") for id_ in ids}
        if self._only.get(b""):
            places.add((facts.ONLY, ""))
        found: list[tuple[bytes, _Wait]] = []
        for place in sorted(places):
            found += self._waiting_at(_OTHERS + key_of(*place))
        for key, wait in sorted(found, key=lambda one: number_of(one[0])):
            self._waiting.delete(key)
            self.waiting -= 1
            self.take(wait.fact)
        for id_ in ids:
            self._unblock(id_)

    def _unblock(self, program: str) -> None:
        """Fold the entries of a program that wait, up to one whose version is still not known."""
        self._blocked.discard(program)
        for key, wait in self._waiting_at(_ENTRIES + key_of(program)):
            fact = wait.fact
            assert isinstance(fact, Ledger)  # noqa: S101 - nothing else waits there
            if self._versions.version(program, fact.event.data.program_version) is None:
                self._blocked.add(program)
                return
            self._waiting.delete(key)
            self.waiting -= 1
            self.take(fact)

    def _waiting_at(self, prefix: bytes) -> list[tuple[bytes, _Wait]]:
        return list(self._waiting.scan(prefix, prefix + LAST))

    def _wait(self, place: bytes, fact: facts.Waiting) -> None:
        self._waits += 1
        self.waiting += 1
        self._waiting.put(numbered(place, self._waits), _Wait(fact))
