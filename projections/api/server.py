"""Listening: TLS, how many connections there may be, and how long each may take for what it has to say."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import ssl
from collections.abc import Callable, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final, cast

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from projections.api.files import connections_for
from projections.problems import ProblemCode, problem

#: Bytes: request line, one header field; routes that read a body have a limit of their own.
MAX_LINE_BYTES: Final = 32_768
MAX_FIELD_BYTES: Final = 8_190
MAX_BODY_BYTES: Final = 1_024
#: Headers: a request with more of them is refused.
MAX_HEADERS: Final = 64
#: Seconds: a connection without a whole request head for so long is closed.
KEEPALIVE_S: Final = 30.0
#: Seconds: a client that reads or sends slower is cut off at shutdown.
SHUTDOWN_S: Final = 5.0
#: Seconds: a TLS handshake that takes longer is broken off.
HANDSHAKE_S: Final = 10.0
#: Seconds, and bytes: a connection whose caller took less of an answer in that time is broken off.
TAKEN_S: Final = 30.0
TAKEN_BYTES: Final = 32_768
#: Connections that wait to be taken; seconds until one is taken again after one could not be.
_BACKLOG: Final = 128
_AGAIN_S: Final = 1.0
#: Bytes that who is refused may have sent already.
_ASKED_BYTES: Final = 65_536
#: What makes a connection's protocol.
_Served = Callable[[], asyncio.BaseProtocol]

#: What every answer carries unless its route says otherwise.
SECURITY_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Server": "keyday",
    "X-Content-Type-Options": "nosniff",
}

log = logging.getLogger(__name__)

#: Where aiohttp says what went wrong on a connection.
WIRE: Final = logging.getLogger("projections.api.wire")
#: What whoever connects can bring about: no HTTP, a body that is none, a connection that ends in the middle.
_OF_CALLERS: Final = (HttpProcessingError, web.RequestPayloadError, ConnectionError)
# Who is there to hear it gets an answer; a traceback each would let anybody fill the disk.
WIRE.addFilter(lambda record: not (record.exc_info and isinstance(record.exc_info[1], _OF_CALLERS)))

_FULL: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json\r\nRetry-After: 5\r\n"
    b"Connection: close\r\nContent-Length: %d\r\n\r\n%s"
)
_FULL_BODY: Final = (
    b'{"type":"about:blank","title":"Service Unavailable","status":503,'
    b'"code":"too_many_connections","detail":"the server has no connection to spare"}'
)


class TlsError(ValueError):
    """The certificate cannot be used; the message is one line that says what to do."""


def tls(certificate: Path | None, key: Path | None) -> ssl.SSLContext | None:
    """What is needed to speak TLS 1.2 or newer; ``None`` without a certificate.

    A certificate that is renewed counts from the next connection on; one that cannot be used is not taken.

    Raises:
        TlsError: the files cannot be used.
    """
    if certificate is None:
        if key is not None:
            raise TlsError("KEYDAY_HTTP_KEY_FILE needs KEYDAY_HTTP_CERT_FILE")
        return None
    context = _context(certificate, key)
    context.sni_callback = _Renewals(certificate, key, context).choose
    return context


def _context(certificate: Path, key: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        reason = error.strerror or str(error)
        raise TlsError(f"{certificate} and its key cannot be used: {reason}") from None
    return context


class _Renewals:
    """Looks at the files before each handshake; a connection keeps what it began with."""

    def __init__(self, certificate: Path, key: Path | None, context: ssl.SSLContext) -> None:
        self._certificate = certificate
        self._key = key
        self._newest = context
        self._seen = self._stamp()

    def choose(self, connection: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
        """Give a connection the newest certificate, whatever name it asks for."""
        stamp = self._stamp()
        if stamp != self._seen:
            self._seen = stamp
            self._renew()
        connection.context = self._newest

    def _renew(self) -> None:
        try:
            self._newest = _context(self._certificate, self._key)
        except TlsError as error:
            # The pair may be half written: it is looked at again when it changes again.
            log.error("the certificate stays as it was: %s", error)  # noqa: TRY400  the message says all
        else:
            log.info("the certificate was renewed")

    def _stamp(self) -> tuple[tuple[int, int, int], ...]:
        return tuple(_stamp(path) for path in (self._certificate, self._key) if path is not None)


def _stamp(path: Path) -> tuple[int, int, int]:
    try:
        stat = path.stat()
    except OSError:
        return (0, 0, 0)
    return stat.st_mtime_ns, stat.st_size, stat.st_ino


class LimitedSite(web.TCPSite):
    """A site that answers connections beyond ``most`` with 503 at once, so that others are not starved.

    With TLS it hangs up on them instead: to be told, they would have to be let in.
    """

    __slots__ = ("_coming", "_limits", "_listening", "_most")

    def __init__(
        self,
        runner: web.AppRunner,
        host: str,
        port: int,
        *,
        most: int,
        limits: Mapping[str, Any],
        tls: ssl.SSLContext | None,
    ) -> None:
        super().__init__(runner, host, port, ssl_context=tls)
        self._most = most
        self._limits = limits
        self._listening: list[asyncio.Task[None]] = []
        #: Connections that were taken and are not served yet.
        self._coming: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen."""
        await web.BaseSite.start(self)
        server, loop = self._runner.server, asyncio.get_running_loop()
        assert server is not None  # noqa: S101  the runner is set up
        most = connections_for(self._most)

        def is_full() -> bool:
            return len(server.connections) + len(self._coming) >= most

        def served() -> asyncio.BaseProtocol:
            return _Connection(server, loop=loop, **self._limits)

        # The loop would take all that come at once, and shake hands with them, before it told of the first.
        self._server = await loop.create_server(served, self._host, self._port, start_serving=False)
        for bound in self._server.sockets:
            self._listening.append(loop.create_task(self._take(_listener(bound), is_full, served)))

    async def stop(self) -> None:
        """Listen no more; whoever is not in yet stays outside."""
        for task in (*self._listening, *self._coming):
            task.cancel()
        await asyncio.gather(*self._listening, *self._coming, return_exceptions=True)
        await super().stop()

    async def _take(self, listener: socket.socket, is_full: Callable[[], bool], served: _Served) -> None:
        loop, tls = asyncio.get_running_loop(), self._ssl_context
        with listener:
            while True:
                try:
                    wire, _ = await loop.sock_accept(listener)
                except OSError as error:
                    log.warning("a connection cannot be taken: %s", error.strerror)
                    await asyncio.sleep(_AGAIN_S)
                    continue
                if is_full():
                    _refuse(wire, told=tls is None)
                    continue
                task = loop.create_task(_let_in(wire, tls, served))
                self._coming.add(task)
                task.add_done_callback(self._coming.discard)


