"""What dashboards and alerts look at, held to what running programs show: a worker, a server and webhooks."""

from __future__ import annotations

import asyncio
import os
from collections import defaultdict
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import pytest
from aiokafka import AIOKafkaProducer
from prometheus_client.parser import text_string_to_metric_families as parse

from projections.keys import VERSION
from projections.store import Tables
from streams.cli import run
from streams.engine.state import Change
from tests.deploy.promql import uses
from tests.deploy.test_operators import FOREIGN, OF_THE_TARGET, expressions, known
from tests.kafka.broker import Broker
from tests.kafka.certs import Authority
from tests.projections.test_metrics import free_port
from tests.projections.webhooks.receiver import SECRET, Receiver, listening, write_config
from tests.streams.processes import EXAMPLES, KEYDAY
from tests.streams.test_operations import PROGRAM, ad, lea, order

PARTITIONS = 2
#: Series by name, with the labels of all of their samples; none of one that has no sample yet.
Series = dict[str, set[str]]
#: There, but without a sample to see labels at: no store is lost here.
QUIET = {"keyday_store_rebuilds_total"}


def series(text: str) -> Series:
    """What a page of metrics shows."""
    found: Series = defaultdict(set)
    for family in parse(text):
        found[f"{family.name}_total" if family.type == "counter" else family.name] |= set()
        for sample in family.samples:
            found[sample.name] |= sample.labels.keys()
    return found


async def shown(session: aiohttp.ClientSession, ports: list[int]) -> Series:
    """What all that answer show."""
    found: Series = defaultdict(set)
    for port in ports:
        try:
            async with session.get(f"http://127.0.0.1:{port}/metrics") as answer:
                page = series(await answer.text())
        except aiohttp.ClientError:
            continue
        for name, labels in page.items():
            found[name] |= labels
    return found


def missing(found: Series) -> set[tuple[str, str, str]]:
    """Where what an expression uses is not shown: the place, the metric, and the label if it is that."""
    recorded = {name: labels for name, labels in known().items() if ":" in name}
    every = recorded | {name: set() for name in FOREIGN} | found
    wrong: set[tuple[str, str, str]] = set()
    for where, text in expressions():
        used = uses(text)
        available = set(OF_THE_TARGET)
        for name, labels in used.matched:
            if name not in every:
                wrong.add((where, name, ""))
                continue
            available |= every[name]
            seen = every[name] | OF_THE_TARGET
            wrong |= {(where, name, label) for label in labels if label not in seen and name not in QUIET}
        names = {name for name, _ in used.matched}
        if not names & QUIET:
            wrong |= {(where, ", ".join(names), label) for label in used.grouped if label not in available}
    return wrong


def outdated(folder: Path) -> None:
    """Tables as another version of the folds left them."""
    folder.mkdir(parents=True)
    tables = Tables(folder)
    changes: list[Change] = [(VERSION, b"0")]
    tables._store.write(changes, tables._store.delta_of(changes), {}, 0)
    tables.close()


@pytest.mark.slow
def test_running_programs_show_every_metric_and_label_that_dashboards_and_alerts_use(
    own_kafka: Broker, tmp_path: Path
) -> None:
    program = tmp_path / "acme.toml"
    program.write_text(PROGRAM)
    brokers = ("--brokers", own_kafka.bootstrap)
    assert run(["topics", "create", *brokers, "--partitions", str(PARTITIONS)]) == 0
    outdated(tmp_path / "serve" / "projections")
    worker, server, webhooks = ports = [free_port() for _ in range(3)]

    async def scenario() -> set[tuple[str, str, str]]:
        authority = Authority(tmp_path / "ca")
        async with AsyncExitStack() as stack:
            receiver = await stack.enter_async_context(listening(Receiver(), authority))
            file = write_config(tmp_path, receiver.url(), authority, types=["reward.*", "compliance.*"])
            producer = await stack.enter_async_context(
                AIOKafkaProducer(bootstrap_servers=own_kafka.bootstrap)
            )
            session = await stack.enter_async_context(aiohttp.ClientSession())
            placed = order("a", "2026-03-02T10:00:00Z", "120.00")
            bad = placed._replace(value=b"{")
            for record in (lea(), placed, placed, bad, ad("x", "2026-03-02T11:00:00Z")):
                await producer.send_and_wait(record.topic, record.value, record.key, timestamp_ms=0)
            await producer.send_and_wait("rewards", b"{", b"lea")  # no entry: a fault of the ledger
            for command in (
                [
                    "worker",
                    "--programs",
                    str(program),
                    "--metrics-port",
                    str(worker),
                    "--max-lateness-days",
                    "3660",
                ],
                ["serve", "--programs", str(program), "--port", str(server)],
                ["webhooks", "--config", str(file), "--metrics-port", str(webhooks)],
            ):
                process = await asyncio.create_subprocess_exec(
                    *(*KEYDAY, *command, *brokers, "--state-dir", str(tmp_path / command[0])),
                    cwd=EXAMPLES.parent,
                    env={**os.environ, "HOOK_SECRET": SECRET},
                )
                stack.push_async_callback(process.wait)
                stack.callback(process.kill)
            give_up = asyncio.get_running_loop().time() + 120
            # An answer over HTTP cannot be awaited.
            while wrong := missing(await shown(session, ports)):
                if asyncio.get_running_loop().time() > give_up:
                    break
                await asyncio.sleep(0.5)
            return wrong

    assert asyncio.run(scenario()) == set()
