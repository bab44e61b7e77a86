"""The embedded Keyday in an event loop: it takes input in, keeps up, and ticks by the wall clock."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress

from streams.engine.embedded import MINUTE_MS, Embedded
from streams.engine.limits import DAY_MS
from streams.engine.record import OutRecord

#: Seconds: a step of each task is about as long, so that requests are answered in between.
STEP_S = 0.01
#: Records of a step of each task: of the first one, and the least and the most of those that follow.
FIRST_RECORDS, LEAST_RECORDS, MOST_RECORDS = 100, 20, 2_000
#: Turns of the event loop between two steps: what has come is read, then answered.
_TURNS = 2
#: Milliseconds without input after which a feed of old events counts as ended.
IDLE_MS = 1_000


class EmbeddedWorker:
    """Owns an :class:`Embedded` within one event loop. ``run`` works until ``stop``."""

    def __init__(self, embedded: Embedded) -> None:
        self.embedded = embedded
        self._wake = asyncio.Event()
        self._caught_up = asyncio.Event()
        self._stopping = False
        self._waiting: list[tuple[Sequence[OutRecord], asyncio.Future[list[int]]]] = []
        self._fed_at = 0
        self._newest = 0

    async def append(self, records: Sequence[OutRecord]) -> list[int]:
        """Append durably; the offsets, once no loss of power can take the records back.

        What is asked for in one turn of the event loop shares one sync. Each call is all or nothing.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[list[int]] = loop.create_future()
        if not self._waiting:
            loop.call_soon(self._append_waiting)
        self._waiting.append((records, future))
        return await future

    async def run(self) -> None:
        """Process what is there, then follow; returns after ``stop``, raises when the log is damaged."""
        next_tick, limit = 0, FIRST_RECORDS
        while not self._stopping:
            self._wake.clear()
            began = time.perf_counter()
            if done := self.embedded.step(limit):
                limit = _next_limit(limit, done, time.perf_counter() - began)
                for _ in range(_TURNS):
                    await asyncio.sleep(0)
                continue
            now = self.embedded.now()
            if now >= next_tick and self._live(now):
                self.embedded.tick()
                next_tick = (now // MINUTE_MS + 1) * MINUTE_MS
                continue
            self._caught_up.set()
            # Not wait_for, which forgets that it was cancelled when it is woken at the same moment.
            with suppress(TimeoutError):
                async with asyncio.timeout(max(next_tick - now, IDLE_MS) / 1000):
                    await self._wake.wait()

    async def caught_up(self) -> None:
        """Wait until everything that was appended so far is processed."""
        await self._caught_up.wait()

    def stop(self) -> None:
        """Let ``run`` return after the step under way."""
        self._stopping = True
        self._wake.set()

    def _live(self, now: int) -> bool:
        """Whether the wall clock may tick: it would end the days of a feed of old events under way."""
        return now - self._fed_at >= IDLE_MS or now - self._newest < DAY_MS

    def _append_waiting(self) -> None:
        waiting, self._waiting = self._waiting, []
        records = [record for batch, _ in waiting for record in batch]
        try:
            offsets = self.embedded.append(records)
        except Exception as error:  # noqa: BLE001  # each caller gets the error, none is left waiting
            for _, future in waiting:
                if not future.cancelled():
                    future.set_exception(error)
            return
        self._fed_at = self.embedded.now()
        self._newest = max(self._newest, max((r.timestamp for r in records), default=0))
        self._caught_up.clear()
        self._wake.set()
        start = 0
        for batch, future in waiting:
            if not future.cancelled():
                future.set_result(offsets[start : start + len(batch)])
            start += len(batch)


def _next_limit(limit: int, done: int, took_s: float) -> int:
    """Records for the next step by what the last one took; a short one says too little to ask for more."""
    wanted = int(done * STEP_S / max(took_s, 1e-6))
    if wanted > limit and done < limit:
        return limit
    return min(max(wanted, LEAST_RECORDS), MOST_RECORDS, 2 * limit)
