"""Records as NDJSON files, one per topic, as ``keyday replay`` reads them."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import IO

from streams.engine.record import OutRecord


def write_ndjson(folder: Path, records: Iterable[OutRecord]) -> dict[str, int]:
    """Write ``<folder>/<topic>.ndjson`` for every topic among the records; returns how many lines each got.

    Files appear whole or not at all: they are renamed into place when the last record is written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    counts: dict[str, int] = {}
    files: dict[str, IO[bytes]] = {}
    try:
        with ExitStack() as stack:
            for record in records:
                file = files.get(record.topic)
                if file is None:
                    file = stack.enter_context(_unfinished(folder, record.topic).open("wb"))
                    files[record.topic] = file
                file.write((record.value or b"") + b"\n")
                counts[record.topic] = counts.get(record.topic, 0) + 1
    except BaseException:
        for topic in files:
            _unfinished(folder, topic).unlink(missing_ok=True)
        raise
    for topic in files:
        _unfinished(folder, topic).replace(folder / f"{topic}.ndjson")
    return counts


def _unfinished(folder: Path, topic: str) -> Path:
    return folder / f".{topic}.ndjson.part"
