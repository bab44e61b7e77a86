"""69,659 real orders: the ledger on Kafka is the ledger of a replay."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from tests.chaos import ledger
from tests.chaos.kafka import Producer, await_values
from tests.chaos.scene import SESSION_S, fresh, keyday
from tests.chaos.slot import Slot
from tests.chaos.stream import Item
from tests.chaos.verdict import Verdict, judge_ledger
from tests.kafka.broker import Broker

ROOT = Path(__file__).parents[2]
SHARED = Path(os.environ.get("KEYDAY_SHARED", ROOT.parent / "shared"))
ORDERS = SHARED / "data" / "cdnow" / "CDNOW_master.txt"
PROGRAM = ROOT / "examples" / "cdnow.toml"
PARTITIONS = 4
INPUTS = ("orders", "clock")
AFTER = 1_660_000_000_000  # August 2022, later than the last order
ENTRIES_AT_LEAST = 69_000


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.skipif(not ORDERS.exists(), reason="the CDNOW orders are not here; KEYDAY_SHARED says where")
def test_all_orders_of_cdnow_through_kafka_give_the_ledger_of_a_replay(
    own_kafka: Broker, tmp_path: Path
) -> None:
    folder = fresh(tmp_path / "cdnow")
    verdict = Verdict()
    env = {
        "KEYDAY_BROKERS": own_kafka.bootstrap,
        "KEYDAY_PROGRAMS": str(PROGRAM),
        "KEYDAY_PARTITIONS": str(PARTITIONS),
        "KEYDAY_CLOCK": "none",  # the import ticks
    }
    profile = ("import", "orders", str(ORDERS), "--profile", "cdnow", "--refused", str(folder / "refused"))

    async def story() -> None:
        await keyday(env, "topics", "create")
        await keyday(env, *profile, "--brokers", own_kafka.bootstrap)
        workers = [Slot(name, folder, env, SESSION_S) for name in ("one", "two")]
        for worker in workers:
            await worker.start(None)
        try:
            await until_processed(own_kafka.bootstrap, workers)
            assert [await worker.stop() for worker in workers] == [0, 0]
        finally:
            for worker in workers:
                worker.kill()

        await keyday({}, *profile, "--out", str(folder / "input"))
        files = ("--input", str(folder / "input"), "--out", str(folder / "replay"))
        await keyday({}, "replay", "--programs", str(PROGRAM), *files)
        expected = ledger.replay_ledger(folder / "replay")
        judge_ledger(verdict, await ledger.kafka_ledger(own_kafka.bootstrap), expected)
        assert sum(entry.kind == "accrued" for entry in expected.values()) > ENTRIES_AT_LEAST

    asyncio.run(story())
    assert verdict.good, "\n".join([verdict.line(0, 0), *verdict.notes])


async def until_processed(bootstrap: str, workers: list[Slot]) -> None:
    """Send marks after all orders and ticks, and wait until they are in dead-letters."""
    marks = [Item(topic, None, f"the end of {topic}".encode(), AFTER) for topic in INPUTS]
    async with Producer(bootstrap, PARTITIONS) as producer:
        values = await producer.send_everywhere(marks)

    def check() -> None:
        for worker in workers:
            worker.check()

    await await_values(bootstrap, "dead-letters", values, timeout_s=120, check=check)
