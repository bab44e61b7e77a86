"""Imported rows in the order of their time, also when they do not fit into memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from streams.engine.sort import RUN_BYTES, Sorter
from streams.imports.mapping import Mapped


def by_time(rows: Iterable[Mapped], run_bytes: int = RUN_BYTES) -> Iterator[Mapped]:
    """The rows by (time, line), about ``run_bytes`` of them in memory and the rest in temporary files."""
    with TemporaryDirectory(prefix="keyday-import-") as folder:
        sorter = Sorter(Path(folder), run_bytes)
        for row in rows:
            sorter.add((row.time, 0, row.line, row.time, row.key, row.value))
        for time, _, line, _, key, value in sorter.sorted():
            yield Mapped(time, line, key or b"", value)
