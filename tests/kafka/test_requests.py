"""Requests over HTTP in front of a real broker: asked again after a kill, or of another server, they are the same."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

from streams.cli import run
from tests.chaos.kafka import read_all as read_committed
from tests.kafka.broker import Broker
from tests.kafka.test_front_door import read_all
from tests.streams.processes import EXAMPLES, KEYDAY, ended, started, until_settled

PROGRAM = EXAMPLES / "demo.toml"
PARTITIONS = 2
ADJUST = "/v1/accounts/customer:max/adjustments"
REDEEM = "/v1/accounts/customer:max/redemptions"
ADD = {"unit": "points", "amount": 500, "reason": "r"}
SPEND = {"unit": "points", "amount": 200}
#: How often two servers are asked at once.
RACES = 12
RESOLVE = "/v1/cases/paid_traffic~lea~2026-01-01/resolution"
ORDER = {
    "specversion": "1.0",
    "id": "o1",
    "source": "shop",
    "type": "order.placed",
    "time": "2025-11-28T00:30:00Z",
    "data": {"order_id": "1", "customer_id": "max", "market": "FR", "currency": "EUR", "subtotal": "30.00"},
}
ASKED: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    (ADJUST, ADD, ADD | {"amount": 501}),
    (REDEEM, SPEND, SPEND | {"amount": 300}),
    (RESOLVE, {"decision": "dismissed"}, {"decision": "upheld"}),
]


def post(url: str, path: str, body: Any, kind: str = "application/json", key: str = "k1") -> tuple[int, Any]:
    """Ask, and again as long as the server says that it is not ready."""
    headers = {"Content-Type": kind, "Idempotency-Key": key}
    request = urllib.request.Request(url + path, json.dumps(body).encode(), headers)  # noqa: S310  the address is ours
    for _ in range(300):
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310  the address is ours
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            if error.code != 503:
                return error.code, json.loads(error.read())
            time.sleep(0.2)  # an answer over HTTP cannot be awaited
    raise AssertionError("the server was not ready in time")


def send(url: str) -> None:
    assert post(url, "/v1/events", ORDER, "application/cloudevents+json") == (
        202,
        {"accepted": 1, "refused": []},
    )


def test_a_request_that_is_asked_again_after_a_kill_is_the_same_event(
    own_kafka: Broker, tmp_path: Path
) -> None:
    brokers = ["--brokers", own_kafka.bootstrap]
    assert run(["topics", "create", *brokers, "--partitions", str(PARTITIONS)]) == 0

    def server(name: str) -> list[str]:
        return ["serve", *brokers, "--state-dir", str(tmp_path / name), "--port", "0"]

    work = ["worker", *brokers, "--programs", str(PROGRAM), "--state-dir", str(tmp_path / "worker")]
    with started(server("a")) as (process, url):
        send(url)
        first = [post(url, path, right) for path, right, _ in ASKED]
        process.kill()
    for name in ("a", "b"):  # the same server again, and another one
        with started(server(name)) as (_, url):
            send(url)
            assert [post(url, path, right) for path, right, _ in ASKED] == first
            told = [post(url, path, wrong) for path, _, wrong in ASKED]
            assert [(status, body["code"]) for status, body in told] == [(409, "idempotency_key_reused")] * 3

    assert [status for status, _ in first] == [202] * 3
    with (
        started(server("b")) as (_, url),
        subprocess.Popen([*KEYDAY, *work, "--clock", "none"], cwd=EXAMPLES.parent) as working,
    ):
        try:
            # 500 corrected, 200 spent, and 100 of the order's welcome at once (see test_front_door).
            until_settled(url, "customer:max", available=400)
            assert ended(working, signal.SIGTERM) == 0
        finally:
            working.kill()
    topics = {
        topic: asyncio.run(read_all(own_kafka.bootstrap, topic, PARTITIONS))
        for topic in ("account-requests", "partner-events", "orders", "dead-letters")
    }

    assert {topic: len(records) for topic, records in topics.items()} == {
        "account-requests": 2,
        "partner-events": 1,
        "orders": 3,
        "dead-letters": 0,
    }
    assert len({record.value for record in topics["orders"]}) == 1


async def values(bootstrap: str, topic: str) -> list[bytes]:
    return [record.value async for record in read_committed(bootstrap, topic)]


def test_what_two_servers_are_asked_at_once_is_decided_once(own_kafka: Broker, tmp_path: Path) -> None:
    brokers = ["--brokers", own_kafka.bootstrap]
    assert run(["topics", "create", *brokers, "--partitions", str(PARTITIONS)]) == 0
    keys = [f"k{number}" for number in range(RACES)]

    def server(name: str) -> list[str]:
        return ["serve", *brokers, "--state-dir", str(tmp_path / name), "--port", "0"]

    def asked_of_both(path: str, body: dict[str, Any], key: str) -> tuple[Any, Any]:
        together = Barrier(2)

        def one(url: str) -> Any:
            together.wait()
            return post(url, path, body, key=key)

        first, second = at_once.map(one, urls)
        return first, second

    work = ["worker", *brokers, "--programs", str(PROGRAM), "--state-dir", str(tmp_path / "worker")]
    with (
        started(server("a")) as (_, one),
        started(server("b")) as (_, other),
        ThreadPoolExecutor(2) as at_once,
        subprocess.Popen([*KEYDAY, *work, "--clock", "none"], cwd=EXAMPLES.parent) as working,
    ):
        urls = (one, other)
        try:
            send(one)
            for key in keys:
                for path, body in ((ADJUST, ADD), (REDEEM, SPEND), (RESOLVE, {"decision": "upheld"})):
                    answers = asked_of_both(path, body, key)
                    assert [status for status, _ in answers] == [202, 202]
                    assert answers[0][1]["id"] == answers[1][1]["id"]
            # Where lea's cases are, this comes after them.
            assert post(one, "/v1/accounts/partner:lea/adjustments", ADD)[0] == 202
            until_settled(one, "partner:lea", available=500)
            until_settled(one, "customer:max", available=100 + RACES * (500 - 200))
            assert ended(working, signal.SIGTERM) == 0
        finally:
            working.kill()
    topics = {
        topic: asyncio.run(values(own_kafka.bootstrap, topic))
        for topic in ("account-requests", "partner-events", "rewards", "milestones", "dead-letters")
    }

    ignored = [value for value in topics["milestones"] if b"case.resolution_ignored" in value]
    doubled = len(topics["partner-events"]) - RACES
    print("doubled:", len(topics["account-requests"]) - 2 * RACES - 1, "requests,", doubled, "resolutions")
    assert len(ignored) == RACES
    assert len(topics["dead-letters"]) <= doubled
    ids = [json.loads(value)["id"].partition("~")[0] for value in topics["rewards"]]
    assert (ids.count("adjust"), ids.count("redeem")) == (RACES + 1, RACES)
