from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import quote

import aiohttp
import orjson
import pytest
from aiohttp import web
from prometheus_client import CollectorRegistry
from yarl import URL

from projections import http
from projections.api import server
from projections.guard import BindingError, Guard
from projections.progress import Progress
from projections.store import Tables
from streams.engine.store import StoreCorruptError
from tests.projections.ledgers import START_MS, entry

TOKEN = "correct-horse-battery"
ANN = "customer:ann"
Ask = Callable[..., Awaitable[tuple[int, dict, dict]]]


@asynccontextmanager
async def serving(
    tmp_path: Path, *, token: str | None = None, lag: int | None = 0
) -> AsyncIterator[tuple[Ask, int]]:
    """A real server on a free port over real tables with two entries of ann."""
    tables = Tables(tmp_path)
    tables.apply(
        [
            entry(ANN, 1, "accrued", 10, [("program:acme", "pending", 10)]),
            entry(
                ANN, 2, "accrued", 250, [("program:acme", "available", 250)], unit="EUR/2", time=START_MS + 1
            ),
            entry("customer:a/b c?é", 1, "accrued", 1, [("program:acme", "pending", 1)]),
        ],
        {("rewards", 0): 3},
    )
    progress = Progress()
    progress.restart([("rewards", 0)])
    if lag is not None:
        progress.report("rewards", 0, lag)
    guard = Guard(token)
    runner, port = await http.start(
        http.make_app(tables, progress, CollectorRegistry(), guard), guard, "127.0.0.1", 0
    )

    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:

        async def ask(path: str, method: str = "GET", **headers: str) -> tuple[int, dict, dict]:
            url = URL(path, encoded=True)
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            async with session.request(method, url, headers=named) as response:
                body = await response.read()
                kind = response.headers.get("Content-Type", "")
                return (
                    response.status,
                    orjson.loads(body) if body and "json" in kind else body,
                    dict(response.headers),
                )

        try:
            yield ask, port
        finally:
            await runner.cleanup()
            tables.close()


