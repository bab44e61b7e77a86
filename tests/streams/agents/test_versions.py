"""A message may name a program version that this worker has not read yet: then nothing counts until it has."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import pytest

from events.inputs import OrderPlaced
from events.messages import Asked, Credited, Message, Origin, Qualified, Wish
from events.time import parse_time
from schemas.messages import encode_message
from schemas.programs import Programs
from streams import app
from streams.engine.agent import NotReadyError
from streams.engine.record import OutRecord, Record
from streams.engine.settings import Settings
from streams.engine.store import Store, open_db
from streams.engine.task import Task
from tests.program_head import HEAD
from tests.scenarios.world import program

NOON = parse_time("2026-02-01T12:00:00Z")
DAY = 739_648  # 2026-02-01
V1 = f"""{HEAD.replace("acme", "shop")}[[accrual]]
id = "base"
to = "partner"
unit = "money"
rate = "0.1"
[[budget]]
id = "main"
amount = "1.00"
period = "lifetime"
over = "trim"
[referral]
window_days = 30
min_order = "1.00"
advocate_points = 500
friend_points = 250
cap_per_month = 10
"""
V2 = V1.replace("version = 1", "version = 2").replace('"0.1"', '"0.2"')


def asked(version: int) -> Message:
    wishes = (Wish("base", 60),)
    return Asked("shop", version, "main", DAY, NOON, wishes, "customers", 0, "ada", f"o{version}")


def qualified(version: int) -> Message:
    origin = Origin("s", f"e{version}", NOON)
    return Qualified("ada", "bob", 0, f"r{version}", "shop", version, f"o{version}", DAY, (), (), origin)


def credited(version: int) -> Message:
    order = OrderPlaced(
        source="s", id=f"e{version}", time=NOON, program="shop", order_id=f"o{version}", customer_id="ada",
        market="FR", currency="EUR", subtotal=1000, net=1000, gross=1000,
    )  # fmt: skip
    return Credited("lea", order, version, "partner", new_customer=False, weights={"lea": (1, 1)})


def enrolment() -> bytes:
    data = {"partner_id": "lea", "group": "content"}
    event = {"specversion": "1.0", "id": "p1", "source": "s", "type": "partner.enrolled", "data": data}
    return json.dumps(event | {"time": "2026-01-15T12:00:00Z"}).encode()


BATCHES = {
    "budgets": [asked(1), asked(2)],
    "customers": [qualified(1), qualified(2)],
    "partners": [enrolment(), credited(1), credited(2)],
}


def batch(agent: str) -> list[Record]:
    return [
        Record("partner-events", 0, n, NOON, None, one, ())
        if isinstance(one, bytes)
        else Record(f"{agent}-inbox", 0, n, NOON, None, encode_message(one), ())
        for n, one in enumerate(BATCHES[agent])
    ]


def make_task(agent: str, programs: Programs, store: Store) -> Task:
    settings = Settings()
    make_agent = app.make_agents(settings, programs)[agent]
    return app.make_task(settings, programs, make_agent, partition=0, partitions=1, store=store, clock=None)


def process(task: Task, store: Store, records: list[Record]) -> list[OutRecord]:
    commit = task.process(records)
    store.write(commit.changes, commit.delta, commit.positions, 0)
    store.verify()
    return commit.outputs


@pytest.mark.parametrize("agent", BATCHES)
def test_a_batch_that_came_too_early_leads_to_the_same_once_its_version_is_there(
    agent: str, tmp_path: Path
) -> None:
    records = batch(agent)
    early, knowing = Store(open_db(tmp_path / "early")), Store(open_db(tmp_path / "knowing"))
    programs = Programs([program(V1)])
    task_of = partial(make_task, agent, programs, early)
    with pytest.raises(NotReadyError, match="version 2 of program shop") as caught:
        task_of().process(records)
    assert (dict(early.positions), list(early.scan(b"", b"\xff"))) == ({}, [])
    assert not caught.value.ready()

    assert programs.add(program(V2)) is None
    assert caught.value.ready()

    outputs = process(task_of(), early, records)
    assert outputs == process(make_task(agent, programs, knowing), knowing, records)
    assert len(outputs) >= 2
    assert list(early.scan(b"", b"\xff")) == list(knowing.scan(b"", b"\xff"))
