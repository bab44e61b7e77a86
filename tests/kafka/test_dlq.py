"""``keyday dlq`` on a broker: letters of all partitions, sent again to where they came from."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing

import pytest

from events.outputs import DeadLetter
from schemas.dead_letters import dead_letter_headers
from streams.cli import run
from streams.engine.brokers import BrokerError
from streams.engine.produce import publish
from streams.engine.record import OutRecord
from streams.engine.settings import Settings
from streams.engine.topic_reader import read_topic
from tests.kafka.broker import Broker
from tests.kafka.test_front_door import read_all

TIME = 1_600_000_000_000


def letter(topic: str, partition: int, code: str, value: bytes) -> OutRecord:
    headers = (("ce_id", b"7"),)
    dead = DeadLetter(code, "data", topic, partition, 5, TIME, b"ann", value, headers)
    return OutRecord("dead-letters", partition, TIME, b"ann", value, dead_letter_headers(dead))


def test_letters_of_all_partitions_go_back_with_their_bytes_and_headers(
    own_kafka: Broker, capsys: pytest.CaptureFixture[str]
) -> None:
    brokers = ["--brokers", own_kafka.bootstrap]
    assert run(["topics", "create", *brokers, "--partitions", "2"]) == 0
    letters = [
        letter("orders", 0, "fx_rate_missing", b"one"),
        letter("orders", 1, "fx_rate_missing", b"two"),
        letter("orders", 1, "json_invalid", b"\xff"),
        letter("customers-inbox", 1, "json_invalid", b"inside"),
        OutRecord("dead-letters", 0, TIME, None, b"not by Keyday", []),
    ]
    asyncio.run(publish(Settings(brokers=own_kafka.bootstrap), letters))
    capsys.readouterr()

    assert run(["dlq", "list", *brokers, "--count", "--json"]) == 0
    counts = {(row["topic"], row["code"]): row["letters"] for row in json.loads(capsys.readouterr().out)}
    assert counts == {
        ("orders", "fx_rate_missing"): 2,
        ("orders", "json_invalid"): 1,
        ("customers-inbox", "json_invalid"): 1,
    }

    assert run(["dlq", "replay", *brokers]) == 0
    said = capsys.readouterr()
    assert "3 dead letters were sent again" in said.out
    assert "1 came from topics inside Keyday" in said.err
    records = asyncio.run(read_all(own_kafka.bootstrap, "orders", 2))
    assert sorted((one.partition, one.value) for one in records) == [(0, b"one"), (1, b"two"), (1, b"\xff")]
    assert {(one.key, one.timestamp, one.headers) for one in records} == {(b"ann", TIME, (("ce_id", b"7"),))}
    assert asyncio.run(read_all(own_kafka.bootstrap, "customers-inbox", 2)) == []


def test_brokers_that_say_nothing_any_more_end_the_reading(own_kafka: Broker) -> None:
    settings = Settings(brokers=own_kafka.bootstrap, stall_timeout_s=1.5)
    own_kafka.create_topics({"dead-letters": 1})
    # More than a few fetches: the first ones may be on their way when the broker freezes.
    large = [letter("orders", 0, "json_invalid", b"x" * 500_000) for _ in range(16)]

    async def scenario() -> None:
        await publish(settings, large)
        async with aclosing(read_topic(settings, "dead-letters")) as batches:
            assert await anext(batches)
            own_kafka.freeze()
            try:
                with pytest.raises(
                    BrokerError, match=r"topics_silent: dead-letters: nothing came for 1\.5 s"
                ):
                    async for _ in batches:
                        pass
            finally:
                own_kafka.thaw()

    asyncio.run(scenario())


def test_brokers_out_of_reach_are_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["dlq", "list", "--brokers", "localhost:1"]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1
