"""Records as NDJSON files, one per topic, as ``keyday replay`` reads them."""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import IO, cast

from streams.engine.record import OutRecord

#: Half the time of the default, for a tenth more bytes.
_GZIP_LEVEL = 4


def write_ndjson(
    folder: Path, records: Iterable[OutRecord], *, topics: Iterable[str] = (), gzipped: bool = False
) -> dict[str, int]:
    """Write ``<folder>/<topic>.ndjson`` for every topic among the records; returns how many lines each got.

    Of ``topics`` each has a file, if need be an empty one. ``gzipped`` files end in ``.gz``. Files appear
    whole or not at all: they are renamed into place when the last record is written, and replace those of
    either form.
    """
    folder.mkdir(parents=True, exist_ok=True)
    counts: dict[str, int] = {}
    files: dict[str, IO[bytes]] = {}
    try:
        with ExitStack() as stack:
            for topic in topics:
                files[topic] = _open(stack, folder, topic, gzipped=gzipped)
            for record in records:
                file = files.get(record.topic)
                if file is None:
                    file = files[record.topic] = _open(stack, folder, record.topic, gzipped=gzipped)
                file.write((record.value or b"") + b"\n")
                counts[record.topic] = counts.get(record.topic, 0) + 1
    except BaseException:
        for topic in files:
            _unfinished(folder, topic).unlink(missing_ok=True)
        raise
    for topic in files:
        plain, packed = folder / f"{topic}.ndjson", folder / f"{topic}.ndjson.gz"
        _unfinished(folder, topic).replace(packed if gzipped else plain)
        (plain if gzipped else packed).unlink(missing_ok=True)
    return counts


def _open(stack: ExitStack, folder: Path, topic: str, *, gzipped: bool) -> IO[bytes]:
    file = stack.enter_context(_unfinished(folder, topic).open("wb"))
    if not gzipped:
        return file
    # Neither name nor time go into it: the same records are the same bytes.
    packed = gzip.GzipFile(filename="", mode="wb", compresslevel=_GZIP_LEVEL, fileobj=file, mtime=0)
    return cast("IO[bytes]", stack.enter_context(packed))


def _unfinished(folder: Path, topic: str) -> Path:
    return folder / f".{topic}.ndjson.part"
