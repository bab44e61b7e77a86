"""Pages of a table: rows that fit filters, in the order of the key or of a column, from a cursor on."""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping
from itertools import groupby, islice
from typing import Any, Final, Literal, Protocol

import msgspec
from msgspec import Struct

from events.time import format_time
from projections import balances
from projections.as_of import balances_of
from projections.keys import STATEMENT, escape
from projections.sorting import Placed, first_behind, order_by, sortable
from projections.statements import unpack
from projections.tables import TABLES
from projections.tables.leaderboard import place
from projections.tables.table import Row, Table
from projections.versions import Versions

#: Rows: the most that one page holds, and the most that are looked at for it.
MAX_PAGE_ROWS: Final = 1_000
MAX_LOOKED_AT: Final = 20_000
#: Rows: the most that are sorted by a column.
MAX_SORTED: Final = 100_000
#: Rows: a page when nothing is asked.
PAGE_ROWS: Final = 100
#: Tables whose rows tell their past themselves: that of others is folded from the topics (``past.py``).
WITH_PAST: Final = ("balances", "statements")

RefusalCode = Literal[
    "table_unknown",
    "filter_unknown",
    "sort_unknown",
    "past_unknown",
    "cursor_invalid",
    "limit_invalid",
    "rows_too_many",
]


class Query(Struct, frozen=True, kw_only=True):
    """What is asked of a table: ``sort`` is a column, ``as_of`` an instant in milliseconds.

    Rows that are not ``visible`` are not there, and no cursor tells of them.
    """

    filters: Mapping[str, str] = {}
    after: str | None = None
    limit: int = PAGE_ROWS
    descending: bool = False
    sort: str | None = None
    as_of: int | None = None
    visible: Callable[[Row], bool] | None = None


#: The first page of all rows by key.
EVERYTHING: Final = Query()


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
    """Where a page ended: what was asked, the stored key, how many of its rows were seen, what it sorts by.

    ``hidden`` rows behind that were looked at, too. Without a key the page found none that is visible.
    """

    table: str
    descending: bool
    sort: str | None
    as_of: int | None
    key: bytes
    seen: int
    value: str | int | None = None
    hidden: int = 0


class Scan(Protocol):
    """What is asked of the store."""

    def scan(self, start: bytes, stop: bytes) -> Iterator[tuple[bytes, bytes]]: ...
    def scan_back(self, start: bytes, stop: bytes) -> Iterator[tuple[bytes, bytes]]: ...


_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(Cursor).decode


def page(
    store: Scan, versions: Versions, name: str, query: Query, until: int | None = None
) -> RowPage | RowRefusal:
    """Up to ``limit`` rows behind the cursor ``after`` that fit all filters.

    A store that holds what had occurred ``until`` an instant can be asked as of that one.
    """
    table = TABLES.get(name)
    if table is None:
        return RowRefusal("table_unknown", name, f"the tables are {', '.join(TABLES)}")
    refusal = _refusal(table, query, until)
    if refusal is not None:
        return refusal
    cursor = None if query.after is None else _cursor(query.after)
    asked = (name, query.descending, query.sort, query.as_of)
    if query.after is not None and (
        cursor is None or (cursor.table, cursor.descending, cursor.sort, cursor.as_of) != asked
    ):
        return RowRefusal(
            "cursor_invalid", "after", "give the cursor of the page before, with the same query"
        )
    if query.sort is not None:
        return _sorted_page(store, versions, table, query, query.sort, cursor)
    return _page(store, versions, table, query, cursor)


def _page(store: Scan, versions: Versions, table: Table, query: Query, cursor: Cursor | None) -> RowPage:
    """Rows by key, found by looking at no more than it takes."""
    found: list[Row] = []
    last = cursor or Cursor(table.name, query.descending, None, query.as_of, b"", 0)
    rows = placed_rows(store, versions, table, query, cursor)
    for looked_at, (key, seen, row) in enumerate(islice(rows, last.hidden, None), 1):
        if len(found) == query.limit:
            return RowPage(found, _text(last))
        if _visible(query, row):
            last = Cursor(table.name, query.descending, None, query.as_of, key, seen + 1)
            if row is not None and fits(table, row, query.filters):
                found.append(row)
        else:
            last = msgspec.structs.replace(last, hidden=last.hidden + 1)
        if looked_at >= MAX_LOOKED_AT:
            return RowPage(found, _text(last))
    return RowPage(found, None)


def _visible(query: Query, row: Row | None) -> bool:
    """Whether who asks may know of a row; of what is not there yet only those who see everything may."""
    return query.visible is None or (row is not None and query.visible(row))


def _refusal(table: Table, query: Query, until: int | None) -> RowRefusal | None:
    """Why the table cannot be asked for that."""
    for filter_ in query.filters:
        if filter_ not in table.parameters:
            detail = f"{table.name} can be filtered by {', '.join(table.parameters)}"
            return RowRefusal("filter_unknown", filter_, detail)
    if query.sort is not None and query.sort not in sortable(table):
        detail = f"{table.name} can be sorted by {', '.join(sortable(table))}"
        return RowRefusal("sort_unknown", query.sort, detail)
    if query.as_of is not None and query.as_of != until and table.name not in WITH_PAST:
        detail = f"rows of {table.name} do not tell their past"
        return RowRefusal("past_unknown", "as_of", detail)
    if not 1 <= query.limit <= MAX_PAGE_ROWS:
        return RowRefusal("limit_invalid", "limit", f"limit is a whole number from 1 to {MAX_PAGE_ROWS}")
    return None


