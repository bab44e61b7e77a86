"""The public CDNOW orders through the front door, against a recomputation that shares no code with it."""

from __future__ import annotations

import json
import os
from decimal import Decimal
from pathlib import Path

import pytest

from streams.cli import run

SHARED = Path(os.environ.get("KEYDAY_SHARED", Path(__file__).parents[4] / "shared"))
CDNOW = SHARED / "data" / "cdnow" / "CDNOW_master.txt"

#: The data set has 23,570 customers. In the copy with moved dates the ids that hold a year were moved along:
#: 01997 became 02021, 19970 … 19989 became 20210 … 20229, so that 26 customers share the id of another.
CUSTOMERS = {"original dates": 23_570, "moved dates": 23_544}


@pytest.mark.slow
@pytest.mark.skipif(
    not CDNOW.is_file(), reason="the CDNOW orders are not here; KEYDAY_SHARED names their folder"
)
def test_every_cdnow_order_is_imported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["import", "orders", str(CDNOW), "--profile", "cdnow", "--out", str(tmp_path), "--json"]

    assert run(command) == 0
    summary = json.loads(capsys.readouterr().out)
    lines = (tmp_path / "orders.ndjson").read_bytes().splitlines()

    naive = [line.split() for line in CDNOW.read_text().splitlines()]
    events = [json.loads(line) for line in lines]
    assert (summary["rows"], summary["orders"], summary["refused"]) == (69_659, 69_659, {})
    assert {event["id"] for event in events} == {f"cdnow-{number}" for number in range(1, 69_660)}
    assert {event["data"]["customer_id"] for event in events} == {row[0] for row in naive}
    assert (
        len({row[0] for row in naive})
        == CUSTOMERS["moved dates" if naive[0][1] > "2000" else "original dates"]
    )
    assert sum(Decimal(event["data"]["subtotal"]) for event in events) == sum(
        Decimal(row[3]) for row in naive
    )
    assert all(event["time"].endswith("T17:00:00.000Z") for event in events)
    assert [event["time"] for event in events] == sorted(event["time"] for event in events)
    number = int(events[0]["id"].removeprefix("cdnow-"))
    assert events[0]["data"]["customer_id"] == naive[number - 1][0]

    assert run([*command[:-2], str(tmp_path / "again"), "--json"]) == 0
    assert (tmp_path / "again" / "orders.ndjson").read_bytes().splitlines() == lines
