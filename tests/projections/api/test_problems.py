"""Every code of the API, provoked over a real connection: a code without a case here fails."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import orjson
import pytest
from msgspec import Struct

from projections import pages
from projections.api import bodies
from projections.api.events import BATCH, LINES, ONE
from projections.api.requests import MAX_REQUEST_BYTES
from projections.api.scopes import Role
from projections.api.tokens import TokenFile, read_tokens
from projections.problems import CONTENT_TYPE, STATUS, ProblemCode
from tests.projections.api.embedded import Served, embedded_serving
from tests.projections.api.serving import make_token
from tests.projections.api.test_events import ANN, asked, sent

BALANCES: Final = f"{ANN}/balances"
SPEND: Final = {"unit": "points", "amount": 1}


class Told(Struct):
    """An answer, however it was read."""

    status: int
    headers: dict[str, str]
    body: Any


Case = Callable[[Served], Awaitable[Told]]
CASES: dict[ProblemCode, Case] = {}
#: Codes of servers that take no more.
FULL: Final = (ProblemCode.RATE_LIMITED, ProblemCode.STREAMS_FULL)
ALONE: Final = (ProblemCode.TOO_MANY_CONNECTIONS,)
#: Codes of a server that has no tokens yet, and what breaks one for good.
OPEN: Final = (ProblemCode.HOST_REFUSED, ProblemCode.ORIGIN_REFUSED)
BROKEN: Final = (ProblemCode.INTERNAL, ProblemCode.NOT_READY)


def case(code: ProblemCode) -> Callable[[Case], Case]:
    def note(how: Case) -> Case:
        assert code not in CASES
        CASES[code] = how
        return how

    return note


def asks(code: ProblemCode, path: str, **more: Any) -> None:
    """An operator who asks once; ``more`` as the session takes it."""

    async def how(served: Served) -> Told:
        return await asking(served, path, make_token(served.tokens, Role.OPERATOR), **more)

    CASES[code] = how


async def asking(served: Served, path: str, token: str | None, **more: Any) -> Told:
    reply = await served.ask(path, token, **more)
    return Told(reply.status, dict(reply.headers), reply.body)


async def wire(port: int, raw: bytes) -> Told:
    """What the server says to these bytes, read until it hangs up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(raw)
    try:
        head, _, body = (await asyncio.wait_for(reader.read(), 20)).partition(b"\r\n\r\n")
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
    first, *lines = head.decode().split("\r\n")
    return Told(int(first.split()[1]), dict(line.split(": ", 1) for line in lines), orjson.loads(body))


asks(ProblemCode.ROUTE_UNKNOWN, "/v2")
asks(ProblemCode.METHOD_NOT_ALLOWED, BALANCES, method="DELETE")
asks(ProblemCode.ACCOUNT_INVALID, "/v1/accounts/ann/balances")
asks(ProblemCode.ACCOUNT_UNKNOWN, "/v1/accounts/customer:nobody/balances")
asks(ProblemCode.PARAMETER_INVALID, "/v1/tables/balances?limit=0")
asks(ProblemCode.CURSOR_INVALID, "/v1/tables/balances?after=e30")
asks(ProblemCode.ENTRY_INVALID, f"/v1/explain/{'x' * 2_001}")
asks(ProblemCode.ENTRY_UNKNOWN, "/v1/explain/nothing")
asks(ProblemCode.CASE_INVALID, "/v1/cases/lea/resolution", **asked("k", decision="upheld"))
asks(ProblemCode.IDEMPOTENCY_KEY_INVALID, f"{ANN}/redemptions", **asked(None, **SPEND))
asks(ProblemCode.MEDIA_TYPE_UNKNOWN, "/v1/events", **sent("text/csv", b"1"))
asks(ProblemCode.BODY_INVALID, "/v1/events", **sent(BATCH, b"[]"))
asks(ProblemCode.EVENTS_REFUSED, "/v1/events", **sent(LINES, json.dumps({"specversion": "2.0"})))
asks(
    ProblemCode.BODY_TOO_LARGE,
    f"{ANN}/redemptions",
    **asked("k", **SPEND, note="x" * MAX_REQUEST_BYTES),
)


@case(ProblemCode.HOST_REFUSED)
async def host_refused(served: Served) -> Told:
    return await asking(served, BALANCES, None, headers={"Host": "example.com"})


@case(ProblemCode.ORIGIN_REFUSED)
async def origin_refused(served: Served) -> Told:
    more = asked("k", **SPEND)
    more["headers"]["Origin"] = "https://example.com"
    return await asking(served, f"{ANN}/redemptions", None, **more)


@case(ProblemCode.UNAUTHORIZED)
async def unauthorized(served: Served) -> Told:
    make_token(served.tokens, Role.OPERATOR)
    return await asking(served, BALANCES, "keyday_000000000000_wrong")


@case(ProblemCode.TOKEN_EXPIRED)
async def token_expired(served: Served) -> Told:
    return await asking(served, BALANCES, make_token(served.tokens, Role.OPERATOR, 60, now=1_000))


@case(ProblemCode.TOKEN_REVOKED)
async def token_revoked(served: Served) -> Told:
    token = make_token(served.tokens, Role.OPERATOR)
    TokenFile(served.tokens).revoke(read_tokens(served.tokens)[-1].id, now=1_000)
    return await asking(served, BALANCES, token)


