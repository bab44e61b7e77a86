from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from projections.keys import STATEMENT
from projections.store import Tables
from projections.table_files import lines
from projections.tables import TABLES
from streams.engine.log import Log
from streams.engine.record import OutRecord
from tests.projections.ledgers import Author, recompute
from tests.projections.replays import generated, lines_of, records
from tests.projections.test_embedded_reader import ACCOUNTS, append, balances, open_log

KILLS = int(os.environ.get("KEYDAY_TEST_KILLS", "6"))
ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_kills_change_nothing_in_any_table(tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(10**6)
    print(f"seed {seed}")
    rng = random.Random(seed)
    files = generated(rng.randrange(100), 2_000)
    log = Log.open(tmp_path / "log", 1)
    assert isinstance(log, Log)
    total = 0
    for topic, found in records(files).items():
        log.append(
            [OutRecord(topic, 0, one.timestamp, one.key, one.value, list(one.headers)) for one in found]
        )
        total += len(found)
    log.close()

    command = [sys.executable, "-m", "tests.projections.killed_reader"]
    command += [str(tmp_path / "log"), str(tmp_path / "tables"), "7", str(files.paths[0])]
    kills = partial = 0
    while True:
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"begin\n"
            if kills >= KILLS:
                assert process.stdout.readline() == b"done\n"
                break
            # The moment of the kill is the experiment: nothing to await.
            time.sleep(rng.uniform(0, 0.2))
            process.kill()
        kills += 1
        tables = Tables(tmp_path / "tables")
        partial += 0 < sum(tables.positions.values()) < total
        tables.close()

    tables = Tables(tmp_path / "tables")
    found = {name: b"".join(line + b"\n" for line in lines(tables, one)) for name, one in TABLES.items()}
    tables.close()
    assert partial, "no kill fell into the work: the test shows nothing"
    assert found == lines_of(files.out)


@pytest.mark.slow
def test_kills_at_random_moments_lose_nothing_and_count_nothing_twice(tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(10**6)
    print(f"seed {seed}")
    rng = random.Random(seed)
    events = Author(rng, ACCOUNTS).write(6_000)
    log = open_log(tmp_path / "log")
    for at in range(0, len(events), 100):
        append(log, events[at : at + 100])
        append(log, rng.sample(events[: at + 100], 5))  # copies: the topic itself may hold an entry twice
    log.close()

    kills = partial = 0
    while True:
        command = [
            sys.executable,
            "-m",
            "tests.projections.killed_reader",
            tmp_path / "log",
            tmp_path / "tables",
            "10",
        ]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"begin\n"
            if kills >= KILLS:
                assert process.stdout.readline() == b"done\n"
                break
            # The moment of the kill is the experiment: nothing to await.
            time.sleep(rng.uniform(0, 0.1))
            process.kill()
        kills += 1
        tables = Tables(tmp_path / "tables")
        partial += 0 < sum(tables.positions.values()) < len(events)
        tables.close()

    tables = Tables(tmp_path / "tables")
    found, expected = balances(tables), recompute(events)
    counted = sum(tables.statement(account, 10**9, 1) is not None for account in ACCOUNTS)
    rows = sum(1 for _ in tables.scan(STATEMENT))
    tables.close()

    assert partial, "no kill fell into the work: the test shows nothing"
    assert found == expected
    assert (counted, rows) == (len(ACCOUNTS), len(events))
