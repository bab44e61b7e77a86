"""Sort more rows than fit into memory: sorted runs on disk, merged."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from heapq import merge
from itertools import islice
from typing import IO, Final

import msgspec

from streams.engine.limits import SORT_RUN_ROWS
from streams.imports.orders import Mapped

_LENGTH_BYTES: Final = 4

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Mapped).decode


def by_time(rows: Iterable[Mapped], run_rows: int = SORT_RUN_ROWS) -> Iterator[Mapped]:
    """The rows by (time, line), at most ``run_rows`` of them in memory and the rest in temporary files."""
    remaining = iter(rows)
    runs: list[IO[bytes]] = []
    try:
        while run := sorted(islice(remaining, run_rows), key=_key):
            if len(run) < run_rows and not runs:
                yield from run
                return
            runs.append(_spill(run))
        yield from merge(*map(_read, runs), key=_key)
    finally:
        for file in runs:
            file.close()


def _key(row: Mapped) -> tuple[int, int]:
    return row.time, row.line


def _spill(run: list[Mapped]) -> IO[bytes]:
    file = tempfile.TemporaryFile(prefix="keyday-sort-")  # noqa: SIM115 -- closed when the merge is done
    for row in run:
        raw = _encode(row)
        file.write(len(raw).to_bytes(_LENGTH_BYTES, "big") + raw)
    file.seek(0)
    return file


def _read(file: IO[bytes]) -> Iterator[Mapped]:
    while size := file.read(_LENGTH_BYTES):
        yield _decode(file.read(int.from_bytes(size, "big")))
