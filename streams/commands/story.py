"""What happened so far, in a few figures for people: read from the embedded log and its tables."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Final, Protocol

import msgspec
from msgspec import Struct

from events.outputs import RewardEvent
from projections.store import Tables
from projections.table_files import lines
from projections.tables import TABLES
from streams.engine.record import RecordLike

#: Records that are read from the log at once.
_READ_RECORDS: Final = 2_000
#: Topics of events that are counted.
_TOLD: Final = ("clicks", "orders", "referrals")
_TOTALS: Final = ("earned", "available", "pending", "reversed")


class KeyDayExtra(Struct, frozen=True):
    """What the bonuses of a key day added in a unit."""

    key_day: str
    unit: str
    amount: int
    orders: int


class Story(Struct, frozen=True):
    """Counts of input by type, totals by unit, extras by key day, dead letters by code.

    Days are UTC dates of the first and last record; ``best_account`` has earned the most.
    """

    first_day: str
    last_day: str
    events: dict[str, int]
    accounts: int
    totals: dict[str, dict[str, int]]
    key_days: list[KeyDayExtra]
    dead_letters: dict[str, int]
    best_account: str | None


class LogReader(Protocol):
    """What is asked of the embedded log."""

    @property
    def partitions(self) -> int: ...
    def read(self, topic: str, partition: int, offset: int, max_records: int) -> Sequence[RecordLike]: ...


class _Typed(Struct):
    type: str


class _Balance(Struct, frozen=True):
    account: str
    unit: str
    earned: int
    available: int
    pending: int
    reversed: int


_decode_balance = msgspec.json.Decoder(_Balance).decode


def tell(log: LogReader, tables: Tables, decode: Callable[[bytes], RewardEvent]) -> Story:
    """Read everything once, in bounded memory."""
    events: Counter[str] = Counter()
    times: list[int] = []
    for record in (one for topic in _TOLD for one in _records(log, topic)):
        events[_type(record.value)] += 1
        times[1:] = [max(record.timestamp, *times[1:])] if times else [record.timestamp] * 2
        times[0] = min(times[0], record.timestamp)
    accounts, totals, best = _balances(map(_decode_balance, lines(tables, TABLES["balances"])))
    return Story(
        first_day=_day(times[0]) if times else "",
        last_day=_day(times[1]) if times else "",
        events=dict(events.most_common()),
        accounts=accounts,
        totals=totals,
        key_days=_key_days(decode(record.value or b"") for record in _records(log, "rewards")),
        dead_letters=_by_code(_records(log, "dead-letters")),
        best_account=best,
    )


def _records(log: LogReader, topic: str) -> Iterator[RecordLike]:
    for partition in range(log.partitions):
        offset = 0
        while records := log.read(topic, partition, offset, _READ_RECORDS):
            yield from records
            offset += len(records)


def _balances(balances: Iterator[_Balance]) -> tuple[int, dict[str, dict[str, int]], str | None]:
    """How many accounts, totals by unit, and the account with the most earned in the first unit of all."""
    accounts, account = 0, None
    totals: dict[str, dict[str, int]] = {}
    best: dict[str, tuple[int, str]] = {}
    for balance in balances:
        accounts += balance.account != account
        account = balance.account
        unit = totals.setdefault(balance.unit, dict.fromkeys(_TOTALS, 0))
        for name in _TOTALS:
            unit[name] += getattr(balance, name)
        best[balance.unit] = max(best.get(balance.unit, (0, account)), (balance.earned, account))
    first = best.get("points") or next(iter(best.values()), None)
    return accounts, dict(sorted(totals.items(), reverse=True)), None if first is None else first[1]


def _key_days(events: Iterator[RewardEvent]) -> list[KeyDayExtra]:
    amounts: Counter[tuple[str, str]] = Counter()
    orders: Counter[tuple[str, str]] = Counter()
    for event in events:
        reward = event.data
        if reward.kind == "bonus" and reward.key_day is not None:
            amounts[reward.key_day, reward.unit] += reward.amount
            orders[reward.key_day, reward.unit] += 1
    return [
        KeyDayExtra(key_day, unit, amounts[key_day, unit], orders[key_day, unit])
        for key_day, unit in sorted(amounts)
    ]


def _by_code(letters: Iterator[RecordLike]) -> dict[str, int]:
    codes = Counter(dict(letter.headers).get("code", b"?").decode() for letter in letters)
    return dict(sorted(codes.items()))


def _type(value: bytes | None) -> str:
    try:
        return msgspec.json.decode(value or b"", type=_Typed).type
    except msgspec.MsgspecError:
        return "unreadable"


def _day(at: int) -> str:
    return dt.datetime.fromtimestamp(at // 1000, dt.UTC).date().isoformat()
