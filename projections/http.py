"""The HTTP server over the tables: balances, statements, health, readiness and metrics.

Account data is refused by default (``Guard``) and, until the tables were complete once, answered with 503: a
wrong balance is worse than none. Amounts are integers in the ledger's unit.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final, Protocol

import orjson
from aiohttp import web
from msgspec import structs
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from events.time import format_time
from projections.balances import Balance
from projections.explanations import Explanations
from projections.guard import Guard
from projections.metrics import HttpMetrics
from projections.problems import RETRY, ProblemCode, problem
from projections.progress import Blocker
from projections.store import Page
from streams.engine.store import StoreCorruptError

#: Characters: a longer account is refused.
MAX_ACCOUNT_CHARS: Final = 300
#: Entries: the most that one page of a statement holds, and what it holds when nothing is asked.
MAX_PAGE_ENTRIES: Final = 500
PAGE_ENTRIES: Final = 100
#: Bytes: request line, one header field, and body. Nothing here reads a body.
MAX_LINE_BYTES: Final = 4_096
MAX_FIELD_BYTES: Final = 8_190
MAX_BODY_BYTES: Final = 1_024
#: Headers: a request with more of them is refused.
MAX_HEADERS: Final = 64
#: Seconds: an idle connection is closed.
KEEPALIVE_S: Final = 30.0
#: Seconds: a client that reads or sends slower is cut off at shutdown.
SHUTDOWN_S: Final = 5.0

_ACCOUNT: Final = re.compile(r"(?:partner|customer):[^\x00-\x1f\x7f]+")
_DIGITS: Final = re.compile(r"[0-9]{1,18}")
_SECURITY_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Server": "keyday",
    "X-Content-Type-Options": "nosniff",
}
#: Resources without account data; everything else is refused by default.
_OPEN: Final = frozenset({"/healthz", "/readyz", "/metrics"})

log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class AccountTables(Protocol):
    """What is asked of the tables; both answer ``None`` for an account without entries."""

    def balances(self, account: str) -> list[Balance] | None: ...
    def statement(self, account: str, after: int, limit: int) -> Page | None: ...


class Readiness(Protocol):
    """What is asked of the tables' progress."""

    @property
    def loaded(self) -> bool: ...
    def blocker(self) -> Blocker | None: ...


def make_app(
    tables: AccountTables,
    readiness: Readiness,
    registry: CollectorRegistry,
    guard: Guard,
    explanations: Explanations | None = None,
) -> web.Application:
    """The application; who runs it calls ``guard.check_binding`` first."""
    middlewares = [_measure(HttpMetrics(registry)), _translate, _protect(guard)]
    app = web.Application(middlewares=middlewares, client_max_size=MAX_BODY_BYTES)
    _Probes(readiness, registry).add_to(app)
    accounts = _Accounts(tables, readiness)
    app.router.add_get("/v1/accounts/{account}/balances", accounts.balances)
    app.router.add_get("/v1/accounts/{account}/statement", accounts.statement)
    if explanations is not None:
        app.router.add_get("/v1/explain/{entry_id}", explanations.explain)
    app.on_response_prepare.append(_harden)
    return app


def make_health_app(readiness: Readiness, registry: CollectorRegistry) -> web.Application:
    """Health, readiness and metrics alone: a worker's, which knows nothing about accounts."""
    app = web.Application(middlewares=[_translate], client_max_size=MAX_BODY_BYTES)
    _Probes(readiness, registry).add_to(app)
    app.on_response_prepare.append(_harden)
    return app


async def start(app: web.Application, guard: Guard | None, host: str, port: int) -> tuple[web.AppRunner, int]:
    """Listen; answers the runner to clean up and the port (which 0 leaves to the system).

    Without a ``guard`` the app has to be one that serves no account data.

    Raises:
        BindingError: beyond loopback without a token.
        OSError: the address is taken.
    """
    if guard is not None:
        guard.check_binding(host)
    runner = web.AppRunner(
        app,
        access_log=None,
        handle_signals=False,
        keepalive_timeout=KEEPALIVE_S,
        max_line_size=MAX_LINE_BYTES,
        max_field_size=MAX_FIELD_BYTES,
        max_headers=MAX_HEADERS,
        lingering_time=1.0,
        shutdown_timeout=SHUTDOWN_S,
    )
    await runner.setup()
    await web.TCPSite(runner, host, port).start()
    return runner, runner.addresses[0][1]


class _Probes:
    def __init__(self, readiness: Readiness, registry: CollectorRegistry) -> None:
        self._readiness = readiness
        self._registry = registry

    def add_to(self, app: web.Application) -> None:
        app.router.add_get("/healthz", self.healthz)
        app.router.add_get("/readyz", self.readyz)
        app.router.add_get("/metrics", self.metrics)

    async def healthz(self, _: web.Request) -> web.StreamResponse:
        return _json({"status": "alive"})

    async def readyz(self, _: web.Request) -> web.StreamResponse:
        blocker = self._readiness.blocker()
        if blocker is None:
            return _json({"status": "ready"})
        return problem(ProblemCode.NOT_READY, "the tables are behind their topics", reason=_fields(blocker))

    async def metrics(self, request: web.Request) -> web.StreamResponse:
        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        return web.Response(body=encode(self._registry), headers={"Content-Type": content_type})


