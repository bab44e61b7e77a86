"""Listening: TLS, and no more connections than there may be."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import resource
import socket
import ssl
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import uvloop
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from prometheus_client import CollectorRegistry

from projections import http
from projections.api import server
from projections.api.files import connections_for
from projections.api.server import TlsError, tls
from projections.guard import Guard
from tests.projections.api.serving import listening, ready


def certificate(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "cert.pem", folder / "key.pem"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return paths


def test_with_a_certificate_the_server_speaks_tls_and_nothing_else(tmp_path: Path) -> None:
    async def scenario() -> None:
        cert, key = certificate(tmp_path)
        app = http.make_health_app(ready(), CollectorRegistry())
        runner, port = await http.start(app, None, "127.0.0.1", 0, tls=tls(cert, key))
        trusting = ssl.create_default_context(cafile=str(cert))
        async with aiohttp.ClientSession() as session:
            async with session.get(f"https://localhost:{port}/healthz", ssl=trusting) as response:
                assert response.status == 200
            with pytest.raises(aiohttp.ClientError):
                await session.get(f"http://127.0.0.1:{port}/healthz")
        await runner.cleanup()

    asyncio.run(scenario())


def test_a_certificate_that_cannot_be_used_is_one_line(tmp_path: Path) -> None:
    cert, key = certificate(tmp_path)
    assert tls(None, None) is None
    with pytest.raises(TlsError, match="KEYDAY_HTTP_CERT_FILE"):
        tls(None, key)
    with pytest.raises(TlsError, match="cannot be used"):
        tls(cert, tmp_path / "missing.pem")


def test_a_renewed_certificate_counts_from_the_next_connection_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cert, key = certificate(tmp_path)
    old = ssl.create_default_context(cafile=str(cert))

    async def scenario() -> None:
        app = http.make_health_app(ready(), CollectorRegistry())
        runner, port = await http.start(app, None, "127.0.0.1", 0, tls=tls(cert, key))
        url = f"https://localhost:{port}/healthz"

        async def asked(trusting: ssl.SSLContext) -> int:
            async with aiohttp.ClientSession() as session, session.get(url, ssl=trusting) as response:
                return response.status

        async with aiohttp.ClientSession() as kept:
            async with kept.get(url, ssl=old) as response:
                assert response.status == 200
            certificate(tmp_path)
            new = ssl.create_default_context(cafile=str(cert))
            assert await asked(new) == 200
            with pytest.raises(aiohttp.ClientConnectorCertificateError):
                await asked(old)
            async with kept.get(url, ssl=old) as response:
                assert response.status == 200  # on the connection that was open: a new one would be refused
            key.write_text("half")
            assert await asked(new) == 200
            assert await asked(new) == 200
            cert.unlink()
            assert await asked(new) == 200
        await runner.cleanup()

    with caplog.at_level("INFO", "projections.api.server"):
        asyncio.run(scenario())

    said = [record.getMessage() for record in caplog.records]
    assert said[0] == "the certificate was renewed"
    assert [line.startswith("the certificate stays as it was: ") for line in said] == [False, True, True]


async def whole(port: int) -> bytes:
    """Everything that the server says on a new connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    try:
        return await asyncio.wait_for(reader.read(), 10)
    except ConnectionError:
        return b""
    finally:
        await hang_up(writer)


async def hang_up(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()


async def asks_without_reading(port: int) -> socket.socket:
    """A connection whose system takes next to nothing of what is answered."""
    wire = socket.socket()
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    wire.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(wire, ("127.0.0.1", port))
    await loop.sock_sendall(wire, b"GET /much HTTP/1.1\r\nHost: localhost\r\n\r\n")
    return wire


def answering(size: int, *, close: bool) -> web.Application:
    """Answers with so many bytes, of which the system of the server takes next to nothing, too."""

    async def much(request: web.Request) -> web.Response:
        assert request.transport is not None
        wire = request.transport.get_extra_info("socket")
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4_096)
        response = web.Response(body=b"x" * size)
        if close:
            response.force_close()
        return response

    app = http.make_health_app(ready(), CollectorRegistry())
    app.router.add_get("/much", much)
    return app


@pytest.mark.parametrize(("size", "close"), [(4_000_000, False), (40_000, True), (40_000, False)])
def test_who_does_not_read_what_is_answered_is_let_go(
    monkeypatch: pytest.MonkeyPatch,
    size: int,
    close: bool,  # noqa: FBT001
) -> None:
    monkeypatch.setattr(server, "TAKEN_S", 0.1)

    async def scenario() -> None:
        options = http.Options(connections=1)
        async with listening(answering(size, close=close), Guard(), options=options) as (_, port):
            held = await asks_without_reading(port)
            async with asyncio.timeout(20):
                while not (await whole(port)).startswith(b"HTTP/1.1 200"):
                    pass  # until the time of who does not read is over
            held.close()

    asyncio.run(scenario())


