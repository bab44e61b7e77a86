"""The steps at which a crash run kills a server are steps that the tables go through."""

from __future__ import annotations

from pathlib import Path

import pytest

from projections.store import Tables
from tests.chaos import server
from tests.projections.ledgers import entry


def test_a_batch_of_the_tables_goes_through_every_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    monkeypatch.setattr(server, "last_step", lambda _: steps.append)
    for name in ("applying", "_commit"):
        monkeypatch.setattr(Tables, name, getattr(Tables, name))  # it is put back after the test
    server.end_at_step({})
    tables = Tables(tmp_path)

    tables.apply(
        [entry("partner:lea", 1, "accrued", 5, [("program:acme", "available", 5)])], {("rewards", 0): 1}
    )
    tables.close()

    assert tuple(steps) == server.STEPS
