from __future__ import annotations

import asyncio
import json
import os
import signal
from pathlib import Path

import pytest

from projections.webhooks.event import read_event
from projections.webhooks.store import Deliveries, pending_of, requests_in
from streams.cli import run
from streams.engine.record import Record
from tests.kafka.certs import Authority
from tests.projections.webhooks.receiver import SECRET, Receiver, filled, listening, reward, write_config
from tests.streams.processes import KEYDAY
from tests.streams.test_operations import PROGRAM, lea, order, ran

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK_SECRET", SECRET)


def config(folder: Path) -> str:
    return str(write_config(folder, "https://127.0.0.1:1/hook"))


def buried(base: Path, count: int) -> None:
    """A store with so many letters of the endpoint crm."""
    deliveries = Deliveries(base / "webhooks")
    queue = deliveries.queue("crm")
    for seq in range(1, count + 1):
        out = reward("partner:lea", seq)
        event = read_event(Record("rewards", 0, seq, 0, out.key, out.value))
        assert event is not None
        ((number, pending),) = queue.take([pending_of(event, 0)], {})
        pending.code, pending.status, pending.tries, pending.tried_ms = "refused", 422, 20, 1_700_000_000_000
        queue.bury(number, pending)
    deliveries.close()


def test_dead_letters_are_listed_without_what_they_hold(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    buried(tmp_path, 2)

    status = run(
        ["webhooks", "dead", "list", "--config", config(tmp_path), "--data", str(tmp_path), "--json"]
    )

    rows = json.loads(capsys.readouterr().out)
    assert status == 0
    assert [row["number"] for row in rows] == [1, 2]
    assert rows[0] == {
        "endpoint": "crm",
        "number": 1,
        "code": "refused",
        "status": 422,
        "tries": 20,
        "given_up": "2023-11-14T22:13:20.000Z",
        "type": "reward.accrued",
        "account": "partner:lea",
        "event_id": "partner:lea~1",
        "webhook_id": rows[0]["webhook_id"],
    }


def test_a_retry_is_left_for_the_process_that_delivers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    buried(tmp_path, 3)
    where = ["--config", config(tmp_path), "--data", str(tmp_path)]

    assert run(["webhooks", "dead", "retry", *where, "--number", "2"]) == 0
    assert run(["webhooks", "dead", "retry", *where, "--endpoint", "crm"]) == 0

    said = capsys.readouterr().out.splitlines()
    requests = [request.numbers for _, request in requests_in(tmp_path / "webhooks" / "requests")]
    assert [line.split()[0] for line in said] == ["1", "3"]
    assert sorted(requests) == [(1, 2, 3), (2,)]


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["--data", "x"], 2, "say where the endpoints are: --config FILE"),
        (["--config", "FILE"], 2, "say where the events are: --brokers HOST:PORT or --data DIR"),
        (["--config", "FILE", "--data", "x", "--brokers", "b"], 2, "give one of --brokers and --data"),
        (["--config", "FILE", "--data", "none"], 1, "none is no directory with an embedded log"),
        (["dead", "list", "--config", "FILE", "--data", "none"], 1, "holds no deliveries"),
        (["dead", "list", "--config", "FILE", "--endpoint", "x"], 2, "has no endpoint x; it has crm"),
    ],
)
def test_wrong_use_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], status: int, said: str
) -> None:
    file = config(tmp_path)

    assert run(["webhooks", *(file if word == "FILE" else word for word in arguments)]) == status
    last = capsys.readouterr().err.splitlines()[-1]
    assert said in last


def test_a_file_that_cannot_be_used_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write_config(tmp_path, "http://example.com/")
    filled(tmp_path / "data", []).close()

    assert run(["webhooks", "--config", str(file), "--data", str(tmp_path / "data")]) == 1
    assert "http is for loopback addresses alone" in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.slow
def test_run_delivers_what_it_decides_beside_its_other_work(tmp_path: Path) -> None:
    embedded, _ = ran(tmp_path, [lea(), order("a", "2026-03-02T10:00:00Z", "120.00")])
    embedded.close()
    program = tmp_path / "acme.toml"
    assert program.read_text() == PROGRAM

    async def scenario() -> tuple[int, Receiver]:
        authority = Authority(tmp_path / "ca")
        async with listening(Receiver(), authority) as receiver:
            file = write_config(tmp_path, receiver.url(), authority, types=["reward.accrued"])
            command = [*KEYDAY, "run", "--programs", str(program), "--data", str(tmp_path / "data")]
            process = await asyncio.create_subprocess_exec(
                *command, "--port", "0", "--webhooks", str(file), cwd=ROOT, env=os.environ
            )
            await receiver.until(lambda: bool(receiver.acknowledged))
            process.send_signal(signal.SIGTERM)
            return await asyncio.wait_for(process.wait(), 60), receiver

    status, receiver = asyncio.run(scenario())

    assert status == 0
    assert [(one.json["type"], one.json["subject"]) for one in receiver.received] == [
        ("reward.accrued", "partner:lea")
    ]
