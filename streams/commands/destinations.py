"""Where a feed of records may go: NDJSON files, the embedded log, or Kafka."""

from __future__ import annotations

import asyncio
import signal
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import current_thread, main_thread
from typing import Protocol

import click

from streams.commands.front import WorkFailedError
from streams.engine.limits import APPEND_RECORDS
from streams.engine.log import LogError
from streams.engine.pace import Pace
from streams.engine.record import OutRecord
from streams.engine.settings import Settings
from streams.imports.ndjson import write_ndjson


class Destination(Protocol):
    """``partitions`` are those of the topics there; ``zones`` are the home zones whose midnights it needs.

    ``written`` counts what is there for good, also when ``write`` was interrupted.
    """

    partitions: int
    zones: Sequence[str]
    place: str
    written: Counter[str]

    def write(self, records: Iterable[OutRecord]) -> dict[str, int]:
        """Write all records durably; returns how many went to each topic."""
        ...


class Files:
    """``<folder>/<topic>.ndjson``, the input of a replay, which makes its own midnights."""

    partitions = 1
    zones: Sequence[str] = ()

    def __init__(self, folder: Path, *, topics: Sequence[str] = (), gzipped: bool = False) -> None:
        self._folder = folder
        self._topics = topics
        self._gzipped = gzipped
        self.place = f"files in {folder}"
        self.written: Counter[str] = Counter()

    def write(self, records: Iterable[OutRecord]) -> dict[str, int]:
        """Write the files whole or not at all; each of ``topics`` gets one."""
        try:
            counts = write_ndjson(self._folder, records, topics=self._topics, gzipped=self._gzipped)
        except OSError as error:
            raise WorkFailedError(f"{self._folder} cannot be written: {error.strerror}") from None
        self.written.update(counts)
        return counts


class EmbeddedLog:
    """The embedded log of a data directory that no other process uses; it adds the midnights itself."""

    zones: Sequence[str] = ()

    def __init__(self, settings: Settings, pace: Pace | None = None) -> None:
        from streams.app import build_embedded
        from streams.commands.loading import embedded_programs, require_programs

        programs = embedded_programs(settings)
        opened = build_embedded(settings, programs)
        if isinstance(opened, LogError):
            raise WorkFailedError(f"{opened.path}: {opened.detail}")
        try:
            require_programs(programs)
        except click.UsageError:
            opened.close()
            raise
        self._embedded = opened
        self._pace = pace
        self.written: Counter[str] = Counter()
        self.partitions = opened.log.partitions
        self.place = f"the embedded log in {settings.data}"

    def write(self, records: Iterable[OutRecord]) -> dict[str, int]:
        """Append in synced batches, each all or nothing, and close the log."""
        try:
            append(self._embedded, records, self._pace, self.written)
            return dict(self.written)
        finally:
            self._embedded.close()


class Kafka:
    """The topics of a cluster."""

    def __init__(
        self, settings: Settings, topics: Sequence[str], zones: Sequence[str], pace: Pace | None = None
    ) -> None:
        self._settings = settings
        self._pace = pace
        self.written: Counter[str] = Counter()
        self.partitions = _common_partitions(settings, topics)
        self.zones = zones
        self.place = f"Kafka at {settings.brokers}"

    def write(self, records: Iterable[OutRecord]) -> dict[str, int]:
        """Publish in order per partition; done when all are acknowledged."""
        from streams.engine.brokers import BrokerError
        from streams.engine.produce import publish

        try:
            asyncio.run(publish(self._settings, _counted(records, self.written), self._pace))
        except BrokerError as error:
            raise WorkFailedError(str(error)) from None
        return dict(self.written)


class Appends(Protocol):
    """What is asked of an embedded log: append all or nothing, durably."""

    def append(self, records: Sequence[OutRecord], /) -> object:
        """Append these records."""
        ...


def append(
    log: Appends, records: Iterable[OutRecord], pace: Pace | None = None, counts: Counter[str] | None = None
) -> dict[str, int]:
    """Append records to an open embedded log in synced batches; returns how many went to each topic.

    With a ``pace`` what may go goes at once. ``counts`` is kept up to date with what is durable.
    """
    counts = Counter() if counts is None else counts
    batch: list[OutRecord] = []
    for record in records:
        while pace is not None and (delay := pace.delay()):
            _append_batch(log, batch, counts)
            time.sleep(delay)
        batch.append(record)
        if len(batch) == APPEND_RECORDS:
            _append_batch(log, batch, counts)
    _append_batch(log, batch, counts)
    return dict(counts)


def _append_batch(log: Appends, batch: list[OutRecord], counts: Counter[str]) -> None:
    if batch:
        with _undisturbed():
            log.append(batch)
            counts.update(record.topic for record in batch)
        batch.clear()


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Let Ctrl-C wait: a batch that is in the log has to be in the counts, too."""
    if current_thread() is not main_thread():
        yield  # Ctrl-C comes to the main thread only
        return
    came: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: came.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if came:
        raise KeyboardInterrupt


def destination(
    settings: Settings,
    *,
    out: Path | None,
    data: bool,
    kafka: bool,
    topics: Sequence[str],
    pace: Pace | None = None,
) -> Destination:
    """The one destination that was named; ``topics`` are those that will be written to.

    ``pace`` slows down what goes to a log.

    Raises:
        click.UsageError: none or several were named.
        WorkFailedError: it cannot be used.
    """
    if (out is not None) + data + kafka > 1:
        raise click.UsageError("give one of --out, --data and --brokers")
    if out is not None:
        return Files(out)
    if data:
        return EmbeddedLog(settings, pace)
    if settings.brokers:
        return Kafka(settings, topics, home_zones(settings), pace)
    raise click.UsageError("say where the events go: --out DIR, --data DIR or --brokers HOST:PORT")


def home_zones(settings: Settings) -> list[str]:
    """The home zones of the programs that the settings name."""
    from streams.commands.loading import programs_from

    return sorted(programs_from(settings).zones())


def _common_partitions(settings: Settings, topics: Sequence[str]) -> int:
    from streams.engine.brokers import BrokerError
    from streams.engine.produce import topic_partitions

    try:
        counts = asyncio.run(topic_partitions(settings, topics))
    except BrokerError as error:
        raise WorkFailedError(str(error)) from None
    if len(set(counts.values())) > 1:
        shown = ", ".join(f"{topic} has {count}" for topic, count in sorted(counts.items()))
        raise WorkFailedError(
            f"these topics need the same number of partitions: {shown}; recreate one of them"
        )
    return next(iter(counts.values()))


def _counted(records: Iterable[OutRecord], counts: Counter[str]) -> Iterator[OutRecord]:
    """Counts a record when the next one is asked for: then it was taken."""
    for record in records:
        yield record
        counts[record.topic] += 1
