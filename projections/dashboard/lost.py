"""What browsers are shown where nothing of the dashboard answers: a page in place of a problem of the API."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web

Page = Callable[[web.Request], Awaitable[web.StreamResponse]]

_LOST: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED})
#: Addresses of programs: who opens one in a browser sees what they see.
_PROGRAMS: Final = "/v1/"


def shown_to_browsers(lost: Page, misnamed: Page) -> Any:
    """Answers with a page where a browser asked for an address that is none, or by a name that is refused."""

    @web.middleware
    async def middleware(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        response = await handler(request)
        if request.method not in {"GET", "HEAD"} or "text/html" not in request.headers.get("Accept", ""):
            return response
        if response.status == HTTPStatus.MISDIRECTED_REQUEST:
            return await misnamed(request)
        is_lost = request.match_info.http_exception is not None and response.status in _LOST
        return await lost(request) if is_lost and not request.path.startswith(_PROGRAMS) else response

    return middleware
