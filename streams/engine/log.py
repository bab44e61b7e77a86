"""The embedded log: topics and partitions in one RocksDB directory, for one process at a time.

Here the log is the truth, there is no changelog to rebuild it from. So a directory that is damaged,
foreign or in use is refused as it is, with an error that says what to do, and never repaired in silence.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import IO, cast

import msgspec
from msgspec import Struct
from rocksdict import AccessType, Options, Rdict, ReadOptions, WriteBatch, WriteOptions

from streams.engine.record import OutRecord, Record
from streams.engine.store import open_db

#: Bump when the layout of keys or values changes.
FORMAT = 1

_RECORD, _END, _META = b"l", b"e", b"m"
_FOLDER, _NEW_FOLDER, _LOCK, _WITNESS = "log", "log.new", "lock", "KEYDAY_SEQUENCE"
#: Files that may be there before the log: what a kill left of making it, and tokens of the HTTP API.
TOKENS = "tokens.json"
_EARLIER = frozenset({_LOCK, _NEW_FOLDER, TOKENS, f".{TOKENS}.new"})
_PARTITION_BYTES, _OFFSET_BYTES = 4, 8

Body = tuple[int, bytes | None, bytes | None, list[tuple[str, bytes]]]
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Body).decode


class LogErrorCode(StrEnum):
    """Why a data directory cannot be used."""

    FOREIGN = "data_foreign"
    IN_USE = "data_in_use"
    FORMAT = "data_format"
    PARTITIONS = "data_partitions"
    DAMAGED = "data_damaged"


class LogError(Struct, frozen=True):
    """A data directory that was left as it is; ``detail`` is one line that says what to do."""

    code: LogErrorCode
    path: str
    detail: str


class LogDamagedError(Exception):
    """Records that were written are gone or unreadable while the log is in use."""


class _Meta(Struct):
    format: int
    partitions: int


Listener = Callable[[frozenset[str]], None]


class Log:
    """Append and read. Every write is one atomic batch; a synced one survives the loss of power.

    One thread, or one event loop, writes; other threads may read.
    """

    def __init__(self, db: Rdict, lock: IO[str], witness: IO[bytes], partitions: int) -> None:
        self.db = db
        self.partitions = partitions
        #: Called after each write with the topics that grew.
        self.listeners: list[Listener] = []
        self._lock = lock
        self._witness = witness
        self._ends = _ends(db)
        self._synced = WriteOptions()
        self._synced.sync = True

    @staticmethod
    def open(data_dir: Path, partitions: int | None = None) -> Log | LogError:
        """Open the log of a data directory, or create it where there is nothing yet.

        ``partitions`` holds for all topics and never changes; ``None`` takes what is there, or 1.
        """
        return _open(data_dir, partitions)

    def end_offset(self, topic: str, partition: int) -> int:
        """The offset that the next record of the partition gets."""
        return self._ends.get((topic, partition), 0)

    def read(self, topic: str, partition: int, offset: int, max_records: int) -> list[Record]:
        """Up to ``max_records`` records of a partition from ``offset`` on.

        Raises:
            LogDamagedError: a record that was written is missing or unreadable.
        """
        stop = min(self.end_offset(topic, partition), offset + max_records)
        if offset >= stop:
            return []
        prefix = _record_prefix(topic, partition)
        options = ReadOptions()
        options.set_iterate_upper_bound(prefix + _offset(stop))
        records: list[Record] = []
        for at, (key, raw) in enumerate(_items(self.db, prefix + _offset(offset), options), offset):
            # The iterator ends early, without a word, where a block is corrupt: so the offsets are counted.
            if key[len(prefix) :] != _offset(at):
                break
            try:
                timestamp, record_key, value, headers = _decode(raw)
            except msgspec.DecodeError:
                break
            records.append(Record(topic, partition, at, timestamp, record_key, value, headers))
        if len(records) != stop - offset:
            missing = f"{topic}-{partition} at offset {offset + len(records)}"
            raise LogDamagedError(f"the record of {missing} is missing or unreadable")
        return records

    def append(self, records: Sequence[OutRecord]) -> list[int]:
        """Append durably, all or nothing; the offsets in the order of ``records``."""
        write = Write(self)
        offsets = [write.append(record) for record in records]
        write.done(sync=True)
        return offsets

    def write(self, batch: WriteBatch, ends: dict[tuple[str, int], int], *, sync: bool) -> None:
        """Make a batch final, and tell the listeners."""
        if sync:
            self.db.write(batch, self._synced)
            self._note_sequence()
        else:
            self.db.write(batch)
        self._ends.update(ends)
        if ends:
            topics = frozenset(topic for topic, _ in ends)
            for listener in self.listeners:
                listener(topics)

    def close(self) -> None:
        """Give the directory free."""
        self.db.close()
        self._witness.close()
        self._lock.close()

    def _note_sequence(self) -> None:
        # Recovery stops in silence at the first unreadable record of the write-ahead log. This number,
        # written after the sync, lets the next start see that acknowledged writes are gone.
        raw = self.db.latest_sequence_number().to_bytes(_OFFSET_BYTES, "big")
        os.pwrite(self._witness.fileno(), raw, 0)


class Write:
    """One atomic write to the log: appended records, and whatever else goes into ``batch`` beside them."""

    def __init__(self, log: Log) -> None:
        self.batch = WriteBatch(raw_mode=True)
        self._log = log
        self._ends: dict[tuple[str, int], int] = {}

    def append(self, record: OutRecord) -> int:
        """Stage a record; its offset."""
        topic, partition = place = record.topic, record.partition
        offset = self._ends.get(place)
        if offset is None:
            offset = self._log.end_offset(topic, partition)
        body = (record.timestamp, record.key, record.value, record.headers)
        self.batch.put(_record_prefix(topic, partition) + _offset(offset), _encode(body))
        self._ends[place] = offset + 1
        return offset

    def done(self, *, sync: bool) -> None:
        """Write everything that was staged, or raise and have written nothing."""
        for (topic, partition), end in self._ends.items():
            self.batch.put(_end_key(topic, partition), _offset(end))
        self._log.write(self.batch, self._ends, sync=sync)


def _offset(offset: int) -> bytes:
    return offset.to_bytes(_OFFSET_BYTES, "big")


def _record_prefix(topic: str, partition: int) -> bytes:
    return _RECORD + topic.encode() + b"\0" + partition.to_bytes(_PARTITION_BYTES, "big")


def _end_key(topic: str, partition: int) -> bytes:
    return _END + topic.encode() + b"\0" + partition.to_bytes(_PARTITION_BYTES, "big")


def _items(db: Rdict, start: bytes, options: ReadOptions) -> Iterator[tuple[bytes, bytes]]:
    """What a database in raw mode holds from ``start`` on; its type hints do not know raw mode."""
    return cast("Iterator[tuple[bytes, bytes]]", db.items(from_key=start, read_opt=options))


def _ends(db: Rdict) -> dict[tuple[str, int], int]:
    """The next offset of every partition that has records."""
    options = ReadOptions()
    options.set_iterate_upper_bound(bytes([_END[0] + 1]))
    ends = {}
    for key, raw in _items(db, _END, options):
        topic = key[len(_END) : -_PARTITION_BYTES - 1].decode()
        ends[topic, int.from_bytes(key[-_PARTITION_BYTES:], "big")] = int.from_bytes(raw, "big")
    return ends


def _open(data_dir: Path, partitions: int | None) -> Log | LogError:
    folder = data_dir / _FOLDER
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        if not folder.exists() and (foreign := _foreign(data_dir)):
            return _error(
                LogErrorCode.FOREIGN,
                data_dir,
                f"holds {foreign} and no keyday log; give an empty or a new directory",
            )
        lock = (data_dir / _LOCK).open("a+")
    except OSError as error:
        return _error(LogErrorCode.FOREIGN, data_dir, f"cannot be used: {error.strerror}")
    opened: Log | LogError | None = None
    try:
        opened = _open_locked(data_dir, folder, lock, partitions)
    finally:
        if not isinstance(opened, Log):
            lock.close()
    return opened


def _open_locked(data_dir: Path, folder: Path, lock: IO[str], partitions: int | None) -> Log | LogError:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        owner = lock.read().strip() or "unknown"
        return _error(
            LogErrorCode.IN_USE,
            data_dir,
            f"another keyday process (pid {owner}) uses it; stop that one or give another directory",
        )
    except OSError as error:
        return _error(LogErrorCode.FOREIGN, data_dir, f"cannot be locked: {error.strerror}")
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    if not folder.exists():
        _create(data_dir, partitions or 1)
    if damage := _damage(folder):
        return _damaged(data_dir, damage)
    try:
        db = open_db(folder)
    except Exception as error:  # noqa: BLE001  # rocksdict raises plain Exception for every RocksDB status
        return _damaged(data_dir, str(error))
    log = _checked(data_dir, folder, db, lock, partitions)
    if isinstance(log, LogError):
        db.close()
    return log


def _checked(
    data_dir: Path, folder: Path, db: Rdict, lock: IO[str], partitions: int | None
) -> Log | LogError:
    try:
        meta = msgspec.msgpack.decode(db.get(_META) or b"", type=_Meta)
    except msgspec.DecodeError:
        return _damaged(data_dir, "the record that describes the log is unreadable")
    if meta.format != FORMAT:
        return _error(
            LogErrorCode.FORMAT,
            data_dir,
            f"was written in format {meta.format}, this keyday reads {FORMAT}; use the version that wrote it",
        )
    if partitions not in {None, meta.partitions}:
        return _error(
            LogErrorCode.PARTITIONS,
            data_dir,
            f"has {meta.partitions} partitions for good, not {partitions}; give {meta.partitions}",
        )
    return Log(db, lock, (folder / _WITNESS).open("r+b", buffering=0), meta.partitions)


def _foreign(data_dir: Path) -> str | None:
    """An entry of a directory without a log that keyday did not leave there."""
    return next((e.name for e in sorted(data_dir.iterdir()) if e.name not in _EARLIER), None)


def _create(data_dir: Path, partitions: int) -> None:
    """Make the log beside its place and move it there when it is whole: a kill leaves all or nothing."""
    fresh = data_dir / _NEW_FOLDER
    shutil.rmtree(fresh, ignore_errors=True)
    db = open_db(fresh)
    synced = WriteOptions()
    synced.sync = True
    db.put(_META, msgspec.msgpack.encode(_Meta(FORMAT, partitions)), write_opt=synced)
    sequence: int = db.latest_sequence_number()
    db.close()
    with (fresh / _WITNESS).open("wb") as witness:
        witness.write(_offset(sequence))
        witness.flush()
        os.fsync(witness.fileno())
    fresh.rename(data_dir / _FOLDER)
    handle = os.open(data_dir, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _damage(folder: Path) -> str | None:
    """What is wrong with a log, found without changing a byte of it; ``None`` when it may be opened."""
    options = Options(raw_mode=True)
    options.create_if_missing(False)
    options.set_keep_log_file_num(2)
    try:
        acknowledged = int.from_bytes((folder / _WITNESS).read_bytes(), "big")
        db = Rdict(str(folder), options, access_type=AccessType.read_only(False))
    except Exception as error:  # noqa: BLE001  # rocksdict raises plain Exception for every RocksDB status
        return str(error)
    found: int = db.latest_sequence_number()
    db.close()
    if found < acknowledged:
        return f"{acknowledged - found} acknowledged writes are missing"
    return None


def _damaged(data_dir: Path, what: str) -> LogError:
    return _error(
        LogErrorCode.DAMAGED,
        data_dir,
        f"{what}; nothing was changed: restore it from a backup, or feed the input into a new directory",
    )


def _error(code: LogErrorCode, data_dir: Path, detail: str) -> LogError:
    return LogError(code, str(data_dir), detail)
