"""The public CDNOW orders through the embedded log and through a replay: one ledger."""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from pathlib import Path

import pytest

from streams.cli import run
from streams.engine.embedded import Embedded
from streams.engine.replay import ReplaySummary, replay
from tests.streams.engine import feeds
from tests.streams.engine.test_embedded_crashes import read_all

SHARED = Path(os.environ.get("KEYDAY_SHARED", feeds.ROOT.parent / "shared"))
CDNOW = SHARED / "data" / "cdnow" / "CDNOW_master.txt"
PROGRAM = feeds.ROOT / "examples" / "cdnow.toml"
ORDERS = 69_659


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.skipif(
    not CDNOW.is_file(), reason="the CDNOW orders are not here; KEYDAY_SHARED names their folder"
)
def test_every_cdnow_order_gives_the_same_ledger_embedded_and_in_a_replay(tmp_path: Path) -> None:
    order_import = ["import", "orders", str(CDNOW), "--profile", "cdnow", "--json"]
    data = tmp_path / "data"
    assert run([*order_import, "--out", str(tmp_path / "in")]) == 0
    assert run([*order_import, "--data", str(data), "--programs", str(PROGRAM)]) == 0
    loaded = feeds.programs(PROGRAM)
    embedded = Embedded.open(data, loaded, feeds.agents(loaded))
    assert isinstance(embedded, Embedded)
    started = time.perf_counter()
    done = embedded.catch_up()
    between = time.perf_counter()
    summary = replay(feeds.programs(PROGRAM), tmp_path / "in", tmp_path / "out", agents=feeds.agents)
    ended = time.perf_counter()
    print(f"embedded {ORDERS / (between - started):.0f} orders/s, replay {ORDERS / (ended - between):.0f}")

    assert isinstance(summary, ReplaySummary)
    ledger = [record.value or b"" for record in read_all(embedded, "rewards")]
    assert done >= ORDERS + summary.midnights
    assert embedded.lag() == 0
    assert Counter(ledger) == Counter(feeds.lines(tmp_path / "out" / "rewards.ndjson"))
    assert read_all(embedded, "dead-letters") == []
    assert summary.dead_letters == {}
    embedded.close()
    seqs: dict[str, list[int]] = {}
    for line in ledger:
        entry = json.loads(line)["data"]
        seqs.setdefault(entry["account"], []).append(entry["seq"])
    assert all(found == list(range(1, len(found) + 1)) for found in seqs.values())
    # Each order of at least half a dollar earns points: 80 orders of the data set are of nothing.
    assert summary.rewards["accrued"] == ORDERS - 80
