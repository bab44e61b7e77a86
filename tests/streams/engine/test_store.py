"""A store knows its positions, and notices when something of it is missing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from rocksdict import WriteBatch

from streams.engine.state import Delta
from streams.engine.store import Store, StoreCorruptError, open_db, open_store


def filled(path: Path, keys: int = 200) -> Store:
    store, damage = open_store(path)
    assert damage is None
    changes = [(b"c%04d" % n, b"value-%d" % n) for n in range(keys)]
    store.write(changes, store.delta_of(changes), {"orders": 7}, 3)
    return store


def test_values_positions_and_books_come_back_together(tmp_path: Path) -> None:
    filled(tmp_path / "s").close()

    store, damage = open_store(tmp_path / "s")

    assert damage is None
    assert store.get(b"c0001") == b"value-1"
    assert store.positions == {"orders": 7}
    assert store.changelog_position == 3
    assert store.count == 200
    store.close()


def test_what_is_staged_counts_only_when_it_is_written(tmp_path: Path) -> None:
    store = filled(tmp_path / "s")
    batch = WriteBatch(raw_mode=True)
    store.stage(batch, [(b"c9999", b"x")], Delta(1, 1), {"orders": 8}, 4)

    assert store.positions == {"orders": 7}
    assert store.get(b"c9999") is None
    store.close()


def test_a_missing_key_is_noticed(tmp_path: Path) -> None:
    store = filled(tmp_path / "s")
    store.close()
    db = open_db(tmp_path / "s")
    db.delete(b"c0100")
    db.close()

    store, damage = open_store(tmp_path / "s")

    assert damage is not None
    assert "199 keys" in damage
    assert store.positions == {}
    store.close()


def test_a_changed_value_is_noticed(tmp_path: Path) -> None:
    filled(tmp_path / "s").close()
    db = open_db(tmp_path / "s")
    db.put(b"c0100", b"value-1oo")
    store = Store(db)

    with pytest.raises(StoreCorruptError, match="check value"):
        store.verify()
    store.close()


def test_two_stores_in_one_database_do_not_see_each_other(tmp_path: Path) -> None:
    db = open_db(tmp_path / "s")
    first, second = Store(db, b"a/"), Store(db, b"b/")
    changes = [(b"k", b"1")]
    first.write(changes, first.delta_of(changes), {"orders": 1}, 0)

    assert second.get(b"k") is None
    assert list(second.scan(b"", b"\xff")) == []
    assert list(first.scan(b"c", b"\xff")) == [(b"k", b"1")]
    first.verify()
    second.verify()
    db.close()


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("kind", [".sst", "MANIFEST", ".log", "CURRENT"])
def test_a_damaged_file_never_gives_a_store_that_looks_whole_but_is_not(
    tmp_path: Path, kind: str, seed: int
) -> None:
    random = Random(f"{kind}{seed}")
    path = tmp_path / "s"
    store = filled(path, 2000)
    store._db.flush()
    changes = [(b"d%04d" % n, b"late-%d" % n) for n in range(500)]
    store.write(changes, store.delta_of(changes), {"orders": 9}, 5)
    store.close()
    files = [file for file in path.iterdir() if kind in file.name]
    if not files:
        pytest.skip(f"RocksDB left no {kind} file")
    for file in files:
        raw = bytearray(file.read_bytes())
        for _ in range(8):
            if raw:
                raw[random.randrange(len(raw))] ^= 1 << random.randrange(8)
        file.write_bytes(bytes(raw[: random.randrange(len(raw) // 2, len(raw) + 1)] if raw else b""))

    store, _ = open_store(path)

    # Whole at one of the states that were written, or wiped: never something in between.
    store.verify()
    assert (store.positions, store.count) in (
        ({"orders": 9}, 2500),
        ({"orders": 7}, 2000),
        ({}, 0),
    ), f"seed {seed}"
    store.close()


def test_a_store_that_another_process_has_open_is_left_alone(tmp_path: Path) -> None:
    store = filled(tmp_path / "s")
    code = "import sys; from pathlib import Path; from streams.engine.store import open_store; "
    command = [sys.executable, "-c", code + "open_store(Path(sys.argv[1]))", tmp_path / "s"]

    done = subprocess.run(command, capture_output=True, check=False, text=True)

    assert "StoreLockedError" in done.stderr
    store.verify()
    assert store.get(b"c0001") == b"value-1"
    store.close()
    store, damage = open_store(tmp_path / "s")
    assert (damage, store.count) == (None, 200)
    store.close()
