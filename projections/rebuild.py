"""Tables folded again from their topics: all of them from nothing, or some up to where they stand."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Final, Protocol

from projections.facts import SOURCES
from projections.intake import take
from projections.store import Tables
from projections.tables import TABLES
from schemas.programs import Programs
from streams.engine.record import RecordLike

#: Records: one batch, which is one write of the tables.
_BATCH_RECORDS: Final = 2_000


class Source(Protocol):
    """Topics from their beginning to their present end."""

    def records(self, topic: str) -> Iterator[RecordLike]: ...


def rebuild_all(tables: Tables, source: Source) -> None:
    """Wipe the tables and fold all that the topics hold; programs that were known from files stay known."""
    tables.programs = Programs(tables.versions.all())
    tables.rebuild("asked", "keyday rebuild")
    for topic in SOURCES:
        _feed(tables, source.records(topic))


def rebuild_some(tables: Tables, source: Source, names: Sequence[str], scratch: Path) -> Mapping[str, int]:
    """Fold the topics aside, up to the tables' positions, and put the rows of some tables in their place.

    Returns how many stored rows of each were wrong. What is folded aside lies in ``scratch`` meanwhile.
    """
    with tempfile.TemporaryDirectory(prefix=".rebuild-", dir=scratch) as folder:
        fresh = Tables(Path(folder), programs=Programs(tables.versions.all()))
        try:
            for topic in SOURCES:
                records = source.records(topic)
                _feed(fresh, (one for one in records if one.offset < tables.position((topic, one.partition))))
            return {name: tables.replace(TABLES[name].prefix, fresh) for name in names}
        finally:
            fresh.close()


def _feed(tables: Tables, records: Iterable[RecordLike]) -> None:
    waiting = iter(records)
    while batch := list(islice(waiting, _BATCH_RECORDS)):
        taken = take(batch, SOURCES)
        tables.apply(taken.facts, taken.positions, taken.unreadable)