def run(scenario: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(scenario())


def test_balances_are_integers_with_their_unit_and_time(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with serving(tmp_path) as (ask, _):
            status, body, headers = await ask(f"/v1/accounts/{ANN}/balances")

        zero = dict.fromkeys(("held", "redeemed", "expired", "reversed"), 0)
        assert status == 200
        assert body == {
            "account": ANN,
            "balances": [
                {
                    "unit": "EUR/2",
                    "pending": 0,
                    "available": 250,
                    "earned": 250,
                    **zero,
                    "as_of": "2026-09-21T14:13:20.001Z",
                },
                {
                    "unit": "points",
                    "pending": 10,
                    "available": 0,
                    "earned": 10,
                    **zero,
                    "as_of": "2026-09-21T14:13:20.000Z",
                },
            ],
        }
        assert headers["Content-Type"].startswith("application/json")
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "private, no-cache"
        assert headers["Server"] == "keyday"

    run(scenario)


def test_a_statement_is_read_page_by_page(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with serving(tmp_path) as (ask, _):
            _, first, _ = await ask(f"/v1/accounts/{ANN}/statement?limit=1")
            _, second, _ = await ask(f"/v1/accounts/{ANN}/statement?limit=1&after={first['next']}")
            _, whole, _ = await ask(f"/v1/accounts/{ANN}/statement")

        assert [e["seq"] for e in first["entries"] + second["entries"]] == [1, 2]
        assert (first["next"], second["next"], whole["next"]) == (1, None, None)
        assert whole["entries"] == first["entries"] + second["entries"]

    run(scenario)


def test_an_account_with_odd_characters_is_asked_for_percent_encoded(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with serving(tmp_path) as (ask, _):
            status, body, _ = await ask(f"/v1/accounts/{quote('customer:a/b c?é', safe='')}/balances")

        assert (status, body["account"]) == (200, "customer:a/b c?é")

    run(scenario)


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/v1/accounts/customer:nobody/balances", 404, "account_unknown"),
        ("/v1/accounts/customer:nobody/statement", 404, "account_unknown"),
        ("/v1/accounts/customer:/balances", 400, "account_invalid"),
        ("/v1/accounts/ann/balances", 400, "account_invalid"),
        ("/v1/accounts/program:acme/balances", 400, "account_invalid"),
        ("/v1/accounts/customer:a%00/balances", 400, "account_invalid"),
        (f"/v1/accounts/customer:{'a' * 292}/statement", 400, "account_invalid"),
        (f"/v1/accounts/customer:{'a' * 291}/statement", 404, "account_unknown"),
        (f"/v1/accounts/{ANN}/statement?limit=0", 400, "parameter_invalid"),
        (f"/v1/accounts/{ANN}/statement?limit=501", 400, "parameter_invalid"),
        (f"/v1/accounts/{ANN}/statement?limit=1&limit=2", 400, "parameter_invalid"),
        (f"/v1/accounts/{ANN}/statement?limit=%D9%A3", 400, "parameter_invalid"),
        (f"/v1/accounts/{ANN}/statement?after=-1", 400, "parameter_invalid"),
        (f"/v1/accounts/{ANN}/statement?after=x", 400, "parameter_invalid"),
        ("/v1/accounts", 404, "route_unknown"),
        ("/", 404, "route_unknown"),
    ],
)
def test_what_cannot_be_answered_is_a_problem_with_a_code(
    tmp_path: Path, path: str, status: int, code: str
) -> None:
    async def scenario() -> None:
        async with serving(tmp_path) as (ask, _):
            found, body, headers = await ask(path)

        assert (found, body["code"], body["status"]) == (status, code, status)
        assert {"type", "title", "detail"} <= set(body)
        assert headers["Content-Type"].startswith("application/problem+json")
        assert headers["X-Content-Type-Options"] == "nosniff"

    run(scenario)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_other_methods_are_not_allowed(tmp_path: Path, method: str) -> None:
    async def scenario() -> None:
        async with serving(tmp_path) as (ask, _):
            status, body, headers = await ask(f"/v1/accounts/{ANN}/balances", method)

        assert (status, body["code"], headers["Allow"]) == (405, "method_not_allowed", "GET, HEAD")

    run(scenario)


def test_account_data_needs_the_token_and_health_does_not(tmp_path: Path) -> None:
    async def scenario() -> None:
        path = f"/v1/accounts/{ANN}/balances"
        async with serving(tmp_path, token=TOKEN) as (ask, _):
            right, _, _ = await ask(path, Authorization=f"Bearer {TOKEN}")
            lower, _, _ = await ask(path, Authorization=f"bearer {TOKEN}")
            refused = [
                await ask(path),
                await ask(path, Authorization=f"Bearer {TOKEN}x"),
                await ask(path, Authorization=f"Bearer {TOKEN[:-1]}"),
                await ask(path, Authorization="Bearer "),
                await ask(path, Authorization=f"Basic {TOKEN}"),
                await ask(path, Authorization="Bearer é"),
                await ask("/%761/accounts/customer%3Aann/balances"),
                await ask("/v1/nothing"),
            ]
            open_to_all = [(await ask(p))[0] for p in ("/healthz", "/readyz", "/metrics")]
            elsewhere, _, _ = await ask(path, Authorization=f"Bearer {TOKEN}", Host="keyday.example")

        assert (right, lower, elsewhere) == (200, 200, 200)
        assert {(status, body["code"]) for status, body, _ in refused} == {(401, "unauthorized")}
        assert all(headers["WWW-Authenticate"].startswith("Bearer") for _, _, headers in refused)
        assert open_to_all == [200, 200, 200]

    run(scenario)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", 200),
        ("LOCALHOST:6066", 200),
        ("127.0.0.1:1", 200),
        ("[::1]:6066", 200),
        ("evil.example", 421),
        ("127.0.0.1.evil.example", 421),
        ("localhost.evil.example:6066", 421),
        ("10.0.0.1", 421),
    ],
)
def test_without_a_token_only_loopback_hosts_are_answered(tmp_path: Path, host: str, expected: int) -> None:
    async def scenario() -> None:
        async with serving(tmp_path) as (ask, _):
            statuses = {
                (await ask(p, Host=host))[0] for p in (f"/v1/accounts/{ANN}/balances", "/metrics", "/healthz")
            }

        assert statuses == {expected}

    run(scenario)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.2", "keyday.example", ""])  # noqa: S104
