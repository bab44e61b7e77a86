from __future__ import annotations

import logging
import random
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from msgspec import structs
from prometheus_client import CollectorRegistry

from events.outputs import RewardEvent
from projections import store as store_module
from projections.balances import as_row
from projections.faults import Fault, FaultCode
from projections.metrics import ProjectionMetrics
from projections.store import Tables
from streams.engine.store import StoreCorruptError, StoreLockedError
from tests.projections.ledgers import Author, entry, recompute

ANN = "customer:ann"
SOURCE = ("rewards", 0)


def accrued(seq: int, amount: int = 10, account: str = ANN, unit: str = "points") -> RewardEvent:
    return entry(account, seq, "accrued", amount, [("program:acme", "pending", amount)], unit=unit)


def snapshot(tables: Tables, accounts: list[str]) -> dict[tuple[str, str], dict[str, int]]:
    rows = [as_row(account, balance) for account in accounts for balance in tables.balances(account) or []]
    return {(str(r.pop("account")), str(r.pop("unit"))): r for r in rows}


@pytest.fixture
def tables(tmp_path: Path) -> Iterator[Tables]:
    opened = Tables(tmp_path)
    yield opened
    opened.close()


def test_random_ledgers_in_random_batches_give_what_a_plain_sum_gives(tmp_path: Path) -> None:
    for seed in range(5):
        print(f"seed {seed}")
        rng = random.Random(seed)
        accounts = [f"customer:{n}" for n in range(12)] + [
            "partner:lea",
            "customer:a\0b",
            "customer:a",
            "customer:é",
        ]
        events = Author(rng, accounts).write(600)
        tables = Tables(tmp_path / str(seed))
        at = 0
        while at < len(events):
            size = rng.choice([1, 2, 7, 50, 200])
            tables.apply(events[at : at + size], {SOURCE: at + size})
            at += size
            if rng.random() < 0.1:
                tables.close()
                tables = Tables(tmp_path / str(seed))
        found = snapshot(tables, accounts)
        statements = {
            a: [orjson.loads(r)["entry_id"] for r in tables.statement(a, 0, 500).rows] for a in accounts
        }
        tables.close()

        assert found == recompute(events)
        assert statements == {a: [e.data.entry_id for e in events if e.data.account == a] for a in accounts}


def test_an_entry_that_comes_again_is_skipped_and_counted(tables: Tables) -> None:
    first = tables.apply([accrued(1), accrued(2), accrued(1)], {SOURCE: 3})
    again = tables.apply([accrued(2), accrued(3)], {SOURCE: 5})

    assert (first.counted, first.duplicates) == (2, 1)
    assert (again.counted, again.duplicates) == (1, 1)
    assert tables.balances(ANN)[0].pending == 30
    assert first.faults + again.faults == []


def test_a_gap_in_seq_is_a_fault_and_what_fills_it_later_counts(tables: Tables) -> None:
    gap = tables.apply([accrued(1), accrued(3)], {SOURCE: 2})
    late = tables.apply([accrued(2), accrued(2)], {SOURCE: 4})

    assert gap.faults == [Fault(FaultCode.SEQ_GAP, ANN, 3, "2", "3")]
    assert (late.counted, late.duplicates, late.faults) == (1, 1, [])
    assert tables.balances(ANN)[0].pending == 30


def test_another_entry_under_a_known_seq_is_a_conflict_and_does_not_count(tables: Tables) -> None:
    tables.apply([accrued(1)], {SOURCE: 1})
    other = entry(ANN, 1, "bonus", 99, [("program:acme", "pending", 99)])
    other = structs.replace(other, data=structs.replace(other.data, entry_id="other"))
    folded = tables.apply([other], {SOURCE: 2})

    assert folded.faults == [Fault(FaultCode.SEQ_CONFLICT, ANN, 1, "e1~base~customer:ann", "other")]
    assert tables.balances(ANN)[0].pending == 10


def test_an_entry_that_moves_another_sum_than_its_amount_is_a_fault(tables: Tables) -> None:
    odd = entry(ANN, 1, "accrued", 10, [("program:acme", "pending", 9)])

    folded = tables.apply([odd], {SOURCE: 1})

    assert [fault.code for fault in folded.faults] == [FaultCode.UNBALANCED]


def test_faults_are_counted_each_and_logged_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    registry = CollectorRegistry()
    tables = Tables(tmp_path, ProjectionMetrics(registry))
    with caplog.at_level(logging.ERROR):
        tables.apply([accrued(2), accrued(4)], {SOURCE: 2})
        tables.apply([accrued(6)], {SOURCE: 3})
    tables.close()

    assert registry.get_sample_value("keyday_projection_faults_total", {"code": "seq_gap"}) == 3
    assert registry.get_sample_value("keyday_projection_events_total") == 3
    assert len(caplog.records) == 1


def test_positions_and_rows_come_back_together(tmp_path: Path) -> None:
    tables = Tables(tmp_path)
    tables.apply([accrued(1)], {SOURCE: 7, ("rewards", 3): 2})
    tables.close()

    tables = Tables(tmp_path)
    found = (tables.positions, tables.balances(ANN)[0].pending)
    tables.close()

    assert found == ({SOURCE: 7, ("rewards", 3): 2}, 10)


def test_a_statement_is_paged_by_seq_and_stays_stable_while_it_grows(tables: Tables) -> None:
    tables.apply([accrued(seq) for seq in range(1, 8)], {SOURCE: 7})
    first = tables.statement(ANN, 0, 3)
    tables.apply([accrued(8)], {SOURCE: 8})
    second = tables.statement(ANN, first.next, 3)
    third = tables.statement(ANN, second.next, 3)

    seqs = [[orjson.loads(row)["seq"] for row in page.rows] for page in (first, second, third)]
    assert seqs == [[1, 2, 3], [4, 5, 6], [7, 8]]
    assert (first.next, second.next, third.next) == (3, 6, None)
    assert tables.statement(ANN, 10**18, 5).rows == []


