"""A receiver of webhooks on this machine: over TLS, with a certificate authority of its own, and moods."""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

from aiohttp import web

from projections.webhooks.config import Endpoint, load
from streams.engine.log import Log
from streams.engine.record import OutRecord
from tests.kafka.certs import Authority

SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()
OLD_SECRET = "whsec_" + base64.b64encode(b"o" * 32).decode()


class Received(NamedTuple):
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


Mood = Callable[[Received, web.Request], Awaitable[web.StreamResponse]]


async def content(_: Received, __: web.Request) -> web.StreamResponse:
    return web.Response(status=204)


class Receiver:
    """Notes each request, then answers as its mood says; ``acknowledged`` are ids answered with 2xx."""

    def __init__(self, mood: Mood = content) -> None:
        self.mood = mood
        self.received: list[Received] = []
        self.acknowledged: list[str] = []
        self.events: list[str] = []
        self.port = 0
        self._more = asyncio.Event()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        received = Received(
            {name.lower(): value for name, value in request.headers.items()}, await request.read()
        )
        self.received.append(received)
        self._more.set()
        response = await self.mood(received, request)
        if 200 <= response.status < 300:
            self.acknowledged.append(received.id)
            self.events.append(received.json["id"])
            self._more.set()
        return response

    async def until(self, done: Callable[[], bool]) -> None:
        async with asyncio.timeout(60):
            while not done():
                self._more.clear()
                await self._more.wait()

    def url(self, scheme: str = "https") -> str:
        return f"{scheme}://127.0.0.1:{self.port}/hook"


@asynccontextmanager
async def listening(
    receiver: Receiver, authority: Authority | None, port: int = 0
) -> AsyncIterator[Receiver]:
    app = web.Application(client_max_size=4 * 1024 * 1024)
    app.router.add_post("/hook", receiver.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    context = None
    if authority is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(authority.issue("receiver"))
    await web.TCPSite(runner, "127.0.0.1", port, ssl_context=context).start()
    receiver.port = runner.addresses[0][1]
    try:
        yield receiver
    finally:
        await runner.cleanup()


def write_config(folder: Path, url: str, authority: Authority | None = None, **values: Any) -> Path:
    """A file with one endpoint called ``crm``, quick to try again."""
    settings: dict[str, Any] = {
        "id": "crm",
        "url": url,
        "types": ["reward.*"],
        "allow_private": True,
        "start": "beginning",
        "first_retry_s": 0.01,
        "longest_retry_s": 0.05,
        "timeout_s": 5.0,
    }
    if authority is not None:
        settings["ca_file"] = str(authority.ca_file)
    lines = [f"{name} = {json.dumps(value)}" for name, value in (settings | values).items()]
    path = folder / "webhooks.toml"
    path.write_text("\n".join(["[[endpoint]]", 'secrets = [{ env = "HOOK_SECRET" }]', *lines, ""]))
    return path


def endpoint(folder: Path, url: str, authority: Authority | None = None, **values: Any) -> Endpoint:
    (found,) = load(write_config(folder, url, authority, **values), {"HOOK_SECRET": SECRET})
    return found


def reward(account: str, seq: int, kind: str = "accrued", program: str = "acme") -> OutRecord:
    """An entry of the ledger as it lies on its topic; its id is ``<account>~<seq>``."""
    event = {
        "id": f"{account}~{seq}",
        "type": f"reward.{kind}",
        "subject": account,
        "time": "2026-03-01T10:00:00.000Z",
        "data": {"program": program, "account": account, "seq": seq, "amount": seq},
        "specversion": "1.0",
        "source": "keyday",
    }
    return OutRecord("rewards", 0, 0, account.encode(), json.dumps(event).encode())


def accounts(count: int, each: int) -> Iterator[OutRecord]:
    """Entries of several accounts, in turn."""
    for seq in range(1, each + 1):
        for number in range(count):
            yield reward(f"partner:p{number}", seq)


def filled(folder: Path, records: list[OutRecord]) -> Log:
    log = Log.open(folder)
    assert isinstance(log, Log), log
    if records:
        log.append(records)
    return log
