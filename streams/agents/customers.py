"""The customers agent: what orders, clicks, referrals, refunds and midnights do to customers."""

from __future__ import annotations

from events.inputs import (
    AdjustmentRequested,
    InputEvent,
    LinkClicked,
    OrderCancelled,
    OrderPlaced,
    OrderRefunded,
    RedemptionRequested,
    ReferralCreated,
)
from events.messages import Answered, Decided, Message, Qualified, Settled, Standing, Undone
from schemas.programs import Programs
from streams.agents.click_compliance import take_standing, tell_clicks
from streams.agents.clicks import touch
from streams.agents.customer_state import CustomerState
from streams.agents.midnights import give_up_waiting, release_due, report, sweep_customers, tick_over
from streams.agents.orders import Orders
from streams.agents.referrals import Referrals
from streams.agents.refunds import take_back
from streams.engine.agent import Emit, Outcome
from streams.engine.clock import Midnight
from streams.engine.record import RecordLike
from streams.engine.state import State
from streams.rules.state import Customer

_STAGES = (give_up_waiting, release_due, report, tell_clicks, sweep_customers)


class Customers:
    """Owns every customer of its partition: accounts, orders, touches, referrals and what waits."""

    name = "customers"
    inputs = ("clock", "clicks", "referrals", "customers-inbox", "orders", "account-requests")
    answers_for = frozenset({"clock", "clicks", "referrals", "orders", "account-requests"})

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
        self._referrals = Referrals(self._state)
        self._orders = Orders(self.name, state, self._state, self._referrals)
        self.entities = self._state.owners
        self.new_entity = Customer

    def handle(  # noqa: PLR0911 - one for each kind of event
        self, event: InputEvent, entity: Customer, record: RecordLike, emit: Emit
    ) -> Outcome:
        """Decide on an event of a customer."""
        match event:
            case LinkClicked():
                return touch(self._state, event, entity, emit)
            case OrderPlaced():
                return self._orders.place(event, entity, emit)
            case OrderRefunded() | OrderCancelled():
                return take_back(self._state, event, entity, record, emit)
            case ReferralCreated():
                return self._referrals.create(event, entity, emit)
            case RedemptionRequested():
                return self._state.redeem(event, entity, emit)
            case AdjustmentRequested():
                return self._state.adjust(event, entity, emit)
        return None

    def owner(self, event: InputEvent) -> str | None:
        """The customer whose event it is: the key that it travels under."""
        match event:
            case LinkClicked() | OrderPlaced() | OrderRefunded() | OrderCancelled():
                return event.customer_id
            case ReferralCreated():
                return event.friend_id
            case RedemptionRequested() | AdjustmentRequested():
                kind, _, owner = event.account.partition(":")
                return owner if kind == "customer" else None
        return None

    def receive(self, message: Message, emit: Emit) -> None:
        """Budgets answer, the two sides of a referral talk, and partners tell of themselves."""
        match message:
            case Answered():
                self._orders.waves.answered(message, emit)
            case Qualified():
                self._referrals.decide(message, emit)
            case Decided():
                self._orders.referred(message, emit)
            case Settled():
                self._orders.settled(message, emit)
            case Undone():
                self._referrals.undo(message, emit)
            case Standing():
                take_standing(self._state, message, emit)

    def midnight(self, zone: str, day: int, at: int, limit: int, emit: Emit) -> bool:
        """Give up old refunds, release, expire, tell partners of clicks; now and then sweep."""
        return tick_over(self._state, Midnight(at, zone, day), limit, emit, _STAGES)