def _sorted_page(
    store: Scan, versions: Versions, table: Table, query: Query, sort: str, cursor: Cursor | None
) -> RowPage | RowRefusal:
    """Rows by a column, equal ones by key: all that fit are read for each page."""
    whole = msgspec.structs.replace(query, descending=False)
    rows: list[Placed] = []
    for looked_at, (key, seen, row) in enumerate(placed_rows(store, versions, table, whole, None), 1):
        if looked_at > MAX_SORTED:
            detail = f"more than {MAX_SORTED:,} rows would have to be sorted: narrow them by filters"
            return RowRefusal("rows_too_many", "sort", detail)
        if row is not None and fits(table, row, query.filters) and _visible(query, row):
            rows.append((key, seen, row))
    order = order_by(table, sort, descending=query.descending)
    behind = None if cursor is None else order(cursor.key, cursor.seen, {sort: cursor.value})
    found = first_behind(rows, order, behind, query.limit + 1, descending=query.descending)
    shown = [row for _, _, row in found[: query.limit]]
    if len(found) <= query.limit:
        return RowPage(shown, None)
    key, seen, row = found[query.limit - 1]
    end = Cursor(table.name, query.descending, sort, query.as_of, key, seen, row.get(sort))
    return RowPage(shown, _text(end))


def all_rows(
    store: Scan, versions: Versions, table: Table, filters: Mapping[str, str], as_of: int | None = None
) -> Iterator[Row]:
    """All rows that fit, in key order, now or at an instant (milliseconds) of one of ``WITH_PAST``."""
    query = Query(filters=filters, as_of=as_of)
    return (
        row
        for _, _, row in placed_rows(store, versions, table, query, None)
        if row is not None and fits(table, row, filters)
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
    store: Scan, versions: Versions, table: Table, query: Query, cursor: Cursor | None
) -> Iterator[tuple[bytes, int, Row | None]]:
    """Rows of the part of the table that the filters narrow it to, from the cursor on.

    There is no row where something was looked at that was not there yet at the instant that is asked for.
    """
    as_of = query.as_of if table.name in WITH_PAST else None
    past = as_of if table.name == "balances" else None
    prefix = table.prefix if past is None else STATEMENT
    start = prefix + b"".join(_narrowed(table, query.filters))
    stop = start + b"\xff"
    cursor = cursor if cursor is not None and cursor.key else None
    if cursor is not None and query.descending:
        # A group that several rows are made of is read again as a whole.
        whole = table.ranked or past is not None
        stop = min(stop, cursor.key + (b"\xff" if whole else b"\x00"))
    elif cursor is not None:
        start = max(start, cursor.key)
    stored = store.scan_back(start, stop) if query.descending else store.scan(start, stop)
    if past is not None:
        return _past(stored, past, cursor, descending=query.descending)
    show = _ranked if table.ranked else _shown
    rows = show(stored, versions, table, cursor, descending=query.descending)
    return rows if as_of is None else _until(rows, format_time(as_of))


def _until(rows: Iterator[Placed], last: str) -> Iterator[tuple[bytes, int, Row | None]]:
    """Entries up to a time, as it is written."""
    return ((key, seen, row if row["time"] <= last else None) for key, seen, row in rows)


def _past(
    stored: Iterator[tuple[bytes, bytes]], at: int, cursor: Cursor | None, *, descending: bool
) -> Iterator[tuple[bytes, int, Row | None]]:
    """Balances from the entries of each account; the key of a row is what those begin with."""
    for account, members in groupby(stored, key=lambda one: _group(one[0], 1)):
        entries = [unpack(raw) for _, raw in members]
        found = balances_of(reversed(entries) if descending else entries, at)
        rows = [balances.as_row(entries[0].data.account, one) for one in found]
        yield from _behind(account, rows, cursor, descending=descending)
        if not rows:
            yield account, 0, None


def _shown(
    stored: Iterator[tuple[bytes, bytes]],
    versions: Versions,
    table: Table,
    cursor: Cursor | None,
    *,
    descending: bool,
) -> Iterator[Placed]:
    for key, raw in stored:
        yield from _behind(key, list(table.show(raw, versions)), cursor, descending=descending)


def _ranked(
    stored: Iterator[tuple[bytes, bytes]],
    versions: Versions,
    table: Table,
    cursor: Cursor | None,
    *,
    descending: bool,
) -> Iterator[Placed]:
    """Rows by rank; the key of a row is that of its group, which is ranked when it is read."""
    width = len(table.narrow)
    for group, members in groupby(stored, key=lambda one: _group(one[0], width)):
        rows = sorted((row for _, raw in members for row in table.show(raw, versions)), key=place)
        for rank, row in enumerate(rows, 1):
            row["rank"] = rank
        yield from _behind(group, rows, cursor, descending=descending)


def _behind(key: bytes, rows: list[Row], cursor: Cursor | None, *, descending: bool) -> Iterator[Placed]:
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
    return cursor if cursor.seen >= 0 and cursor.hidden >= 0 else None


def _text(cursor: Cursor) -> str:
    return urlsafe_b64encode(_encode(cursor)).decode().rstrip("=")
