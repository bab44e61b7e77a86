"""Answers with JSON: sent once to who keeps them (ETag), and packed for who can unpack them (gzip)."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import orjson
from aiohttp import web
from xxhash import xxh3_128_hexdigest

#: Bytes: a smaller body is not worth packing.
_PACK_BYTES: Final = 1_024
#: The first level takes a third of the time of the default one and a few percent more room.
_PACK_LEVEL: Final = 1
#: Keep it, but ask whether it still holds; and keep it from others.
_ASK_AGAIN: Final = "private, no-cache"


def json_answer(value: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """The value as JSON."""
    return web.Response(
        body=orjson.dumps(value), status=status, content_type="application/json", headers=headers
    )


def finish(request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
    """An answer that changes only when its content does: 304 where the caller has it already."""
    body = response.body if isinstance(response, web.Response) else None
    if response.status != HTTPStatus.OK or not isinstance(body, bytes):
        return response
    # Weak: the packed and the plain body are the same to who asks.
    tag = f'W/"{xxh3_128_hexdigest(body)}"'
    headers = {"ETag": tag, "Cache-Control": _ASK_AGAIN, "Vary": _vary(response)}
    if _has(request, tag):
        return web.Response(status=304, headers=headers)
    response.headers.update(headers)
    if len(body) >= _PACK_BYTES and _takes_gzip(request.headers.get("Accept-Encoding", "")):
        packed = web.Response(body=gzip.compress(body, _PACK_LEVEL, mtime=0), headers=response.headers)
        packed.headers["Content-Encoding"] = "gzip"
        return packed
    return response


def _vary(response: web.StreamResponse) -> str:
    before = response.headers.get("Vary")
    return "Accept-Encoding" if before is None else f"{before}, Accept-Encoding"


def _has(request: web.Request, tag: str) -> bool:
    """Whether ``If-None-Match`` names the tag; strong and weak are the same there (RFC 9110, 13.1.2)."""
    given = ",".join(request.headers.getall("If-None-Match", []))
    names = {one.strip().removeprefix("W/") for one in given.split(",")}
    return tag.removeprefix("W/") in names or "*" in names


def _takes_gzip(accepted: str) -> bool:
    for part in accepted.split(","):
        name, _, parameters = part.strip().partition(";")
        if name.strip().lower() in {"gzip", "*"}:
            return parameters.replace(" ", "").lower() not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return False