def test_an_account_without_entries_has_neither_balances_nor_statement(tables: Tables) -> None:
    tables.apply([accrued(1, account="customer:anna")], {SOURCE: 1})

    assert tables.balances(ANN) is None
    assert tables.statement(ANN, 0, 10) is None


@pytest.mark.parametrize("victim", ["CURRENT", "MANIFEST", "sst", "everything"])
def test_a_damaged_directory_is_wiped_and_every_position_starts_again(tmp_path: Path, victim: str) -> None:
    tables = Tables(tmp_path)
    for seq in range(1, 400):
        tables.apply([accrued(seq, account=f"customer:{n}") for n in range(5)], {SOURCE: seq * 5})
    tables._store._db.flush()
    tables.close()
    hurt = Counter[str]()
    for path in (tmp_path / "tables").iterdir():
        if victim == "everything" or victim in path.name:
            data = bytearray(path.read_bytes())
            data[len(data) // 2 :] = b"\0" * (len(data) - len(data) // 2)
            path.write_bytes(data)
            hurt[victim] += 1
    assert hurt[victim]

    registry = CollectorRegistry()
    tables = Tables(tmp_path, ProjectionMetrics(registry))
    found = (tables.position(SOURCE), tables.balances("customer:1"))
    tables.apply([accrued(1)], {SOURCE: 1})
    mended = tables.balances(ANN)[0].pending
    tables.close()

    assert found == (0, None)
    assert mended == 10
    if victim != "MANIFEST":  # RocksDB opens a halved MANIFEST as an empty database: positions 0 as well
        assert registry.get_sample_value("keyday_projection_rebuilds_total", {"reason": "corrupt"}) == 1


@pytest.mark.slow
def test_tables_with_one_damaged_block_are_rebuilt_or_whole_and_never_in_between(tmp_path: Path) -> None:
    tables = Tables(tmp_path / "whole")
    tables.apply([accrued(seq) for seq in range(1, 200)], {SOURCE: 200})
    tables._store._db.flush()
    tables.close()
    (sst,) = (tmp_path / "whole" / "tables").glob("*.sst")
    whole, found = sst.read_bytes(), []
    for at in range(0, len(whole) - 40, len(whole) // 25):
        folder = tmp_path / str(at)
        shutil.copytree(tmp_path / "whole", folder)
        (folder / "tables" / sst.name).write_bytes(whole[:at] + b"\xff" * 40 + whole[at + 40 :])
        tables = Tables(folder)
        row = [as_row(ANN, balance) for balance in tables.balances(ANN) or []]
        found.append((tables.position(SOURCE), [(columns["pending"], columns["earned"]) for columns in row]))
        tables.close()

    # Blocks with properties of the file hold no rows: damage there changes nothing.
    assert all(each in [(0, []), (200, [(1_990, 1_990)])] for each in found), found
    assert found.count((0, [])) > len(found) // 2


def test_tables_of_another_version_of_the_folds_are_rebuilt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = Tables(tmp_path)
    tables.apply([accrued(1)], {SOURCE: 1})
    tables.close()
    monkeypatch.setattr(store_module, "STAMP", b"another")

    registry = CollectorRegistry()
    tables = Tables(tmp_path, ProjectionMetrics(registry))
    found = (tables.position(SOURCE), tables.balances(ANN))
    tables.close()

    assert found == (0, None)
    assert registry.get_sample_value("keyday_projection_rebuilds_total", {"reason": "version"}) == 1


def test_a_directory_in_use_is_left_alone(tables: Tables, tmp_path: Path) -> None:
    tables.apply([accrued(1)], {SOURCE: 1})

    with pytest.raises(StoreLockedError):
        Tables(tmp_path)

    assert tables.balances(ANN)[0].pending == 10


def test_rows_and_positions_of_a_batch_are_one_write(tables: Tables) -> None:
    before = tables._store._db.latest_sequence_number()
    writes = []

    class Watched:
        def __init__(self, db: Any) -> None:
            self.db = db

        def __getattr__(self, name: str) -> Any:
            return getattr(self.db, name)

        def write(self, batch: Any) -> None:
            writes.append(batch.len())
            self.db.write(batch)

    tables._store._db = Watched(tables._store._db)
    tables.apply([accrued(1), accrued(1, account="customer:bob")], {SOURCE: 2})

    # two entries, two accounts, the stamp of the folds, the positions
    assert writes == [6]
    assert tables._store._db.latest_sequence_number() == before + 6


def test_damage_met_by_a_read_is_told_and_rebuilding_mends_it(tmp_path: Path) -> None:
    tables = Tables(tmp_path)
    tables.apply([accrued(seq) for seq in range(1, 2_000)], {SOURCE: 2_000})
    tables._store._db.flush()
    (sst,) = (tmp_path / "tables").glob("*.sst")
    with sst.open("r+b") as file:
        file.seek(100)
        file.write(b"\xff" * (sst.stat().st_size - 2_000))

    with pytest.raises(StoreCorruptError):
        [tables.statement(ANN, after, 100) for after in range(0, 2_000, 100)]
    assert tables.damaged
    tables.rebuild("corrupt", "in a test")

    assert (tables.damaged, tables.position(SOURCE), tables.balances(ANN)) == (False, 0, None)
    tables.close()
