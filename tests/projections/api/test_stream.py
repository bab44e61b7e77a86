"""``GET /v1/stream``: what comes, what is made up for, and when it ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import orjson
import pytest
from aiokafka.errors import KafkaConnectionError
from msgspec import Struct

from projections.api import stream
from projections.api.feeds import Positions
from projections.api.tokens import TokenFile, read_tokens
from schemas.codec import encode_output
from streams.engine.record import Record, RecordLike
from tests.projections.api.embedded import Served, embedded_serving
from tests.projections.api.serving import ledger, make_token, serving

ADA = "account=customer:ada"
#: Records: deciding whose they are takes far longer than an answer.
ROUNDS = 20_000


class Event(Struct):
    id: str
    kind: str
    seq: int


def run(scenario: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(scenario())


async def grant(served: Served, key: str, account: str = "customer:ada") -> None:
    token = make_token(served.tokens, "operator")
    body = {"unit": "points", "amount": 5, "reason": "r"}
    path = f"/v1/accounts/{account}/adjustments"
    reply = await served.ask(path, token, "POST", json=body, headers={"Idempotency-Key": key})
    assert reply.status == 202
    await served.settled()


@asynccontextmanager
async def open_stream(
    served: Served, query: str, last: str | None = None, token: str | None = None
) -> AsyncIterator[aiohttp.ClientResponse]:
    headers = {"Authorization": f"Bearer {token or make_token(served.tokens, 'operator')}"}
    if last is not None:
        headers["Last-Event-ID"] = last
    url = f"http://127.0.0.1:{served.port}/v1/stream?{query}"
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as response:
        if response.status == 200:
            assert await response.content.readuntil(b"\n\n") == b": from here on\n\n"
        yield response


async def events(response: aiohttp.ClientResponse, count: int) -> list[Event]:
    found = []
    for _ in range(count):
        raw = await asyncio.wait_for(response.content.readuntil(b"\n\n"), 20)
        fields = dict(line.split(": ", 1) for line in raw.decode().strip().split("\n"))
        found.append(Event(fields["id"], fields["event"], orjson.loads(fields["data"])["seq"]))
    return found


@pytest.mark.parametrize("query", [ADA, "program=acme"])
def test_a_stream_goes_on_where_its_listener_was(tmp_path: Path, query: str) -> None:
    async def scenario() -> None:
        async with embedded_serving(tmp_path) as served:
            await grant(served, "before")
            async with open_stream(served, query) as response:
                assert response.headers["Content-Type"] == "text/event-stream"
                await grant(served, "one")
                (first,) = await events(response, 1)
            for key in ("two", "three"):
                await grant(served, key)
            async with open_stream(served, query, first.id) as response:
                missed = await events(response, 2)
                await grant(served, "four")
                missed += await events(response, 1)

        assert (first.kind, first.seq) == ("reward.adjusted", 2)
        assert [one.seq for one in missed] == [3, 4, 5]

    run(scenario)


def test_a_stream_of_an_account_holds_nothing_of_others(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with embedded_serving(tmp_path) as served:
            await grant(served, "a")
            async with open_stream(served, ADA) as response:
                await grant(served, "b", "customer:bo")
                await grant(served, "c")
                (only,) = await events(response, 1)

        assert only.seq == 2

    run(scenario)


NO_STREAMS: list[tuple[str, str, str | None, int, str]] = [
    ("operator", "", None, 400, "parameter_invalid"),
    ("operator", f"{ADA}&program=acme", None, 400, "parameter_invalid"),
    ("operator", ADA, "0-1", 400, "parameter_invalid"),
    ("operator", "program=acme", "7", 400, "parameter_invalid"),
    ("operator", "account=ada", None, 400, "account_invalid"),
    ("partner:lea", ADA, None, 404, "account_unknown"),
    ("partner:lea", "program=acme", None, 403, "scope_insufficient"),
    ("program:zeta", "program=acme", None, 403, "scope_insufficient"),
    ("program:zeta", ADA, None, 404, "account_unknown"),
    ("events:write", ADA, None, 403, "scope_insufficient"),
]


def test_a_stream_that_may_not_be_is_a_problem(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with embedded_serving(tmp_path) as served:
            for scope, query, last, status, code in NO_STREAMS:
                token = make_token(served.tokens, scope)
                async with open_stream(served, query, last, token) as response:
                    body = orjson.loads(await response.read())
                assert (response.status, body["code"]) == (status, code), (scope, query, last)

    run(scenario)


def test_no_more_streams_are_open_than_may_be(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with embedded_serving(tmp_path, streams=1) as served:
            async with open_stream(served, ADA) as first, open_stream(served, ADA) as second:
                statuses = [first.status, second.status]
                body = orjson.loads(await second.read())
            while statuses[-1] != 200:  # the server sees a moment later that the first one is gone
                await grant(served, str(len(statuses)))
                async with open_stream(served, ADA) as third:
                    statuses.append(third.status)

        assert statuses[:2] == [200, 503]
        assert (body["code"], second.headers["Retry-After"]) == ("streams_full", "5")

    run(scenario)


def test_silence_is_broken_and_a_revoked_token_ends_the_stream(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "HEARTBEAT_S", 0.0)

    async def scenario() -> None:
        async with embedded_serving(tmp_path) as served:
            token = make_token(served.tokens, "operator")
            async with open_stream(served, ADA, token=token) as response:
                beat = await asyncio.wait_for(response.content.readuntil(b"\n\n"), 20)
                TokenFile(served.tokens).revoke(read_tokens(served.tokens)[0].id, now=1)
                rest = await asyncio.wait_for(response.content.read(), 20)

        assert beat == b": still here\n\n"
        assert set(rest.split(b"\n\n")) <= {b": still here", b""}

    run(scenario)


class Busy:
    """A reader that always has records, all of another program, and at the end brokers that are away."""

    def __init__(self) -> None:
        self.positions: Positions = {0: 0}
        self.begun = asyncio.Event()

    @asynccontextmanager
    async def follow(self, _: Mapping[int, int] | None) -> AsyncIterator[Busy]:
        yield self

    async def read(self) -> Sequence[RecordLike]:
        self.positions[0] += 1
        self.begun.set()
        if self.positions[0] > ROUNDS:
            raise KafkaConnectionError
        return [Record("rewards", 0, self.positions[0], 0, b"lea", encode_output(ledger()[0]), [])]


def test_others_are_answered_while_a_stream_catches_up_and_it_ends_whole_when_brokers_go(
    tmp_path: Path,
) -> None:
    async def scenario() -> tuple[int, int, bytes]:
        feed = Busy()
        async with serving(tmp_path, feed=feed) as (ask, _):
            listening = asyncio.create_task(ask("/v1/stream?program=zeta", headers={"Last-Event-ID": "0-0"}))
            await feed.begun.wait()
            reply = await ask("/healthz")
            read = feed.positions[0]
            return reply.status, read, (await listening).body

    status, read, body = asyncio.run(scenario())

    assert (status, body) == (200, b": from here on\n\n")
    assert read < ROUNDS / 2


def test_a_server_that_ends_ends_its_streams(tmp_path: Path) -> None:
    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        async with embedded_serving(tmp_path) as served:
            opened = open_stream(served, ADA)
            response = await opened.__aenter__()
            begun = loop.time()
        assert loop.time() - begun < 4
        await asyncio.wait_for(response.content.read(), 5)
        await opened.__aexit__(None, None, None)

    run(scenario)
