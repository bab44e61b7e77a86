from __future__ import annotations

import asyncio
import gzip
import json
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from schemas.topics import ALL_TOPICS
from streams.cli import run
from tests.kafka.broker import Broker
from tests.kafka.secure import SecureBroker
from tests.streams.processes import EXAMPLES, KEYDAY, ended, started, until_settled

PROGRAM = EXAMPLES / "demo.toml"
CSV = """order,customer,when,total
1001,lea,2025-11-27 23:30:00,20.00
1002,max,2025-11-28 00:30:00,30.00
1003,lea,2025-11-30 12:00:00,-1.00
1004,lea,2025-11-30 12:00:00,40.00
"""


async def read_all(bootstrap: str, topic: str, count: int) -> list[Any]:
    """Every record of a topic, by partition."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        partitions = [TopicPartition(topic, each) for each in range(count)]
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        records: list[Any] = []
        while len(records) < sum(ends.values()):
            for batch in (await consumer.getmany(timeout_ms=500)).values():
                records += batch
        return records
    finally:
        await consumer.stop()


def test_topics_are_created_once_and_the_difference_is_shown(
    own_kafka: Broker, capsys: pytest.CaptureFixture[str]
) -> None:
    brokers = ["--brokers", own_kafka.bootstrap]

    own_kafka.create_topics({"clicks": 3}, {"retention.ms": "1000"})

    assert run(["topics", "create", *brokers, "--dry-run", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    missing = {row["topic"]: row["want"] for row in rows if row["change"] == "missing"}
    assert missing.keys() == {topic.name for topic in ALL_TOPICS} - {"clicks"}
    # What is there decides on the partitions of what is not.
    assert (missing["orders"], missing["programs"]) == ("3", "1")
    differs = {
        "topic": "clicks",
        "change": "differs",
        "setting": "retention.ms",
        "have": "1000",
        "want": "-1",
    }
    assert differs in rows

    assert run(["topics", "create", *brokers]) == 0
    said = capsys.readouterr()
    assert f"{len(ALL_TOPICS) - 1} topics created, 1 were there" in said.out
    assert "settings differ and stay as they are" in said.err

    assert run(["topics", "create", *brokers]) == 0
    said = capsys.readouterr()
    assert f"0 topics created, {len(ALL_TOPICS)} were there" in said.out
    assert "missing" not in said.out

    assert run(["topics", "create", *brokers, "--partitions", "4"]) == 1
    said = capsys.readouterr()
    assert "need the same number of partitions, here 4: account-requests has 3" in said.err
    assert len(said.err.splitlines()) == 1


def test_an_import_sends_orders_by_time_with_the_midnights_between_them(
    own_kafka: Broker, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "shop.csv.gz"
    file.write_bytes(gzip.compress(CSV.encode()))
    brokers = ["--brokers", own_kafka.bootstrap]
    columns = {"order_id": "order", "customer_id": "customer", "time": "when", "subtotal": "total"}
    mapping = [each for name, column in columns.items() for each in ("--column", f"{name}={column}")]
    command = ["import", "orders", str(file), *mapping, "--market", "FR", "--currency", "EUR"]
    command += ["--zone", "Europe/Paris", "--refused", str(tmp_path / "refused.ndjson"), *brokers]
    command += ["--programs", str(PROGRAM)]

    assert run(command) == 1
    assert "topic orders does not exist; run keyday topics create" in capsys.readouterr().err

    assert run(["topics", "create", *brokers, "--partitions", "2"]) == 0
    assert run([*command, "--allow-refused"]) == 0
    orders = asyncio.run(read_all(own_kafka.bootstrap, "orders", 2))
    clock = asyncio.run(read_all(own_kafka.bootstrap, "clock", 2))

    assert sorted(json.loads(each.value)["id"] for each in orders) == ["1001", "1002", "1004"]
    assert all(each.key == json.loads(each.value)["data"]["customer_id"].encode() for each in orders)
    assert min(each.timestamp for each in orders) == 1_764_282_600_000
    assert sorted((json.loads(each.value)["date"], each.partition) for each in clock) == [
        (date, partition) for date in ("2025-11-28", "2025-11-29", "2025-11-30") for partition in (0, 1)
    ]
    assert run(command) == 1
    again = asyncio.run(read_all(own_kafka.bootstrap, "orders", 2))
    assert sorted(each.value for each in again) == sorted(each.value for each in orders * 2)


def test_a_worker_and_a_server_turn_imported_orders_into_balances(own_kafka: Broker, tmp_path: Path) -> None:
    file = tmp_path / "shop.csv"
    file.write_text(CSV)
    brokers = ["--brokers", own_kafka.bootstrap]
    columns = {"order_id": "order", "customer_id": "customer", "time": "when", "subtotal": "total"}
    mapping = [each for name, column in columns.items() for each in ("--column", f"{name}={column}")]
    command = ["import", "orders", str(file), *mapping, "--market", "FR", "--currency", "EUR"]
    command += ["--zone", "Europe/Paris", "--programs", str(PROGRAM), "--refused", str(tmp_path / "refused")]
    assert run(["topics", "create", *brokers, "--partitions", "2"]) == 0
    assert run([*command, *brokers, "--allow-refused"]) == 0

    server = ["serve", *brokers, "--state-dir", str(tmp_path / "server"), "--port", "0"]
    work = ["worker", *brokers, "--programs", str(PROGRAM), "--state-dir", str(tmp_path / "worker")]
    with (
        started(server) as (serving, url),
        subprocess.Popen([*KEYDAY, *work, "--clock", "none"], cwd=EXAMPLES.parent) as working,
    ):
        try:
            # max: 30 points, pending, and the welcome at once; Black Friday doubles both, pending as well.
            balance = until_settled(url, "customer:max", available=100)
            assert (balance["pending"], balance["earned"]) == (160, 260)
            assert ended(working, signal.SIGTERM) == 0
            assert ended(serving, signal.SIGTERM) == 0
        finally:
            working.kill()


def test_a_wrong_password_is_one_line_that_says_so(
    secure_kafka: SecureBroker, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KEYDAY_SECURITY_PROTOCOL", "SASL_SSL")
    monkeypatch.setenv("KEYDAY_SASL_MECHANISM", "SCRAM-SHA-256")
    monkeypatch.setenv("KEYDAY_SASL_USERNAME", secure_kafka.username)
    monkeypatch.setenv("KEYDAY_SASL_PASSWORD", "battery-staple")
    monkeypatch.setenv("KEYDAY_SSL_CA_FILE", str(secure_kafka.ca_file))

    status = run(["topics", "create", "--dry-run", "--brokers", secure_kafka.sasl])

    said = capsys.readouterr().err
    assert status == 1
    assert "SaslAuthenticationFailed" in said
    assert len(said.splitlines()) == 1
    assert "battery-staple" not in said


def test_the_right_password_from_a_file_opens_the_door(
    secure_kafka: SecureBroker,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "password").write_text(secure_kafka.password + "\n")
    monkeypatch.setenv("KEYDAY_SECURITY_PROTOCOL", "SASL_SSL")
    monkeypatch.setenv("KEYDAY_SASL_MECHANISM", "SCRAM-SHA-256")
    monkeypatch.setenv("KEYDAY_SASL_USERNAME", secure_kafka.username)
    monkeypatch.setenv("KEYDAY_SASL_PASSWORD_FILE", str(tmp_path / "password"))
    monkeypatch.setenv("KEYDAY_SSL_CA_FILE", str(secure_kafka.ca_file))

    assert run(["topics", "create", "--dry-run", "--brokers", secure_kafka.sasl]) == 0
    assert f"{len(ALL_TOPICS)} topics are missing" in capsys.readouterr().out


def test_no_broker_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["topics", "create", "--brokers", "127.0.0.1:1"]) == 1

    said = capsys.readouterr().err
    assert said.startswith("keyday: 127.0.0.1:1: ")
    assert len(said.splitlines()) == 1
