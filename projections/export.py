"""Rows of a table as NDJSON, CSV or Parquet, in bounded memory."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import IO, Any, Final

import orjson

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
    """Columns typed as declared (decimals as texts, lists and objects as JSON texts), with their meaning.

    Raises:
        ParquetMissingError: pyarrow is not installed.
    """
    try:
        import pyarrow as pa  # noqa: PLC0415 - an extra that most do without
        from pyarrow import parquet  # noqa: PLC0415
    except ImportError as error:
        raise ParquetMissingError from error
    types = {"integer": pa.int64(), "boolean": pa.bool_()}
    schema = pa.schema(
        [
            pa.field(
                column.name,
                types.get(column.type, pa.string()),
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
                column.name: [_cell(row.get(column.name)) for row in group] for column in table.columns
            }
            writer.write_table(pa.table(columns, schema=schema))
            count += len(group)
    return count


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
