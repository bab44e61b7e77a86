"""The only way out of a task on Kafka: one transaction per batch, fenced by the task's own id."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import repeat
from operator import itemgetter
from typing import Any

import msgspec
from aiokafka import AIOKafkaProducer

from streams.engine.record import OutRecord
from streams.engine.state import Change

#: Key of the changelog record that holds the input positions.
POSITIONS_KEY = b"\x00positions"
#: Bytes: a produce batch stays below the broker's default limit of 1 MiB for a batch.
_PRODUCE_BATCH_BYTES = 900_000
#: Bytes: one request may hold one dead letter of the greatest input, with its headers.
_REQUEST_BYTES = 2_000_000

#: What is appended of a record: timestamp, key, value, headers.
_Entry = tuple[int, bytes | None, bytes | None, list[tuple[str, bytes]]]
_NO_HEADERS: list[tuple[str, bytes]] = []
_ENTRY = itemgetter(2, 3, 4, 5)
_KEY, _VALUE = itemgetter(0), itemgetter(1)

Steps = Callable[[str], None]


def no_step(_name: str) -> None:
    """The protocol's steps are named so that a test can stop the process at each of them."""


class DeliveryError(Exception):
    """A batch was not delivered or not committed; the task must stop before it acknowledges."""


class Outbox:
    """Commits outputs, changelog and positions of one task in one Kafka transaction."""

    def __init__(
        self,
        kafka: Mapping[str, Any],
        *,
        transactional_id: str,
        changelog: str,
        partition: int,
        transaction_timeout_ms: int,
        on_step: Steps = no_step,
    ) -> None:
        self._changelog = changelog
        self._partition = partition
        self._step = on_step
        self._producer = AIOKafkaProducer(
            **kafka,
            transactional_id=transactional_id,
            transaction_timeout_ms=transaction_timeout_ms,
            max_batch_size=_PRODUCE_BATCH_BYTES,
            max_request_size=_REQUEST_BYTES,
            linger_ms=0,
            acks="all",
        )

    async def start(self) -> None:
        """Take over the transactional id: ends the transaction of a predecessor and fences it."""
        await self._producer.start()

    async def stop(self) -> None:
        """Close the connections; an open transaction is left to the broker's timeout or to a successor."""
        await self._producer.stop()

    async def commit(
        self,
        outputs: Sequence[OutRecord],
        changes: Sequence[Change],
        positions: Mapping[str, int],
        now_ms: int,
    ) -> int:
        """Make a batch durable, all or nothing; returns the changelog position after it.

        Raises:
            DeliveryError: a send or the commit failed; nothing of the batch may be acknowledged.
        """
        try:
            return await self._commit(outputs, changes, positions, now_ms)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            raise DeliveryError(f"{type(error).__name__}: {error}") from error

    async def _commit(
        self,
        outputs: Sequence[OutRecord],
        changes: Sequence[Change],
        positions: Mapping[str, int],
        now_ms: int,
    ) -> int:
        producer, step = self._producer, self._step
        await producer.begin_transaction()
        step("before_sends")
        pending = []
        for (topic, partition), records in _by_partition(outputs).items():
            sent = await self._send(topic, partition, map(_ENTRY, records))
            pending += [future for future, _ in sent]
        entries = [*changes, (POSITIONS_KEY, msgspec.msgpack.encode(positions))]
        # One after the other: thousands of tuples at once would wake the garbage collector.
        log = zip(repeat(now_ms), map(_KEY, entries), map(_VALUE, entries), repeat(_NO_HEADERS))
        logged = await self._send(self._changelog, self._partition, log)
        step("after_sends")
        await asyncio.gather(*pending)
        ends: list[int] = [(await future).offset + count for future, count in logged]
        step("before_commit")
        await producer.commit_transaction()
        step("after_commit")
        return ends[-1]

    async def _send(
        self, topic: str, partition: int, records: Iterable[_Entry]
    ) -> list[tuple[asyncio.Future[Any], int]]:
        """Queue records as whole batches; returns each batch's delivery and its number of records."""
        sent: list[tuple[asyncio.Future[Any], int]] = []
        batch, append, count = self._new_batch()
        for timestamp, key, value, headers in records:
            if append(count, timestamp, key, value, headers) is None:
                sent.append((await self._deliver(batch, topic, partition, count), count))
                batch, append, count = self._new_batch()
                # The first record of a batch always fits; what is too large for the broker it will say.
                append(0, timestamp, key, value, headers)
            count += 1
        sent.append((await self._deliver(batch, topic, partition, count), count))
        return sent

    def _new_batch(self) -> tuple[Any, Any, int]:
        """A batch, the ``append`` of its compiled builder, and the number of its records.

        Both wrappers around that builder cost more than it does; the contract tests pin what is bypassed.
        """
        batch = self._producer.create_batch()
        return batch, batch._builder.append, 0  # noqa: SLF001

    async def _deliver(self, batch: Any, topic: str, partition: int, count: int) -> asyncio.Future[Any]:
        batch._relative_offset = count  # noqa: SLF001
        batch.close()
        future: asyncio.Future[Any] = await self._producer.send_batch(batch, topic, partition=partition)
        return future


def _by_partition(outputs: Sequence[OutRecord]) -> dict[tuple[str, int], list[OutRecord]]:
    groups: dict[tuple[str, int], list[OutRecord]] = defaultdict(list)
    for record in outputs:
        groups[record[0], record[1]].append(record)
    return groups
