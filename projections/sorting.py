"""Rows in the order of a column."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Final

from projections.tables.table import Row, Table

#: A stored key, how many rows of it came before, and the row.
Placed = tuple[bytes, int, Row]
#: What rows are compared by: whether there is a value, the value, and the place in the table.
Place = tuple[bool, Any, bytes, int]
#: The place of a row from its key, its number there, and its columns.
Order = Callable[[bytes, int, Row], Place]

_WITHOUT_ORDER: Final = frozenset({"array", "object"})


def sortable(table: Table) -> tuple[str, ...]:
    """The columns that rows can be sorted by."""
    return tuple(column.name for column in table.columns if column.type not in _WITHOUT_ORDER)


def order_by(table: Table, name: str, *, descending: bool) -> Order:
    """By a column: numbers by size, texts by code points; rows without a value are the last either way."""
    decimal = any(column.name == name and column.type == "decimal" for column in table.columns)

    def place(key: bytes, seen: int, row: Row) -> Place:
        value = row.get(name)
        if value is None:
            return not descending, 0, key, seen
        return descending, Decimal(value) if decimal else value, key, seen

    return place


def first_behind(
    rows: Sequence[Placed], order: Order, behind: Place | None, count: int, *, descending: bool
) -> list[Placed]:
    """The first ``count`` rows in the order; with ``behind``, of those that come after that place."""
    placed = [(order(*row), row) for row in rows]
    if behind is not None:
        placed = [one for one in placed if (one[0] < behind if descending else one[0] > behind)]
    pick = heapq.nlargest if descending else heapq.nsmallest
    return [row for _, row in pick(count, placed, key=lambda one: one[0])]
