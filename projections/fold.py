"""Folds a batch of ledger entries into the rows of balances and statements, each entry once.

An entry is known by its account and seq: the source positions make each record count once, and this makes
a second copy of an entry in the topic count once too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
import orjson
from msgspec import Struct

from events.outputs import RewardEvent
from projections import statements
from projections.balances import Balance, fold, is_sound
from projections.faults import Fault, FaultCode
from projections.keys import balance_key, head_key, statement_key
from streams.engine.state import Delta, checksum

Get = Callable[[bytes], bytes | None]


class Head(Struct, array_like=True):
    """What is known about an account: its greatest seq and the units it has balances in."""

    seq: int = 0
    units: list[str] = []


class Folded(Struct):
    """What a batch changes, and what was seen in it."""

    changes: dict[bytes, bytes]
    delta: Delta
    counted: int
    duplicates: int
    faults: list[Fault]


_encode = msgspec.msgpack.Encoder().encode
_decode_head = msgspec.msgpack.Decoder(Head).decode
_decode_balance = msgspec.msgpack.Decoder(Balance).decode


def decode_balance(raw: bytes) -> Balance:
    """A balance as it is stored."""
    return _decode_balance(raw)


def decode_head(raw: bytes) -> Head:
    """An account's head as it is stored."""
    return _decode_head(raw)


class Batch:
    """One batch over committed rows, which are read through ``get``."""

    def __init__(self, get: Get) -> None:
        self._get = get
        self._before: dict[bytes, bytes | None] = {}
        self._heads: dict[bytes, Head] = {}
        self._balances: dict[bytes, Balance] = {}
        self._statements: dict[bytes, bytes] = {}
        self._counted = 0
        self._duplicates = 0
        self._faults: list[Fault] = []

    def add(self, event: RewardEvent) -> None:
        """Count the entry, unless it is known."""
        reward = event.data
        head_at = head_key(reward.account)
        head = self._head(head_at)
        statement_at = statement_key(reward.account, reward.seq)
        if reward.seq <= head.seq and self._is_known(event, statement_at):
            return
        if reward.seq > head.seq + 1:
            self._fault(FaultCode.SEQ_GAP, event, expected=str(head.seq + 1), found=str(reward.seq))
        balance_at = balance_key(reward.account, reward.unit)
        balance = fold(self._balance(balance_at, event), event)
        if not is_sound(balance):
            self._fault(FaultCode.UNBALANCED, event, found=reward.entry_id)
        self._balances[balance_at] = balance
        if reward.unit not in head.units:
            head.units = sorted([*head.units, reward.unit])
        head.seq = max(head.seq, reward.seq)
        self._statements[statement_at] = statements.encode_row(event)
        self._counted += 1

    def result(self) -> Folded:
        """The batch's changes, each key once."""
        rows: dict[bytes, bytes] = {key: _encode(head) for key, head in self._heads.items() if head.seq}
        rows.update((key, _encode(balance)) for key, balance in self._balances.items())
        rows.update(self._statements)
        changes = {key: value for key, value in rows.items() if self._before.get(key) != value}
        delta = Delta()
        for key, value in changes.items():
            old = self._before.get(key)
            if old is None:
                delta.count += 1
            else:
                delta.check -= checksum(key, old)
            delta.check += checksum(key, value)
        return Folded(changes, delta, self._counted, self._duplicates, self._faults)

    def _is_known(self, event: RewardEvent, statement_at: bytes) -> bool:
        raw = self._statements.get(statement_at) or self._get(statement_at)
        if raw is None:
            return False  # it fills a gap that was reported before
        known = orjson.loads(raw)["entry_id"]
        if known == event.data.entry_id:
            self._duplicates += 1
        else:
            self._fault(FaultCode.SEQ_CONFLICT, event, expected=known, found=event.data.entry_id)
        return True

    def _head(self, key: bytes) -> Head:
        head = self._heads.get(key)
        if head is None:
            raw = self._before[key] = self._get(key)
            head = self._heads[key] = Head() if raw is None else _decode_head(raw)
        return head

    def _balance(self, key: bytes, event: RewardEvent) -> Balance:
        balance = self._balances.get(key)
        if balance is None:
            raw = self._before[key] = self._get(key)
            if raw is None:
                return Balance(event.data.account, event.data.unit)
            return _decode_balance(raw)
        return balance

    def _fault(self, code: FaultCode, event: RewardEvent, *, expected: str = "", found: str = "") -> None:
        self._faults.append(Fault(code, event.data.account, event.data.seq, expected, found))


def fold_batch(events: Sequence[RewardEvent], get: Get) -> Folded:
    """Fold ``events`` over the rows that ``get`` reads."""
    batch = Batch(get)
    for event in events:
        batch.add(event)
    return batch.result()
