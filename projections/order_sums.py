"""What orders add to the tables: a change takes out what one added before, and adds what it comes to now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from projections.keys import key_of
from projections.orders import BUDGETS, GOALS, KEY_DAYS, Contributions
from projections.rows import Rows
from streams.engine.state import Space


def settle(rows: Rows, before: Contributions, after: Contributions) -> None:
    """Let the tables hold what an order comes to now instead of what it came to before."""
    for place, (unit, sums) in before.items():
        if place not in after:
            _add(rows, place, unit, tuple(-each for each in sums), sums)
    for place, (unit, sums) in after.items():
        known = before.get(place)
        if known is None:
            _add(rows, place, unit, sums, sums)
        elif known[1] != sums:
            change = tuple(new - old for new, old in zip(sums, known[1], strict=True))
            _add(rows, place, unit, change, sums)


def _add(
    rows: Rows, place: tuple[str, tuple[str, ...]], unit: str, change: Sequence[int], whole: Sequence[int]
) -> None:
    table, key = place
    if table == BUDGETS:
        _spend(rows, key, unit, change, whole)
    elif table == GOALS:
        _progress(rows, key, unit, change, whole)
    elif table == KEY_DAYS:
        _key_day_sums(rows, key, unit, change)
    else:
        add_to(rows.sums[table], key, unit, change)


def _spend(rows: Rows, key: tuple[str, ...], unit: str, change: Sequence[int], whole: Sequence[int]) -> None:
    row = rows.budget(*key)
    row.unit = unit
    row.granted += change[0]
    row.reversed += change[1]
    row.first = min(row.first or whole[2], whole[2])
    row.last = max(row.last, whole[3])


def _progress(
    rows: Rows, key: tuple[str, ...], unit: str, change: Sequence[int], whole: Sequence[int]
) -> None:
    row = rows.goal(*key)
    row.unit = unit
    row.actual += change[0]
    day = whole[1]
    row.days[day] = row.days.get(day, 0) + change[2]
    if not row.days[day]:
        del row.days[day]
        if row.is_empty:
            rows.goals.put(key_of(*key[:4]), None)


def _key_day_sums(rows: Rows, key: tuple[str, ...], unit: str, change: Sequence[int]) -> None:
    row = rows.key_day(*key)
    row.unit = unit
    row.orders += change[0]
    row.net += change[1]
    row.new_customers += change[2]
    row.reversed_orders += change[3]
    row.reversed_net += change[4]


def add_to(space: Space[list[Any]], key: tuple[str, ...], unit: str, change: Sequence[int]) -> None:
    """Add to the sums of a row, which is there as long as any of them is not 0."""
    place = key_of(*key)
    row = space.get(place)
    if row is None:
        row = [*key, unit, *[0] * len(change)]
    first = len(row) - len(change)
    for position, each in enumerate(change, first):
        row[position] += each
    space.put(place, row if any(row[first:]) else None)
