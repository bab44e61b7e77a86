"""A task's state in RocksDB: values, input positions and the proof that nothing is missing.

RocksDB reopens silently at an older consistent state after a damaged write-ahead log, and a damaged
MANIFEST can lose keys. So positions live in the same WriteBatch as the values, and beside them stand a
count and a checksum over all keys and values, which :meth:`Store.verify` compares with what is there.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import cast

import msgspec
from msgspec import Struct
from rocksdict import BlockBasedOptions, Cache, Options, Rdict, ReadOptions, WriteBatch, WriteBufferManager

from streams.engine.state import Change, Delta, checksum

#: Bump when the layout of the values changes; an older store is rebuilt from the changelog.
LAYOUT = 1

_META = b"\x00meta"
_CHECK_MODULUS = 2**64
#: Shared by all stores of a worker, in bytes: ceilings, not a store's share.
_BLOCK_CACHE_BYTES = 96 * 1024 * 1024
_ALL_WRITE_BUFFERS_BYTES = 192 * 1024 * 1024
#: Per store, in bytes; RocksDB keeps at most two of them.
_WRITE_BUFFER_BYTES = 16 * 1024 * 1024

#: Bytes: a process's share is not made smaller than this, so that many processes still work.
_LEAST_SHARE_BYTES = 2 * _WRITE_BUFFER_BYTES

_shared: list[tuple[Cache, WriteBufferManager]] = []


class StoreCorruptError(Exception):
    """What is in the store does not add up; it has to be wiped and rebuilt."""


class StoreLockedError(Exception):
    """Another process has the directory open."""


class Meta(Struct, array_like=True):
    """Written with every batch: positions per input topic, changelog position, count and check value.

    ``changelog_time`` is when the last changelog record was written, in milliseconds; 0 without one.
    """

    layout: int = LAYOUT
    positions: dict[str, int] = {}
    changelog_position: int = 0
    count: int = 0
    check: int = 0
    changelog_time: int = 0


def share_memory(processes: int) -> None:
    """Take one of ``processes`` equal shares of the ceilings, before the first store is opened."""
    cache, buffers = (
        max(ceiling // processes, _LEAST_SHARE_BYTES)
        for ceiling in (_BLOCK_CACHE_BYTES, _ALL_WRITE_BUFFERS_BYTES)
    )
    _shared[:] = [(Cache(cache), WriteBufferManager(buffers, False))]


def _options() -> Options:
    if not _shared:
        share_memory(1)
    cache, buffers = _shared[0]
    table = BlockBasedOptions()
    table.set_block_cache(cache)
    table.set_bloom_filter(10, block_based=False)
    # Most reads ask for what is not there (is this order new?). Filters outside of the block cache and one
    # over the memtable answer them from memory; they take ten bits a key.
    table.set_cache_index_and_filter_blocks(False)
    options = Options(raw_mode=True)
    options.set_memtable_whole_key_filtering(True)
    options.set_memtable_prefix_bloom_ratio(0.1)
    options.create_if_missing(True)
    options.set_block_based_table_factory(table)
    options.set_write_buffer_size(_WRITE_BUFFER_BYTES)
    options.set_max_write_buffer_number(2)
    options.set_write_buffer_manager(buffers)
    options.set_level_compaction_dynamic_level_bytes(True)
    options.set_max_open_files(256)
    options.set_keep_log_file_num(2)
    options.set_stats_dump_period_sec(0)
    return options


def open_db(path: Path) -> Rdict:
    """Open or create a RocksDB directory in raw mode, with caches that are bounded per process."""
    path.mkdir(parents=True, exist_ok=True)
    return Rdict(str(path), _options())


def _items(db: Rdict, start: bytes, options: ReadOptions) -> Iterator[tuple[bytes, bytes]]:
    """What a database in raw mode holds from ``start`` on; its type hints do not know raw mode."""
    return cast("Iterator[tuple[bytes, bytes]]", db.items(from_key=start, read_opt=options))


class Store:
    """The committed state of one task under ``prefix`` of a database.

    On Kafka a task has a directory of its own and no prefix; the embedded log keeps all of its tasks
    in one database, so that outputs, state and positions share one WriteBatch.
    """

    def __init__(self, db: Rdict, prefix: bytes = b"") -> None:
        self._db = db
        self._prefix = prefix
        self._meta = self._read_meta()
        self._pending: Meta | None = None
        if not prefix:
            # One call less for each read of the hot path.
            self.get = db.get  # type: ignore[method-assign]

    def _read_meta(self) -> Meta:
        raw = self._db.get(self._prefix + _META)
        if raw is None:
            return Meta()
        try:
            return msgspec.msgpack.decode(raw, type=Meta)
        except msgspec.DecodeError as error:
            raise StoreCorruptError("the record of positions is unreadable") from error

    @property
    def positions(self) -> dict[str, int]:
        """The next offset of each input topic."""
        return self._meta.positions

    @property
    def changelog_position(self) -> int:
        """The changelog offset after the last record that this store contains."""
        return self._meta.changelog_position

    @property
    def changelog_time(self) -> int:
        """When the last changelog record that this store contains was written, in milliseconds."""
        return self._meta.changelog_time

    @property
    def count(self) -> int:
        """How many keys the store holds, by its own books."""
        return self._meta.count

    def get(self, key: bytes) -> bytes | None:
        """The committed value of a key."""
        value: bytes | None = self._db.get(self._prefix + key)
        return value

    def scan(self, start: bytes, stop: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Committed values with start <= key < stop in key order."""
        prefix, size = self._prefix, len(self._prefix)
        options = ReadOptions()
        options.set_iterate_upper_bound(prefix + stop)
        for key, value in _items(self._db, prefix + start, options):
            yield key[size:], value

    def scan_back(self, start: bytes, stop: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Committed values with start <= key < stop, from the last key to the first."""
        prefix, size = self._prefix, len(self._prefix)
        first = prefix + start
        options = ReadOptions()
        options.set_iterate_upper_bound(prefix + stop)
        backwards = self._db.items(backwards=True, from_key=prefix + stop, read_opt=options)
        for key, value in cast("Iterator[tuple[bytes, bytes]]", backwards):
            if key < first:
                return
            yield key[size:], value

    def stage(
        self,
        batch: WriteBatch,
        changes: Sequence[Change],
        delta: Delta,
        positions: dict[str, int],
        changelog_position: int,
        changelog_time: int = 0,
    ) -> None:
        """Add the changes and the books that belong to them to ``batch``; :meth:`written` makes it final."""
        prefix, put, delete = self._prefix, batch.put, batch.delete
        if prefix:
            changes = [(prefix + key, value) for key, value in changes]
        for key, value in changes:
            if value is None:
                delete(key)
            else:
                put(key, value)
        old = self._meta
        meta = Meta(
            positions={**old.positions, **positions},
            changelog_position=changelog_position,
            count=old.count + delta.count,
            check=(old.check + delta.check) % _CHECK_MODULUS,
            changelog_time=changelog_time,
        )
        put(prefix + _META, msgspec.msgpack.encode(meta))
        self._pending = meta

    def written(self) -> None:
        """The batch that :meth:`stage` filled is in the database."""
        if self._pending is None:
            raise RuntimeError("nothing was staged")
        self._meta, self._pending = self._pending, None

    def write(
        self,
        changes: Sequence[Change],
        delta: Delta,
        positions: dict[str, int],
        changelog_position: int,
        changelog_time: int = 0,
    ) -> None:
        """Stage and write one batch of its own."""
        batch = WriteBatch(raw_mode=True)
        self.stage(batch, changes, delta, positions, changelog_position, changelog_time)
        self._db.write(batch)
        self.written()

    def delta_of(self, changes: Iterable[Change]) -> Delta:
        """How changes whose old values nobody remembers move the books; reads every old value."""
        delta = Delta()
        fresh: dict[bytes, bytes | None] = {}
        for key, value in changes:
            old = fresh[key] if key in fresh else self.get(key)
            if old is not None:
                delta.count -= 1
                delta.check -= checksum(key, old)
            if value is not None:
                delta.count += 1
                delta.check += checksum(key, value)
            fresh[key] = value
        return delta

    def tally(self) -> Delta:
        """Count and check value of what is really there; reads everything."""
        prefix, size = self._prefix, len(self._prefix)
        options = ReadOptions()
        options.fill_cache(False)
        if prefix:
            options.set_iterate_upper_bound(prefix + b"\xff")
        count = check = 0
        for key, value in _items(self._db, prefix + _META + b"\x00", options):
            count += 1
            check += checksum(key[size:], value)
        return Delta(count, check % _CHECK_MODULUS)

    def correct_books(self) -> None:
        """Set count and check value to what is really there: after a restore from nothing."""
        found, meta = self.tally(), self._meta
        delta = Delta(found.count - meta.count, found.check - meta.check)
        self.write((), delta, {}, meta.changelog_position, meta.changelog_time)

    def verify(self) -> None:
        """Compare the books with what is there.

        Raises:
            StoreCorruptError: keys are missing or changed, or the layout is another one.
        """
        if self._meta.layout != LAYOUT:
            raise StoreCorruptError(f"layout {self._meta.layout} instead of {LAYOUT}")
        found = self.tally()
        if (found.count, found.check) != (self._meta.count, self._meta.check):
            raise StoreCorruptError(
                f"{found.count} keys with check value {found.check:x} "
                f"instead of {self._meta.count} with {self._meta.check:x}"
            )

    def size_bytes(self) -> int:
        """What the database's files hold, in bytes."""
        size = self._db.property_int_value("rocksdb.total-sst-files-size") or 0
        return int(size) + int(self._db.property_int_value("rocksdb.cur-size-all-mem-tables") or 0)

    def close(self) -> None:
        """Close the database (a store that shares one leaves this to its owner)."""
        self._db.close()


def open_store(path: Path) -> tuple[Store, str | None]:
    """Open and verify the store of a task; one that is damaged is wiped.

    Returns the store and, when it had to be wiped, why.

    Raises:
        StoreLockedError: another process has it open.
    """
    damage: str | None = None
    try:
        store = Store(open_db(path))
        try:
            store.verify()
        except BaseException:
            store.close()
            raise
        return store, None  # noqa: TRY300
    except StoreCorruptError as error:
        damage = str(error)
    except Exception as error:  # rocksdict raises plain Exception for every RocksDB status
        # RocksDB's words for a LOCK file that this process holds, and for one that another does; "block
        # checksum mismatch" holds that word, too.
        if str(error).startswith(("IO error: lock", "IO error: While lock")):
            raise StoreLockedError(f"{path} is open in another process") from error
        damage = str(error)
    # Only here, with the error and its traceback gone, is a half-opened database let go of.
    shutil.rmtree(path, ignore_errors=True)
    return Store(open_db(path)), damage
