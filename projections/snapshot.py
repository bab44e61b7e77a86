"""Tables as they are at one moment, read beside the process that feeds them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec
from rocksdict import AccessType, Options, Rdict

from projections.book import PROGRAMS
from projections.keys import VERSION
from projections.pages import Query, RowPage, RowRefusal, all_rows, page
from projections.store import STAMP
from projections.tables.table import Row, Table
from projections.versions import Versions
from schemas.program import Program
from streams.engine.store import Store

_decode_program: Final = msgspec.msgpack.Decoder(Program).decode


class SnapshotError(Exception):
    """There are no tables to be read; the message is one line that says what to do."""


class Snapshot:
    """Reads rows in key order."""

    def __init__(self, store: Store, until: int | None = None) -> None:
        self._store = store
        self._until = until
        self._versions = Versions(until=until)
        for _, raw in store.scan(PROGRAMS, PROGRAMS + b"\xff"):
            self._versions.add(_decode_program(raw))

    def rows(self, table: Table, filters: Mapping[str, str], as_of: int | None = None) -> Iterator[Row]:
        """All rows that fit; ``as_of`` an instant in milliseconds, of one of ``WITH_PAST``."""
        return all_rows(self._store, self._versions, table, filters, as_of)

    def page(self, table: str, query: Query) -> RowPage | RowRefusal:
        """A page of a table."""
        return page(self._store, self._versions, table, query, self._until)

    def programs(self) -> list[Program]:
        """Every version of a program that is known."""
        return self._versions.all()


@contextmanager
def snapshot(folder: Path, until: int | None = None) -> Iterator[Snapshot]:
    """The tables of a folder as they are now, whoever writes to them meanwhile; ``until`` is what they hold.

    Raises:
        SnapshotError: there are none, they are damaged, or another version of Keyday wrote them.
    """
    path = folder / "tables"
    if not (path / "CURRENT").is_file():
        raise SnapshotError(f"{path} holds no tables; keyday run, serve and rebuild make them")
    options = Options(raw_mode=True)
    options.create_if_missing(False)
    try:
        database = Rdict(str(path), options, access_type=AccessType.read_only(False))
    except Exception as error:  # noqa: BLE001  # rocksdict raises plain Exception for every RocksDB status
        raise SnapshotError(f"{path} cannot be read: {error}") from None
    try:
        store = Store(database)
        if store.get(VERSION) != STAMP:
            raise SnapshotError(f"{path} was written by another version of Keyday: keyday rebuild mends it")
        yield Snapshot(store, until)
    finally:
        database.close()
