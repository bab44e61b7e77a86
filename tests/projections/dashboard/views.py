"""Views over rows that are given, without tables below them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import SimpleNamespace
from typing import Any, cast

from events.time import parse_time
from projections.dashboard.data import Data
from projections.dashboard.reader import reader
from projections.dashboard.sums import Sums
from projections.dashboard.view import View
from schemas.programs import Programs
from tests.streams.processes import EXAMPLES

NOW = "2026-11-23T12:00:00Z"


class Given(Data):
    """Rows by table, and what partners brought."""

    def __init__(
        self, rows: Mapping[str, list[dict[str, Any]]], sums: Mapping[str, Sums] | None = None
    ) -> None:
        no_accounts = SimpleNamespace(balances=lambda _: None, seq_of=lambda _: 0)
        super().__init__(cast("Any", no_accounts), None)
        self._rows, self._sums = rows, sums or {}

    def rows(self, table: str, **filters: str | None) -> list[dict[str, Any]]:
        return [
            row
            for row in self._rows.get(table, [])
            if all(row.get(name, value) in {None, value} or value is None for name, value in filters.items())
        ]

    def partner_sums(
        self, program: str, first: date, last: date, market: str | None = None
    ) -> Mapping[str, Sums]:
        del program, first, last, market
        return self._sums


def view(data: Data, partner: str | None = None, program: str = "demo", **query: str) -> View:
    """A view of the demo's program as it stood on a day before Black Friday."""
    programs = Programs()
    assert not programs.load(EXAMPLES / f"{program}.toml").errors
    now = parse_time(NOW)
    (id_,) = programs.ids()
    return View(reader("en"), data, now, programs.in_force(id_, now), query, partner)
