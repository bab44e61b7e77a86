"""Every table, declared once, and the files that a replay leaves of them."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import orjson
from msgspec import Struct

from events.outputs import RewardEvent
from projections import balances, statements
from projections.fold import unpack
from projections.keys import ACCOUNT, STATEMENT
from projections.store import Tables

#: Entries: a replay folds this many at once, which is all that it keeps in memory.
FOLD_ENTRIES: Final = 2_000


class Table(Struct, frozen=True):
    """A table: under which keys its rows are stored, and how a stored row becomes lines of sorted JSON."""

    key_prefix: bytes
    lines: Callable[[bytes], list[bytes]]
    doc: str


def balance_lines(raw: bytes) -> list[bytes]:
    """One line per unit of an account."""
    row = unpack(raw)
    units = sorted(row.balances)
    rows = (balances.as_row(row.account, row.balances[unit]) for unit in units)
    return [orjson.dumps(each, option=orjson.OPT_SORT_KEYS) for each in rows]


def statement_lines(raw: bytes) -> list[bytes]:
    """The line of one entry."""
    return [statements.as_line(raw)]


TABLES: Final[dict[str, Table]] = {
    "balances": Table(ACCOUNT, balance_lines, "Per account and unit: buckets and totals."),
    "statements": Table(STATEMENT, statement_lines, "Per account: its ledger entries in seq order."),
}


def lines(tables: Tables, table: Table) -> Iterator[bytes]:
    """The table's lines, sorted by account, then by unit or seq."""
    return (line for raw in tables.scan(table.key_prefix) for line in table.lines(raw))


class TableWriter:
    """Folds the entries of a replay and writes ``<out>/tables/<table>.ndjson`` at the end.

    Rows are kept in a temporary RocksDB directory beside the output, so that memory does not grow with them.
    """

    def __init__(self, out: Path) -> None:
        self._out = out / "tables"
        self._out.mkdir(parents=True, exist_ok=True)
        self._scratch = Path(tempfile.mkdtemp(prefix=".fold-", dir=out))
        self._tables = Tables(self._scratch)
        self._waiting: list[RewardEvent] = []

    def add(self, event: RewardEvent) -> None:
        """Count one entry; an account's entries come in seq order."""
        self._waiting.append(event)
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
