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
from projections import balances
from projections.fold import decode_balance
from projections.keys import BALANCE, STATEMENT
from projections.store import Tables

#: Entries: a replay folds this many at once, which is all that it keeps in memory.
FOLD_ENTRIES: Final = 2_000


class Table(Struct, frozen=True):
    """A table: where its rows lie in key order, and how a stored row becomes a line of sorted JSON."""

    key_prefix: bytes
    line: Callable[[bytes], bytes]
    doc: str


def balance_line(raw: bytes) -> bytes:
    """A stored balance as a line of JSON with sorted keys."""
    return orjson.dumps(balances.as_row(decode_balance(raw)), option=orjson.OPT_SORT_KEYS)


def statement_line(raw: bytes) -> bytes:
    """A stored statement row, which is such a line already."""
    return raw


TABLES: Final[dict[str, Table]] = {
    "balances": Table(BALANCE, balance_line, "Per account and unit: buckets and totals."),
    "statements": Table(STATEMENT, statement_line, "Per account: its ledger entries in seq order."),
}


def lines(tables: Tables, table: Table) -> Iterator[bytes]:
    """The table's lines, sorted by account, then by unit or seq."""
    return (table.line(raw) for raw in tables.scan(table.key_prefix))


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
