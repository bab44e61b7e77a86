"""Versions of programs come to running workers through the topic ``programs``."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tomllib import loads
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from events.messages import Answered, Asked, Wish
from schemas.messages import decode_message, encode_message
from schemas.program_file import to_json
from schemas.programs import Programs
from streams.cli import run
from streams.engine.program_reader import ProgramReader
from streams.engine.published import Published
from streams.engine.topic_check import TopicsError
from tests.kafka.broker import Broker, Cluster
from tests.program_head import HEAD
from tests.streams.processes import EXAMPLES, KEYDAY, ended

PARTITIONS = 2
WAIT_S = 60
POLL_S = 0.05
PROGRAM = f"""{HEAD.replace("acme", "shop")}[[accrual]]
id = "points"
to = "customer"
unit = "points"
rate = "1"
[[budget]]
id = "main"
amount = "1.00"
period = "lifetime"
over = "trim"
"""

Capture = pytest.CaptureFixture[str]


class Shop:
    """A broker with topics, and what a shop does there: publish versions, send orders, read the ledger."""

    def __init__(self, broker: Broker, folder: Path) -> None:
        self.brokers = ["--brokers", broker.bootstrap]
        self.log = folder / "worker.log"
        self._bootstrap = broker.bootstrap
        self._folder = folder
        assert run(["topics", "create", *self.brokers, "--partitions", str(PARTITIONS)]) == 0

    def publish(self, version: int, rate: str) -> int:
        file = self._folder / f"shop-{version}.toml"
        file.write_text(PROGRAM.replace("version = 1", f"version = {version}").replace('"1"', f'"{rate}"'))
        return run(["publish", str(file), *self.brokers])

    @contextmanager
    def worker(self, *flags: str) -> Iterator[subprocess.Popen[bytes]]:
        state = str(self._folder / "state")
        work = ["worker", *self.brokers, "--state-dir", state, "--clock", "none", *flags]
        with self.log.open("ab") as log:
            process = subprocess.Popen([*KEYDAY, *work], stderr=log, cwd=EXAMPLES.parent)
        try:
            yield process
        finally:
            process.kill()
            process.wait()

    def until_said(self, text: str, times: int = 1) -> None:
        deadline = time.monotonic() + WAIT_S
        while self.log.read_text().count(text) < times:
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(POLL_S)  # a log file cannot be awaited

    def send(self, topic: str, key: str, *values: bytes) -> None:
        async def send() -> None:
            producer = AIOKafkaProducer(bootstrap_servers=self._bootstrap, linger_ms=100)
            await producer.start()
            try:
                sent = [await producer.send(topic, value, key=key.encode()) for value in values]
                await asyncio.gather(*sent)
            finally:
                await producer.stop()

        asyncio.run(send())

    def order(self, order_id: str) -> Any:
        """Send an order of 10.00 EUR by a customer of that name, and wait for what it earns."""
        data = {
            "order_id": order_id,
            "customer_id": order_id,
            "market": "FR",
            "currency": "EUR",
            "subtotal": "10.00",
        }
        event = {
            "specversion": "1.0",
            "id": order_id,
            "source": "shop",
            "type": "order.placed",
            "time": "2026-02-01T12:00:00Z",
            "data": data,
        }
        self.send("orders", order_id, json.dumps(event).encode())
        return asyncio.run(self._reward(order_id))

    def answers(self) -> list[Answered]:
        """What the budgets agent answered the customers agent so far; ends at the answer to order ``last``."""

        async def read() -> list[Answered]:
            found: list[Answered] = []
            consumer = AIOKafkaConsumer(
                bootstrap_servers=self._bootstrap,
                auto_offset_reset="earliest",
                isolation_level="read_committed",
            )
            await consumer.start()
            try:
                consumer.assign([TopicPartition("customers-inbox", each) for each in range(PARTITIONS)])
                async with asyncio.timeout(WAIT_S):
                    while not any(answer.order_id == "last" for answer in found):
                        message = decode_message((await consumer.getone()).value)
                        assert isinstance(message, Answered)
                        found.append(message)
            finally:
                await consumer.stop()
            return found

        return asyncio.run(read())

    async def _reward(self, order_id: str) -> Any:
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap, auto_offset_reset="earliest", isolation_level="read_committed"
        )
        await consumer.start()
        try:
            consumer.assign([TopicPartition("rewards", each) for each in range(PARTITIONS)])
            async with asyncio.timeout(WAIT_S):
                async for record in consumer:
                    reward = json.loads(record.value)["data"]
                    if reward["order_id"] == order_id:
                        return reward
        finally:
            await consumer.stop()


@pytest.fixture
def shop(own_kafka: Broker, tmp_path: Path) -> Shop:
    return Shop(own_kafka, tmp_path)


def test_a_version_that_is_published_while_a_worker_runs_decides_later_orders(shop: Shop) -> None:
    assert shop.publish(1, "1") == 0
    with shop.worker() as worker:
        shop.until_said("version 1 of shop is in use for events from 2026-01-01T00:00:00.000Z on")
        first = shop.order("first")
        assert shop.publish(2, "3") == 0
        shop.until_said("version 2 of shop is in use")
        second = shop.order("second")
        assert (first["program_version"], first["amount"]) == (1, 10)
        assert (second["program_version"], second["amount"]) == (2, 30)

        shop.send("programs", "shop", b"{")
        invalid = PROGRAM.replace("version = 1", "version = 3").replace('"1"', '"x"')
        shop.send("programs", "shop", published("bad", invalid))
        shop.send("programs", "shop", published("late", PROGRAM.replace('"1"', '"9"')))
        shop.until_said("late is refused: program.version: version 1 of shop exists with other content")
        said = shop.log.read_text()
        assert "programs/0 at 2: a record is refused: json_invalid" in said
        assert "programs/0 at 3: bad is refused: accrual[0].rate: must be a decimal" in said
        assert shop.order("third")["program_version"] == 2
        assert ended(worker, signal.SIGTERM) == 0

    with shop.worker() as worker:
        assert shop.order("after a restart")["amount"] == 30
        assert ended(worker, signal.SIGTERM) == 0


def test_a_worker_waits_for_a_version_that_others_decided_by_before_it_has_read_it(shop: Shop) -> None:
    asks = [encode_message(asked(*one)) for one in [(1, "first", 60), (2, "second", 30), (1, "last", 60)]]
    waits = "waits for version 2 of program shop"
    assert shop.publish(1, "1") == 0
    shop.send("budgets-inbox", "main", *asks)
    with shop.worker() as worker:
        shop.until_said(waits)
        assert ended(worker, signal.SIGTERM) == 0
    with shop.worker("--stall-timeout-s", "1") as worker:
        assert worker.wait(WAIT_S) == 1
        shop.until_said("worker ends: NotReadyError: version 2 of program shop")
    with shop.worker() as worker:
        shop.until_said(waits, times=3)
        assert shop.publish(2, "3") == 0
        answers = shop.answers()
        assert ended(worker, signal.SIGTERM) == 0

    granted = [(answer.order_id, [wish.amount for wish in answer.granted]) for answer in answers]
    assert granted == [("first", [60]), ("second", [30]), ("last", [10])]


def asked(version: int, order_id: str, amount: int) -> Asked:
    """A customer's wish of a budget of 1.00 EUR."""
    time = 1_769_947_200_000  # 2026-02-01T12:00:00Z
    wishes = (Wish("points", amount),)
    return Asked("shop", version, "main", 739_648, time, wishes, "customers", 0, "ada", order_id)