def test_listening_elsewhere_without_a_token_is_refused(host: str) -> None:
    with pytest.raises(BindingError, match="KEYDAY_HTTP_TOKEN"):
        Guard().check_binding(host)
    Guard(TOKEN).check_binding(host)


def test_a_short_token_is_refused() -> None:
    with pytest.raises(BindingError, match="16 characters"):
        Guard("short").check_binding("127.0.0.1")


def test_readiness_says_why_not_and_data_waits_for_complete_tables(tmp_path: Path) -> None:
    async def scenario() -> None:
        path = f"/v1/accounts/{ANN}/balances"
        async with serving(tmp_path, lag=5_000) as (ask, _):
            ready, why, _ = await ask("/readyz")
            data, refusal, headers = await ask(path)
            alive, _, _ = await ask("/healthz")
        async with serving(tmp_path, lag=None) as (ask, _):
            starting, first, _ = await ask("/readyz")
        async with serving(tmp_path, lag=1_000) as (ask, _):
            near, _, _ = await ask("/readyz")

        assert (ready, why["reason"]) == (503, {"code": "catching_up", "lag_records": 5_000})
        assert (data, refusal["code"], headers["Retry-After"]) == (503, "not_ready", "5")
        assert alive == 200
        assert (starting, first["reason"]["code"]) == (503, "starting")
        assert near == 200

    run(scenario)


def test_metrics_are_exposed_by_route_pattern(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with serving(tmp_path) as (ask, _):
            await ask(f"/v1/accounts/{ANN}/balances")
            await ask("/v1/accounts/customer:nobody/balances")
            await ask("/random/path", "PURGE")
            status, body, headers = await ask("/metrics")
            _, openmetrics, _ = await ask("/metrics", Accept="application/openmetrics-text")

        text = body.decode()
        route = '{method="GET",route="/v1/accounts/{account}/balances",status="%s"} 1.0'
        assert status == 200
        assert headers["Content-Type"].startswith("text/plain; version=")
        assert "keyday_http_requests_total" + route % 200 in text
        assert "keyday_http_requests_total" + route % 404 in text
        assert 'keyday_http_requests_total{method="other",route="unknown",status="404"} 1.0' in text
        assert ANN not in text
        assert openmetrics.endswith(b"# EOF\n")

    run(scenario)


def raw(port: int, data: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        client.sendall(data)
        answer = b""
        while chunk := client.recv(65_536):
            answer += chunk
            if b"\r\n\r\n" in answer:
                return answer
        return answer


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(
            b"GET /" + b"a" * 40_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", id="long request line"
        ),
        pytest.param(
            b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 9_000 + b"\r\n\r\n", id="long header"
        ),
        pytest.param(
            b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n" + b"X: a\r\n" * 200 + b"\r\n", id="many headers"
        ),
        pytest.param(b"\x16\x03\x01\x02\x00\r\n\r\n", id="no HTTP"),
    ],
)
def test_oversized_and_broken_requests_are_refused(
    tmp_path: Path, data: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        async with serving(tmp_path) as (ask, port):
            answer = await asyncio.to_thread(raw, port, data)
            alive, _, _ = await ask("/healthz")

        assert answer.startswith((b"HTTP/1.1 400", b"HTTP/1.0 400", b"HTTP/1.1 431"))
        assert "Traceback" not in caplog.text
        assert alive == 200

    run(scenario)


@pytest.mark.parametrize("data", [b"", b"GET /healthz HTTP/1.1\r\nHost: loc"])
def test_a_client_that_never_finishes_its_request_is_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: bytes
) -> None:
    monkeypatch.setattr(server, "KEEPALIVE_S", 0.2)

    async def scenario() -> None:
        async with serving(tmp_path) as (_, port):
            assert await asyncio.wait_for(asyncio.to_thread(raw, port, data), 10) == b""

    run(scenario)


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (StoreCorruptError("secret detail"), 503, "not_ready"),
        (RuntimeError("secret detail"), 500, "internal"),
        (web.HTTPRequestEntityTooLarge(1, 2), 413, "request_refused"),
    ],
)
def test_what_goes_wrong_inside_is_a_problem_that_tells_nothing(
    error: Exception, status: int, code: str
) -> None:
    class Failing:
        def balances(self, *_: object) -> None:
            raise error

        statement = balances

    async def scenario() -> None:
        progress = Progress()
        progress.restart([("rewards", 0)])
        progress.report("rewards", 0, 0)
        app = http.make_app(Failing(), progress, CollectorRegistry(), Guard())
        runner, port = await http.start(app, Guard(), "127.0.0.1", 0)
        url = f"http://127.0.0.1:{port}/v1/accounts/{ANN}/balances"
        async with aiohttp.ClientSession() as session, session.get(url) as response:
            body = orjson.loads(await response.read())
        await runner.cleanup()

        assert (response.status, body["code"]) == (status, code)
        assert ("Retry-After" in response.headers) == (status == 503)
        assert "secret" not in body["detail"]

    run(scenario)


