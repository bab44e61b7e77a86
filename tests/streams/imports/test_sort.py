from __future__ import annotations

import random

from streams.imports.mapping import Mapped
from streams.imports.sort import by_time


def test_rows_come_by_time_and_then_by_line_however_little_memory_there_is() -> None:
    rng = random.Random(7)
    rows = [
        Mapped(rng.randrange(50), line, b"k%d" % line, b"v" * rng.randrange(99)) for line in range(1, 2000)
    ]

    expected = sorted(rows, key=lambda row: (row.time, row.line))

    assert list(by_time(rows, run_bytes=10_000)) == expected
    assert list(by_time(rows)) == expected
