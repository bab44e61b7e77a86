"""Tables folded again from their topics: all of them from nothing, or some up to where they stand."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Final, Protocol

from projections.facts import SOURCES
from projections.intake import take
from projections.progress import Source as Place
from projections.store import Tables
from projections.tables import TABLES
from schemas.programs import Programs
from streams.engine.record import RecordLike

#: Records: one batch, which is one write of the tables.
_BATCH_RECORDS: Final = 2_000


class Source(Protocol):
    """Topics from their beginning, or from offsets by partition, to their present end."""

    def records(self, topic: str, starts: Mapping[int, int] = ...) -> Iterator[RecordLike]: ...


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
    with aside(Programs(tables.versions.all()), scratch) as fresh:
        fill(fresh, source, {}, tables.positions)
        return {name: tables.replace(TABLES[name].prefix, fresh) for name in names}


@contextmanager
def aside(programs: Programs, scratch: Path, until: int | None = None) -> Iterator[Tables]:
    """Empty tables that know these programs, in a folder of their own that goes with them."""
    with tempfile.TemporaryDirectory(prefix=".rebuild-", dir=scratch) as folder:
        fresh = Tables(Path(folder), programs=programs, until=until)
        try:
            yield fresh
        finally:
            fresh.close()


def fill(
    tables: Tables,
    source: Source,
    starts: Mapping[Place, int] = MappingProxyType({}),
    ends: Mapping[Place, int] | None = None,
    stopped: Callable[[], bool] = bool,
) -> None:
    """Fold all topics between two positions, or to their present end; stops early when it is ``stopped``."""
    for topic in SOURCES:
        begin = {partition: offset for (name, partition), offset in starts.items() if name == topic}
        if ends is None:
            _feed(tables, source.records(topic, begin), stopped)
            continue
        if all(offset <= begin.get(place[1], 0) for place, offset in ends.items() if place[0] == topic):
            continue  # nothing lies between the two
        records = source.records(topic, begin)
        _feed(tables, (one for one in records if one.offset < ends.get((topic, one.partition), 0)), stopped)


def counted(tables: Tables, name: str) -> int:
    """How many rows a table has."""
    return sum(1 for _ in tables.all_rows(TABLES[name]))


def _feed(tables: Tables, records: Iterable[RecordLike], stopped: Callable[[], bool] = bool) -> None:
    waiting = iter(records)
    while not stopped() and (batch := list(islice(waiting, _BATCH_RECORDS))):
        taken = take(batch, SOURCES)
        tables.apply(taken.facts, taken.positions, taken.unreadable)
