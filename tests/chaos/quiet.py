"""Waiting until nothing is left to do: no input, and no message between agents that one of them still has to read."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from tests.chaos.kafka import Producer, StuckError, partitions_of
from tests.chaos.stream import Item

INPUTS = ("orders", "clicks", "referrals", "partner-events", "account-requests", "clock")
INBOXES = ("customers-inbox", "partners-inbox", "budgets-inbox")
POLL_MS = 50

Stop = Callable[[], bool]


class Quiet:
    """Marks are poison: once one is in dead-letters, all before it in its partition was processed and committed."""

    def __init__(self, bootstrap: str, producer: Producer) -> None:
        self._bootstrap = bootstrap
        self._producer = producer
        self._count = 0
        self._seen: set[bytes] = set()
        #: Every mark that was sent, with the code that it must become a dead letter under.
        self.marks: list[tuple[str, bytes]] = []

    async def __aenter__(self) -> Self:
        self._letters = self._consumer("read_committed")
        self._ends = self._consumer("read_uncommitted")
        for consumer in (self._letters, self._ends):
            await consumer.start()
        letters = await partitions_of(self._bootstrap, ["dead-letters"])
        self._letters.assign(letters)
        for tp in letters:
            self._letters.seek(tp, 0)
        self._inboxes = await partitions_of(self._bootstrap, INBOXES)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for consumer in (self._letters, self._ends):
            await consumer.stop()

    async def mark(self, name: str, topics: Sequence[str], at: int) -> list[bytes]:
        """Append a mark to every partition of the topics; returns their values."""
        self._count += 1
        marks = [Item(topic, None, f"{name} {self._count} in {topic}".encode(), at) for topic in topics]
        values = await self._producer.send_everywhere(marks)
        self.marks += [(_code_of(value), value) for value in values]
        return values

    async def reached(
        self, at: int, stop: Stop | None = None, check: Callable[[], None] | None = None, stuck_s: float = 0
    ) -> bool:
        """Whether nothing is left of all that was sent; False when told to stop before that is so.

        Raises:
            StuckError: with ``stuck_s``, nothing moved for so many seconds.
        """
        wait = _Wait(stop, check, stuck_s)
        if not await self._passed(await self.mark("input", INPUTS, at), wait):
            return False
        while True:
            # What the last round led to moved some inbox on by more than the mark.
            before = await self._offsets(wait)
            if before is None or not await self._passed(await self.mark("round", INBOXES, at), wait):
                return False
            after = await self._offsets(wait)
            if after is None:
                return False
            if all(after[tp] == before[tp] + 1 for tp in self._inboxes):
                return True

    async def _passed(self, values: Sequence[bytes], wait: _Wait) -> bool:
        missing = set(values)
        while missing := missing - self._seen:
            if wait.over(missing):
                return False
            fetched = await self._letters.getmany(timeout_ms=POLL_MS)
            for records in fetched.values():
                self._seen.update(record.value for record in records)
                wait.moved()
        return True

    async def _offsets(self, wait: _Wait) -> dict[TopicPartition, int] | None:
        """The ends of the inboxes, open transactions included; ``None`` when told to stop."""
        while not wait.over(()):
            try:
                found: dict[TopicPartition, int] = await self._ends.end_offsets(self._inboxes)
            except KafkaError:
                await asyncio.sleep(POLL_MS / 1000)  # a broker that is away comes back
                continue
            return found
        return None

    def _consumer(self, isolation: str) -> AIOKafkaConsumer:
        return AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            isolation_level=isolation,
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            group_id=None,
        )


class _Wait:
    """How long to wait."""

    def __init__(self, stop: Stop | None, check: Callable[[], None] | None, stuck_s: float) -> None:
        self._stop, self._check, self._stuck_s = stop, check, stuck_s
        self._since = time.monotonic()

    def moved(self) -> None:
        self._since = time.monotonic()

    def over(self, missing: object) -> bool:
        """Whether to stop; raises when nothing moved for too long."""
        if self._check:
            self._check()
        if self._stuck_s and time.monotonic() - self._since > self._stuck_s:
            raise StuckError(f"for {self._stuck_s:.0f} s dead-letters did not get {missing}")
        return self._stop is not None and self._stop()


def _code_of(mark: bytes) -> str:
    """How a mark is dead-lettered: no tick on the clock, no JSON and no message elsewhere."""
    return "field_invalid" if mark.rpartition(b" ")[0].endswith(b" clock") else "json_invalid"