ODD = [
    b"%ff",
    b"%ed%a0%80",
    b"\xff",
    b"\xc3\xa9",
    b"%00",
    b"..",
    b"%2e%2e",
    b"%2F",
    b"a" * 900,
    b"%",
    b"{",
    b";",
    b"%0d%0a",
    b"\x01",
]


@pytest.mark.parametrize("token", [None, TOKEN])
def test_odd_bytes_in_path_query_and_headers_never_make_the_server_fail(
    tmp_path: Path, token: str | None
) -> None:
    def requests() -> list[bytes]:
        auth = b"Authorization: Bearer " + TOKEN.encode()
        lines = [b"GET /v1/accounts/customer:%s/balances HTTP/1.1" % odd for odd in ODD]
        lines += [
            b"GET /v1/accounts/customer:ann/statement?limit=%s&after=%s HTTP/1.1" % (odd, odd) for odd in ODD
        ]
        lines += [b"GET /%s HTTP/1.1" % odd for odd in ODD] + [
            b"GET //v1/accounts HTTP/1.1",
            b"GET * HTTP/1.1",
            b"%s / HTTP/1.1" % b"X" * 40,
        ]
        heads = [line + b"\r\nHost: localhost\r\n" + auth for line in lines]
        heads += [b"GET /healthz HTTP/1.1\r\nHost: " + odd for odd in ODD]
        heads += [
            b"GET /v1/accounts/customer:ann/balances HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
            + odd
            for odd in ODD
        ]
        heads += [b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nAccept: " + odd for odd in ODD]
        return [head + b"\r\nConnection: close\r\n\r\n" for head in heads]

    async def scenario() -> None:
        async with serving(tmp_path, token=token) as (ask, port):
            answers = {data: await asyncio.to_thread(raw, port, data) for data in requests()}
            alive, _, _ = await ask("/healthz")

        failed = {
            data: answer
            for data, answer in answers.items()
            if not answer.startswith((b"HTTP/1.1 2", b"HTTP/1.1 4", b"HTTP/1.0 4"))
        }
        assert failed == {}
        assert alive == 200

    run(scenario)
