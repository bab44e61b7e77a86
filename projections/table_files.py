"""The files that a replay leaves of the tables."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import orjson

from projections.facts import SOURCES, Fact
from projections.store import Tables
from projections.tables import TABLES
from projections.tables.table import Table
from schemas.programs import Programs
from streams.engine.record import Headed

#: Records: a replay folds this many at once, which is all that it keeps in memory.
FOLD_ENTRIES: Final = 2_000


def lines(tables: Tables, table: Table) -> Iterator[bytes]:
    """The table's rows as JSON with sorted keys, in key order."""
    return (orjson.dumps(row, option=orjson.OPT_SORT_KEYS) for row in tables.all_rows(table))


class TableWriter:
    """Folds the records of a replay and writes ``<out>/tables/<table>.ndjson`` at the end.

    Rows are kept in a temporary RocksDB directory beside the output, so that memory does not grow with them.
    """

    def __init__(self, out: Path, programs: Programs | None = None) -> None:
        self._out = out / "tables"
        self._out.mkdir(parents=True, exist_ok=True)
        self._scratch = Path(tempfile.mkdtemp(prefix=".fold-", dir=out))
        self._tables = Tables(self._scratch, programs=programs)
        self._waiting: list[Fact] = []

    def take(self, record: Headed) -> None:
        """Count one record of any topic; those of a topic come in their order."""
        decode = SOURCES.get(record.topic)
        fact = None if decode is None else decode(record)
        if fact is None:
            return
        self._waiting.append(fact)
        if len(self._waiting) >= FOLD_ENTRIES:
            self._fold()

    def finish(self) -> None:
        """Write the files and remove the scratch directory."""
        self._fold()
        for name, table in TABLES.items():
            with (self._out / f"{name}.ndjson").open("wb") as file:
                file.writelines(line + b"\n" for line in lines(self._tables, table))
        self.close()

    def close(self) -> None:
        """Remove the scratch directory; without ``finish`` no file is written."""
        self._tables.close()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def _fold(self) -> None:
        self._tables.apply(self._waiting, {})
        self._waiting.clear()
