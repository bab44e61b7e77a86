"""A real server over real tables, with tokens of every scope."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import orjson
from aiohttp import web
from msgspec import Struct, structs
from multidict import CIMultiDict
from prometheus_client import CollectorRegistry
from yarl import URL

from events.outputs import RewardEvent
from projections import http
from projections.api.scopes import parse_scope
from projections.api.tokens import TokenBook, TokenFile
from projections.guard import Guard
from projections.progress import Progress
from projections.store import Tables
from tests.projections.ledgers import entry

#: Accounts of two programs: lea earns in acme, max in zeta, bo in both.
LEDGER = ("partner:lea", "partner:max", "customer:ann", "customer:zoe", "customer:bo")


class Reply(Struct):
    """An answer: its JSON where it is JSON, else its bytes."""

    status: int
    body: Any
    headers: CIMultiDict[str]


Ask = Callable[..., Awaitable[Reply]]


def of_program(event: RewardEvent, program: str) -> RewardEvent:
    return structs.replace(event, data=structs.replace(event.data, program=program))


def ledger() -> list[RewardEvent]:
    def grant(account: str, seq: int, program: str) -> RewardEvent:
        moves = [(f"program:{program}", "available", 10 * seq)]
        return of_program(entry(account, seq, "accrued", 10 * seq, moves), program)

    return [
        grant("partner:lea", 1, "acme"),
        grant("partner:max", 1, "zeta"),
        grant("customer:ann", 1, "acme"),
        grant("customer:zoe", 1, "zeta"),
        grant("customer:bo", 1, "acme"),
        *(grant("customer:bo", seq, "zeta") for seq in range(2, 7)),
    ]


def make_token(path: Path, scope: str, lifetime_s: int | None = 3_600, now: int | None = None) -> str:
    made = int(time.time()) if now is None else now
    bearer, _ = TokenFile(path).create(parse_scope(scope), now=made, lifetime_s=lifetime_s)
    return bearer


def asking(session: aiohttp.ClientSession) -> Ask:
    async def ask(path: str, token: str | None = None, method: str = "GET", **more: Any) -> Reply:
        headers = dict(more.pop("headers", {}))
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        async with session.request(method, URL(path, encoded=True), headers=headers, **more) as response:
            raw = await response.read()
            is_json = "json" in response.headers.get("Content-Type", "")
            return Reply(
                response.status, orjson.loads(raw) if raw and is_json else raw, CIMultiDict(response.headers)
            )

    return ask


@asynccontextmanager
async def listening(app: web.Application, guard: Guard, **options: Any) -> AsyncIterator[tuple[Ask, int]]:
    runner, port = await http.start(app, guard, "127.0.0.1", 0, **options)
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
        try:
            yield asking(session), port
        finally:
            await runner.cleanup()


def ready() -> Progress:
    progress = Progress()
    progress.restart([("rewards", 0)])
    progress.report("rewards", 0, 0)
    return progress


@asynccontextmanager
async def serving(
    tmp_path: Path, options: http.Options | None = None, **more: Any
) -> AsyncIterator[tuple[Ask, Path]]:
    """The server, and the path of its tokens."""
    tables = Tables(tmp_path)
    tables.apply(ledger(), {("rewards", 0): 11})
    tokens = tmp_path / "tokens.json"
    guard = Guard(None, TokenBook(tokens))
    chosen = options or http.Options()
    app = http.make_app(tables, ready(), CollectorRegistry(), guard, options=chosen, **more)
    async with listening(app, guard, options=chosen) as (ask, _):
        try:
            yield ask, tokens
        finally:
            tables.close()
