"""Lets aiokafka's consumers hand out Keyday's own light records.

aiokafka makes an object with eleven attributes of each record and passes it through two iterators, which
costs as much as reading it. Its one place where that happens is replaced, for all consumers of the process;
the contract tests pin what is relied on.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from aiokafka.consumer.fetcher import PartitionRecords

from streams.engine.record import Record

_new_tuple = tuple.__new__


def _record(_self: PartitionRecords, tp: Any, record: Any) -> Record:
    fields = (
        tp.topic,
        tp.partition,
        record.offset,
        record.timestamp,
        record.key,
        record.value,
        record.headers,
    )
    return _new_tuple(Record, fields)


def _iterate(self: PartitionRecords) -> Iterator[Record]:
    records: Iterator[Record] = self._records_iterator
    return records


def use_light_records() -> None:
    """From now on consumers of this process hand out :class:`Record`; calling it again changes nothing."""
    PartitionRecords._consumer_record = _record  # noqa: SLF001
    PartitionRecords.__iter__ = _iterate