def test_versions_are_published_once_and_only_newer_ones(shop: Shop, capsys: Capture) -> None:
    capsys.readouterr()
    assert shop.publish(2, "1") == 0
    said = capsys.readouterr().out
    assert said.startswith(
        f"published version 2 of shop to Kafka at {shop.brokers[1]}, for events from 2026-"
    )

    for version, rate, why in [
        (2, "1", "version 2 of shop is published already"),
        (2, "5", "version 2 of shop is published with other content"),
        (1, "1", "version 1 of shop is not newer than version 2, which is published"),
    ]:
        assert shop.publish(version, rate) == 1
        assert f"shop-{version}.toml:3:program.version: {why}" in capsys.readouterr().err
    assert shop.publish(3, "5") == 0


def test_a_worker_without_any_program_says_what_to_do(shop: Shop) -> None:
    with shop.worker() as worker:
        assert worker.wait(WAIT_S) == 1

    last = shop.log.read_text().splitlines()[-1]
    assert last == "keyday: no program is published: run keyday publish FILE, or give --programs PATH"


def test_following_goes_on_after_the_broker_was_away(own_kafka: Broker, shop: Shop) -> None:
    programs = Programs()
    reader = ProgramReader({"bootstrap_servers": own_kafka.bootstrap}, Published(programs).follow)

    async def story() -> list[int]:
        assert await asyncio.to_thread(shop.publish, 1, "1") == 0
        await reader.start()
        assert [one.version for one in programs.versions("shop")] == [1]
        following = asyncio.create_task(reader.run())
        await asyncio.to_thread(own_kafka.restart)
        assert await asyncio.to_thread(shop.publish, 2, "1") == 0
        async with asyncio.timeout(WAIT_S):
            while len(programs.versions("shop")) < 2:  # noqa: ASYNC110  the registry tells nobody
                await asyncio.sleep(POLL_S)
        following.cancel()
        await asyncio.wait({following})
        return [one.version for one in programs.versions("shop")]

    assert asyncio.run(story()) == [1, 2]


def test_all_partitions_are_read_to_their_end_before_anything_starts(kafka: Cluster) -> None:
    topic = kafka.create_topic("programs", 3)
    programs = Programs()
    reader = ProgramReader({"bootstrap_servers": kafka.bootstrap}, Published(programs).follow, topic)

    async def story() -> None:
        producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap)
        await producer.start()
        for number in range(300):
            text = PROGRAM.replace('"shop"', f'"shop-{number % 3}"')
            text = text.replace("version = 1", f"version = {number // 3 + 1}")
            await producer.send(topic, published(str(number), text), partition=number % 3)
        await producer.stop()
        await reader.start()
        await reader.stop()

    asyncio.run(story())
    assert {name: len(programs.versions(name)) for name in programs.ids()} == {
        "shop-0": 100,
        "shop-1": 100,
        "shop-2": 100,
    }


def test_without_the_topic_nothing_starts(own_kafka: Broker) -> None:
    reader = ProgramReader({"bootstrap_servers": own_kafka.bootstrap}, Published(Programs()).follow)

    with pytest.raises(TopicsError, match="topics are missing: programs; run `keyday topics create` first"):
        asyncio.run(reader.start())
    assert run(["publish", str(EXAMPLES / "demo.toml"), "--brokers", own_kafka.bootstrap]) == 1


def published(id_: str, text: str) -> bytes:
    """The event of a program file that was not checked before."""
    event = {"specversion": "1.0", "id": id_, "source": "test", "type": "program.published"}
    return json.dumps(event | {"time": "2026-01-01T00:00:00Z", "data": to_json(loads(text))}).encode()
