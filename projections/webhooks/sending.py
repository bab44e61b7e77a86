"""One try: a signed POST that follows no redirect, asks no private address, and waits only so long."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import time
from collections.abc import Callable
from enum import StrEnum
from http import HTTPStatus
from types import TracebackType
from typing import Final, Self

import aiohttp
from aiohttp.abc import AbstractResolver
from msgspec import Struct

from projections.webhooks.addresses import AddressRefusedError, OwnThreads, PublicResolver
from projections.webhooks.backoff import retry_after_s
from projections.webhooks.config import Endpoint
from projections.webhooks.signing import Signer

#: Bytes: as much of an answer is read; a connection with more is closed.
ANSWER_BYTES: Final = 65_536
#: Seconds: how long the rest of an answer is read once its status is known.
_DRAIN_S: Final = 2.0
#: Seconds: an idle connection is closed, before most servers close it.
_KEEPALIVE_S: Final = 4.0
_THROTTLES: Final = frozenset({
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
})  # fmt: skip


class Code(StrEnum):
    """What came of a try."""

    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"
    THROTTLED = "throttled"
    REDIRECTED = "redirected"
    GONE = "gone"
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    DISCONNECTED = "disconnected"
    TLS_FAILED = "tls_failed"
    ADDRESS_REFUSED = "address_refused"


class Outcome(Struct, frozen=True):
    """What came of a try: the answer's status where there was one, and for how long to wait if it says so."""

    code: Code
    status: int | None = None
    retry_after_s: float | None = None


class Sender:
    """Posts to one endpoint. A context manager: it holds connections."""

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        now: Callable[[], float] = time.time,
        resolver: AbstractResolver | None = None,
    ) -> None:
        entry = endpoint.entry
        inner = resolver or OwnThreads()
        self._resolver = inner if entry.allow_private else PublicResolver(inner)
        self._url = entry.url
        self._now = now
        self._signer = Signer(endpoint.secrets)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=entry.concurrency,
                ssl=True if endpoint.tls is None else endpoint.tls,
                use_dns_cache=False,
                keepalive_timeout=_KEEPALIVE_S,
                resolver=self._resolver,
            ),
            timeout=aiohttp.ClientTimeout(total=entry.timeout_s),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": "keyday", "Content-Type": "application/json"},
            auto_decompress=False,
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()
        await self._resolver.close()

    async def send(self, webhook_id: str, body: bytes) -> Outcome:
        """Try once; whatever goes wrong is an outcome. A status is final, whatever comes after it."""
        headers = self._signer.headers(webhook_id, self._now(), body)
        try:
            async with self._session.post(
                self._url, data=body, headers=headers, allow_redirects=False
            ) as answer:
                outcome = self._of_status(answer)
                await _drain(answer)
                return outcome
        except TimeoutError:
            return Outcome(Code.TIMEOUT)
        except (aiohttp.ClientSSLError, ssl.SSLError):
            return Outcome(Code.TLS_FAILED)
        except aiohttp.ClientConnectorError as error:
            refused = isinstance(error.os_error, AddressRefusedError)
            return Outcome(Code.ADDRESS_REFUSED if refused else Code.UNREACHABLE)
        except (aiohttp.ClientError, OSError):
            return Outcome(Code.DISCONNECTED)

    def _of_status(self, answer: aiohttp.ClientResponse) -> Outcome:
        status = answer.status
        if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            return Outcome(Code.ACKNOWLEDGED, status)
        if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
            return Outcome(Code.REDIRECTED, status)
        if status == HTTPStatus.GONE:
            return Outcome(Code.GONE, status)
        wait = retry_after_s(answer.headers.get("Retry-After"), self._now())
        return Outcome(Code.THROTTLED if status in _THROTTLES else Code.REFUSED, status, wait)


async def _drain(answer: aiohttp.ClientResponse) -> None:
    """Read what is left, so that the connection can be used again; one that goes on and on is closed."""
    left = ANSWER_BYTES
    with contextlib.suppress(aiohttp.ClientError, OSError, TimeoutError):
        async with asyncio.timeout(_DRAIN_S):
            while left > 0 and (chunk := await answer.content.read(left)):
                left -= len(chunk)
            if left > 0:
                return
    answer.close()
