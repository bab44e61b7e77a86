"""Rows of a table as NDJSON, CSV or Parquet, in bounded memory."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from itertools import islice
from typing import IO, Any, Final

import orjson

from events.time import parse_time
from projections.tables.column import Column
from projections.tables.table import Row, Table

#: Rows of one row group of a Parquet file.
_GROUP_ROWS: Final = 20_000


class ParquetMissingError(Exception):
    """The library that writes Parquet is not installed."""


def write_ndjson(table: Table, rows: Iterable[Row], file: IO[bytes]) -> int:  # noqa: ARG001 - as the others
    """One JSON object a line, its keys sorted: the bytes of a replay's file. Returns how many rows."""
    count = 0
    for row in rows:
        file.write(orjson.dumps(row, option=orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE))
        count += 1
    return count


def write_csv(table: Table, rows: Iterable[Row], file: IO[bytes]) -> int:
    """RFC 4180 in UTF-8 with a header; lists and objects are JSON, what has no value is empty."""
    names = [column.name for column in table.columns]
    text = io.TextIOWrapper(file, "utf-8", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow(names)
    count = 0
    for row in rows:
        writer.writerow([_plain(row.get(name)) for name in names])
        count += 1
    text.detach()
    return count


def write_parquet(table: Table, rows: Iterable[Row], file: IO[bytes]) -> int:
    """Columns typed as declared, with their meaning; decimals, lists and objects are texts.

    Raises:
        ParquetMissingError: pyarrow is not installed.
    """
    try:
        import pyarrow as pa  # noqa: PLC0415 - an extra that most do without
        from pyarrow import parquet  # noqa: PLC0415
    except ImportError as error:
        raise ParquetMissingError from error
    types = {
        "integer": pa.int64(),
        "boolean": pa.bool_(),
        "date": pa.date32(),
        "time": pa.timestamp("ms", tz="UTC"),
    }
    schema = pa.schema(
        [
            pa.field(
                column.name,
                types.get(_type(column), pa.string()),
                metadata={"unit": column.unit, "description": column.doc, "source": column.source},
            )
            for column in table.columns
        ],
        metadata={"keyday.table": table.name, "keyday.key": ",".join(table.key)},
    )
    count = 0
    with parquet.ParquetWriter(file, schema) as writer:
        for group in _groups(rows):
            columns = {
                column.name: list(
                    map(_CELLS.get(_type(column), _cell), (row.get(column.name) for row in group))
                )
                for column in table.columns
            }
            writer.write_table(pa.table(columns, schema=schema))
            count += len(group)
    return count


def _type(column: Column) -> str:
    """A column's type, or date or time for a text that is one."""
    return column.unit if column.type == "string" and column.unit in _CELLS else column.type


def _date(value: str | None) -> date | None:
    return date.fromisoformat(value) if value else None


#: What becomes of texts that are dates and times.
_CELLS: Final[dict[str, Callable[[Any], Any]]] = {
    "date": _date,
    "time": lambda value: parse_time(value) if value else None,
}

FORMATS: Final[dict[str, Callable[[Table, Iterable[Row], IO[bytes]], int]]] = {
    "ndjson": write_ndjson,
    "csv": write_csv,
    "parquet": write_parquet,
}


def _groups(rows: Iterable[Row]) -> Iterator[list[Row]]:
    waiting = iter(rows)
    while group := list(islice(waiting, _GROUP_ROWS)):
        yield group


def _cell(value: Any) -> Any:
    if isinstance(value, dict | list | tuple):
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else _cell(value)
