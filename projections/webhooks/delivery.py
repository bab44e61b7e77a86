"""Delivers what one endpoint is owed: each account's events in order, many accounts at once."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from heapq import heappop, heappush
from typing import Final

from projections.threads import in_thread
from projections.webhooks.backoff import delay_s
from projections.webhooks.config import Endpoint
from projections.webhooks.event import read_event
from projections.webhooks.metrics import WebhookMetrics
from projections.webhooks.sending import Code, Outcome, Sender
from projections.webhooks.sources import Batch, Source, Span
from projections.webhooks.store import Pending, Place, Queue, pending_of, requests_in
from streams.engine.limits import DAY_MS

#: Events that wait at most; while there are so many, the topics are not read on.
MOST_PENDING: Final = 10_000
#: Days that the id of an acknowledged event is known.
KNOWN_DAYS: Final = 30
#: Seconds: between two looks at requests and metrics, and at old ids.
_HOUSEKEEPING_S: Final = 1.0
_FORGET_EVERY_S: Final = 600.0
#: Ids that are forgotten at once.
_FORGET: Final = 5_000
#: Seconds: the longest pause of all accounts after tries that failed in a row.
_LONGEST_PAUSE_S: Final = 60.0

logger = logging.getLogger(__name__)


class Lane:
    """The events of one account; only the first is tried, and not before ``due`` (seconds)."""

    __slots__ = ("due", "items")

    def __init__(self, due: float) -> None:
        self.items: deque[tuple[int, Pending]] = deque()
        self.due = due


class Settling:
    """Writes acknowledgements down, those that come at the same time in one synced write."""

    def __init__(self, queue: Queue, now: Callable[[], float]) -> None:
        self._queue = queue
        self._now = now
        self._waiting: list[tuple[int, Pending]] = []
        self._running: asyncio.Task[None] | None = None
        self._next: asyncio.Future[None] | None = None

    async def done(self, number: int, pending: Pending) -> None:
        """Returns once no kill can undo that the event was acknowledged."""
        self._waiting.append((number, pending))
        if self._next is None:
            self._next = asyncio.get_running_loop().create_future()
        following = self._next
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._write())
        await asyncio.shield(following)

    async def flush(self) -> None:
        """Returns when nothing is being written."""
        if self._running is not None:
            await asyncio.wait({self._running})

    async def _write(self) -> None:
        while self._waiting:
            waiting, self._waiting = self._waiting, []
            following, self._next = self._next, None
            assert following is not None  # noqa: S101  it was made with the first of those that wait
            try:
                await in_thread(partial(self._queue.settle, waiting, int(self._now() * 1000)))
            except Exception as error:  # noqa: BLE001  each caller gets it
                following.set_exception(error)
            else:
                following.set_result(None)


class Delivery:
    """One endpoint. ``run`` goes on until it is cancelled; tries that are under way then end first."""

    def __init__(
        self,
        endpoint: Endpoint,
        queue: Queue,
        source: Source,
        sender: Sender,
        metrics: WebhookMetrics,
        *,
        now: Callable[[], float] = time.time,
        dice: Callable[[], float] = random.random,
    ) -> None:
        self._endpoint = endpoint
        self._queue = queue
        self._source = source
        self._sender = sender
        self._metrics = metrics
        self._now = now
        self._dice = dice
        self._settling = Settling(queue, now)
        self._lanes: dict[str, Lane] = {}
        self._ready: list[tuple[float, int, str]] = []
        self._turn = 0
        self._count = 0
        self._busy = 0
        self._failures = 0
        self._paused_until = 0.0
        self._dead = len(queue.dead())
        self._stopping = False
        #: Set when the endpoint said that it is gone.
        self.gone = False
        self._changed = asyncio.Event()
        self._room = asyncio.Event()
        self._add(queue.pending())

    async def run(self) -> None:
        """Read, deliver, and look after the store."""
        self._report()
        workers = [
            asyncio.create_task(self._work(), name=f"webhook-{self._endpoint.id}")
            for _ in range(self._endpoint.entry.concurrency)
        ]
        others = [asyncio.create_task(self._read()), asyncio.create_task(self._keep_house())]
        try:
            done, _ = await asyncio.wait({*workers, *others}, return_when=asyncio.FIRST_EXCEPTION)
            for task in done:
                task.result()
        finally:
            for task in others:
                task.cancel()
            self._stopping = True
            self._changed.set()
            # What is under way may still be acknowledged; given up now, it would come a second time.
            await asyncio.wait(workers, timeout=self._endpoint.entry.timeout_s + 5.0)
            for task in workers:
                task.cancel()
            await asyncio.gather(*workers, *others, return_exceptions=True)
            await self._settling.flush()

    async def _read(self) -> None:
        endpoint = self._endpoint
        async with contextlib.aclosing(self._source.follow(endpoint.topics, self._begin)) as batches:
            async for batch in batches:
                while self._count >= MOST_PENDING:
                    self._room.clear()
                    await self._room.wait()
                await self._take(batch)
                for topic, records in batch.lag.items():
                    self._metrics.on_lag(endpoint.id, topic, records)

    def _begin(self, spans: Mapping[Place, Span]) -> Mapping[Place, int]:
        """Where to read from; kept at once, so that ``now`` stays that of the first start."""
        positions = {}
        for place, span in spans.items():
            position = self._queue.positions.get(place)
            where = {"endpoint": self._endpoint.id, "topic": place[0], "partition": place[1]}
            if position is None:
                position = span.first if self._endpoint.entry.start == "beginning" else span.end
            elif position > span.end:
                # Read from its beginning, a topic that was made anew would send old events again.
                logger.error("the topic is shorter than it was; it is read from its end", extra=where)
                position = span.end
            elif position < span.first:
                logger.error("events were deleted before they were read", extra=where)
                position = span.first
            positions[place] = position
        self._queue.take((), positions)
        return positions

    async def _take(self, batch: Batch) -> None:
        if not batch.positions:
            return
        wanted, now_ms = [], int(self._now() * 1000)
        for record in batch.records:
            event = read_event(record)
            if event is None:
                where = {"topic": record.topic, "partition": record.partition, "offset": record.offset}
                logger.warning("a record is no event of keyday", extra=where)
            elif self._endpoint.wants(event.topic, event.type, event.program, event.partner):
                wanted.append(pending_of(event, now_ms))
        self._add(await in_thread(partial(self._queue.take, wanted, batch.positions)))

    def _add(self, taken: Iterable[tuple[int, Pending]]) -> None:
        for number, pending in taken:
            lane = self._lanes.get(pending.account)
            if lane is None:
                lane = self._lanes[pending.account] = Lane(pending.due_ms / 1000)
                lane.items.append((number, pending))
                self._offer(pending.account, lane)
            else:
                lane.items.append((number, pending))
            self._count += 1

    def _offer(self, account: str, lane: Lane) -> None:
        self._turn += 1
        heappush(self._ready, (lane.due, self._turn, account))
        self._changed.set()

    async def _work(self) -> None:
        while (account := await self._next()) is not None:
            lane = self._lanes[account]
            number, pending = lane.items[0]
            self._busy += 1
            began = time.perf_counter()
            try:
                outcome = await self._sender.send(pending.webhook_id, pending.body)
                self._metrics.on_attempt(self._endpoint.id, outcome, time.perf_counter() - began)
                await self._settle(account, lane, number, pending, outcome)
            finally:
                self._busy -= 1
                self._changed.set()

    async def _next(self) -> str | None:
        """The next account whose turn it is; ``None`` at the end."""
        while not (self._stopping or self.gone):
            wait = None
            # While tries fail in a row, one at a time finds out whether the endpoint is back.
            failing = self._failures >= self._endpoint.entry.concurrency
            if self._ready and (not failing or not self._busy):
                wait = max(self._ready[0][0], self._paused_until) - self._now()
                if wait <= 0:
                    return heappop(self._ready)[2]
            self._changed.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._changed.wait()
        return None

    async def _settle(
        self, account: str, lane: Lane, number: int, pending: Pending, outcome: Outcome
    ) -> None:
        if outcome.code is Code.ACKNOWLEDGED:
            self._failures = 0
            await self._settling.done(number, pending)
            self._metrics.on_delivery(self._endpoint.id, self._now() - pending.taken_ms / 1000)
            self._drop_first(account, lane)
            return
        entry, now = self._endpoint.entry, self._now()
        self._failures += 1
        if outcome.code is Code.GONE:
            self.gone = True
            self._log("the endpoint is gone and is sent nothing until the next start", pending, outcome)
            self._offer(account, lane)
            return
        pending.tries += 1
        pending.code, pending.status, pending.tried_ms = outcome.code.value, outcome.status, int(now * 1000)
        wait = max(
            delay_s(pending.tries, entry.first_retry_s, entry.longest_retry_s, self._dice),
            outcome.retry_after_s or 0.0,
        )
        if outcome.retry_after_s is not None:
            self._paused_until = max(self._paused_until, now + outcome.retry_after_s)
        if self._failures >= entry.concurrency:
            longest = min(entry.longest_retry_s, _LONGEST_PAUSE_S)
            pause = delay_s(self._failures - entry.concurrency + 1, entry.first_retry_s, longest, self._dice)
            self._paused_until = max(self._paused_until, now + pause)
        if pending.tries >= entry.max_tries:
            await in_thread(partial(self._queue.bury, number, pending))
            self._dead += 1
            self._log("an event is given up; it is kept as a dead letter", pending, outcome)
            self._drop_first(account, lane)
            return
        pending.due_ms = int((now + wait) * 1000)
        await in_thread(partial(self._queue.note, number, pending))
        lane.due = now + wait
        self._offer(account, lane)

    def _drop_first(self, account: str, lane: Lane) -> None:
        lane.items.popleft()
        self._count -= 1
        self._room.set()
        if lane.items:
            lane.due = lane.items[0][1].due_ms / 1000
            self._offer(account, lane)
        else:
            del self._lanes[account]

    def _log(self, message: str, pending: Pending, outcome: Outcome) -> None:
        fields = {
            "endpoint": self._endpoint.id,
            "code": outcome.code.value,
            "status": outcome.status,
            "webhook_id": pending.webhook_id,
            "event_id": pending.event_id,
            "tries": pending.tries,
        }
        logger.error(message, extra=fields)

    async def _keep_house(self) -> None:
        forget_at = 0.0
        while True:
            await self._requests()
            if self._now() >= forget_at:
                forget_at = self._now() + _FORGET_EVERY_S
                before = int(self._now() * 1000) - KNOWN_DAYS * DAY_MS
                while await in_thread(partial(self._queue.forget, before, _FORGET)) == _FORGET:
                    pass
            self._report()
            await asyncio.sleep(_HOUSEKEEPING_S)

    async def _requests(self) -> None:
        for path, request in await in_thread(partial(requests_in, self._queue.requests)):
            if request.endpoint != self._endpoint.id:
                continue
            revived = await in_thread(partial(self._queue.revive, request.numbers))
            self._dead -= len(revived)
            self._add(revived)
            # Only now: asked for twice it does no harm, since what is not dead any more is left alone.
            await asyncio.to_thread(path.unlink, missing_ok=True)
            fields = {"endpoint": self._endpoint.id, "letters": len(revived)}
            logger.info("dead letters are tried again", extra=fields)

    def _report(self) -> None:
        oldest = min((lane.items[0][1].taken_ms for lane in self._lanes.values()), default=None)
        self._metrics.on_state(
            self._endpoint.id,
            pending=self._count,
            oldest_s=0.0 if oldest is None else self._now() - oldest / 1000,
            dead=self._dead,
            stopped=self.gone,
        )
