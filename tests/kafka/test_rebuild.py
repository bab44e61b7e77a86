"""``keyday rebuild`` beside a server that follows a broker, and after it."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiokafka import AIOKafkaProducer

from events.time import format_time
from projections.facts import SOURCES
from projections.kafka_source import TopicsSilentError, kafka_source
from projections.keys import ACCOUNT
from projections.store import Tables
from projections.tables import TABLES
from streams.cli import run
from tests.chaos import serving
from tests.chaos.scene import keyday
from tests.kafka.broker import Broker
from tests.projections.naive import NAIVE, Files
from tests.projections.replays import lines_of, records, small
from tests.projections.test_past import times
from tests.projections.test_rebuild import content


async def send_all(bootstrap: str) -> None:
    """Everything that stands on the topics of a replay."""
    async with AIOKafkaProducer(bootstrap_servers=bootstrap) as producer:
        for topic in SOURCES:
            for one in records(small())[topic]:
                headers = list(one.headers)
                await producer.send(
                    topic, one.value, partition=0, timestamp_ms=one.timestamp, headers=headers
                )


async def rows_as_of(url: str, at: str) -> list[Any]:
    """The rows of a table as of an instant, once they are folded."""
    async with aiohttp.ClientSession() as session, asyncio.timeout(120):
        while True:
            path = f"{url}/v1/tables/partner_performance"
            async with session.get(path, params={"as_of": at, "limit": "1000"}) as answer:
                body = await answer.json()
                if answer.status != 503:
                    assert (answer.status, body["next"]) == (200, None)
                    return body["rows"]  # type: ignore[no-any-return]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_tables_are_folded_again_while_they_are_served_and_after(own_kafka: Broker, tmp_path: Path) -> None:
    env = {
        "KEYDAY_BROKERS": own_kafka.bootstrap,
        "KEYDAY_PROGRAMS": str(small().paths[0]),
        "KEYDAY_STATE_DIR": str(tmp_path / "serve"),
    }
    names = ["partner_performance", "goals", "balances"]
    found = times(small())
    middle = found[len(found) // 2]
    at = format_time(middle)
    then = NAIVE["partner_performance"](Files(small().paths, small().source, small().out, until=middle))

    async def rebuilt(*tables: str) -> dict[str, dict[str, Any]]:
        said = await keyday(env, "rebuild", *tables, "--json")
        found = re.search(r"^\[", said, re.MULTILINE)  # behind what is logged
        assert found, said
        rows = json.loads(said[found.start() :])
        return {row["table"]: row for row in rows}

    async def scenario() -> None:
        await keyday(env, "topics", "create")
        await send_all(own_kafka.bootstrap)
        async with serving.serve(own_kafka.bootstrap, tmp_path, env) as url:
            beside = await rebuilt(*names)
            assert {row["wrong"] for row in (await rebuilt()).values()} == {0}
            async with aiohttp.ClientSession() as session, session.get(f"{url}/v1/tables/partners") as answer:
                assert answer.status == 200
                assert (await answer.json())["rows"]
            assert await rows_as_of(url, at) == then
        said = await keyday(env, "export", "partner_performance", "--as-of", at)
        assert [json.loads(line) for line in said.splitlines() if line.startswith('{"aov"')] == then
        assert {row["wrong"] for row in beside.values()} == {0}
        expected = lines_of(small().out)
        assert {name: row["rows"] for name, row in beside.items()} == {
            name: expected[name].count(b"\n") for name in names
        }
        folder = tmp_path / "serve" / "projections"
        _harm(folder)
        assert (await rebuilt("balances"))["balances"]["wrong"] == 1
        assert _left(folder) == expected
        assert (await rebuilt()).keys() == TABLES.keys()
        assert _left(folder) == expected

    asyncio.run(scenario())


def test_a_rebuild_ends_when_the_brokers_say_nothing_any_more(
    own_kafka: Broker, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    brokers = ["--brokers", own_kafka.bootstrap]
    assert run(["topics", "create", *brokers, "--partitions", "2"]) == 0

    async def send() -> None:
        async with AIOKafkaProducer(bootstrap_servers=own_kafka.bootstrap) as producer:
            for partition in range(2):
                await producer.send_and_wait("orders", b"{}", partition=partition)

    asyncio.run(send())
    with kafka_source({"bootstrap_servers": own_kafka.bootstrap}, 2.0) as source:
        found = source.records("orders")
        assert next(found).partition == 0
        own_kafka.freeze()
        with pytest.raises(TopicsSilentError, match=r"topics_silent: orders/1.* nothing came for 2 s"):
            next(found)
    tables = ["--state-dir", str(tmp_path / "serve"), "--stall-timeout-s", "1"]
    assert run(["rebuild", "tiers", *brokers, *tables]) == 1
    own_kafka.thaw()
    said = capsys.readouterr().err
    assert "topics_silent: the brokers: nothing came for 1 s (KEYDAY_STALL_TIMEOUT_S)" in said
    assert run(["rebuild", "tiers", *brokers, *tables]) == 0


def _left(folder: Path) -> dict[str, bytes]:
    tables = Tables(folder)
    try:
        return content(tables)
    finally:
        tables.close()


def _harm(folder: Path) -> None:
    """Remove a row of the balances."""
    tables = Tables(folder)
    key, _ = next(tables._store.scan(ACCOUNT, ACCOUNT + b"\xff"))
    changes = [(key, None)]
    tables._store.write(changes, tables._store.delta_of(changes), {}, 0)
    tables.close()
