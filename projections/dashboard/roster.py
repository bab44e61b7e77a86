"""Who the partners are: their records, as the topic ``partner-events`` has them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from events.inputs import PartnerRecord, PartnerReinstated, PartnerSuspended
from schemas.codec import Decoded, Decoder
from schemas.programs import Programs
from streams.engine.record import RecordLike

TOPIC: Final = "partner-events"


class Member(Struct, frozen=True):
    """A partner of a program: its newest record, and whether it is suspended; ``markets`` None means all."""

    partner_id: str
    name: str
    group: str
    markets: tuple[str, ...] | None
    suspended: bool = False
    since: int = 0


class Roster:
    """Partners by program and id; records that are read twice change nothing."""

    def __init__(self) -> None:
        self._members: dict[tuple[str, str], Member] = {}
        self._standings: dict[tuple[str, str], tuple[int, bool]] = {}

    def take(self, records: Iterable[RecordLike], programs: Programs) -> None:
        """Take records in, in any order."""
        decode = Decoder(programs).decode
        for record in records:
            decoded = decode(TOPIC, record.key, record.value, record.headers)
            if not isinstance(decoded, Decoded):
                continue
            event = decoded.event
            if isinstance(event, PartnerRecord):
                key = (event.program, event.partner_id)
                known = self._members.get(key)
                if known is None or known.since <= event.time:
                    self._members[key] = Member(
                        event.partner_id,
                        event.name or event.partner_id,
                        event.group,
                        event.markets,
                        since=event.time,
                    )
            elif isinstance(event, PartnerSuspended | PartnerReinstated):
                key = (event.program, event.partner_id)
                if self._standings.get(key, (0, False))[0] <= event.time:
                    self._standings[key] = (event.time, isinstance(event, PartnerSuspended))

    def member(self, program: str, partner_id: str) -> Member | None:
        """A partner's record; ``None`` for one without."""
        found = self._members.get((program, partner_id))
        if found is None:
            return None
        return replace(found, suspended=self._standings.get((program, partner_id), (0, False))[1])

    def groups(self, program: str) -> dict[str, str]:
        """The group of each partner."""
        return {partner: one.group for (name, partner), one in self._members.items() if name == program}
