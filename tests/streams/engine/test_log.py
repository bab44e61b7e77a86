from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from streams.engine.log import Log, LogDamagedError, LogError, LogErrorCode
from streams.engine.record import OutRecord, Record
from tests.streams.engine.feeds import ROOT

HEADERS = [("content-type", b"application/json"), ("x", b"\xff")]


def opened(data_dir: Path, partitions: int | None = None) -> Log:
    log = Log.open(data_dir, partitions)
    assert isinstance(log, Log), log
    return log


def refused(data_dir: Path, partitions: int | None = None) -> LogError:
    error = Log.open(data_dir, partitions)
    assert isinstance(error, LogError)
    return error


def out(topic: str, number: int, partition: int = 0) -> OutRecord:
    return OutRecord(topic, partition, number, b"k", b"%d" % number)


def contents(folder: Path) -> dict[str, bytes]:
    """Every file but RocksDB's own diary."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith("LOG") and path.name != "lock"
    }


def test_what_was_appended_is_read_with_its_offsets_also_by_the_next_process(tmp_path: Path) -> None:
    log = opened(tmp_path / "data", 2)
    offsets = log.append(
        [
            OutRecord("orders", 0, 5, b"a", b"1", HEADERS),
            OutRecord("orders", 1, 6, None, None),
            OutRecord("orders", 0, -1, b"b", b""),
            out("order", 7),
        ]
    )
    log.close()
    log = opened(tmp_path / "data")

    assert offsets == [0, 0, 1, 0]
    assert log.partitions == 2
    assert log.read("orders", 0, 0, 10) == [
        Record("orders", 0, 0, 5, b"a", b"1", HEADERS),
        Record("orders", 0, 1, -1, b"b", b"", []),
    ]
    assert log.read("orders", 1, 0, 10) == [Record("orders", 1, 0, 6, None, None, [])]
    assert log.end_offset("orders", 0) == 2
    assert log.end_offset("clicks", 0) == 0
    assert log.append([out("orders", 9)]) == [2]
    log.close()


def test_a_reader_gets_at_most_what_it_asks_for(tmp_path: Path) -> None:
    log = opened(tmp_path)
    log.append([out("orders", number) for number in range(300)])

    assert [record.offset for record in log.read("orders", 0, 254, 4)] == [254, 255, 256, 257]
    assert [record.offset for record in log.read("orders", 0, 298, 99)] == [298, 299]
    assert log.read("orders", 0, 300, 5) == []
    assert log.read("orders", 0, 0, 0) == []
    log.close()


def test_listeners_hear_which_topics_grew(tmp_path: Path) -> None:
    log = opened(tmp_path)
    heard: list[frozenset[str]] = []
    log.listeners.append(heard.append)
    log.append([out("orders", 1), out("clicks", 1)])
    log.append([])

    assert heard == [frozenset({"orders", "clicks"})]
    log.close()


def test_a_failed_write_leaves_no_trace(tmp_path: Path) -> None:
    log = opened(tmp_path)
    log.append([out("orders", 1)])
    with pytest.raises(TypeError):
        log.append([out("orders", 2), OutRecord("orders", 0, 3, object(), b"")])  # type: ignore[arg-type]

    assert log.end_offset("orders", 0) == 1
    assert log.append([out("orders", 4)]) == [1]
    assert [record.value for record in log.read("orders", 0, 0, 9)] == [b"1", b"4"]
    log.close()


def test_a_second_process_is_told_who_uses_the_directory(tmp_path: Path) -> None:
    log = opened(tmp_path)
    code = (
        "import sys, msgspec; from pathlib import Path; from streams.engine.log import Log\n"
        "sys.stdout.buffer.write(msgspec.json.encode(Log.open(Path(sys.argv[1]))))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code, tmp_path], cwd=ROOT, check=True, capture_output=True
    ).stdout

    assert json.loads(answer)["code"] == LogErrorCode.IN_USE
    assert f"pid {os.getpid()}" in json.loads(answer)["detail"]
    log.close()
    opened(tmp_path).close()


def test_the_count_of_partitions_never_changes(tmp_path: Path) -> None:
    opened(tmp_path, 4).close()

    assert refused(tmp_path, 2).code is LogErrorCode.PARTITIONS
    opened(tmp_path, 4).close()


def test_a_directory_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "holiday.jpg").write_bytes(b"beach")

    assert refused(tmp_path).code is LogErrorCode.FOREIGN
    assert [entry.name for entry in tmp_path.iterdir()] == ["holiday.jpg"]


def test_a_file_is_no_directory(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")

    assert refused(tmp_path / "file").code is LogErrorCode.FOREIGN


def test_a_log_whose_making_was_interrupted_is_made_anew(tmp_path: Path) -> None:
    opened(tmp_path / "whole").close()
    data = tmp_path / "data"
    shutil.copytree(tmp_path / "whole" / "log", data / "log.new")
    (data / "log.new" / "CURRENT").unlink()

    log = opened(data)

    assert log.append([out("orders", 1)]) == [0]
    assert not (data / "log.new").exists()
    log.close()


@pytest.fixture
def killed(tmp_path: Path) -> Path:
    """A data directory whose process was killed: its writes are in RocksDB's write-ahead log only."""
    code = (
        "import os, signal, sys; from pathlib import Path\n"
        "from streams.engine.log import Log; from streams.engine.record import OutRecord\n"
        "log = Log.open(Path(sys.argv[1]))\n"
        "for i in range(200): log.append([OutRecord('orders', 0, i, b'k', b'%d' % i * 50)])\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", code, tmp_path / "data"], cwd=ROOT, check=False)
    assert done.returncode == -9
    return tmp_path / "data"


