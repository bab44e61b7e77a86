"""What the partners agent keeps, and the programs that it decides by."""

from __future__ import annotations

from schemas.programs import Programs
from streams.agents.accounts import Accounts
from streams.agents.sums import Sums
from streams.engine.clock import Midnight
from streams.engine.state import Space, State
from streams.rules.plan import Plan
from streams.rules.state import Brought, ComplianceCase, DayOrder, Partner, PartnerOrder, Told


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
        self.sums = Sums("partners", state)
        #: What partners brought by home day, in programs that are reviewed.
        self.brought: Space[Brought] = state.space(b"b", Brought, cache_limit=cache_entities)
        #: The shares of a goal that were told in a period, by goal and partner.
        self.told: Space[Told] = state.space(b"n", Told, cache_limit=0)
        self.partitions = state.partitions
        self.orders: Space[PartnerOrder] = state.space(b"o", PartnerOrder, cache_limit=0)
        self.cases: Space[ComplianceCase] = state.space(b"g", ComplianceCase, cache_limit=256)
        #: Orders by partner and home day, for rules that take back what was granted before.
        self.by_day: Space[DayOrder] = state.space(b"y", DayOrder, cache_limit=0)
        #: Refunds that came while budgets were asked about their order, by order and number of arrival.
        self.returned: Space[bytes] = state.space(b"w", bytes, cache_limit=0)

    def reviewed(self, program: str, version: int) -> bool:
        """Whether a version of a program has reviews."""
        return bool(self.plan_version(program, version).program.reviews)

    def plans_at(self, midnight: Midnight) -> list[Plan]:
        """The rules in force at a midnight of the programs at home in its zone."""
        names = (name for name in self.programs.ids() if self.zone(name) == midnight.zone)
        plans = (self.plan(name, midnight.at) for name in names)
        return [plan for plan in plans if plan is not None]