class _Accounts:
    def __init__(self, tables: AccountTables, readiness: Readiness) -> None:
        self._tables = tables
        self._readiness = readiness

    async def balances(self, request: web.Request) -> web.StreamResponse:
        account = request.match_info["account"]
        refusal = self._refusal(account)
        if refusal is not None:
            return refusal
        rows = self._tables.balances(account)
        if rows is None:
            return _unknown(account)
        return _json({"account": account, "balances": [_balance(row) for row in rows]})

    async def statement(self, request: web.Request) -> web.StreamResponse:
        account = request.match_info["account"]
        limit = _number(request, "limit", PAGE_ENTRIES)
        after = _number(request, "after", 0)
        refusal = self._refusal(account)
        if refusal is not None:
            return refusal
        if limit is None or not 1 <= limit <= MAX_PAGE_ENTRIES:
            detail = f"limit is a whole number from 1 to {MAX_PAGE_ENTRIES}"
            return problem(ProblemCode.PARAMETER_INVALID, detail, parameter="limit")
        if after is None:
            detail = "after is the seq of the last entry seen, a whole number from 0"
            return problem(ProblemCode.PARAMETER_INVALID, detail, parameter="after")
        page = self._tables.statement(account, after, limit)
        if page is None:
            return _unknown(account)
        entries = [orjson.Fragment(row) for row in page.rows]
        return _json({"account": account, "entries": entries, "next": page.next})

    def _refusal(self, account: str) -> web.Response | None:
        if len(account) > MAX_ACCOUNT_CHARS or not _ACCOUNT.fullmatch(account):
            detail = f"an account is partner:<id> or customer:<id>, up to {MAX_ACCOUNT_CHARS} characters"
            return problem(ProblemCode.ACCOUNT_INVALID, detail)
        if not self._readiness.loaded:
            blocker = self._readiness.blocker()
            reason = None if blocker is None else _fields(blocker)
            detail = "the tables are being filled from their topics"
            return problem(ProblemCode.NOT_READY, detail, headers=RETRY, reason=reason)
        return None


def _measure(metrics: HttpMetrics) -> Any:
    @web.middleware
    async def measure(request: web.Request, handler: Handler) -> web.StreamResponse:
        start = time.perf_counter()
        response = await handler(request)
        metrics.on_request(_route(request), request.method, response.status, time.perf_counter() - start)
        return response

    return measure


@web.middleware
async def _translate(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except web.HTTPMethodNotAllowed as error:
        allowed = ", ".join(sorted(error.allowed_methods))
        detail = f"this resource answers {allowed}"
        return problem(ProblemCode.METHOD_NOT_ALLOWED, detail, headers={"Allow": allowed})
    except web.HTTPNotFound:
        return problem(ProblemCode.ROUTE_UNKNOWN, "no such resource")
    except web.HTTPException as error:
        return problem(ProblemCode.REQUEST_REFUSED, error.reason, status=error.status)
    except StoreCorruptError:
        detail = "the tables are damaged and will be rebuilt from their topics"
        return problem(ProblemCode.NOT_READY, detail, headers=RETRY)
    except Exception:
        log.exception("a request failed")
        return problem(ProblemCode.INTERNAL, "the request failed; the log of the server says why")


def _protect(guard: Guard) -> Any:
    @web.middleware
    async def protect(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not guard.admits_host(request.headers.get("Host")):
            detail = (
                "without a token only loopback names are answered: use 127.0.0.1, or set KEYDAY_HTTP_TOKEN"
            )
            return problem(ProblemCode.HOST_REFUSED, detail)
        if _route(request) not in _OPEN and not guard.admits_bearer(request.headers.get("Authorization")):
            return problem(
                ProblemCode.UNAUTHORIZED,
                "account data needs the header Authorization: Bearer <token>",
                headers={"WWW-Authenticate": 'Bearer realm="keyday"'},
            )
        return await handler(request)

    return protect


async def _harden(_: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(_SECURITY_HEADERS)


def _route(request: web.Request) -> str:
    """The pattern of the resource that was asked for, ``unknown`` when there is none."""
    resource = request.match_info.route.resource
    return "unknown" if resource is None else resource.canonical


def _json(value: Any) -> web.Response:
    return web.Response(body=orjson.dumps(value), content_type="application/json")


def _unknown(account: str) -> web.Response:
    return problem(ProblemCode.ACCOUNT_UNKNOWN, "the account has no ledger entries", account=account)


def _balance(balance: Balance) -> dict[str, str | int]:
    return {**structs.asdict(balance), "as_of": format_time(balance.as_of)}


def _fields(blocker: Blocker) -> dict[str, Any]:
    return {name: value for name, value in structs.asdict(blocker).items() if value is not None}


def _number(request: web.Request, name: str, default: int) -> int | None:
    values = request.query.getall(name, [])
    if not values:
        return default
    return int(values[0]) if len(values) == 1 and _DIGITS.fullmatch(values[0]) else None