def test_a_killed_process_leaves_all_that_it_acknowledged(killed: Path) -> None:
    log = opened(killed)

    assert len(log.read("orders", 0, 0, 1_000)) == 200
    log.close()


@pytest.mark.parametrize("damage", ["flipped", "cut", "removed", "no CURRENT", "no witness", "no manifest"])
def test_a_damaged_log_is_refused_and_left_as_it_is(killed: Path, damage: str) -> None:
    folder = killed / "log"
    wal = max(folder.glob("*.log"), key=lambda path: path.stat().st_size)
    if damage == "flipped":
        raw = bytearray(wal.read_bytes())
        raw[len(raw) // 2] ^= 0xFF
        wal.write_bytes(raw)
    elif damage == "cut":
        os.truncate(wal, wal.stat().st_size // 2)
    elif damage == "removed":
        wal.unlink()
    elif damage == "no CURRENT":
        (folder / "CURRENT").unlink()
    elif damage == "no witness":
        (folder / "KEYDAY_SEQUENCE").unlink()
    else:
        next(folder.glob("MANIFEST-*")).unlink()
    before = contents(killed)

    error = refused(killed)

    assert error.code is LogErrorCode.DAMAGED
    assert "backup" in error.detail
    assert "\n" not in error.detail
    assert contents(killed) == before


def test_a_log_of_another_format_is_refused(tmp_path: Path) -> None:
    log = opened(tmp_path)
    log.db.put(b"m", b"\x82\xa6format\x63\xaapartitions\x01")
    log.close()

    assert refused(tmp_path).code is LogErrorCode.FORMAT


def test_a_block_that_goes_bad_is_an_error_and_never_a_shorter_log(tmp_path: Path) -> None:
    log = opened(tmp_path)
    log.append([OutRecord("orders", 0, i, b"k", os.urandom(200)) for i in range(2_000)])
    log.db.flush()
    log.close()
    table = max((tmp_path / "log").glob("*.sst"), key=lambda path: path.stat().st_size)
    raw = bytearray(table.read_bytes())
    raw[len(raw) // 2] ^= 0xFF
    table.write_bytes(raw)
    log = opened(tmp_path)

    with pytest.raises(LogDamagedError, match="orders-0 at offset"):
        log.read("orders", 0, 0, 2_000)
    log.close()


def test_the_lock_goes_with_its_process(tmp_path: Path) -> None:
    opened(tmp_path).close()
    with (tmp_path / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
