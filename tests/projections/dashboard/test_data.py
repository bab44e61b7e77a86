from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from types import SimpleNamespace
from typing import Any, cast

import pytest
from aiokafka.errors import KafkaConnectionError

from projections.dashboard.data import Data, Tables
from projections.dashboard.sums import Sums
from projections.partner_sums import PartnerSums
from schemas.programs import Programs
from tests.streams.processes import EXAMPLES

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


class Published:
    """What is published, on brokers that may be silent."""

    def __init__(self) -> None:
        self.silent = False
        self.asked = 0

    @contextmanager
    def source(self) -> Iterator[Any]:
        self.asked += 1
        if self.silent:
            raise KafkaConnectionError
        yield SimpleNamespace(records=lambda *_: ())

    def versions(self, _: Any) -> Any:
        programs = Programs()
        assert not programs.load(EXAMPLES / "demo.toml").errors
        return SimpleNamespace(programs=programs)


def published() -> tuple[Published, Data]:
    brokers = Published()
    return brokers, Data(cast("Tables", Counted()), cast("Any", brokers), waiting=dict)


def test_what_was_published_is_known_still_while_the_brokers_are_silent(monkeypatch: Any) -> None:
    now = [100.0]
    monkeypatch.setattr("projections.dashboard.data.time.monotonic", lambda: now[0])
    brokers, data = published()
    data.refresh()
    brokers.silent = True
    now[0] += 11

    assert not data.is_fresh
    with pytest.raises(KafkaConnectionError):
        data.refresh()
    assert data.programs.ids() == ["demo"]
    data.refresh()
    assert brokers.asked == 2  # the next try waits its time


def test_what_was_never_read_is_asked_for_until_it_comes() -> None:
    brokers, data = published()
    brokers.silent = True
    for _ in range(2):
        with pytest.raises(KafkaConnectionError):
            data.refresh()
    brokers.silent = False
    data.refresh()
    assert data.programs.ids() == ["demo"]


def test_the_page_of_the_system_is_there_while_the_brokers_are_silent() -> None:
    def lag() -> Mapping[str, int]:
        raise KafkaConnectionError

    brokers = Published()
    brokers.silent = True
    data = Data(cast("Tables", Counted()), cast("Any", brokers), waiting=lag)

    assert data.letters() == (Counter(), [])
    assert data.waiting_records() == {}
