"""Where a feed of records may go: NDJSON files, the embedded log, or Kafka."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Protocol

import click

from streams.commands.front import WorkFailedError
from streams.engine.limits import APPEND_RECORDS
from streams.engine.log import LogError
from streams.engine.record import OutRecord
from streams.engine.settings import Settings
from streams.imports.ndjson import write_ndjson


class Destination(Protocol):
    """``partitions`` are those of the topics there; ``zones`` are the home zones whose midnights it needs."""

    partitions: int
    zones: Sequence[str]
    place: str

    def write(self, records: Iterable[OutRecord]) -> dict[str, int]:
        """Write all records durably; returns how many went to each topic."""
        ...


class Files:
    """``<folder>/<topic>.ndjson``, the input of a replay, which makes its own midnights."""

    partitions = 1
    zones: Sequence[str] = ()

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.place = f"files in {folder}"

    def write(self, records: Iterable[OutRecord]) -> dict[str, int]:
        """Write the files whole or not at all."""
        try:
            return write_ndjson(self._folder, records)
        except OSError as error:
            raise WorkFailedError(f"{self._folder} cannot be written: {error.strerror}") from None


class EmbeddedLog:
    """The embedded log of a data directory that no other process uses; it adds the midnights itself."""

    zones: Sequence[str] = ()

    def __init__(self, settings: Settings) -> None:
        from streams.app import build_embedded
        from streams.commands.loading import programs_from

        opened = build_embedded(settings, programs_from(settings))
        if isinstance(opened, LogError):
            raise WorkFailedError(f"{opened.path}: {opened.detail}")
        self._embedded = opened
        self.partitions = opened.log.partitions
        self.place = f"the embedded log in {settings.data}"

    def write(self, records: Iterable[OutRecord]) -> dict[str, int]:
        """Append in synced batches, each all or nothing, and close the log."""
        try:
            return append(self._embedded, records)
        finally:
            self._embedded.close()


class Kafka:
    """The topics of a cluster."""

    def __init__(self, settings: Settings, topics: Sequence[str], zones: Sequence[str]) -> None:
        self._settings = settings
        self.partitions = _common_partitions(settings, topics)
        self.zones = zones
        self.place = f"Kafka at {settings.brokers}"

    def write(self, records: Iterable[OutRecord]) -> dict[str, int]:
        """Publish in order per partition; done when all are acknowledged."""
        from streams.engine.brokers import BrokerError
        from streams.engine.produce import publish

        counts: Counter[str] = Counter()
        try:
            asyncio.run(publish(self._settings, _counted(records, counts)))
        except BrokerError as error:
            raise WorkFailedError(str(error)) from None
        return dict(counts)


class Appends(Protocol):
    """What is asked of an embedded log: append all or nothing, durably."""

    def append(self, records: Sequence[OutRecord], /) -> object:
        """Append these records."""
        ...


def append(log: Appends, records: Iterable[OutRecord]) -> dict[str, int]:
    """Append records to an open embedded log in synced batches; returns how many went to each topic."""
    counts: Counter[str] = Counter()
    remaining = iter(_counted(records, counts))
    while batch := list(islice(remaining, APPEND_RECORDS)):
        log.append(batch)
    return dict(counts)


def destination(
    settings: Settings, *, out: Path | None, data: bool, kafka: bool, topics: Sequence[str]
) -> Destination:
    """The one destination that was named; ``topics`` are those that will be written to.

    Raises:
        click.UsageError: none or several were named.
        WorkFailedError: it cannot be used.
    """
    if (out is not None) + data + kafka > 1:
        raise click.UsageError("give one of --out, --data and --brokers")
    if out is not None:
        return Files(out)
    if data:
        return EmbeddedLog(settings)
    if settings.brokers:
        return Kafka(settings, topics, home_zones(settings))
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
    for record in records:
        counts[record.topic] += 1
        yield record
