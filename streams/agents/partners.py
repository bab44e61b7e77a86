"""The partners agent: what credits, refunds, records and midnights do to partners."""

from __future__ import annotations

from events.inputs import (
    AdjustmentRequested,
    AdObserved,
    CaseResolved,
    InputEvent,
    PartnerRecord,
    PartnerReinstated,
    PartnerStanding,
    PartnerSuspended,
    RedemptionRequested,
)
from events.messages import Answered, Credited, Message, Returned
from schemas.programs import Programs
from streams.agents.midnights import release_due, report, sweep_brought, sweep_partners, tick_over
from streams.agents.partner_goals import tell_goals, tell_partners
from streams.agents.partner_notices import announce_key_days
from streams.agents.partner_orders import PartnerOrders
from streams.agents.partner_state import PartnerState
from streams.agents.partner_tiers import lower_tiers
from streams.engine.agent import Emit, Outcome
from streams.engine.clock import Midnight
from streams.engine.record import RecordLike
from streams.engine.state import State
from streams.rules.home_days import home_days
from streams.rules.state import Member, Partner

_STAGES = (
    release_due,
    lower_tiers,
    tell_goals,
    announce_key_days,
    tell_partners,
    report,
    sweep_partners,
    sweep_brought,
)


class Partners:
    """Owns every partner of its partition: records, accounts, tiers and what orders earned them."""

    name = "partners"
    inputs = ("clock", "partner-events", "partners-inbox", "account-requests")
    answers_for = frozenset({"partner-events"})

    def __init__(
        self,
        state: State,
        programs: Programs,
        *,
        order_memory_days: int = 120,
        max_lateness_days: int = 90,
        cache_entities: int = 20_000,
    ) -> None:
        self._state = PartnerState(state, programs, order_memory_days, max_lateness_days, cache_entities)
        self._orders = PartnerOrders(self.name, state, self._state)
        self.entities = self._state.owners
        self.new_entity = Partner

    def handle(self, event: InputEvent, entity: Partner, record: RecordLike, emit: Emit) -> Outcome:
        """Take in a partner's record or standing, and what is asked of its account."""
        del record
        match event:
            case PartnerRecord():
                _enrol(entity, event)
                home_day = home_days(self._state.zone(event.program)).ordinal(event.time)
                self._state.sums.announced(event.program, home_day, event.time, emit)
            case PartnerSuspended() | PartnerReinstated():
                member = entity.members.setdefault(event.program, Member())
                member.suspended = isinstance(event, PartnerSuspended)
            case RedemptionRequested():
                return self._state.redeem(event, entity, emit)
            case AdjustmentRequested():
                return self._state.adjust(event, entity, emit)
        return None

    def owner(self, event: InputEvent) -> str | None:
        """The partner whose event it is: the key that it travels under."""
        match event:
            case PartnerRecord() | PartnerStanding() | AdObserved() | CaseResolved():
                return event.partner_id
            case RedemptionRequested() | AdjustmentRequested():
                kind, _, owner = event.account.partition(":")
                return owner if kind == "partner" else None
        return None

    def receive(self, message: Message, emit: Emit) -> None:
        """Orders that are credited or refunded, and what budgets answer."""
        match message:
            case Credited():
                self._orders.credit(message, emit)
            case Returned():
                self._orders.give_back(message, emit)
            case Answered():
                self._orders.waves.answered(message, emit)

    def midnight(self, zone: str, day: int, at: int, limit: int, emit: Emit) -> bool:
        """Release and expire what is due, then look at the tiers whose window ends."""
        return tick_over(self._state, Midnight(at, zone, day), limit, emit, _STAGES)


def _enrol(partner: Partner, event: PartnerRecord) -> None:
    """Replace the whole record; a suspension stays."""
    before = partner.members.get(event.program)
    partner.members[event.program] = Member(
        True,
        before is not None and before.suspended,
        event.group,
        None if event.markets is None else list(event.markets),
        list(event.customer_ids),
        event.terms_version,
        event.paid_search_allowed,
        event.locale,
        event.name,
    )
