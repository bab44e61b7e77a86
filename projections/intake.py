"""From records to the facts that tables are folded from; what cannot be read is a fault, not a stop."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec
from msgspec import Struct

from projections.facts import Decode, Fact
from projections.faults import Fault, FaultCode
from projections.progress import Source
from streams.engine.record import RecordLike


class Taken(Struct):
    """A batch as read: its facts in record order, the offsets behind it, and what was unreadable."""

    facts: list[Fact]
    positions: dict[Source, int]
    unreadable: list[Fault]


def take(records: Iterable[RecordLike], topics: Mapping[str, Decode]) -> Taken:
    """Decode records by their topic; those of one partition are in offset order."""
    taken = Taken([], {}, [])
    for record in records:
        taken.positions[record.topic, record.partition] = record.offset + 1
        try:
            fact = topics[record.topic](record)
        except (ValueError, msgspec.MsgspecError) as error:
            place = f"{record.topic}/{record.partition}@{record.offset}"
            taken.unreadable.append(Fault(FaultCode.UNDECODABLE, expected=place, found=str(error)))
        else:
            if fact is not None:
                taken.facts.append(fact)
    return taken
