"""What every request goes through before a route answers it: errors, who asks, other origins."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Collection
from typing import Any, Final, cast

from aiohttp import web

from projections.api.rate import Rates
from projections.api.routes import CALLER
from projections.api.scopes import Caller
from projections.guard import Guard
from projections.metrics import HttpMetrics
from projections.problems import RETRY, ProblemCode, problem
from streams.engine.store import StoreCorruptError

#: Resources without account data; everything else is refused by default.
OPEN: Final = frozenset({"/healthz", "/readyz", "/metrics", "/openapi.json"})
#: Methods that change nothing.
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
#: What pages of an allowed origin may ask with; seconds that a browser may keep this answer.
_CORS: Final = {
    "Access-Control-Allow-Methods": "GET, HEAD, POST",
    "Access-Control-Allow-Headers": (
        "Authorization, Content-Type, Idempotency-Key, If-None-Match, Last-Event-ID"
    ),
    "Access-Control-Max-Age": "600",
}
_DETAILS: Final = {
    ProblemCode.UNAUTHORIZED: "this resource needs the header Authorization: Bearer <token>",
    ProblemCode.TOKEN_EXPIRED: "the token has expired; keyday token create makes a new one",
    ProblemCode.TOKEN_REVOKED: "the token was revoked",
}

log = logging.getLogger(__name__)

Next = Callable[[web.Request], Awaitable[web.StreamResponse]]


def measure(metrics: HttpMetrics) -> Any:
    """Counts every request by its route's pattern."""

    @web.middleware
    async def middleware(request: web.Request, handler: Next) -> web.StreamResponse:
        start = time.perf_counter()
        response = await handler(request)
        metrics.on_request(route_of(request), request.method, response.status, time.perf_counter() - start)
        return response

    return middleware


@web.middleware
async def translate(request: web.Request, handler: Next) -> web.StreamResponse:
    """Turns what goes wrong into a problem that tells nothing of the inside."""
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
    except ConnectionError:
        raise  # the caller is gone, there is nobody to answer
    except Exception:
        log.exception("a request failed")
        return problem(ProblemCode.INTERNAL, "the request failed; the log of the server says why")


def protect(guard: Guard, rates: Rates) -> Any:
    """Refuses who may not ask, and who asks too often."""

    @web.middleware
    async def middleware(request: web.Request, handler: Next) -> web.StreamResponse:
        if not guard.admits_host(request.headers.get("Host")):
            detail = (
                "without a token only loopback names are answered: use 127.0.0.1, or set KEYDAY_HTTP_TOKEN"
            )
            return problem(ProblemCode.HOST_REFUSED, detail)
        if request.method not in _SAFE and not guard.admits_origin(request.headers.get("Origin")):
            detail = "without a token pages of other sites may not change anything"
            return problem(ProblemCode.ORIGIN_REFUSED, detail)
        if route_of(request) in OPEN or guards_itself(request):
            return await handler(request)
        caller = guard.identify(request.headers.getall("Authorization", []))
        if not isinstance(caller, Caller):
            return problem(caller, _DETAILS[caller], headers={"WWW-Authenticate": 'Bearer realm="keyday"'})
        wait_s = rates.wait_s(caller.token) if guard.needs_token else 0
        if wait_s:
            detail = "this token asks too often"
            return problem(ProblemCode.RATE_LIMITED, detail, headers={"Retry-After": str(wait_s)})
        request[CALLER] = caller
        return await handler(request)

    return middleware


def own_guard(handler: Any) -> Any:
    """Mark a handler that sees to it itself who may ask: browsers show their token in a cookie."""

    async def marked(request: web.Request) -> web.StreamResponse:
        return cast("web.StreamResponse", await handler(request))

    marked.own_guard = True  # type: ignore[attr-defined]
    return marked


def guards_itself(request: web.Request) -> bool:
    """Whether the handler of a request sees to it itself who may ask."""
    return getattr(request.match_info.handler, "own_guard", False)


def cross_origin(origins: Collection[str]) -> Any:
    """Tells browsers what pages of these origins may ask (``*`` is all); a page sends no token by itself."""

    @web.middleware
    async def middleware(request: web.Request, handler: Next) -> web.StreamResponse:
        asked = request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers
        if asked and _allowed(request, origins):
            return web.Response(status=204, headers=_CORS)
        return await handler(request)

    return middleware


def allow_origin(origins: Collection[str]) -> Callable[[web.Request, web.StreamResponse], Awaitable[None]]:
    """Lets browsers hand any answer to pages of these origins."""

    async def prepare(request: web.Request, response: web.StreamResponse) -> None:
        if origins and "*" not in origins:
            response.headers.add("Vary", "Origin")
        if _allowed(request, origins):
            named = "*" if "*" in origins else request.headers["Origin"]
            response.headers["Access-Control-Allow-Origin"] = named
            response.headers["Access-Control-Expose-Headers"] = "ETag, Retry-After"

    return prepare


def _allowed(request: web.Request, origins: Collection[str]) -> bool:
    origin = request.headers.get("Origin")
    return origin is not None and ("*" in origins or origin in origins)


def route_of(request: web.Request) -> str:
    """The pattern of the resource that was asked for, ``unknown`` when there is none."""
    resource = request.match_info.route.resource
    return "unknown" if resource is None else resource.canonical
