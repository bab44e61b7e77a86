"""Requests over HTTP as the tables know them: by name, less those that died, in whatever order topics are read."""

from __future__ import annotations

import asyncio
import json
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from projections import asked
from projections.api import requests
from projections.api.intake import Intake
from projections.asked import AskedEvent, content_of, id_of
from projections.store import Tables
from streams.imports.intake import AnyProgram
from tests.projections.api.serving import make_token, serving
from tests.projections.api.test_events import Recorder
from tests.projections.api.test_events import asked as asked_with

REDEMPTION = "redemption.requested"
NAME = "redemption.k.0123456789abcdef"


def event(time: str, amount: int = 5, **more: Any) -> bytes:
    data = {"redemption_id": "r", "amount": amount, "unit": "points"}
    whole = {
        "source": asked.SOURCE,
        "id": id_of(REDEMPTION, NAME, time),
        "type": "redemption.requested",
        "time": time,
    }
    return json.dumps(whole | {"data": data} | more).encode()


def read(value: bytes | None, sign: int = 1) -> AskedEvent:
    found = asked.asked(value, sign)
    assert found is not None
    return found


def test_what_a_request_asks_for_has_one_digest_however_it_is_written() -> None:
    first = read(event("2026-01-01T00:00:00Z"))
    again = read(event("2026-01-01T00:00:01Z", data={"unit": "points", "amount": 5, "redemption_id": "r"}))

    assert first.content == again.content != read(event("2026-01-01T00:00:00Z", 6)).content
    assert first.content == content_of(
        "redemption.requested", {"amount": 5, "unit": "points", "redemption_id": "r"}
    )
    assert first.id != again.id
    assert first.id.startswith(f"{NAME}.")


@pytest.mark.parametrize(
    "value", [None, b"", b"keyday/http", b"\xffkeyday/http", b"[" * 9_999 + b"keyday/http"]
)
def test_what_no_server_wrote_is_no_request(value: bytes | None) -> None:
    assert asked.asked(value, 1) is None
    assert asked.asked(event("2026-01-01T00:00:00Z", source="shop", subject="keyday/http"), 1) is None


def test_an_event_that_died_is_as_if_it_was_never_asked_for(tmp_path: Path) -> None:
    once, later = event("2026-01-01T00:00:00Z"), event("2026-01-01T00:00:01Z")
    for number, order in enumerate(permutations([read(once), read(once, -1), read(later)])):
        tables = Tables(tmp_path / str(number))
        for fact in order:
            tables.apply([fact], {})
        found, other = tables.asked(NAME), tables.asked("redemption.k")
        tables.close()

        assert [(row.id, row.time, row.count) for row in found] == [
            (id_of(REDEMPTION, NAME, "2026-01-01T00:00:01Z"), "2026-01-01T00:00:01Z", 1)
        ]
        assert other == []


def test_tables_that_do_not_hold_what_was_asked_before_take_no_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "BEFORE_S", 0.05)

    class Ahead(Recorder):
        async def end(self, _: object) -> int:
            return 1

    recorder = Ahead()

    async def scenario() -> tuple[int, Any]:
        async with serving(tmp_path, intake=Intake(recorder, AnyProgram())) as (ask, tokens):
            token = make_token(tokens, "operator")
            reply = await ask(
                "/v1/accounts/customer:ann/redemptions", token, **asked_with("k", unit="points", amount=1)
            )
            return reply.status, reply.body["code"]

    assert asyncio.run(scenario()) == (503, "not_ready")
    assert recorder.records == []
