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


async def read_body(request: web.Request, body: Body) -> bytes | web.Response:
    """The body, unpacked, or why it is not read."""
    if request.content_type not in body.content:
        detail = f"this resource takes {', '.join(body.content)}"
        return problem(ProblemCode.MEDIA_TYPE_UNKNOWN, detail)
    too_large = problem(ProblemCode.BODY_TOO_LARGE, f"a body has up to {body.max_bytes} bytes")
    if (request.content_length or 0) > body.max_bytes:
        return too_large
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(BODY_S):
            while chunk := await request.content.readany():
                size += len(chunk)
                if size > body.max_bytes:
                    return too_large
                chunks.append(chunk)
    except TimeoutError:
        return problem(ProblemCode.BODY_TIMEOUT, f"the body did not come within {BODY_S:.0f} s")
    except (web.RequestPayloadError, HttpProcessingError):
        return problem(ProblemCode.BODY_INVALID, "the body is not encoded as its headers say")
    return b"".join(chunks)
