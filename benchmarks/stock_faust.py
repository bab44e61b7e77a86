"""Keyday's own rules in a plain Faust app: the same decoder, identities, agent and ledger entries.

What differs is what Keyday replaces: records come one by one, state is a Faust table (each change a changelog
record of its own), each reward is a ``topic.send``, offsets are committed apart. Midnights are left out.
Run as ``python -m benchmarks.stock_faust worker``; the environment is that of ``tests/chaos/stock_app.py``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import faust

from schemas.codec import Decoder
from schemas.programs import Programs
from streams.agents import releases
from streams.agents.customers import Customers
from streams.engine.limits import Limits
from streams.engine.record import Record
from streams.engine.task import Task
from tests.chaos.stock_app import stock_app

APP_ID = os.environ.get("STOCK_ID", "stock-rules")
PROGRAM = Path(__file__).parents[1] / "tests" / "chaos" / "program.toml"
# One entry per account: a chunk would be encoded again for each event here.
releases._CHUNK_ACCOUNTS = 1  # type: ignore[misc]

app = stock_app(APP_ID, "build/stock-rules")
orders = app.topic("orders", key_serializer="raw", value_serializer="raw")
rewards = app.topic(f"{APP_ID}-rewards", key_serializer="raw", value_serializer="raw")
decisions = app.topic(f"{APP_ID}-decisions", key_serializer="raw", value_serializer="raw")
table = app.Table(
    "state",
    schema=faust.Schema(key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw"),
)


class TableStore:
    """A Faust table as the store of a task; positions and books are Faust's own matter."""

    positions: dict[str, int] = {}  # noqa: RUF012

    def get(self, key: bytes) -> bytes | None:
        value: bytes | None = table.get(key)
        return value

    def scan(self, start: bytes, stop: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Only midnights and the first entry of a day scan; a dict has no order to do it by."""
        del start, stop
        return iter(())


def make_task() -> Task:
    """One task for all partitions of the process."""
    programs = Programs()
    if errors := programs.load(PROGRAM).errors:
        raise SystemExit(str(errors))
    return Task(
        partition=0,
        partitions=1,
        store=TableStore(),  # type: ignore[arg-type]
        decoder=Decoder(programs),
        agent=lambda state: Customers(state, programs),
        limits=Limits(),
        wall_clock=None,
    )


@app.agent(orders)
async def reward(stream: Any) -> None:
    """Decide on one event after the other."""
    task = make_task()
    async for event in stream.events():
        message = event.message
        record = Record(
            "orders", 0, message.offset, int(message.timestamp * 1000), message.key, event.value, ()
        )
        commit = task.process([record])
        for key, value in commit.changes:
            if key[:1] == b"\x01":
                continue  # where the task stands in time: the engine's, not the rules'
            if value is None:
                table.pop(key, None)
            else:
                table[key] = value
        for output in commit.outputs:
            to = rewards if output.topic == "rewards" else decisions
            await to.send(key=output.key, value=output.value)


if __name__ == "__main__":
    app.main()
