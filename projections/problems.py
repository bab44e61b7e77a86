"""Errors of the HTTP API as problem+json (RFC 9457) with a ``code`` that programs can tell apart."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from http import HTTPStatus
from typing import Any, Final

import orjson
from aiohttp import web

CONTENT_TYPE: Final = "application/problem+json"
#: Sent with 503: seconds after which asking again makes sense.
RETRY: Final = {"Retry-After": "5"}


class ProblemCode(StrEnum):
    """Every code that the API answers with."""

    HOST_REFUSED = "host_refused"
    UNAUTHORIZED = "unauthorized"
    TOKEN_EXPIRED = "token_expired"  # noqa: S105  a code
    TOKEN_REVOKED = "token_revoked"  # noqa: S105  a code
    RATE_LIMITED = "rate_limited"
    TOO_MANY_CONNECTIONS = "too_many_connections"
    ROUTE_UNKNOWN = "route_unknown"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    SCOPE_INSUFFICIENT = "scope_insufficient"
    ORIGIN_REFUSED = "origin_refused"
    ACCOUNT_INVALID = "account_invalid"
    PARAMETER_INVALID = "parameter_invalid"
    CURSOR_INVALID = "cursor_invalid"
    ROWS_TOO_MANY = "rows_too_many"
    STREAMS_FULL = "streams_full"
    NOT_READY = "not_ready"
    ACCOUNT_UNKNOWN = "account_unknown"
    ENTRY_INVALID = "entry_invalid"
    ENTRY_UNKNOWN = "entry_unknown"
    CASE_INVALID = "case_invalid"
    IDEMPOTENCY_KEY_INVALID = "idempotency_key_invalid"
    IDEMPOTENCY_KEY_REUSED = "idempotency_key_reused"
    MEDIA_TYPE_UNKNOWN = "media_type_unknown"
    BODY_INVALID = "body_invalid"
    BODY_TOO_LARGE = "body_too_large"
    BODY_TIMEOUT = "body_timeout"
    EVENTS_REFUSED = "events_refused"
    REQUEST_REFUSED = "request_refused"
    INTERNAL = "internal"


STATUS: Final[dict[ProblemCode, HTTPStatus]] = {
    ProblemCode.HOST_REFUSED: HTTPStatus.MISDIRECTED_REQUEST,
    ProblemCode.UNAUTHORIZED: HTTPStatus.UNAUTHORIZED,
    ProblemCode.TOKEN_EXPIRED: HTTPStatus.UNAUTHORIZED,
    ProblemCode.TOKEN_REVOKED: HTTPStatus.UNAUTHORIZED,
    ProblemCode.RATE_LIMITED: HTTPStatus.TOO_MANY_REQUESTS,
    ProblemCode.TOO_MANY_CONNECTIONS: HTTPStatus.SERVICE_UNAVAILABLE,
    ProblemCode.ROUTE_UNKNOWN: HTTPStatus.NOT_FOUND,
    ProblemCode.METHOD_NOT_ALLOWED: HTTPStatus.METHOD_NOT_ALLOWED,
    ProblemCode.SCOPE_INSUFFICIENT: HTTPStatus.FORBIDDEN,
    ProblemCode.ORIGIN_REFUSED: HTTPStatus.FORBIDDEN,
    ProblemCode.ACCOUNT_INVALID: HTTPStatus.BAD_REQUEST,
    ProblemCode.PARAMETER_INVALID: HTTPStatus.BAD_REQUEST,
    ProblemCode.CURSOR_INVALID: HTTPStatus.UNPROCESSABLE_ENTITY,
    ProblemCode.ROWS_TOO_MANY: HTTPStatus.UNPROCESSABLE_ENTITY,
    ProblemCode.STREAMS_FULL: HTTPStatus.SERVICE_UNAVAILABLE,
    ProblemCode.NOT_READY: HTTPStatus.SERVICE_UNAVAILABLE,
    ProblemCode.ACCOUNT_UNKNOWN: HTTPStatus.NOT_FOUND,
    ProblemCode.ENTRY_INVALID: HTTPStatus.BAD_REQUEST,
    ProblemCode.ENTRY_UNKNOWN: HTTPStatus.NOT_FOUND,
    ProblemCode.CASE_INVALID: HTTPStatus.BAD_REQUEST,
    ProblemCode.IDEMPOTENCY_KEY_INVALID: HTTPStatus.BAD_REQUEST,
    ProblemCode.IDEMPOTENCY_KEY_REUSED: HTTPStatus.CONFLICT,
    ProblemCode.MEDIA_TYPE_UNKNOWN: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    ProblemCode.BODY_INVALID: HTTPStatus.BAD_REQUEST,
    ProblemCode.BODY_TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    ProblemCode.BODY_TIMEOUT: HTTPStatus.REQUEST_TIMEOUT,
    ProblemCode.EVENTS_REFUSED: HTTPStatus.UNPROCESSABLE_ENTITY,
    ProblemCode.REQUEST_REFUSED: HTTPStatus.BAD_REQUEST,
    ProblemCode.INTERNAL: HTTPStatus.INTERNAL_SERVER_ERROR,
}


def problem(
    code: ProblemCode,
    detail: str,
    *,
    status: int | None = None,
    headers: Mapping[str, str] | None = None,
    **fields: Any,
) -> web.Response:
    """An error answer; ``fields`` are members of their own beside the standard ones."""
    number = HTTPStatus(status if status is not None else STATUS[code])
    body = {
        "type": "about:blank",
        "title": number.phrase,
        "status": number.value,
        "code": code.value,
        "detail": detail,
        **fields,
    }
    return web.Response(
        body=orjson.dumps(body), status=number.value, content_type=CONTENT_TYPE, headers=headers
    )
