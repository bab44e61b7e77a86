from __future__ import annotations

import random
from pathlib import Path

from events.outputs import RewardEvent
from projections.balances import as_row
from projections.store import Tables
from tests.projections.ledgers import START_MS, Author, entry, recompute

ACCOUNTS = ["customer:a", "customer:a\0b", "customer:ab", "partner:lea"]


def at(tables: Tables, time: int) -> dict[tuple[str, str], dict[str, int]]:
    rows = [as_row(account, one) for account in ACCOUNTS for one in tables.balances(account, time) or []]
    return {(row.pop("account"), row.pop("unit")): row for row in rows}


def test_balances_at_every_instant_are_those_of_the_entries_up_to_it(tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(10**6)
    print(f"seed {seed}")
    events = Author(random.Random(seed), ACCOUNTS).write(400)
    tables = Tables(tmp_path)
    tables.apply(events, {("rewards", 0): 400})
    times = sorted({event.time for event in events})
    for time in [times[0] - 1, *times[::40], times[-1], times[-1] + 10**9]:
        expected = recompute([event for event in events if event.time <= time])
        assert at(tables, time) == expected
    now = {account: tables.balances(account) for account in ACCOUNTS}
    assert now == {account: tables.balances(account, times[-1]) for account in ACCOUNTS}
    tables.close()


def test_an_entry_counts_from_its_very_millisecond_on_also_after_a_rebuild(tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(10**6)
    print(f"seed {seed}")
    events = Author(random.Random(seed), ACCOUNTS).write(120)
    instants = sorted({event.time + off for event in events for off in (-1, 0, 1)})
    tables = Tables(tmp_path)
    tables.apply(events, {("rewards", 0): 120})
    before = [at(tables, time) for time in instants]
    tables.rebuild("asked", "a test")
    assert [at(tables, time) for time in instants] == [{}] * len(instants)
    for event in events:
        tables.apply([event], {})

    assert before == [recompute([one for one in events if one.time <= time]) for time in instants]
    assert [at(tables, time) for time in instants] == before
    assert before[0] == {}
    assert all(tables.balances(account, instants[0]) is None for account in ACCOUNTS)
    tables.close()


def test_a_late_entry_counts_from_the_time_at_which_it_occurred(tmp_path: Path) -> None:
    def granted(seq: int, time: int) -> RewardEvent:
        return entry("partner:lea", seq, "accrued", 10, [("program:a", "pending", 10)], time=START_MS + time)

    tables = Tables(tmp_path)
    tables.apply([granted(1, 500), granted(2, 100)], {})

    found = [tables.balances("partner:lea", START_MS + time) for time in (99, 100, 499, 500)]
    assert [None if one is None else one[0].pending for one in found] == [None, 10, 10, 20]
    assert tables.balances("partner:max", START_MS) is None
    tables.close()
