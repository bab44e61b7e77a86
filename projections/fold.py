"""Folds a batch of ledger entries into the rows of balances and statements, each entry once.

An entry is known by its account and seq: the source positions make each record count once, and this makes
a second copy of an entry in the topic count once too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec
from msgspec import Struct

from events.outputs import RewardEvent
from projections import statements
from projections.balances import Balance, fold, is_sound
from projections.faults import Fault, FaultCode
from projections.keys import account_key, escape, statement_key
from projections.slices import Steps
from streams.engine.state import Delta, checksum

Get = Callable[[bytes], bytes | None]

#: Rows that are closed in one step: about a third of a millisecond.
STEP_ROWS: Final = 64


class Account(Struct, array_like=True):
    """An account's row: its greatest seq, a balance per unit, and the programs that have entries in it."""

    account: str
    seq: int
    balances: dict[str, Balance]
    programs: list[str]


class Folded(Struct):
    """What a batch changes in balances and statements, and what was seen in it."""

    changes: dict[bytes, bytes]
    delta: Delta
    counted: int
    duplicates: int
    faults: list[Fault]


pack: Final = msgspec.msgpack.Encoder().encode
unpack: Final = msgspec.msgpack.Decoder(Account).decode


class _Entity:
    """An account within a batch: its row, and where the rows of the account lie."""

    __slots__ = ("before", "escaped", "key", "row")

    def __init__(self, account: str, get: Get) -> None:
        self.escaped = escape(account)
        self.key = account_key(self.escaped)
        self.before = get(self.key)
        self.row = Account(account, 0, {}, []) if self.before is None else unpack(self.before)


class Batch:
    """One batch over committed rows, which are read through ``get``."""

    def __init__(self, get: Get) -> None:
        self._get = get
        self._entities: dict[str, _Entity] = {}
        self._statements: dict[bytes, bytes] = {}
        self._counted = 0
        self._duplicates = 0
        self._faults: list[Fault] = []

    def add(self, event: RewardEvent) -> bool:
        """Count the entry, unless it is known; whether it counts."""
        reward = event.data
        account, seq, unit = reward.account, reward.seq, reward.unit
        entity = self._entities.get(account)
        if entity is None:
            entity = self._entities[account] = _Entity(account, self._get)
        row = entity.row
        key = statement_key(entity.escaped, seq)
        if seq <= row.seq and self._is_known(event, key):
            return False
        if seq > row.seq + 1:
            self._fault(FaultCode.SEQ_GAP, event, expected=str(row.seq + 1), found=str(seq))
        balance = fold(row.balances.get(unit) or Balance(unit), event)
        if not is_sound(balance):
            self._fault(FaultCode.UNBALANCED, event, found=reward.entry_id)
        row.balances[unit] = balance
        row.seq = max(row.seq, seq)
        if reward.program not in row.programs:
            row.programs.append(reward.program)
        self._statements[key] = statements.pack(event)
        self._counted += 1
        return True

    def closing(self) -> Steps[Folded]:
        """The batch's changes, each key once, and how they move the store's books; in short steps."""
        changes = self._statements
        delta = Delta(len(changes), sum(checksum(key, row) for key, row in changes.items()))
        for number, entity in enumerate(self._entities.values(), 1):
            if not number % STEP_ROWS:
                yield
            key, before, row = entity.key, entity.before, pack(entity.row)
            if row == before or not entity.row.seq:
                continue
            changes[key] = row
            delta.check += checksum(key, row)
            if before is None:
                delta.count += 1
            else:
                delta.check -= checksum(key, before)
        return Folded(changes, delta, self._counted, self._duplicates, self._faults)

    def _is_known(self, event: RewardEvent, key: bytes) -> bool:
        raw = self._statements.get(key) or self._get(key)
        if raw is None:
            return False  # it fills a gap that was reported before
        known = statements.unpack(raw).data.entry_id
        if known == event.data.entry_id:
            self._duplicates += 1
        else:
            self._fault(FaultCode.SEQ_CONFLICT, event, expected=known, found=event.data.entry_id)
        return True

    def _fault(self, code: FaultCode, event: RewardEvent, *, expected: str = "", found: str = "") -> None:
        self._faults.append(Fault(code, event.data.account, event.data.seq, expected, found))
