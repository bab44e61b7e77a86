"""Bodies of requests: read up to a limit, within a deadline."""

from __future__ import annotations

import asyncio
from typing import Final

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from projections.api.routes import Body
from projections.problems import ProblemCode, problem

#: Seconds: a body that takes longer is given up.
BODY_S: Final = 30.0
_PACKINGS: Final = frozenset({"identity", "gzip", "deflate"})


async def read_body(request: web.Request, body: Body) -> bytes | web.Response:
    """The body, unpacked, or why it is not read."""
    refusal = _refusal(request, body)
    if refusal is not None:
        return refusal
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(BODY_S):
            while chunk := await request.content.readany():
                size += len(chunk)
                if size > body.max_bytes:
                    return _too_large(body)
                chunks.append(chunk)
    except TimeoutError:
        return problem(ProblemCode.BODY_TIMEOUT, f"the body did not come within {BODY_S:.0f} s")
    except (web.RequestPayloadError, HttpProcessingError):
        wrong = problem(ProblemCode.BODY_INVALID, "the body is not encoded as its headers say")
        wrong.force_close()  # nobody knows where the next request begins
        return wrong
    return b"".join(chunks)


def _refusal(request: web.Request, body: Body) -> web.Response | None:
    """Why a body is not read by what its headers say of it."""
    if request.content_type not in body.content:
        detail = f"this resource takes {', '.join(body.content)}"
        return problem(ProblemCode.MEDIA_TYPE_UNKNOWN, detail)
    if request.headers.get("Content-Encoding", "identity").lower() not in _PACKINGS:
        detail = "a body is packed with gzip or deflate, or not at all"
        return problem(ProblemCode.MEDIA_TYPE_UNKNOWN, detail, headers={"Accept-Encoding": "gzip, deflate"})
    return _too_large(body) if (request.content_length or 0) > body.max_bytes else None


def _too_large(body: Body) -> web.Response:
    return problem(ProblemCode.BODY_TOO_LARGE, f"a body has up to {body.max_bytes} bytes")
