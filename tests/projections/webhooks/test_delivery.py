from __future__ import annotations

import asyncio
import random
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from prometheus_client import CollectorRegistry
from standardwebhooks import Webhook

from projections.webhooks.config import Endpoint
from projections.webhooks.sources import LogSource
from projections.webhooks.store import Deliveries, ask_to_retry, read_dead
from projections.webhooks.webhooks import Webhooks
from streams.engine.log import Log
from streams.engine.record import OutRecord
from tests.kafka.certs import Authority
from tests.projections.webhooks.receiver import (
    SECRET,
    Mood,
    Received,
    Receiver,
    accounts,
    content,
    endpoint,
    filled,
    listening,
    reward,
)

#: Bytes of an answer that nobody needs.
MUCH = 100_000_000


class Running:
    """Webhooks at work over a log, in this process."""

    def __init__(self, folder: Path, one: Endpoint, log: Log) -> None:
        self.registry = CollectorRegistry()
        self._webhooks = Webhooks([one], folder / "webhooks", self.registry)
        self._task = asyncio.create_task(self._webhooks.run(LogSource(log, log.partitions)))

    async def stop(self) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    def value(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(name, {"endpoint": "crm", **labels})


@asynccontextmanager
async def delivering(folder: Path, one: Endpoint, log: Log) -> AsyncIterator[Running]:
    running = Running(folder, one, log)
    try:
        yield running
    finally:
        await running.stop()


async def until(done: Any) -> None:
    async with asyncio.timeout(60):
        while not done():  # noqa: ASYNC110  # a gauge and a file cannot be awaited
            await asyncio.sleep(0.02)


def by_account(events: list[str]) -> dict[str, list[int]]:
    """The numbers of the events of each account, in the order in which they were acknowledged."""
    found = defaultdict(list)
    for event in events:
        account, _, seq = event.rpartition("~")
        found[account].append(int(seq))
    return found


def in_turn(count: int, each: int) -> dict[str, list[int]]:
    return {f"partner:p{number}": list(range(1, each + 1)) for number in range(count)}


def test_a_signed_event_arrives_over_tls_with_an_authority_of_ones_own(tmp_path: Path) -> None:
    async def scenario() -> Received:
        authority = Authority(tmp_path / "ca")
        log = filled(tmp_path / "data", [reward("partner:lea", 1), reward("customer:ann", 1, "bonus")])
        async with listening(Receiver(), authority) as receiver:
            one = endpoint(tmp_path, receiver.url(), authority, types=["reward.accrued"])
            async with delivering(tmp_path, one, log) as running:
                await receiver.until(lambda: bool(receiver.acknowledged))
                await until(lambda: running.value("keyday_webhook_pending_events") == 0)
        log.close()
        (received,) = receiver.received
        return received

    received = asyncio.run(scenario())
    event = Webhook(SECRET).verify(received.body, received.headers)

    assert event["type"] == "reward.accrued"
    assert (event["id"], event["subject"], event["data"]["amount"]) == ("partner:lea~1", "partner:lea", 1)
    assert received.headers["content-type"] == "application/json"


def test_a_certificate_of_somebody_else_is_not_trusted(tmp_path: Path) -> None:
    async def scenario() -> float | None:
        log = filled(tmp_path / "data", [reward("partner:lea", 1)])
        async with listening(Receiver(), Authority(tmp_path / "theirs")) as receiver:
            one = endpoint(tmp_path, receiver.url(), Authority(tmp_path / "ours"), max_tries=1)
            async with delivering(tmp_path, one, log) as running:
                await until(lambda: running.value("keyday_webhook_dead_events") == 1)
                failed = running.value("keyday_webhook_attempts_total", outcome="tls_failed")
        log.close()
        assert receiver.received == []
        return failed

    assert asyncio.run(scenario()) == 1


def unreliable(dice: random.Random) -> Mood:
    """Fails in every way, slow at times; a third of the tries get through."""

    async def answer(_: Received, request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(dice.random() * 0.01)
        throw = dice.randrange(9)
        if throw < 3:
            return web.Response(status=dice.choice([200, 201, 204]), body=b"x" * dice.choice([0, 200_000]))
        if throw == 3:
            assert request.transport is not None
            request.transport.close()  # read, and gone without an answer
            return web.Response(status=500)
        status = dice.choice([301, 400, 404, 429, 500, 503])
        headers = {"Location": str(request.url)} if status == 301 else {}
        return web.Response(status=status, headers=headers)

    return answer


def test_each_account_gets_its_events_in_order_and_each_once_from_an_endpoint_that_fails(
    tmp_path: Path,
) -> None:
    seed = random.SystemRandom().randrange(10**6)
    print(f"seed {seed}")

    async def scenario() -> Receiver:
        log = filled(tmp_path / "data", list(accounts(12, 8)))
        async with listening(Receiver(unreliable(random.Random(seed))), None) as receiver:
            one = endpoint(tmp_path, receiver.url("http"), max_tries=1_000, longest_retry_s=0.01)
            async with delivering(tmp_path, one, log):
                await receiver.until(lambda: len(receiver.acknowledged) == 96)
        log.close()
        return receiver

    receiver = asyncio.run(scenario())

    assert by_account(receiver.events) == in_turn(12, 8)
    assert max(Counter(receiver.acknowledged).values()) == 1
    assert len(receiver.received) > 96
    # In order also as they were tried: nothing of an account is tried before what is ahead of it is settled.
    tried = defaultdict(list)
    for one in receiver.received:
        tried[one.json["subject"]].append(one.json["data"]["seq"])
    assert all(numbers == sorted(numbers) for numbers in tried.values())


def test_an_account_that_fails_holds_up_no_other(tmp_path: Path) -> None:
    async def answer(received: Received, _: web.Request) -> web.StreamResponse:
        return web.Response(status=400 if received.json["subject"] == "partner:p0" else 200)

    async def scenario() -> list[str]:
        log = filled(tmp_path / "data", list(accounts(5, 10)))
        async with listening(Receiver(answer), None) as receiver:
            one = endpoint(tmp_path, receiver.url("http"), max_tries=1_000)
            async with delivering(tmp_path, one, log):
                await receiver.until(lambda: len(receiver.acknowledged) == 40)
        log.close()
        return receiver.events

    assert by_account(asyncio.run(scenario())).keys() == {
        "partner:p1",
        "partner:p2",
        "partner:p3",
        "partner:p4",
    }


def test_accounts_are_sent_at_the_same_time_up_to_the_limit(tmp_path: Path) -> None:
    async def scenario() -> int:
        under_way = most = 0
        full = asyncio.Event()

        async def answer(_: Received, __: web.Request) -> web.StreamResponse:
            nonlocal under_way, most
            under_way += 1
            most = max(most, under_way)
            if under_way == 3:
                full.set()
            await full.wait()
            await asyncio.sleep(0.01)
            under_way -= 1
            return web.Response()

        log = filled(tmp_path / "data", list(accounts(9, 2)))
        async with listening(Receiver(answer), None) as receiver:
            one = endpoint(tmp_path, receiver.url("http"), concurrency=3)
            async with delivering(tmp_path, one, log):
                await receiver.until(lambda: len(receiver.acknowledged) == 18)
        log.close()
        return most

    assert asyncio.run(scenario()) == 3


@pytest.mark.slow
def test_after_enough_tries_an_event_is_a_dead_letter_and_the_next_one_goes(tmp_path: Path) -> None:
    async def scenario() -> tuple[Receiver, list[Any], list[str], float | None]:
        broken = True

        async def answer(received: Received, _: web.Request) -> web.StreamResponse:
            return web.Response(status=422 if broken and received.json["data"]["seq"] == 1 else 200)

        log = filled(tmp_path / "data", [reward("partner:lea", 1), reward("partner:lea", 2)])
        async with listening(Receiver(answer), None) as receiver:
            one = endpoint(tmp_path, receiver.url("http"), max_tries=3)
            async with delivering(tmp_path, one, log) as running:
                await receiver.until(lambda: bool(receiver.acknowledged))
                await until(lambda: running.value("keyday_webhook_dead_events") == 1)
                letters = read_dead(tmp_path / "webhooks", ["crm"])["crm"]
                first = [one.json["data"]["seq"] for one in receiver.received]
                broken = False
                ask_to_retry(tmp_path / "webhooks", "crm", [number for number, _ in letters])
                await receiver.until(lambda: len(receiver.acknowledged) == 2)
                await until(lambda: running.value("keyday_webhook_dead_events") == 0)
                refused = running.value("keyday_webhook_attempts_total", outcome="refused")
        log.close()
        assert first == [1, 1, 1, 2]
        assert list((tmp_path / "webhooks" / "requests").iterdir()) == []
        return receiver, letters, receiver.events, refused

    receiver, ((_, letter),), events, refused = asyncio.run(scenario())

    assert (letter.code, letter.status, letter.tries, letter.event_id) == ("refused", 422, 3, "partner:lea~1")
    assert events == ["partner:lea~2", "partner:lea~1"]
    assert refused == 3
    assert len({one.id for one in receiver.received}) == 2, "a retry keeps the id"


def test_a_restart_goes_on_with_what_waits_and_how_often_it_was_tried(tmp_path: Path) -> None:
    async def scenario() -> tuple[int, list[str]]:
        async def refuse(_: Received, __: web.Request) -> web.StreamResponse:
            return web.Response(status=500)

        log = filled(tmp_path / "data", list(accounts(3, 3)))
        async with listening(Receiver(refuse), None) as receiver:
            one = endpoint(tmp_path, receiver.url("http"), concurrency=1, max_tries=50)
            async with delivering(tmp_path, one, log):
                await receiver.until(lambda: len(receiver.received) >= 5)
            deliveries = Deliveries(tmp_path / "webhooks")
            waiting = deliveries.queue("crm").pending()
            deliveries.close()
            tries = sum(pending.tries for _, pending in waiting)
            seen = len(receiver.received)
            log.append([reward("partner:p0", 4)])
            receiver.mood = content
            async with delivering(tmp_path, one, log):
                await receiver.until(lambda: len(receiver.acknowledged) == 10)
        log.close()
        assert len(waiting) == 9
        return tries - seen, receiver.events

    difference, events = asyncio.run(scenario())

    assert difference == 0
    assert by_account(events) == in_turn(3, 3) | {"partner:p0": [1, 2, 3, 4]}


def test_what_was_acknowledged_is_not_sent_by_the_next_start(tmp_path: Path) -> None:
    async def scenario() -> list[str]:
        log = filled(tmp_path / "data", list(accounts(3, 3)))
        async with listening(Receiver(), None) as receiver:
            one = endpoint(tmp_path, receiver.url("http"))
            async with delivering(tmp_path, one, log):
                await receiver.until(lambda: len(receiver.acknowledged) == 9)
            log.append([reward("partner:p0", 4)])
            async with delivering(tmp_path, one, log):
                await receiver.until(lambda: "partner:p0~4" in receiver.events)
        log.close()
        return receiver.events

    events = asyncio.run(scenario())

    assert len(events) == 10
    assert by_account(events) == in_turn(3, 3) | {"partner:p0": [1, 2, 3, 4]}


@pytest.mark.slow
def test_an_endpoint_that_asks_for_time_gets_it_for_all_accounts(tmp_path: Path) -> None:
    async def scenario() -> tuple[float, int]:
        loop = asyncio.get_running_loop()
        asked: list[float] = []

        async def answer(_: Received, __: web.Request) -> web.StreamResponse:
            asked.append(loop.time())
            return (
                web.Response(status=429, headers={"Retry-After": "1"}) if len(asked) == 1 else web.Response()
            )

        log = filled(tmp_path / "data", list(accounts(4, 1)))
        async with listening(Receiver(answer), None) as receiver:
            one = endpoint(tmp_path, receiver.url("http"), concurrency=1)
            async with delivering(tmp_path, one, log):
                await receiver.until(lambda: len(receiver.acknowledged) == 4)
        log.close()
        return asked[1] - asked[0], len(asked)

    pause, count = asyncio.run(scenario())

    assert pause >= 0.95
    assert count == 5


def test_an_endpoint_that_is_gone_is_asked_once_and_loses_nothing(tmp_path: Path) -> None:
    async def scenario() -> tuple[int, list[str]]:
        async def gone(_: Received, __: web.Request) -> web.StreamResponse:
            return web.Response(status=410)

        log = filled(tmp_path / "data", list(accounts(1, 3)))
        async with listening(Receiver(gone), None) as receiver:
            one = endpoint(tmp_path, receiver.url("http"))
            async with delivering(tmp_path, one, log) as running:
                await until(lambda: running.value("keyday_webhook_stopped") == 1)
            asked = len(receiver.received)
            receiver.mood = content
            async with delivering(tmp_path, one, log):
                await receiver.until(lambda: len(receiver.acknowledged) == 3)
        log.close()
        return asked, receiver.events

    asked, events = asyncio.run(scenario())

    assert asked == 1
    assert by_account(events) == in_turn(1, 3)


def test_a_slow_endpoint_times_out_and_an_endless_answer_does_not_hold_up(tmp_path: Path) -> None:
    async def scenario() -> tuple[float | None, int, int]:
        written = [0, 0, 0]

        async def answer(_: Received, request: web.Request) -> web.StreamResponse:
            number = len(receiver.received) - 1
            if number == 0:
                await asyncio.sleep(3)
            response = web.StreamResponse()
            await response.prepare(request)
            with suppress(ConnectionError):
                while written[number] < MUCH:
                    await response.write(b"x" * 100_000)
                    written[number] += 100_000
            return response

        receiver = Receiver(answer)
        log = filled(tmp_path / "data", list(accounts(1, 2)))
        async with listening(receiver, None):
            one = endpoint(tmp_path, receiver.url("http"), timeout_s=0.5)
            async with delivering(tmp_path, one, log) as running:
                await until(
                    lambda: running.value("keyday_webhook_attempts_total", outcome="acknowledged") == 2
                )
                timeouts = running.value("keyday_webhook_attempts_total", outcome="timeout")
        log.close()
        return timeouts, len(receiver.received), max(written)

    timeouts, requests, written = asyncio.run(scenario())

    assert (timeouts, requests) == (1, 3)
    # What the system buffers is sent although nobody reads it.
    assert written < MUCH / 2


@pytest.mark.slow
def test_redirects_are_not_followed(tmp_path: Path) -> None:
    async def scenario() -> tuple[int, str]:
        async def answer(_: Received, request: web.Request) -> web.StreamResponse:
            return web.Response(status=307, headers={"Location": str(request.url)})

        log = filled(tmp_path / "data", [reward("partner:lea", 1)])
        async with listening(Receiver(answer), None) as receiver:
            one = endpoint(tmp_path, receiver.url("http"), max_tries=2)
            async with delivering(tmp_path, one, log) as running:
                await until(lambda: running.value("keyday_webhook_dead_events") == 1)
                ((_, letter),) = read_dead(tmp_path / "webhooks", ["crm"])["crm"]
        log.close()
        return len(receiver.received), letter.code

    assert asyncio.run(scenario()) == (2, "redirected")


def test_from_now_means_from_the_first_start_also_after_a_second_one(tmp_path: Path) -> None:
    async def scenario() -> list[str]:
        log = filled(tmp_path / "data", [reward("partner:lea", 1)])
        async with listening(Receiver(), None) as receiver:
            one = endpoint(tmp_path, receiver.url("http"), start="now")
            async with delivering(tmp_path, one, log) as running:
                await until(lambda: running.value("keyday_webhook_lag_records", topic="rewards") == 0)
            log.append([reward("partner:lea", 2)])
            async with delivering(tmp_path, one, log):
                await receiver.until(lambda: len(receiver.acknowledged) == 1)
        log.close()
        return receiver.events

    assert asyncio.run(scenario()) == ["partner:lea~2"]


def test_what_lies_twice_on_a_topic_or_is_no_event_is_sent_once_or_not(tmp_path: Path) -> None:
    async def scenario() -> list[str]:
        junk = OutRecord("rewards", 0, 0, None, b"junk")
        twice = [reward("partner:lea", 1), junk, reward("partner:lea", 1), reward("partner:lea", 2)]
        log = filled(tmp_path / "data", twice)
        async with listening(Receiver(), None) as receiver:
            one = endpoint(tmp_path, receiver.url("http"))
            async with delivering(tmp_path, one, log):
                await receiver.until(lambda: len(receiver.acknowledged) == 2)
                log.append([reward("partner:lea", 1), reward("partner:lea", 3)])
                await receiver.until(lambda: len(receiver.acknowledged) == 3)
        log.close()
        return receiver.events

    assert asyncio.run(scenario()) == ["partner:lea~1", "partner:lea~2", "partner:lea~3"]


@pytest.mark.slow
def test_while_too_many_wait_the_topics_are_not_read_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("projections.webhooks.delivery.MOST_PENDING", 10)
    monkeypatch.setattr("projections.webhooks.sources.BATCH_RECORDS", 5)

    async def scenario() -> tuple[float | None, list[str]]:
        async def refuse(_: Received, __: web.Request) -> web.StreamResponse:
            return web.Response(status=500)

        log = filled(tmp_path / "data", list(accounts(1, 100)))
        async with listening(Receiver(refuse), None) as receiver:
            one = endpoint(tmp_path, receiver.url("http"), max_tries=1_000)
            async with delivering(tmp_path, one, log) as running:
                await until(lambda: (running.value("keyday_webhook_pending_events") or 0) >= 10)
                tried = len(receiver.received)
                await receiver.until(lambda: len(receiver.received) > tried + 20)
                waiting = running.value("keyday_webhook_pending_events")
                receiver.mood = content
                await receiver.until(lambda: len(receiver.acknowledged) == 100)
        log.close()
        return waiting, receiver.events

    waiting, events = asyncio.run(scenario())

    assert waiting == 10
    assert by_account(events) == in_turn(1, 100)