def _listener(bound: socket.socket) -> socket.socket:
    """The same socket as one of its own."""
    listener = socket.socket(fileno=os.dup(bound.fileno()))
    listener.setblocking(False)
    listener.listen(_BACKLOG)
    return listener


async def _let_in(wire: socket.socket, tls: ssl.SSLContext | None, served: _Served) -> None:
    """Serve a connection, with TLS once it is encrypted, which it has to be in time."""
    try:
        await asyncio.get_running_loop().connect_accepted_socket(
            served, wire, ssl=tls, ssl_handshake_timeout=None if tls is None else HANDSHAKE_S
        )
    except OSError:
        wire.close()


def _refuse(wire: socket.socket, *, told: bool) -> None:
    """Say that the server is full, and hang up."""
    with wire, contextlib.suppress(OSError):
        if told:
            wire.send(_FULL % (len(_FULL_BODY), _FULL_BODY))
            # What was asked would otherwise make the system take the answer back.
            wire.recv(_ASKED_BYTES)


class _Connection(web.RequestHandler):
    """A connection on which also that is a problem which no route ever sees; who does not read is let go."""

    __slots__ = ("_left", "_look_at", "_wire")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Whatever the system does not take at once, the end of an answer too, has a deadline from now on."""
        super().connection_made(transport)
        self._wire = cast("asyncio.Transport", transport)
        self._wire.set_write_buffer_limits(high=1)
        self._look_at: asyncio.TimerHandle | None = None

    def pause_writing(self) -> None:
        """The caller does not keep up."""
        super().pause_writing()
        self._look_later()

    def resume_writing(self) -> None:
        """The caller took everything."""
        super().resume_writing()
        self._look_no_more()

    def connection_lost(self, exc: BaseException | None) -> None:
        """The connection is gone."""
        self._look_no_more()
        super().connection_lost(exc)

    def _look_later(self) -> None:
        self._left = self._wire.get_write_buffer_size()
        self._look_at = asyncio.get_running_loop().call_later(TAKEN_S, self._look)

    def _look(self) -> None:
        if self._left - self._wire.get_write_buffer_size() < TAKEN_BYTES:
            self._wire.abort()
        else:
            self._look_later()

    def _look_no_more(self) -> None:
        if self._look_at is not None:
            self._look_at.cancel()
            self._look_at = None

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = HTTPStatus.INTERNAL_SERVER_ERROR,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """What is no HTTP, or larger than may be; nothing of it is said again."""
        super().handle_error(request, status, exc, message)
        return _refused(status)

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        """Send an answer. An exception comes from before all middlewares: nobody translated it."""
        answer = _refused(resp.status) if isinstance(resp, web.HTTPException) else resp
        return await super().finish_response(request, answer, start_time)


def _refused(status: int) -> web.Response:
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        answer = problem(ProblemCode.INTERNAL, "the request failed", status=status, headers=SECURITY_HEADERS)
    else:
        detail = "the request is malformed, larger than may be, or expects what is not done"
        answer = problem(ProblemCode.REQUEST_REFUSED, detail, status=status, headers=SECURITY_HEADERS)
    answer.force_close()
    return answer
