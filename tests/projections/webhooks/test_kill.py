"""kill -9 in the middle: nothing is lost, order holds, and what was noted as acknowledged is never sent again."""

from __future__ import annotations

import asyncio
import os
import random
import sys
from collections import Counter
from pathlib import Path

import pytest
from aiohttp import web
from standardwebhooks import Webhook

from projections.webhooks.store import Deliveries
from tests.kafka.certs import Authority
from tests.projections.webhooks.receiver import (
    SECRET,
    Received,
    Receiver,
    accounts,
    filled,
    listening,
    write_config,
)
from tests.projections.webhooks.test_delivery import by_account, in_turn

KILLS = int(os.environ.get("KEYDAY_TEST_KILLS", "5"))
ROOT = Path(__file__).parents[3]
ACCOUNTS, EACH, CONCURRENCY = 15, 60, 6


def unsettled(folder: Path) -> set[str]:
    deliveries = Deliveries(folder)
    waiting = {pending.webhook_id for _, pending in deliveries.queue("crm").pending()}
    deliveries.close()
    return waiting


@pytest.mark.slow
def test_kills_lose_nothing_and_send_again_only_what_was_not_noted(tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(10**6)
    print(f"seed {seed}")
    dice = random.Random(seed)
    total = ACCOUNTS * EACH
    data = tmp_path / "data"
    filled(data, list(accounts(ACCOUNTS, EACH))).close()

    async def answer(received: Received, request: web.Request) -> web.StreamResponse:
        Webhook(SECRET).verify(received.body, received.headers)
        await asyncio.sleep(dice.random() * 0.02)
        if dice.random() < 0.1:
            if request.transport is not None:  # the process may be dead already
                request.transport.close()  # read, and gone without an answer
            return web.Response(status=500)
        return web.Response(status=200 if dice.random() < 0.9 else 503)

    async def scenario() -> tuple[Receiver, int]:
        authority = Authority(tmp_path / "ca")
        async with listening(Receiver(answer), authority) as receiver:
            config = write_config(
                tmp_path,
                receiver.url(),
                authority,
                concurrency=CONCURRENCY,
                max_tries=1_000,
                longest_retry_s=0.02,
            )
            command = [
                sys.executable,
                "-m",
                "streams.cli",
                "webhooks",
                "--config",
                str(config),
                "--data",
                str(data),
            ]
            env = {**os.environ, "HOOK_SECRET": SECRET}
            for kill in range(KILLS + 1):
                process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, env=env)
                before, answered = len(receiver.received), len(receiver.acknowledged)
                enough = before + dice.randrange(20, total // (KILLS + 1))
                if kill < KILLS:
                    await receiver.until(lambda enough=enough: len(receiver.received) >= enough)  # type: ignore[misc]
                    process.kill()
                    await process.wait()
                    await asyncio.sleep(0.1)  # what the dead process had sent is still being answered
                    waiting = unsettled(data / "webhooks")
                    settled = set(receiver.acknowledged) - waiting
                    noted.append((len(receiver.received), settled))
                    # At most what was under way: acknowledged, and killed before that could be noted.
                    assert len(set(receiver.acknowledged[answered:]) & waiting) <= CONCURRENCY
                else:
                    await receiver.until(lambda: len(set(receiver.acknowledged)) == total)
                    process.terminate()
                    assert await asyncio.wait_for(process.wait(), 30) == 0
        return receiver, len(unsettled(data / "webhooks"))

    noted: list[tuple[int, set[str]]] = []
    receiver, left = asyncio.run(scenario())
    first_acknowledged = list(dict.fromkeys(receiver.events))
    repeats = sum(Counter(receiver.acknowledged).values()) - total

    assert left == 0
    assert by_account(first_acknowledged) == in_turn(ACCOUNTS, EACH)
    assert repeats <= KILLS * CONCURRENCY
    for at, settled in noted:
        assert settled & {one.id for one in receiver.received[at:]} == set()
    assert any(settled for _, settled in noted), (
        "no kill came after an acknowledgement: the test shows nothing"
    )
