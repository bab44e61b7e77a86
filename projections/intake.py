"""From records to the facts that tables are folded from; what cannot be read is a fault, not a stop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
from msgspec import Struct

from projections.facts import Decode, Fact
from projections.faults import Fault, FaultCode
from projections.progress import Source
from projections.slices import Steps, at_once
from streams.engine.record import RecordLike

#: Records that are decoded in one step.
_STEP_RECORDS: Final = 32


class Taken(Struct):
    """A batch as read: its facts in record order, the offsets behind it, and what was unreadable."""

    facts: list[Fact]
    positions: dict[Source, int]
    unreadable: list[Fault]


def take(records: Sequence[RecordLike], topics: Mapping[str, Decode]) -> Taken:
    """Decode records by their topic; those of one partition are in offset order."""
    return at_once(taking(records, topics))


def taking(records: Sequence[RecordLike], topics: Mapping[str, Decode]) -> Steps[Taken]:
    """``take`` in short steps."""
    taken = Taken([], {}, [])
    for number, record in enumerate(records, 1):
        if not number % _STEP_RECORDS:
            yield
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
