"""The customers agent: what orders, refunds and midnights do to the accounts of customers."""

from __future__ import annotations

from events.inputs import (
    AdjustmentRequested,
    AdObserved,
    CaseResolved,
    InputEvent,
    LinkClicked,
    OrderCancelled,
    OrderPlaced,
    OrderRefunded,
    PartnerRecord,
    PartnerStanding,
    ProgramPublished,
    RedemptionRequested,
    ReferralCreated,
)
from schemas.programs import Programs
from streams.agents.customer_state import CustomerState
from streams.agents.midnights import tick_over
from streams.agents.orders import place
from streams.agents.refunds import take_back
from streams.engine.agent import Emit, Outcome
from streams.engine.clock import Midnight
from streams.engine.record import RecordLike
from streams.engine.state import State
from streams.rules.state import Customer


class Customers:
    """Owns every customer of its partition: accounts, orders, and refunds that wait for their order."""

    name = "customers"
    inputs = ("clock", "customers-inbox", "orders")

    def __init__(
        self,
        state: State,
        programs: Programs,
        *,
        order_memory_days: int = 120,
        max_lateness_days: int = 90,
        cache_entities: int = 20_000,
    ) -> None:
        self._state = CustomerState(state, programs, order_memory_days, max_lateness_days, cache_entities)
        #: What happened since start that no output carries.
        self.counts = self._state.counts
        self.entities = self._state.customers
        self.new_entity = Customer

    def handle(self, event: InputEvent, entity: Customer, record: RecordLike, emit: Emit) -> Outcome:
        """Decide on an order, a refund or a cancel; nothing else has an effect on customers."""
        if type(event) is OrderPlaced:
            return place(self._state, event, entity, emit)
        if isinstance(event, OrderRefunded | OrderCancelled):
            return take_back(self._state, event, entity, record, emit)
        self.counts.ignored += 1
        return None

    def owner(self, event: InputEvent) -> str:
        """The key that the event travels under: a customer's id for all that this agent acts on."""
        match event:
            case OrderPlaced() | OrderRefunded() | OrderCancelled() | LinkClicked():
                return event.customer_id
            case ReferralCreated():
                return event.friend_id
            case RedemptionRequested() | AdjustmentRequested():
                return event.account.partition(":")[2]
            case PartnerRecord() | PartnerStanding() | AdObserved() | CaseResolved():
                return event.partner_id
            case ProgramPublished():
                return event.program

    def midnight(self, zone: str, day: int, at: int, limit: int, emit: Emit) -> bool:
        """Give up refunds that waited too long, release what is due, and now and then forget the past."""
        return tick_over(self._state, Midnight(at, zone, day), limit, emit)
