"""What the partners agent keeps, and the programs that it decides by."""

from __future__ import annotations

from msgspec import Struct

from schemas.programs import Programs
from streams.agents.accounts import Accounts
from streams.engine.state import Space, State
from streams.rules.state import ComplianceCase, DayOrder, Partner, PartnerOrder


class Counts(Struct):
    """What happened since start: ``forgotten`` were deleted past their memory."""

    forgotten: int = 0


class PartnerState(Accounts[Partner]):
    """The spaces of the partners agent."""

    def __init__(
        self, state: State, programs: Programs, memory_days: int, lateness_days: int, cache_entities: int
    ) -> None:
        super().__init__(
            "partner",
            Partner,
            state,
            programs,
            memory_days=memory_days,
            lateness_days=lateness_days,
            cache_entities=cache_entities,
        )
        self.counts = Counts()
        self.partitions = state.partitions
        self.orders: Space[PartnerOrder] = state.space(b"o", PartnerOrder, cache_limit=0)
        self.cases: Space[ComplianceCase] = state.space(b"g", ComplianceCase, cache_limit=256)
        #: Orders by partner and home day, where some rule takes back what was granted before.
        self.by_day: Space[DayOrder] = state.space(b"y", DayOrder, cache_limit=0)
        #: Refunds that came while budgets were asked about their order, by order and number of arrival.
        self.returned: Space[bytes] = state.space(b"w", bytes, cache_limit=0)
