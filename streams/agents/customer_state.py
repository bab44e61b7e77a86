"""What the customers agent keeps, and the programs that it decides by."""

from __future__ import annotations

from typing import Final

from events.messages import Standing
from schemas.programs import Programs
from streams.agents.accounts import Accounts
from streams.agents.sums import Sums
from streams.engine.state import Space, State
from streams.rules.state import Advocacy, Customer, Order, Waiting

#: Counts of clicks that are kept decoded: partners with clicks on a day.
_CLICK_COUNTS: Final = 4_096


class CustomerState(Accounts[Customer]):
    """The spaces of the customers agent."""

    def __init__(
        self, state: State, programs: Programs, memory_days: int, lateness_days: int, cache_entities: int
    ) -> None:
        super().__init__(
            "customer",
            Customer,
            state,
            programs,
            memory_days=memory_days,
            lateness_days=lateness_days,
            cache_entities=cache_entities,
        )
        self.sums = Sums("customers", state)
        self.orders: Space[Order] = state.space(b"o", Order, cache_limit=0)
        #: When a refund id was first seen.
        self.refund_ids: Space[int] = state.space(b"r", int, cache_limit=0)
        self.waiting: Space[Waiting] = state.space(b"w", Waiting, cache_limit=0)
        #: Which waiting refund is too old at which midnight: its key among those that wait.
        self.due: Space[bytes] = state.space(b"d", bytes, cache_limit=0)
        #: When a click was first seen that is none of its customer's touches.
        self.click_ids: Space[int] = state.space(b"x", int, cache_limit=0)
        #: What partners told of themselves.
        self.standings: Space[Standing] = state.space(b"p", Standing, cache_limit=cache_entities)
        #: Clicks on a partner's links on a home day that has not ended.
        self.clicks: Space[int] = state.space(b"n", int, cache_limit=_CLICK_COUNTS)
        #: Devices and addresses that have no room in their customer's record.
        self.marks: Space[bool] = state.space(b"k", bool, cache_limit=0)
        #: When a referral id was first seen.
        self.referral_ids: Space[int] = state.space(b"f", int, cache_limit=0)
        self.advocacies: Space[Advocacy] = state.space(b"v", Advocacy, cache_limit=0)
        #: How many referrals of an advocate are granted in a month and not reversed.
        self.referred: Space[int] = state.space(b"m", int, cache_limit=0)

    def customer(self, customer_id: str) -> Customer:
        """The customer; one that was never seen has nothing."""
        return self.owner(customer_id)