@case(ProblemCode.SCOPE_INSUFFICIENT)
async def scope_insufficient(served: Served) -> Told:
    return await asking(served, BALANCES, make_token(served.tokens, Role.WRITER))


@case(ProblemCode.IDEMPOTENCY_KEY_REUSED)
async def idempotency_key_reused(served: Served) -> Told:
    token, path = make_token(served.tokens, Role.OPERATOR), f"{ANN}/adjustments"
    first = await asking(served, path, token, **asked("same", **SPEND, reason="r"))
    assert first.status == 202
    return await asking(served, path, token, **asked("same", unit="points", amount=2, reason="r"))


@case(ProblemCode.ROWS_TOO_MANY)
async def rows_too_many(served: Served) -> Told:
    token = make_token(served.tokens, Role.OPERATOR)
    await asking(served, f"{ANN}/adjustments", token, **asked("entry", **SPEND, reason="r"))
    await served.settled()
    return await asking(served, "/v1/tables/statements?sort=time", token)


@case(ProblemCode.BODY_TIMEOUT)
async def body_timeout(served: Served) -> Told:
    token = make_token(served.tokens, Role.OPERATOR)
    head = f"POST /v1/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
    head += f"Content-Type: {ONE}\r\nContent-Length: 9\r\nConnection: close\r\n\r\n{{"
    return await wire(served.port, head.encode())


@case(ProblemCode.REQUEST_REFUSED)
async def request_refused(served: Served) -> Told:
    return await wire(served.port, b"GET / HTTP/1.1\r\nHost: localhost\r\nX: \x01\r\n\r\n")


@case(ProblemCode.RATE_LIMITED)
async def rate_limited(served: Served) -> Told:
    token = make_token(served.tokens, Role.OPERATOR)
    while (told := await asking(served, "/v1/tables/tiers", token)).status == 200:
        pass
    return told


@case(ProblemCode.STREAMS_FULL)
async def streams_full(served: Served) -> Told:
    return await asking(served, "/v1/stream?program=acme", make_token(served.tokens, Role.OPERATOR))


@case(ProblemCode.TOO_MANY_CONNECTIONS)
async def too_many_connections(served: Served) -> Told:
    return await wire(served.port, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")


@case(ProblemCode.NOT_READY)
async def not_ready(served: Served) -> Told:
    served.progress.forget()
    return await asking(served, "/readyz", None)


@case(ProblemCode.INTERNAL)
async def internal(served: Served) -> Told:
    def fail(*_: Any) -> None:
        raise RuntimeError("secret")

    served.tables.balances = fail  # type: ignore[method-assign]
    return await asking(served, BALANCES, make_token(served.tokens, Role.OPERATOR))


def provoked(folder: Path, codes: Sequence[ProblemCode], **options: Any) -> dict[ProblemCode, Told]:
    """The answers of one server, asked for one code after the other."""
    folder.mkdir()

    async def scenario() -> dict[ProblemCode, Told]:
        async with embedded_serving(folder, **options) as served:
            return {code: await CASES[code](served) for code in codes}

    return asyncio.run(scenario())


@pytest.mark.slow
def test_every_code_is_answered_over_http_as_it_is_declared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "BODY_S", 0.1)
    monkeypatch.setattr(pages, "MAX_SORTED", 0)

    usual = [code for code in CASES if code not in {*OPEN, *BROKEN, *FULL, *ALONE}]
    told = {
        **provoked(tmp_path / "usual", [*OPEN, *usual, *BROKEN]),
        **provoked(tmp_path / "full", FULL, rate=1.0, streams=0),
        **provoked(tmp_path / "alone", ALONE, connections=0),
    }

    assert told.keys() == {*ProblemCode}
    for code, answer in told.items():
        assert (answer.body["code"], answer.status) == (code, STATUS[code]), answer
        assert answer.body.keys() >= {"type", "title", "status", "detail"}, code
        assert answer.body["status"] == answer.status, code
        assert answer.headers["Content-Type"].partition(";")[0] == CONTENT_TYPE, code
        assert "aiohttp" not in str(answer.headers), code
        assert "secret" not in str(answer.body), code


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"garbage\r\n\r\n", 400),
        (b"GET /" + b"a" * 40_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        (b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 9_000 + b"\r\n\r\n", 400),
        (b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST /v1/events HTTP/1.1\r\nHost: localhost\r\nExpect: secret\r\nContent-Length: 0\r\n\r\n", 417),
        (b"POST /nowhere HTTP/1.1\r\nHost: localhost\r\nExpect: secret\r\nContent-Length: 0\r\n\r\n", 417),
    ],
)
def test_what_no_route_sees_is_a_problem_and_not_said_again(tmp_path: Path, raw: bytes, status: int) -> None:
    async def scenario() -> Told:
        async with embedded_serving(tmp_path) as served:
            return await wire(served.port, raw)

    told = asyncio.run(scenario())

    assert (told.status, told.body["code"]) == (status, "request_refused")
    assert told.headers["Server"] == "keyday"
    assert told.headers["X-Content-Type-Options"] == "nosniff"
    assert not {"aaa", "garbage", "secret"} & {*told.body["detail"].split()}
