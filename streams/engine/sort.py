"""Sort more input than fits into memory: sorted runs in temporary files, merged."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from pathlib import Path
from struct import Struct as Layout

#: Bytes of lines (with what a line costs in memory beside its bytes) that are sorted in memory.
RUN_BYTES = 64 * 1024 * 1024
#: Bytes that an entry costs in memory beside its line.
ENTRY_BYTES = 320
#: Runs that are merged at once, each an open file.
FAN_IN = 64

_BUFFER_BYTES = 256 * 1024
_layout = Layout("<qBqqiI")


#: A line of an input file: (order, topic rank, position, timestamp, key, line). The first three are unique.
#: ``order`` is the time (ms) at which the line is handled, ``timestamp`` the one that it carries itself,
#: -1 where it carries none. ``position`` counts the file's lines from 0. A plain tuple, because the garbage
#: collector stops following those, and a run holds many.
Entry = tuple[int, int, int, int, bytes | None, bytes]


class Sorter:
    """Takes entries in any order and gives them back sorted, with bounded memory."""

    def __init__(self, folder: Path, run_bytes: int = RUN_BYTES) -> None:
        self._folder = folder
        self._run_bytes = run_bytes
        self._entries: list[Entry] = []
        self._bytes = 0
        self._runs: list[Path] = []
        self._names = 0

    def add(self, entry: Entry) -> None:
        """Take one entry in."""
        self._entries.append(entry)
        self._bytes += len(entry[5]) + ENTRY_BYTES
        if self._bytes >= self._run_bytes:
            self._spill()

    def sorted(self) -> Iterator[Entry]:
        """All entries in order; once."""
        self._entries.sort()
        if not self._runs:
            yield from self._entries
        else:
            yield from heapq.merge(*map(_read, self._runs), iter(self._entries))
        self._entries = []

    def _spill(self) -> None:
        self._entries.sort()
        self._runs.append(self._write(iter(self._entries)))
        self._entries, self._bytes = [], 0
        if len(self._runs) >= FAN_IN:
            merged = self._write(heapq.merge(*map(_read, self._runs)))
            for run in self._runs:
                run.unlink()
            self._runs = [merged]

    def _write(self, entries: Iterator[Entry]) -> Path:
        path = self._folder / f"run-{self._names}"
        self._names += 1
        pack = _layout.pack
        with path.open("wb", buffering=_BUFFER_BYTES) as file:
            for order, rank, position, timestamp, key, line in entries:
                key_bytes = -1 if key is None else len(key)
                file.write(pack(order, rank, position, timestamp, key_bytes, len(line)))
                if key:
                    file.write(key)
                file.write(line)
        return path


def _read(path: Path) -> Iterator[Entry]:
    unpack, head = _layout.unpack, _layout.size
    with path.open("rb", buffering=_BUFFER_BYTES) as file:
        read = file.read
        while raw := read(head):
            order, rank, position, timestamp, key_bytes, line_bytes = unpack(raw)
            key = None if key_bytes < 0 else read(key_bytes)
            yield order, rank, position, timestamp, key, read(line_bytes)
