from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from events.time import parse_time
from projections import pages
from projections.balances import as_row
from projections.pages import MAX_PAGE_ROWS, Query, RowPage, RowRefusal
from projections.sorting import sortable
from projections.store import Tables
from projections.tables import TABLES
from projections.tables.manual import PAGE, manual
from tests.projections.replays import fold, lines_of, programs_of, records, small


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tables]:
    files = small()
    opened = Tables(tmp_path_factory.mktemp("tables"), programs=programs_of(files))
    for found in records(files).values():
        fold(opened, found)
    yield opened
    opened.close()


def written(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines_of(small().out)[name].splitlines()]


def walk(tables: Tables, name: str, limit: int, how: Mapping[str, Any] = {}, **filters: str) -> list[Any]:
    rows: list[Any] = []
    after = None
    while True:
        page = tables.rows(name, Query(filters=filters, after=after, limit=limit, **how))
        assert isinstance(page, RowPage)
        assert len(page.rows) <= limit
        rows += json.loads(json.dumps(page.rows))
        if page.next is None:
            return rows
        after = page.next


def as_text(value: object) -> str:
    """A value as a filter asks for it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


@pytest.mark.parametrize("name", list(TABLES))
def test_pages_put_together_are_the_table_in_both_directions(tables: Tables, name: str) -> None:
    expected = written(name)
    rng = random.Random(name)
    for _ in range(3):
        limit = rng.choice([1, 7, 100, MAX_PAGE_ROWS])
        limit = max(limit, len(expected) // 150)
        assert walk(tables, name, limit) == expected
        turned = walk(tables, name, limit, {"descending": True})
        if TABLES[name].ranked:
            turned.sort(key=lambda row: [row[column] for column in TABLES[name].key])
            assert turned == expected
        else:
            assert turned == expected[::-1]


@pytest.mark.parametrize("name", list(TABLES))
def test_filters_leave_the_rows_that_fit_in_their_order(tables: Tables, name: str) -> None:
    expected, table = written(name), TABLES[name]
    for row in expected[:: max(1, len(expected) // 5)]:
        for column in table.filters:
            if row.get(column) is not None:
                fits = [one for one in expected if one.get(column) == row[column]]
                assert walk(tables, name, 50, **{column: as_text(row[column])}) == fits
        for column in table.ranges:
            first, last = f"{column}_from", f"{column}_to"
            fits = [one for one in expected if one[column] >= row[column]]
            assert walk(tables, name, 500, **{first: row[column]}) == fits
            fits = [one for one in expected if one[column] == row[column]]
            assert walk(tables, name, 500, **{first: row[column], last: row[column]}) == fits


@pytest.mark.slow
@pytest.mark.parametrize("name", list(TABLES))
@pytest.mark.parametrize("descending", [False, True])
def test_sorted_by_any_column_pages_put_together_are_the_table(
    tables: Tables, name: str, *, descending: bool
) -> None:
    expected = written(name)
    limit = max(40, len(expected) // 6)
    types = {column.name: column.type for column in TABLES[name].columns}
    for column in sortable(TABLES[name]):
        value = Decimal if types[column] == "decimal" else lambda one: one

        def order(row: dict[str, Any], column: str = column, value: Callable[[Any], Any] = value) -> Any:
            return value(row[column])

        there = [row for row in expected if row.get(column) is not None]
        without = [row for row in expected if row.get(column) is None]
        if descending:  # equal ones by key, backwards, too
            there.reverse()
            without.reverse()
        there.sort(key=order, reverse=descending)
        assert walk(tables, name, limit, {"sort": column, "descending": descending}) == there + without


def test_sorted_rows_are_filtered_and_too_many_are_refused(
    tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [row for row in written("partner_performance") if row["partner_id"] == "partner-003"]
    found = walk(tables, "partner_performance", 9, {"sort": "net"}, partner_id="partner-003")
    assert found == sorted(rows, key=lambda row: row["net"])

    monkeypatch.setattr(pages, "MAX_SORTED", len(rows))
    assert walk(tables, "partner_performance", 9, {"sort": "net"}, partner_id="partner-003") == found
    refused = tables.rows("partner_performance", Query(sort="net"))
    assert isinstance(refused, RowRefusal)
    assert (refused.code, refused.name) == ("rows_too_many", "sort")


def test_a_sorted_page_goes_on_behind_rows_that_change_place(tmp_path: Path) -> None:
    files = small()
    tables = Tables(tmp_path, programs=programs_of(files))
    found = records(files)
    for topic in ("clicks", "attributions"):
        fold(tables, found[topic][: len(found[topic]) // 2])
    first = tables.rows("partner_performance", Query(sort="orders", descending=True, limit=10))
    assert isinstance(first, RowPage)
    for topic in ("clicks", "attributions"):
        fold(tables, found[topic][len(found[topic]) // 2 :])
    second = tables.rows(
        "partner_performance", Query(sort="orders", descending=True, limit=10, after=first.next)
    )
    assert isinstance(second, RowPage)
    tables.close()

    orders = [row["orders"] for row in first.rows + second.rows]
    assert orders == sorted(orders, reverse=True)
    assert len(orders) == 20


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("limit", [7, 1_000])
def test_pages_of_a_past_instant_are_what_was_there(tables: Tables, limit: int, *, descending: bool) -> None:
    entries = written("statements")
    times = sorted(row["time"] for row in entries)
    for time in (times[0], times[len(times) // 3], times[-1]):
        at = parse_time(time)
        how = {"as_of": at, "descending": descending}
        past = [row for row in entries if row["time"] <= time]
        accounts = sorted({row["account"] for row in past})
        expected = [as_row(name, one) for name in accounts for one in tables.balances(name, at) or []]
        if descending:
            past.reverse()
            expected.reverse()
        assert walk(tables, "statements", max(limit, 100), how) == past
        assert walk(tables, "balances", limit, how) == expected
    now = {"as_of": parse_time(times[-1])}
    assert walk(tables, "balances", 500, now) == written("balances")
    assert walk(tables, "balances", 500, {"as_of": parse_time(times[0]) - 1}) == []
    ranked = walk(tables, "balances", limit, now | {"sort": "earned", "descending": True}, unit="EUR/2")
    assert [row["earned"] for row in ranked] == sorted(
        (row["earned"] for row in written("balances") if row["unit"] == "EUR/2"), reverse=True
    )


def test_an_instant_before_everything_is_looked_through_in_short_pages(
    tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "MAX_LOOKED_AT", 3)
    page = tables.rows("balances", Query(as_of=0))
    assert isinstance(page, RowPage)
    assert page.rows == []
    assert page.next is not None
    assert walk(tables, "balances", 10, {"as_of": 0}) == []


def test_a_value_that_a_key_begins_with_is_another_value(tables: Tables) -> None:
    assert walk(tables, "partner_performance", 10, partner_id="partner-00") == []
    assert walk(tables, "statements", 10, account="partner:partner-00") == []


@pytest.mark.parametrize(
    ("asked", "code", "name"),
    [
        ({"table": "sales"}, "table_unknown", "sales"),
        ({"filters": {"colour": "red"}}, "filter_unknown", "colour"),
        ({"filters": {"clicks": "1"}}, "filter_unknown", "clicks"),
        ({"limit": 0}, "limit_invalid", "limit"),
        ({"limit": MAX_PAGE_ROWS + 1}, "limit_invalid", "limit"),
        ({"after": ""}, "cursor_invalid", "after"),
        ({"after": "§"}, "cursor_invalid", "after"),
        ({"after": "AAAA"}, "cursor_invalid", "after"),
        ({"sort": "colour"}, "sort_unknown", "colour"),
        ({"as_of": 0}, "past_unknown", "as_of"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_a_code(
    tables: Tables, asked: dict[str, Any], code: str, name: str
) -> None:
    found = tables.rows(asked.pop("table", "partner_performance"), Query(**asked))

    assert isinstance(found, RowRefusal)
    assert (found.code, found.name) == (code, name)


def test_a_cursor_belongs_to_its_table_and_its_direction_and_opens_no_other_partner(tables: Tables) -> None:
    page = tables.rows("partner_performance", Query(limit=5))
    assert isinstance(page, RowPage)
    for asked in (
        {"table": "tiers"},
        {"table": "partner_performance", "descending": True},
        {"table": "partner_performance", "sort": "net"},
    ):
        found = tables.rows(asked.pop("table"), Query(after=page.next, **asked))
        assert isinstance(found, RowRefusal)

    own = {"partner_id": "partner-003"}
    for descending in (False, True):
        other = tables.rows("partner_performance", Query(limit=5, descending=descending))
        assert isinstance(other, RowPage)
        found = tables.rows(
            "partner_performance", Query(filters=own, after=other.next, descending=descending)
        )
        assert isinstance(found, RowPage)
        assert {row["partner_id"] for row in found.rows} <= {"partner-003"}


def test_rows_that_come_between_pages_move_none_of_the_others(tmp_path: Path) -> None:
    files = small()
    tables = Tables(tmp_path, programs=programs_of(files))
    found = records(files)
    for topic in ("clicks", "attributions"):
        fold(tables, found[topic][: len(found[topic]) // 2])
    first = tables.rows("partner_performance", Query(limit=20))
    assert isinstance(first, RowPage)
    for topic in ("clicks", "attributions"):
        fold(tables, found[topic][len(found[topic]) // 2 :])
    second = tables.rows("partner_performance", Query(limit=20, after=first.next))
    assert isinstance(second, RowPage)
    tables.close()

    keys = [[row[name] for name in TABLES["partner_performance"].key] for row in first.rows + second.rows]
    assert keys == sorted(keys)
    assert len(keys) == 40


@pytest.mark.parametrize("name", list(TABLES))
def test_every_row_has_the_columns_of_its_table_and_their_types(name: str) -> None:
    table = TABLES[name]
    types = {"string": str, "decimal": str, "integer": int, "boolean": bool, "array": list, "object": dict}
    columns = {column.name: column for column in table.columns}
    assert {*table.key, *table.filters, *table.ranges} <= set(columns)
    for row in written(name):
        assert set(row) == set(columns) if name != "statements" else set(row) <= set(columns)
        for column, value in row.items():
            if value is None:
                assert columns[column].nullable, column
            else:
                assert type(value) is types[columns[column].type], column


def test_the_page_about_tables_is_written_from_them() -> None:
    assert PAGE.read_text() == manual(), "run python -m projections.tables.manual"
    for table in TABLES.values():
        section = manual().partition(f"## {table.name}\n")[2].partition("\n## ")[0]
        assert all(f"| `{column.name}` |" in section for column in table.columns)
