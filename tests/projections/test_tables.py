from __future__ import annotations

import random
from pathlib import Path

import orjson

from projections.table_files import TableWriter
from projections.tables import TABLES
from schemas.rewards import encode_output
from streams.engine.record import OutRecord
from tests.projections.ledgers import Author, entry, recompute

COLUMNS = {"account", "unit", "pending", "available", "held", "earned", "redeemed", "expired", "reversed"}


def write(out: Path, events: list) -> dict[str, bytes]:
    out.mkdir()
    writer = TableWriter(out)
    for event in events:
        writer.take(OutRecord("rewards", 0, event.time, None, encode_output(event)))
    writer.finish()
    return {path.name: path.read_bytes() for path in (out / "tables").iterdir()}


def test_a_replay_leaves_every_table_sorted_with_sorted_keys(tmp_path: Path) -> None:
    accounts = ["customer:b", "customer:a", "customer:é", "partner:lea", "customer:a b", "customer:a\0"]
    events = Author(random.Random(4), accounts).write(5_000)

    files = write(tmp_path / "out", events)

    assert set(files) == {f"{name}.ndjson" for name in TABLES}
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["tables"]
    for file in files.values():
        for line in file.splitlines():
            assert line == orjson.dumps(orjson.loads(line), option=orjson.OPT_SORT_KEYS)
    balances = [orjson.loads(line) for line in files["balances.ndjson"].splitlines()]
    assert [(row["account"], row["unit"]) for row in balances] == sorted(
        {(e.data.account, e.data.unit) for e in events}
    )
    assert all(set(row) == COLUMNS for row in balances)
    assert {(r.pop("account"), r.pop("unit")): r for r in balances} == recompute(events)
    statements = [orjson.loads(line) for line in files["statements.ndjson"].splitlines()]
    expected = sorted((e.data.account, e.data.seq, e.data.entry_id) for e in events)
    assert [(row["account"], row["seq"], row["entry_id"]) for row in statements] == expected


def test_the_same_entries_give_the_same_bytes_however_accounts_interleave(tmp_path: Path) -> None:
    events = Author(random.Random(5), [f"customer:{n}" for n in range(50)]).write(3_000)
    by_account = sorted(events, key=lambda event: event.data.account)

    assert write(tmp_path / "a", events) == write(tmp_path / "b", by_account)


def test_an_empty_ledger_leaves_empty_tables(tmp_path: Path) -> None:
    assert write(tmp_path / "out", []) == {f"{name}.ndjson": b"" for name in TABLES}


def test_a_statement_row_is_the_entry_and_its_time(tmp_path: Path) -> None:
    event = entry("customer:a", 1, "accrued", 5, [("program:acme", "pending", 5)], time=1_767_225_600_001)

    row = orjson.loads(write(tmp_path / "out", [event])["statements.ndjson"])

    assert row == {
        "account": "customer:a",
        "amount": 5,
        "caused_by": {"id": "c1", "source": "shop"},
        "entry_id": "e1~base~customer:a",
        "explain": ["a step"],
        "kind": "accrued",
        "order_id": "o1",
        "postings": [{"amount": 5, "from": "program:acme", "to": "customer:a:pending"}],
        "program": "acme",
        "program_version": 1,
        "seq": 1,
        "time": "2026-01-01T00:00:00.001Z",
        "unit": "points",
    }
