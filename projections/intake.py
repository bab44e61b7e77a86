"""From the records of the topic ``rewards`` to ledger entries; what cannot be read is a fault, not a stop."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec
from msgspec import Struct

from events.outputs import RewardEvent
from projections.faults import Fault, FaultCode
from projections.progress import Source
from streams.engine.record import RecordLike

#: Raises ``ValueError`` or an error of msgspec for bytes that are no ledger entry.
Decode = Callable[[bytes], RewardEvent]


class Taken(Struct):
    """A batch as read: its entries in record order, the offsets behind it, and what was unreadable."""

    events: list[RewardEvent]
    positions: dict[Source, int]
    unreadable: list[Fault]


def take(records: Iterable[RecordLike], decode: Decode) -> Taken:
    """Decode records; those of one partition are in offset order."""
    taken = Taken([], {}, [])
    for record in records:
        taken.positions[record.topic, record.partition] = record.offset + 1
        try:
            taken.events.append(decode(record.value or b""))
        except (ValueError, msgspec.MsgspecError) as error:
            place = f"{record.topic}/{record.partition}@{record.offset}"
            taken.unreadable.append(Fault(FaultCode.UNDECODABLE, expected=place, found=str(error)))
    return taken
