"""Pages of a table: rows in key order that fit filters, from a cursor on."""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any, Final, Literal, Protocol

import msgspec
from msgspec import Struct

from projections.keys import escape
from projections.tables import TABLES
from projections.tables.leaderboard import place
from projections.tables.table import Row, Table
from projections.versions import Versions

#: Rows: the most that one page holds, and the most that are looked at for it.
MAX_PAGE_ROWS: Final = 1_000
MAX_LOOKED_AT: Final = 20_000

RefusalCode = Literal["table_unknown", "filter_unknown", "cursor_invalid", "limit_invalid"]


class RowPage(Struct, frozen=True):
    """Rows in the order of the table's key, and the cursor of the next page if there may be one.

    A page whose filters fit few rows may hold fewer than were asked for, none too, and still have a next one.
    """

    rows: list[Row]
    next: str | None


class RowRefusal(Struct, frozen=True):
    """Why rows cannot be told: ``name`` is the table, the filter or the parameter."""

    code: RefusalCode
    name: str
    detail: str


class Cursor(Struct, array_like=True, frozen=True):
    """Where a page ended: table and direction, the stored key, and how many of its rows were seen."""

    table: str
    descending: bool
    key: bytes
    seen: int


class Scan(Protocol):
    """What is asked of the store."""

    def scan(self, start: bytes, stop: bytes) -> Iterator[tuple[bytes, bytes]]: ...
    def scan_back(self, start: bytes, stop: bytes) -> Iterator[tuple[bytes, bytes]]: ...


#: A stored key, how many rows of it came before, and the row.
_Placed = tuple[bytes, int, Row]

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(Cursor).decode


def page(  # noqa: PLR0911 - one refusal each
    store: Scan,
    versions: Versions,
    name: str,
    *,
    filters: Mapping[str, str],
    after: str | None,
    limit: int,
    descending: bool,
) -> RowPage | RowRefusal:
    """Up to ``limit`` rows behind the cursor ``after`` that fit all ``filters``."""
    table = TABLES.get(name)
    if table is None:
        return RowRefusal("table_unknown", name, f"the tables are {', '.join(TABLES)}")
    for filter_ in filters:
        if filter_ not in table.parameters:
            detail = f"{name} can be filtered by {', '.join(table.parameters)}"
            return RowRefusal("filter_unknown", filter_, detail)
    if not 1 <= limit <= MAX_PAGE_ROWS:
        return RowRefusal("limit_invalid", "limit", f"limit is a whole number from 1 to {MAX_PAGE_ROWS}")
    cursor = None if after is None else _cursor(after)
    if after is not None and (cursor is None or (cursor.table, cursor.descending) != (name, descending)):
        return RowRefusal(
            "cursor_invalid", "after", "give the cursor of the page before, with the same query"
        )
    found: list[Row] = []
    last: Cursor | None = None
    rows = placed_rows(store, versions, table, filters, cursor, descending=descending)
    for looked_at, (key, seen, row) in enumerate(rows, 1):
        if len(found) == limit:
            return RowPage(found, _text(last))
        last = Cursor(name, descending, key, seen + 1)
        if fits(table, row, filters):
            found.append(row)
        if looked_at >= MAX_LOOKED_AT:
            return RowPage(found, _text(last))
    return RowPage(found, None)


def all_rows(store: Scan, versions: Versions, table: Table, filters: Mapping[str, str]) -> Iterator[Row]:
    """All rows that fit, in key order."""
    return (
        row
        for _, _, row in placed_rows(store, versions, table, filters, None, descending=False)
        if fits(table, row, filters)
    )


def fits(table: Table, row: Row, filters: Mapping[str, str]) -> bool:
    """Whether a row has what the filters ask for; a column without a value fits none."""
    for name, wanted in filters.items():
        if name in table.filters:
            if _as_text(row.get(name)) != wanted:
                return False
            continue
        column, _, end = name.rpartition("_")
        value = row.get(column)
        if value is None or (value < wanted if end == "from" else value > wanted):
            return False
    return True


def placed_rows(
    store: Scan,
    versions: Versions,
    table: Table,
    filters: Mapping[str, str],
    cursor: Cursor | None,
    *,
    descending: bool,
) -> Iterator[_Placed]:
    """Rows of the part of the table that the filters narrow it to, from the cursor on."""
    start = table.prefix + b"".join(_narrowed(table, filters))
    stop = start + b"\xff"
    if cursor is not None and descending:
        # The group of a ranked row is read again as a whole.
        stop = min(stop, cursor.key + (b"\xff" if table.ranked else b"\x00"))
    elif cursor is not None:
        start = max(start, cursor.key)
    stored = store.scan_back(start, stop) if descending else store.scan(start, stop)
    show = _ranked if table.ranked else _shown
    return show(stored, versions, table, cursor, descending=descending)


def _shown(
    stored: Iterator[tuple[bytes, bytes]],
    versions: Versions,
    table: Table,
    cursor: Cursor | None,
    *,
    descending: bool,
) -> Iterator[_Placed]:
    for key, raw in stored:
        yield from _behind(key, list(table.show(raw, versions)), cursor, descending=descending)


def _ranked(
    stored: Iterator[tuple[bytes, bytes]],
    versions: Versions,
    table: Table,
    cursor: Cursor | None,
    *,
    descending: bool,
) -> Iterator[_Placed]:
    """Rows by rank; the key of a row is that of its group, which is ranked when it is read."""
    width = len(table.narrow)
    for group, members in groupby(stored, key=lambda one: _group(one[0], width)):
        rows = sorted((row for _, raw in members for row in table.show(raw, versions)), key=place)
        for rank, row in enumerate(rows, 1):
            row["rank"] = rank
        yield from _behind(group, rows, cursor, descending=descending)


def _behind(key: bytes, rows: list[Row], cursor: Cursor | None, *, descending: bool) -> Iterator[_Placed]:
    """The rows of one key that the cursor has not seen."""
    if descending:
        rows.reverse()
    seen = cursor.seen if cursor is not None and cursor.key == key else 0
    for position in range(seen, len(rows)):
        yield key, position, rows[position]


def _group(key: bytes, width: int) -> bytes:
    """The first parts of a key."""
    end = 0
    for _ in range(width):
        end = key.index(b"\0", end) + 1
        while key[end : end + 1] == b"\xff":
            end = key.index(b"\0", end) + 1
    return key[:end]


def _narrowed(table: Table, filters: Mapping[str, str]) -> Iterator[bytes]:
    for column in table.narrow:
        if column not in filters:
            return
        yield escape(filters[column])


def _as_text(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)


def _cursor(text: str) -> Cursor | None:
    try:
        cursor = _decode(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, binascii.Error, msgspec.MsgspecError):
        return None
    return cursor if cursor.seen >= 0 else None


def _text(cursor: Cursor | None) -> str | None:
    return None if cursor is None else urlsafe_b64encode(_encode(cursor)).decode().rstrip("=")
