from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import msgspec
import pytest

from projections.keys import key_of
from projections.partner_sums import PartnerSums
from projections.store import Tables
from projections.tables import TABLES
from projections.tables.partner_performance import PREFIX, SUMS
from streams.engine.state import Delta

#: Ids that lie close to each other in keys.
IDS = ["a", "a\0", "a\0\xff", "ab", "b", "b/c", "\U0010ffff", "é", "z"]
FIRST = date(2026, 11, 1)
COLUMNS = ("clicks", "orders", "net", "new_customers", "reversed_orders", "commission")


@pytest.fixture
def tables(tmp_path: Path) -> Iterator[Tables]:
    made = Tables(tmp_path)
    yield made
    made.close()


def put(tables: Tables, partner: str, program: str, market: str, day: str, sums: list[int]) -> None:
    key = PREFIX + key_of(partner, program, market, day)
    value = msgspec.msgpack.encode([partner, program, market, day, "EUR/2", *sums])
    tables._store.write([(key, value)], Delta(), {}, 0)


def naive(
    tables: Tables, program: str, first: str, last: str, market: str | None
) -> dict[str, dict[str, int]]:
    """From the rows as they are shown."""
    found: dict[str, dict[str, int]] = {}
    for row in tables.all_rows(TABLES["partner_performance"]):
        if row["program"] == program and first <= row["day"] <= last and market in {None, row["market"]}:
            sums = found.setdefault(row["partner_id"], dict.fromkeys(COLUMNS, 0))
            for name in COLUMNS:
                sums[name] += row[name]
    return found


@pytest.mark.parametrize("seed", range(4))
def test_sums_are_those_of_the_rows_of_the_days(tables: Tables, seed: int) -> None:
    rng = random.Random(seed)
    days = [(FIRST + timedelta(days=one)).isoformat() for one in range(40)]
    for _ in range(300):
        place = (rng.choice(IDS), rng.choice(IDS[:4]), rng.choice(IDS[:5]), rng.choice(days))
        put(tables, *place, [rng.randrange(1_000) for _ in SUMS])

    for _ in range(60):
        first, last = sorted(rng.choices(days, k=2))
        program, market = rng.choice(IDS[:5]), rng.choice([None, *IDS[:6]])
        found = tables.partner_sums(program, first, last, market)
        shown = {partner: msgspec.structs.asdict(one) for partner, one in found.items()}
        assert shown == naive(tables, program, first, last, market), (seed, program, first, last, market)


def test_without_rows_there_are_no_partners(tables: Tables) -> None:
    assert tables.partner_sums("demo", "2026-11-01", "2026-11-30") == {}

    put(tables, "ann", "demo", "FR", "2026-10-31", [1] * len(SUMS))

    assert tables.partner_sums("demo", "2026-11-01", "2026-11-30") == {}
    assert tables.partner_sums("other", "2026-10-01", "2026-11-30") == {}
    expected = {"ann": PartnerSums(1, 1, 1, 1, 1, 1)}
    assert tables.partner_sums("demo", "2026-10-01", "2026-11-30", "FR") == expected
