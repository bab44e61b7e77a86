"""Where an explanation reads: the files of a replay, or the embedded log. One pass a topic."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final, Protocol

from streams.engine.input_files import find_inputs, read_entries
from streams.engine.log import Log
from streams.engine.record import Record, RecordLike

#: Records that are read from the log at once.
_READ_RECORDS: Final = 2_000


class Source(Protocol):
    """``place`` is how people call it; ``has_input`` says whether the input events are there, too."""

    place: str
    has_input: bool

    def records(self, topic: str, starts: Mapping[int, int] = MappingProxyType({})) -> Iterator[RecordLike]:
        """All records of a topic, in order within a partition; none where there is no such topic.

        ``starts`` are offsets to begin at instead of a partition's beginning.
        """
        ...


class Folder:
    """The out folder of a replay, and where it is known its input folder.

    Raises:
        ReplayFailedError: the input folder cannot be read; also while its records are.
        OSError: a file of the ledger cannot be read.
    """

    def __init__(self, ledger: Path, input_dir: Path | None) -> None:
        self.place = str(ledger)
        self.has_input = input_dir is not None
        self._ledger = ledger
        self._inputs = {} if input_dir is None else find_inputs(input_dir).files

    def records(self, topic: str, starts: Mapping[int, int] = MappingProxyType({})) -> Iterator[RecordLike]:
        """Lines of the input file of the topic, else of the ledger's; all are of partition 0."""
        return (one for one in self._records(topic) if one.offset >= starts.get(0, 0))

    def _records(self, topic: str) -> Iterator[RecordLike]:
        path = self._inputs.get(topic)
        if path is not None:
            for _, _, position, time, key, line in read_entries(topic, path):
                yield Record(topic, 0, position, time, key, line)
            return
        path = self._ledger / f"{topic}.ndjson"
        if not path.is_file():
            return
        with path.open("rb") as file:
            for position, line in enumerate(file):
                yield Record(topic, 0, position, -1, None, line.rstrip(b"\n"))


class EmbeddedLog:
    """The embedded log of a data directory, which holds input and output.

    Reading raises ``LogDamagedError`` where a record is missing.
    """

    has_input = True

    def __init__(self, log: Log, place: str) -> None:
        self.place = place
        self._log = log

    def records(self, topic: str, starts: Mapping[int, int] = MappingProxyType({})) -> Iterator[RecordLike]:
        """One partition after the other, from its beginning or from its start in ``starts``."""
        for partition in range(self._log.partitions):
            offset = starts.get(partition, 0)
            while records := self._log.read(topic, partition, offset, _READ_RECORDS):
                yield from records
                offset += len(records)


def holding(records: Iterable[RecordLike], *texts: str) -> Iterator[RecordLike]:
    """The records whose JSON may have one of the texts as a value; spares decoding the others.

    Ids stand in the data of an event, which is in its value also where the rest of it is in headers.
    """
    # A writer may escape any character; then only decoding shows what it is.
    needles = [b"\\", *(json.dumps(text, ensure_ascii=False).encode() for text in texts)]
    for record in records:
        value = record.value or b""
        for needle in needles:
            if needle in value:
                yield record
                break
