"""What operators see of a worker on a real broker."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import aiohttp
from aiokafka import AIOKafkaProducer
from prometheus_client.parser import text_string_to_metric_families as parse

from streams.cli import run
from tests.kafka.broker import Broker
from tests.projections.test_metrics import free_port
from tests.streams.processes import EXAMPLES, KEYDAY
from tests.streams.test_operations import PROGRAM, ad, lea, order

WANTED = {("keyday_budget_remaining_amount", "spring"), ("keyday_cases_opened_total", "brand_bidding")}


async def shown(port: int) -> dict[tuple[str, str], float]:
    """The present samples by name and agent or budget, once the worker answers; none before."""
    try:
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"http://127.0.0.1:{port}/metrics") as answer,
        ):
            text = await answer.text()
    except aiohttp.ClientError:
        return {}
    return {
        (sample.name, sample.labels.get("budget") or sample.labels.get("rule") or ""): sample.value
        for family in parse(text)
        for sample in family.samples
    }


def test_a_worker_shows_budgets_cases_and_its_last_commits(own_kafka: Broker, tmp_path: Path) -> None:
    program = tmp_path / "acme.toml"
    program.write_text(PROGRAM)
    assert run(["topics", "create", "--brokers", own_kafka.bootstrap, "--partitions", "2"]) == 0
    port = free_port()
    command = [
        *KEYDAY,
        "worker",
        *("--brokers", own_kafka.bootstrap),
        *("--programs", str(program)),
        *("--state-dir", str(tmp_path / "state")),
        *("--metrics-port", str(port)),
        *("--clock", "none"),
        *("--max-lateness-days", "3660"),
    ]

    async def scenario() -> dict[tuple[str, str], float]:
        async with AIOKafkaProducer(bootstrap_servers=own_kafka.bootstrap) as producer:
            for record in (
                lea(),
                order("a", "2026-03-02T10:00:00Z", "120.00"),
                ad("x", "2026-03-02T11:00:00Z"),
            ):
                await producer.send_and_wait(record.topic, record.value, record.key, timestamp_ms=0)
        process = await asyncio.create_subprocess_exec(*command, cwd=EXAMPLES.parent)
        try:
            async with asyncio.timeout(90):
                # An answer over HTTP cannot be awaited.
                while not (found := await shown(port)).keys() >= WANTED:  # noqa: ASYNC110
                    await asyncio.sleep(0.2)
        finally:
            process.terminate()
            await process.wait()
        return found

    found = asyncio.run(scenario())

    assert found["keyday_budget_remaining_amount", "spring"] == 3_800
    assert found["keyday_budget_limit_amount", "spring"] == 5_000
    assert found["keyday_cases_opened_total", "brand_bidding"] == 1
    assert time.time() - 90 < found["keyday_last_commit_timestamp_seconds", ""] < time.time() + 1
