from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, cast

from projections.dashboard.data import Data, Tables
from projections.dashboard.sums import Sums
from projections.partner_sums import PartnerSums

DAY = date(2026, 11, 22)


class Counted:
    """Tables that count how often they sum up."""

    def __init__(self) -> None:
        self.positions: Mapping[Any, int] = {("orders", 0): 1}
        self.asked: list[tuple[Any, ...]] = []

    def partner_sums(self, *span: Any) -> dict[str, PartnerSums]:
        self.asked.append(span)
        return {"ann": PartnerSums(clicks=len(self.asked))}


def test_sums_are_told_again_until_something_comes() -> None:
    tables = Counted()
    data = Data(cast("Tables", tables), None)

    first = data.partner_sums("demo", DAY, DAY)
    assert first == {"ann": Sums(clicks=1)}
    assert data.partner_sums("demo", DAY, DAY) == first
    assert tables.asked == [("demo", "2026-11-22", "2026-11-22", None)]

    data.partner_sums("demo", DAY, DAY, "FR")
    assert len(tables.asked) == 2


def test_sums_that_took_no_time_are_fresh_again_at_once(monkeypatch: Any) -> None:
    now = [100.0]
    monkeypatch.setattr("projections.dashboard.data.time.monotonic", lambda: now[0])
    tables = Counted()
    data = Data(cast("Tables", tables), None)
    data.partner_sums("demo", DAY, DAY)

    tables.positions = {("orders", 0): 2}
    now[0] += 0.001

    assert data.partner_sums("demo", DAY, DAY) == {"ann": Sums(clicks=2)}


def test_sums_that_took_long_are_kept_for_a_multiple_of_it(monkeypatch: Any) -> None:
    now = [100.0]
    monkeypatch.setattr("projections.dashboard.data.time.monotonic", lambda: now[0])

    class Slow(Counted):
        def partner_sums(self, *span: Any) -> dict[str, PartnerSums]:
            now[0] += 0.5
            return super().partner_sums(*span)

    tables = Slow()
    data = Data(cast("Tables", tables), None)
    data.partner_sums("demo", DAY, DAY)
    tables.positions = {("orders", 0): 2}

    now[0] += 9.9
    assert data.partner_sums("demo", DAY, DAY)["ann"].clicks == 1
    now[0] += 0.2
    assert data.partner_sums("demo", DAY, DAY)["ann"].clicks == 2


def test_few_spans_are_kept() -> None:
    tables = Counted()
    data = Data(cast("Tables", tables), None)
    for number in range(100):
        data.partner_sums(f"program-{number}", DAY, DAY)

    data.partner_sums("program-99", DAY, DAY)
    assert len(tables.asked) == 100
    data.partner_sums("program-0", DAY, DAY)
    assert len(tables.asked) == 101
