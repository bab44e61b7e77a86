"""``python -m benchmarks.asking``: asks a server for balances and prints what it saw as JSON.

A process of its own that does as little as it can, so that it measures the server and not itself. At a rate,
reads are due at random moments (as from many callers that know nothing of each other), whether those before
were answered or not; a delay counts from the moment when the read was due, time in the queue included.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import click

from benchmarks.orders import customer_of

#: Connections that are kept open; a read that is due while all wait for an answer waits, too.
CONNECTIONS = 32
#: Seconds that are not counted: connections open, caches fill.
WARM_UP_S = 1.0
#: Of who asks, where it may have it.
_NICENESS = -10
#: Seconds that the last answers may take; what is not answered by then has taken as long.
_LAST_S = 30.0
_END = b"\r\n\r\n"
_LENGTH = b"content-length: "


@click.command()
@click.option("--port", type=int, required=True)
@click.option("--token-file", type=click.Path(path_type=Path, exists=True), required=True)
@click.option("--accounts", type=int, required=True, help="Of as many customers as the orders have.")
@click.option("--rate", type=float, default=0.0, help="Reads a second; 0 for as many as there can be.")
@click.option("--seconds", type=float, required=True)
@click.option("--seed", type=int, default=1)
def main(*, port: int, token_file: Path, accounts: int, rate: float, seconds: float, seed: int) -> None:
    """Ask for so many seconds."""
    rng = random.Random(seed)
    head = f"HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token_file.read_text()}\r\n\r\n"

    def requests() -> Iterator[bytes]:
        while True:
            account = f"customer:{customer_of(rng.randrange(accounts), accounts)}"
            yield f"GET /v1/accounts/{account}/balances {head}".encode()

    # Callers are on other machines: here they must not wait for a core before they ask, or hear the answer.
    with suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, _NICENESS)
    asking = _Asking(requests(), rng, rate, seconds + WARM_UP_S)
    asyncio.run(asking.run(port))
    found = sorted(asking.delays)
    print(
        json.dumps(
            {
                "reads": len(found),
                "reads_in_all": asking.answers,
                "refused": asking.refused,
                "unanswered": asking.unanswered,
                "p50_ms": round(found[len(found) // 2] * 1_000, 2),
                "p99_ms": round(found[len(found) * 99 // 100] * 1_000, 2),
                "max_ms": round(found[-1] * 1_000, 2),
                "cpu_s": round(time.process_time(), 2),
            }
        )
    )


class _Asking:
    """Reads that are due, and connections that are free."""

    def __init__(self, requests: Iterator[bytes], rng: random.Random, rate: float, seconds: float) -> None:
        self._requests = requests
        self._rng = rng
        self._rate = rate
        self._seconds = seconds
        self._due: deque[float] = deque()
        self._free: deque[_Connection] = deque()
        self._counted_from = self._end = self._next = 0.0
        self._all_free = asyncio.Event()
        self._ended = False
        self.delays: list[float] = []
        self.refused = self.answers = self.unanswered = 0

    async def run(self, port: int) -> None:
        """Ask until the time is over and all that was asked is answered."""
        loop = asyncio.get_running_loop()
        connections = [
            (await loop.create_connection(lambda: _Connection(self), "127.0.0.1", port))[1]
            for _ in range(CONNECTIONS)
        ]
        self._next = time.perf_counter()
        self._counted_from, self._end = self._next + WARM_UP_S, self._next + self._seconds
        self._free.extend(connections)
        while time.perf_counter() < self._end:
            self._fall_due()
            await asyncio.sleep(0.001 if self._rate else 0.1)
        if len(self._free) < CONNECTIONS:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._all_free.wait(), _LAST_S)
        self._ended = True
        now = time.perf_counter()
        late = [*self._due, *(each.due for each in connections if each not in self._free)]
        self.unanswered = len(late)
        self.delays += [now - due for due in late]

    def answered(self, connection: _Connection, due: float, *, well: bool) -> None:
        """A connection is free again."""
        if self._ended:
            return
        self.answers += 1
        if due >= self._counted_from:
            self.delays.append(time.perf_counter() - due)
            self.refused += not well
        self._free.append(connection)
        self._ask()
        if len(self._free) == CONNECTIONS and time.perf_counter() >= self._end:
            self._all_free.set()

    def lost(self, error: Exception | None) -> None:
        """A connection is gone."""
        if not self._ended:
            raise ConnectionError("the server hung up") from error

    def _fall_due(self) -> None:
        now = time.perf_counter()
        while self._rate and self._next <= now:
            self._due.append(self._next)
            self._next += self._rng.expovariate(self._rate)
        self._ask()

    def _ask(self) -> None:
        while self._free and self._due:
            self._free.popleft().ask(next(self._requests), self._due.popleft())
        if not self._rate:
            while self._free and (now := time.perf_counter()) < self._end:
                self._free.popleft().ask(next(self._requests), now)


class _Connection(asyncio.Protocol):
    """One read at a time."""

    def __init__(self, asking: _Asking) -> None:
        self._asking = asking
        self._transport: asyncio.Transport | None = None
        self.due = 0.0
        self._got = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self._asking.lost(exc)

    def ask(self, request: bytes, due: float) -> None:
        """Send a request that was due at a moment."""
        assert self._transport is not None
        self.due = due
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._got = got = self._got + data if self._got else data
        end = got.find(_END)
        if end < 0:
            return
        head = got[:end].lower()
        length = int(head.partition(_LENGTH)[2].partition(b"\r\n")[0])
        if len(got) < end + len(_END) + length:
            return
        self._got = b""
        self._asking.answered(self, self.due, well=head.startswith(b"http/1.1 200"))


if __name__ == "__main__":
    main()
