"""``GET /v1/stream``: rewards as they are decided, as server-sent events.

Nothing is kept for who listens: each stream reads on from where it is when its listener has taken what came
before, so that a slow one costs no memory and a lost one goes on from its ``Last-Event-ID``.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Final, Protocol

import orjson
from aiohttp import web
from aiokafka.errors import KafkaError
from msgspec import Meta

from events.limits import ID_MAX_CHARS
from events.outputs import RewardEvent
from projections import statements
from projections.api.accounts import ACCOUNT, Accounts
from projections.api.audit import ALL, audit
from projections.api.feeds import POLL_S, Feed, Positions
from projections.api.model import Account
from projections.api.routes import CALLER, Answer, Asked, Parameter, Route
from projections.api.scopes import READERS, Caller
from projections.guard import Guard
from projections.problems import RETRY, ProblemCode, problem
from projections.store import Page
from schemas.codec import decode_output

#: Seconds: silence that is broken by a comment, and after which the token is looked at again.
HEARTBEAT_S: Final = 15.0
#: Seconds: who takes nothing for so long is let go.
WRITE_S: Final = 30.0
#: Streams of one token.
MAX_OF_TOKEN: Final = 20
#: Entries that are read at once.
_PAGE: Final = 100

_SEQ: Final = re.compile(r"[0-9]{1,18}")
_POSITIONS: Final = re.compile(r"[0-9]{1,5}-[0-9]{1,18}(?:\.[0-9]{1,5}-[0-9]{1,18}){0,9999}")
_HEADERS: Final = {
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",
}

_OF_ACCOUNT: Final = Parameter(
    name="account", type=Account, doc=ACCOUNT.doc, code=ProblemCode.ACCOUNT_INVALID
)
_OF_PROGRAM: Final = Parameter(
    name="program",
    type=Annotated[str, Meta(min_length=1, max_length=ID_MAX_CHARS)],
    doc="A program's id; give this or account.",
)
_LAST: Final = Parameter(
    name="Last-Event-ID",
    place="header",
    type=Annotated[str, Meta(pattern="^[0-9.-]+$", max_length=8_000)],
    doc="The id of the last event seen: those after it come first. Without it, what comes from now on.",
)


log = logging.getLogger(__name__)


class StreamTables(Protocol):
    """What is asked of the tables."""

    def statement(self, account: str, after: int, limit: int) -> Page | None: ...
    def seq_of(self, account: str) -> int: ...


class Streams:
    """Open streams, no more than ``most``."""

    def __init__(self, tables: StreamTables, accounts: Accounts, guard: Guard, feed: Feed, most: int) -> None:
        self._tables = tables
        self._accounts = accounts
        self._guard = guard
        self._feed = feed
        self._most = most
        self._open: Counter[str] = Counter()
        self._ending = asyncio.Event()

    def routes(self) -> tuple[Route, ...]:
        """What is answered here."""
        return (
            Route(
                path="/v1/stream",
                name="stream",
                summary="Rewards of an account or a program as they are decided.",
                tag="accounts",
                handler=self.stream,
                parameters=(_OF_ACCOUNT, _OF_PROGRAM, _LAST),
                answer=Answer(
                    type=str,
                    content_type="text/event-stream",
                    doc="Server-sent events: event is reward.<kind>, data the entry as in a statement.",
                ),
                problems=(
                    ProblemCode.ACCOUNT_INVALID,
                    ProblemCode.ACCOUNT_UNKNOWN,
                    ProblemCode.STREAMS_FULL,
                    ProblemCode.NOT_READY,
                ),
                roles=READERS,
                head=False,
            ),
        )

    async def end(self, _: web.Application) -> None:
        """Let all streams end: the server does."""
        self._ending.set()

    async def stream(self, request: web.Request, asked: Asked) -> web.StreamResponse:
        """Send until somebody hangs up."""
        caller = request[CALLER]
        account, program, last = asked["account"], asked["program"], asked[_LAST.name]
        refusal = self._refusal(request, account, program, last)
        if refusal is not None:
            return refusal
        self._open[caller.token] += 1
        try:
            if account is not None:
                audit(caller, account, "stream", 200)
                return await self._send(request, self._of_account(account, last))
            audit(caller, ALL, "stream", 200)
            return await self._of_topic(request, program, last)
        finally:
            self._open[caller.token] -= 1

    def _refusal(
        self, request: web.Request, account: str | None, program: str | None, last: str | None
    ) -> web.Response | None:
        """Why nothing is streamed, if so."""
        caller = request[CALLER]
        if (account is None) == (program is None):
            return problem(ProblemCode.PARAMETER_INVALID, "give account or program", parameter="account")
        if account is not None:
            refusal = self._accounts.refusal(request, account)
            if refusal is not None:
                return refusal
        elif caller.partner is not None or caller.program not in {None, program}:
            return problem(
                ProblemCode.SCOPE_INSUFFICIENT, "the scope of the token does not hold this program"
            )
        if last is not None and not (_SEQ if account is not None else _POSITIONS).fullmatch(last):
            return problem(ProblemCode.PARAMETER_INVALID, "no id of this stream", parameter=_LAST.name)
        if self._open.total() >= self._most or self._open[caller.token] >= MAX_OF_TOKEN:
            return problem(ProblemCode.STREAMS_FULL, "there are as many streams as may be", headers=RETRY)
        return None

    async def _of_topic(self, request: web.Request, program: str, last: str | None) -> web.StreamResponse:
        try:
            async with self._feed.follow(None if last is None else _positions(last)) as following:

                async def frames() -> AsyncIterator[bytes]:
                    at = dict(following.positions)
                    while True:
                        found = []
                        for record in await following.read():
                            at[record.partition] = record.offset + 1
                            event = decode_output(record.value or b"")
                            if event.data.program == program:
                                found.append(_frame(_text(at), event))
                        yield b"".join(found)

                return await self._send(request, frames())
        except KafkaError:
            return problem(ProblemCode.NOT_READY, "the brokers cannot be reached", headers=RETRY)

    async def _of_account(self, account: str, last: str | None) -> AsyncIterator[bytes]:
        seq = self._tables.seq_of(account) if last is None else int(last)
        while True:
            page = self._tables.statement(account, seq, _PAGE)
            if page is None or not page.rows:
                await asyncio.sleep(POLL_S)
                yield b""
                continue
            rows = [orjson.loads(row) for row in page.rows]
            seq = rows[-1]["seq"]
            yield b"".join(
                _lines(str(row["seq"]), row["kind"], raw) for row, raw in zip(rows, page.rows, strict=True)
            )

    async def _send(self, request: web.Request, frames: AsyncIterator[bytes]) -> web.StreamResponse:
        response = web.StreamResponse(headers=_HEADERS)
        await response.prepare(request)
        caller, beat = request[CALLER], time.monotonic()
        try:
            async with _closing(frames):
                await _write(response, b": from here on\n\n")
                async for chunk in frames:
                    if self._ending.is_set():
                        break
                    if chunk:
                        await _write(response, chunk)
                    if time.monotonic() - beat >= HEARTBEAT_S:
                        if not self._still(request, caller):
                            break
                        beat = time.monotonic()
                        await _write(response, b": still here\n\n")
                    # Who catches up with much reads without a pause, and others would wait for it.
                    await asyncio.sleep(0)
        except KafkaError:
            # What was sent so far is whole: who listens goes on behind it.
            log.warning("a stream ends, since the brokers cannot be read", exc_info=True)
        except (TimeoutError, ConnectionError):
            # Whoever it was has gone, or takes nothing any more.
            if request.transport is not None:
                request.transport.abort()
        return response

    def _still(self, request: web.Request, caller: Caller) -> bool:
        """Whether the token still opens what it did."""
        return self._guard.identify(request.headers.getall("Authorization", [])) == caller


@asynccontextmanager
async def _closing(frames: AsyncIterator[bytes]) -> AsyncIterator[None]:
    try:
        yield
    finally:
        close = getattr(frames, "aclose", None)
        if close is not None:
            await close()


async def _write(response: web.StreamResponse, chunk: bytes) -> None:
    async with asyncio.timeout(WRITE_S):
        await response.write(chunk)


def _frame(name: str, event: RewardEvent) -> bytes:
    return _lines(name, event.data.kind, orjson.dumps(statements.as_row(event), option=orjson.OPT_SORT_KEYS))


def _lines(name: str, kind: str, raw: bytes) -> bytes:
    """One event; JSON of orjson has no line breaks."""
    return b"id: %s\nevent: reward.%s\ndata: %s\n\n" % (name.encode(), kind.encode(), raw)


def _positions(text: str) -> Positions:
    pairs = (part.split("-") for part in text.split("."))
    return {int(partition): int(offset) for partition, offset in pairs}


def _text(positions: Positions) -> str:
    return ".".join(f"{partition}-{offset}" for partition, offset in sorted(positions.items()))
