"""The HTTP server over the tables, wired: routes, who may ask, health, readiness and metrics.

Account data is refused by default (``Guard``) and, until the tables were complete once, answered with 503: a
wrong balance is worse than none. Amounts are integers in the ledger's unit.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from typing import Any, Protocol

import orjson
from aiohttp import web
from msgspec import Struct
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from projections.api import middleware, server
from projections.api.accounts import Accounts, AccountTables, Readiness, blocker_fields
from projections.api.answers import finish, json_answer
from projections.api.events import Events
from projections.api.feeds import Feed
from projections.api.intake import Intake
from projections.api.model import Health
from projections.api.openapi import openapi
from projections.api.rate import Rates
from projections.api.requests import AskedTables, Reached, Requests
from projections.api.routes import CALLER, Answer, Asked, Route, read_parameters
from projections.api.server import MAX_BODY_BYTES, SECURITY_HEADERS, LimitedSite
from projections.api.stream import Streams, StreamTables
from projections.api.tables import RowTables, TableRoutes
from projections.dashboard.site import Dashboard
from projections.explanations import Explanations
from projections.guard import Guard
from projections.metrics import HttpMetrics
from projections.past import Pasts
from projections.problems import ProblemCode, problem


class Readable(AccountTables, AskedTables, RowTables, StreamTables, Protocol):
    """What is asked of the tables."""


class Following(Readiness, Reached, Protocol):
    """What is asked of who feeds the tables."""


class Options(Struct, frozen=True, kw_only=True):
    """How much is answered, and to whom beside the server's own pages.

    ``rate`` is requests a second for each token, 0 for no limit; ``connections`` at once; ``cors`` the
    origins whose pages may ask; ``streams`` how many may be open.
    """

    rate: float = 0.0
    connections: int = 1_000
    cors: tuple[str, ...] = ()
    streams: int = 100


def make_app(
    tables: Readable,
    readiness: Following,
    registry: CollectorRegistry,
    guard: Guard,
    explanations: Explanations | None = None,
    *,
    dashboard: Dashboard | None = None,
    options: Options = Options(),  # noqa: B008  frozen
    intake: Intake | None = None,
    feed: Feed | None = None,
    pasts: Pasts | None = None,
) -> web.Application:
    """The application; who runs it calls ``guard.check_binding`` first.

    Without an ``intake`` it only reads, without a ``feed`` nothing is streamed, without ``pasts`` most tables
    are told as they are now alone.
    """
    rates = Rates(options.rate)
    middlewares = [
        middleware.measure(HttpMetrics(registry)),
        middleware.cross_origin(options.cors),
        middleware.translate,
        middleware.protect(guard, rates),
    ]
    if dashboard is not None:
        middlewares.insert(1, dashboard.middleware())
    app = web.Application(middlewares=middlewares, client_max_size=MAX_BODY_BYTES)
    accounts = Accounts(tables, readiness)
    routes = [
        *_Probes(readiness, registry).routes(),
        *accounts.routes(),
        *TableRoutes(tables, readiness, pasts).routes(),
    ]
    if explanations is not None:
        routes += explanations.routes()
    if intake is not None:
        routes += Events(intake).routes() + Requests(intake, accounts, tables, readiness).routes()
    if feed is not None:
        streams = Streams(tables, accounts, guard, feed, options.streams)
        routes += streams.routes()
        app.on_shutdown.append(streams.end)
    routes.append(_document(routes))
    _add(app, routes)
    if dashboard is not None:
        dashboard.add_to(app, rates)
    app.on_response_prepare.append(_harden)
    app.on_response_prepare.append(middleware.allow_origin(options.cors))
    return app


def make_health_app(readiness: Readiness, registry: CollectorRegistry) -> web.Application:
    """Health, readiness and metrics alone: a worker's, which knows nothing about accounts."""
    app = web.Application(middlewares=[middleware.translate], client_max_size=MAX_BODY_BYTES)
    _add(app, _Probes(readiness, registry).routes())
    app.on_response_prepare.append(_harden)
    return app


