"""docs/tables.md, written from the tables themselves: ``python -m projections.tables.manual``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from projections.tables import TABLES
from projections.tables.column import Column
from projections.tables.table import Table

PAGE: Final = Path(__file__).parents[2] / "docs" / "tables.md"

_HEAD: Final = """\
# Tables

What Keyday decided, as tables: folds of its topics, each record counted once, through crashes too. Every number can be recomputed from
the topics that its column names; `tests/projections/naive.py` does so in plain loops, and tests compare the two.

- **Amounts** are integers in the smallest part of the unit that the row names (`EUR/2` counts cents). Means and shares are
  divided exactly when a row is read and written as decimal texts: means of minor units with 2 digits, shares with 6. A mean or
  share of nothing is null.
- **Live and settled**: what is not called settled counts at once. Settled is what is past its hold: see docs/choices.md.
- **Days** are home days of the program. Days, months and times compare as texts.
- **Programs**: home days, units and periods are those of the program files. What is not published on `programs` has to be given to `keyday serve`
  with `--programs`, too; until then records wait (`keyday_projection_waiting_records`), all but those of balances and statements.
- **Order**: rows are in the order of the table's key.
- **Filters** ask for the exact value of a column; `<column>_from` and `<column>_to` for a span, both ends included.

```
keyday export partner_performance --data DIR --where partner_id=lea --where day_from=2026-11-01 > lea.ndjson
keyday export compliance_cases --data DIR --format csv --out cases.csv
keyday export leaderboard --data DIR --as-of 2026-11-27T17:00:00Z
keyday export balances --data DIR --as-of 2026-11-30T23:00:00Z --format parquet --out balances.parquet
keyday rebuild partner_performance --data DIR
```

`export` reads beside the process that feeds the tables; with `--state-dir` those that `keyday serve` keeps of Kafka. `--as-of` tells the rows of
what had occurred by an instant, by what is known now: what came late counts from the time on at which it occurred, orders are as refunded by
then, settled is what was past its hold, and the versions of programs are those that were in force. Balances and statements tell their past
themselves; any other table is folded aside from all topics (`--data`, while no other process has the log open: a server is asked over [HTTP](http.md#as-of); or `--brokers` beside `--state-dir`). Parquet needs `pip install '.[parquet]'`, which `make setup` has done; there
integers are INT64, dates DATE and times TIMESTAMP in UTC, decimals, lists and objects are texts, and fields carry unit, meaning and source
of their column as metadata. `rebuild` folds the named tables again aside, up to where all of them
stand, and says how many of their rows were wrong; a process that serves them is asked to do so, through files in their folder, and goes on feeding
and answering. Without a name a process that serves them does so with all tables and what they are folded with; while nothing has them open
they are wiped and folded from the beginning. Topics that bring nothing for `KEYDAY_STALL_TIMEOUT_S` (120 s) end it with `topics_silent`. Tables that are
damaged, or that another version of the folds wrote, are rebuilt by themselves. A replay's `tables/<table>.ndjson` are what `export` writes.

Units of columns: *minor* is the smallest part of the row's unit (for goals and tiers in orders or new customers: a count), *points* are
loyalty points, *ratio* is a decimal, *date* a home date, *month* a home month, *time* RFC 3339 in UTC.

This page is written by `python -m projections.tables.manual`.
"""


def manual() -> str:
    """The page."""
    return "\n".join([_HEAD, *(line for table in TABLES.values() for line in _section(table))])


def _section(table: Table) -> Iterator[str]:
    yield f"## {table.name}\n"
    yield f"{table.doc} Key: {_code(table.key)}. Filters: {_code(table.parameters)}.\n"
    yield "| column | type | unit | what it is | from |"
    yield "| --- | --- | --- | --- | --- |"
    for column in table.columns:
        yield f"| `{column.name}` | {_type(column)} | {column.unit} | {column.doc} | {column.source} |"
    yield ""


def _type(column: Column) -> str:
    return f"{column.type} or null" if column.nullable else column.type


def _code(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


if __name__ == "__main__":
    PAGE.write_text(manual())
