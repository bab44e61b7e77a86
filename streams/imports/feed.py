"""A feed is events in the order of their time, ready for any destination, with home midnights in between."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from streams.engine.clock import all_midnights, encode_midnight, next_midnight
from streams.engine.record import OutRecord

CLOCK = "clock"


def with_midnights(
    records: Iterable[OutRecord], zones: Iterable[str], partitions: int
) -> Iterator[OutRecord]:
    """The records with every home midnight of ``zones`` after the first and up to the last of them.

    ``records`` come by time. A midnight goes to all partitions of ``clock``, before what happens at its
    instant, so that holds are released as in a replay.
    """
    homes = sorted(set(zones))
    ticked: int | None = None
    due: int | None = None
    for record in records:
        if ticked is None or (due is not None and record.timestamp >= due):
            if ticked is not None:
                for midnight in all_midnights(homes, ticked, record.timestamp):
                    value = encode_midnight(midnight)
                    for partition in range(partitions):
                        yield OutRecord(CLOCK, partition, midnight.at, midnight.zone.encode(), value)
            ticked = record.timestamp
            due = next_midnight(homes, ticked)
        yield record