async def start(
    app: web.Application,
    guard: Guard | None,
    host: str,
    port: int,
    *,
    options: Options = Options(),  # noqa: B008  frozen
    tls: ssl.SSLContext | None = None,
) -> tuple[web.AppRunner, int]:
    """Listen; answers the runner to clean up and the port (which 0 leaves to the system).

    Without a ``guard`` the app has to be one that serves no account data.

    Raises:
        BindingError: beyond loopback without a token.
        OSError: the address is taken.
    """
    if guard is not None:
        guard.check_binding(host)
    limits: dict[str, Any] = {
        "access_log": None,
        "logger": server.WIRE,
        "keepalive_timeout": server.KEEPALIVE_S,
        "max_line_size": server.MAX_LINE_BYTES,
        "max_field_size": server.MAX_FIELD_BYTES,
        "max_headers": server.MAX_HEADERS,
        "lingering_time": 1.0,
    }
    runner = web.AppRunner(app, handle_signals=False, shutdown_timeout=server.SHUTDOWN_S, **limits)
    await runner.setup()
    await LimitedSite(runner, host, port, most=options.connections, limits=limits, tls=tls).start()
    return runner, runner.addresses[0][1]


class _Probes:
    def __init__(self, readiness: Readiness, registry: CollectorRegistry) -> None:
        self._readiness = readiness
        self._registry = registry

    def routes(self) -> tuple[Route, ...]:
        return (
            Route(
                path="/healthz",
                name="healthz",
                summary="Whether the process is alive.",
                tag="operations",
                handler=self.healthz,
                answer=Answer(type=Health, doc="It is."),
            ),
            Route(
                path="/readyz",
                name="readyz",
                summary="Whether the tables are close enough to their topics.",
                tag="operations",
                handler=self.readyz,
                answer=Answer(type=Health, doc="They are."),
                problems=(ProblemCode.NOT_READY,),
            ),
            Route(
                path="/metrics",
                name="metrics",
                summary="Metrics for Prometheus.",
                tag="operations",
                handler=self.metrics,
                answer=Answer(type=str, doc="In the format that was asked for.", content_type="text/plain"),
            ),
        )

    async def healthz(self, _: web.Request, __: Asked) -> web.StreamResponse:
        return json_answer({"status": "alive"})

    async def readyz(self, _: web.Request, __: Asked) -> web.StreamResponse:
        blocker = self._readiness.blocker()
        if blocker is None:
            return json_answer({"status": "ready"})
        detail = "the tables are behind their topics"
        return problem(ProblemCode.NOT_READY, detail, reason=blocker_fields(blocker))

    async def metrics(self, request: web.Request, _: Asked) -> web.StreamResponse:
        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        return web.Response(body=encode(self._registry), headers={"Content-Type": content_type})


def _document(routes: list[Route]) -> Route:
    """Answers with the OpenAPI document of the routes, and of itself."""
    body = b""

    async def answer(_: web.Request, __: Asked) -> web.StreamResponse:
        return web.Response(body=body, content_type="application/json")

    route = Route(
        path="/openapi.json",
        name="openapi",
        summary="This document.",
        tag="operations",
        handler=answer,
        answer=Answer(type=dict[str, Any], doc="OpenAPI 3.1."),
        cached=True,
    )
    body = orjson.dumps(openapi([*routes, route]))
    return route


def _add(app: web.Application, routes: Iterable[Route]) -> None:
    for route in routes:
        if route.method == "GET":
            app.router.add_get(route.path, _answering(route), allow_head=route.head)
        else:
            app.router.add_post(route.path, _answering(route))


def _answering(route: Route) -> Any:
    """The route as aiohttp calls it: the caller's role, the parameters, the answer."""

    async def answer(request: web.Request) -> web.StreamResponse:
        if route.roles is not None and request[CALLER].scope.role not in route.roles:
            detail = "the scope of the token does not hold this resource"
            return problem(ProblemCode.SCOPE_INSUFFICIENT, detail)
        asked = read_parameters(request, route.parameters)
        if isinstance(asked, web.Response):
            return asked
        response = await route.handler(request, asked)
        return finish(request, response) if route.cached else response

    return answer


async def _harden(_: web.Request, response: web.StreamResponse) -> None:
    response.headers["Server"] = SECURITY_HEADERS["Server"]
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