def test_what_callers_break_leaves_no_traceback(caplog: pytest.LogCaptureFixture) -> None:
    head = b"POST /%b HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\nContent-Encoding: gzip\r\n\r\n"

    async def scenario() -> bytes:
        begun, ended = asyncio.Event(), asyncio.Event()

        async def read(request: web.Request) -> web.Response:
            begun.set()
            try:
                return web.Response(body=await request.read())
            finally:
                ended.set()

        app = http.make_health_app(ready(), CollectorRegistry())
        app.router.add_post("/read", read)
        async with listening(app, Guard()) as (_, port):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(head % b"healthz" + b"no gzip..")
            status = await reader.readline()
            await hang_up(writer)
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(head % b"read")
            await begun.wait()
            writer.transport.abort()
            await ended.wait()
            await whole(port)
        return status

    assert asyncio.run(scenario()).startswith(b"HTTP/1.1 405")
    assert not caplog.records


@pytest.mark.slow
def test_who_reads_slowly_gets_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "TAKEN_S", 0.5)
    monkeypatch.setattr(server, "TAKEN_BYTES", 1)

    async def scenario() -> int:
        loop, found = asyncio.get_running_loop(), 0
        async with listening(answering(200_000, close=True), Guard()) as (_, port):
            held = await asks_without_reading(port)
            while chunk := await loop.sock_recv(held, 4_096):
                found += len(chunk)
                await asyncio.sleep(0.02)
            held.close()
        return found

    assert asyncio.run(scenario()) > 200_000


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
def test_connections_that_come_at_once_are_no_more_than_may_be(run: Callable[[Any], Any]) -> None:
    async def scenario() -> list[bytes]:
        app = http.make_health_app(ready(), CollectorRegistry())
        async with listening(app, Guard(), options=http.Options(connections=5)) as (_, port):
            # The server runs in this thread, too: it finds all of them waiting.
            begun = [socket.create_connection(("127.0.0.1", port)) for _ in range(40)]
            wires = [await asyncio.open_connection(sock=each) for each in begun]
            for _, writer in wires:
                writer.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            heads = [await asyncio.wait_for(reader.readline(), 10) for reader, _ in wires]
            for _, writer in wires:
                await hang_up(writer)
        return heads

    heads = run(scenario())
    assert Counter(head.split()[1] for head in heads) == {b"200": 5, b"503": 35}


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
def test_who_does_not_shake_hands_counts_too_and_only_so_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Callable[[Any], Any]
) -> None:
    monkeypatch.setattr(server, "HANDSHAKE_S", 0.5)
    cert, key = certificate(tmp_path)

    async def scenario() -> None:
        app, options = http.make_health_app(ready(), CollectorRegistry()), http.Options(connections=2)
        runner, port = await http.start(app, None, "127.0.0.1", 0, tls=tls(cert, key), options=options)
        trusting = ssl.create_default_context(cafile=str(cert))
        silent = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        assert await asyncio.wait_for(reader.read(), 10) == b""
        for each, _ in silent:
            assert await asyncio.wait_for(each.read(), 10) == b""
        for one in (writer, *(one for _, one in silent)):
            await hang_up(one)
        async with aiohttp.ClientSession() as session:
            async with session.get(f"https://localhost:{port}/healthz", ssl=trusting) as response:
                assert response.status == 200
            still = await asyncio.open_connection("127.0.0.1", port)
            await runner.cleanup()
        await hang_up(still[1])

    run(scenario())


@pytest.mark.parametrize(
    ("soft", "hard", "found", "asked"),
    [
        (1_024, 1_048_576, 1_000, 2_024),
        (1_024, resource.RLIM_INFINITY, 1_000, 2_024),
        (4_096, 4_096, 1_000, None),
        (resource.RLIM_INFINITY, resource.RLIM_INFINITY, 1_000, None),
        (1_024, 1_024, 512, 1_024),
        (1_024, 1_500, 750, 1_500),
    ],
)
def test_no_more_connections_than_there_are_files_for(
    monkeypatch: pytest.MonkeyPatch, soft: int, hard: int, found: int, asked: int | None
) -> None:
    limits: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (soft, hard))
    monkeypatch.setattr(resource, "setrlimit", lambda _, given: limits.append(given))

    assert connections_for(1_000) == found
    assert limits == ([] if asked is None else [(asked, hard)])


def test_a_connection_beyond_the_limit_is_told_so_and_others_go_on() -> None:
    async def scenario() -> None:
        guard, options = Guard(), http.Options(connections=2)
        app = http.make_health_app(ready(), CollectorRegistry())
        async with listening(app, guard, options=options) as (_, port):
            held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
            for _, writer in held:
                writer.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            first = [await reader.readuntil(b'"}') for reader, _ in held]
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            refused = await asyncio.wait_for(reader.read(), 10)
            await hang_up(writer)
            await hang_up(held[0][1])
            while not (await whole(port)).startswith(b"HTTP/1.1 200"):
                pass  # the server hears of it a moment later
            await hang_up(held[1][1])

        assert all(answer.startswith(b"HTTP/1.1 200") for answer in first)
        assert refused.startswith(b"HTTP/1.1 503")
        assert b'"code":"too_many_connections"' in refused

    asyncio.run(scenario())
