"""The partners agent: what credits, refunds, records and midnights do to partners."""

from __future__ import annotations

from events.inputs import (
    AdjustmentRequested,
    AdObserved,
    CaseResolved,
    InputEvent,
    PartnerRecord,
    PartnerStanding,
    PartnerSuspended,
    RedemptionRequested,
)
from events.messages import Answered, Clicked, ClicksCounted, Credited, Marked, Message, Origin, Returned
from schemas.programs import Programs
from streams.agents import cases, partner_compliance
from streams.agents.case_notices import standing_notice
from streams.agents.midnights import release_due, report, sweep_brought, sweep_partners, tick_over
from streams.agents.partner_goals import tell_goals, tell_partners
from streams.agents.partner_notices import announce_key_days, announce_terms
from streams.agents.partner_orders import PartnerOrders
from streams.agents.partner_state import PartnerState
from streams.agents.partner_tiers import lower_tiers
from streams.agents.standings import standing_of, tell_standing
from streams.engine.agent import Emit, Outcome
from streams.engine.clock import Midnight
from streams.engine.record import RecordLike
from streams.engine.state import State
from streams.rules.home_days import home_days
from streams.rules.state import Member, Partner

_STAGES = (
    release_due,
    lower_tiers,
    partner_compliance.look_at_terms,
    tell_goals,
    announce_key_days,
    announce_terms,
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
        """Take in a partner's record, standing and ads, resolved cases, and what is asked of its account."""
        del record
        state = self._state
        match event:
            case PartnerRecord() | PartnerStanding():
                self._record(event, entity, emit)
            case AdObserved():
                return partner_compliance.look_at_ad(state, event, entity, emit)
            case CaseResolved():
                cases.resolve(state, event, entity, emit)
            case RedemptionRequested():
                return state.redeem(event, entity, emit)
            case AdjustmentRequested():
                return state.adjust(event, entity, emit)
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
        """Orders that are credited or refunded, what budgets answer, and what clicks show."""
        match message:
            case Credited():
                self._orders.credit(message, emit)
            case Answered():
                self._orders.waves.answered(message, emit)
            case Returned():
                self._orders.give_back(message, emit)
            case Clicked() | ClicksCounted() | Marked():
                self._told(message, emit)

    def _told(self, message: Clicked | ClicksCounted | Marked, emit: Emit) -> None:
        """Take in what customers' clicks show of a partner."""
        key = message.partner_id.encode()
        partner = self._state.owners.get(key)
        if partner is None:
            return
        match message:
            case Clicked():
                partner_compliance.look_at_clicks(self._state, message, partner, emit)
            case ClicksCounted():
                partner_compliance.look_at_day(self._state, message, partner, emit)
            case Marked():
                partner_compliance.remember_marks(message, partner)
        self._state.owners.put(key, partner)

    def _record(self, event: PartnerRecord | PartnerStanding, partner: Partner, emit: Emit) -> None:
        """Take in a record or a change of standing, tell customers what changed, and look at the terms."""
        program, partner_id = event.program, event.partner_id
        before = standing_of(program, partner_id, partner.members.get(program))
        if isinstance(event, PartnerRecord):
            _enrol(partner, event)
        else:
            member = partner.members.setdefault(program, Member())
            was = member.suspended or member.barred
            member.suspended = isinstance(event, PartnerSuspended)
            if not member.suspended:
                member.barred = False
            written = standing_notice(member, event, self._state.zone(program))
            if written is not None and was != member.suspended:
                emit(written)
        member = partner.members[program]
        if standing_of(program, partner_id, member) != before:
            tell_standing(self._state, program, partner_id, member, event.time, emit)
        if isinstance(event, PartnerRecord):
            home_day = home_days(self._state.zone(program)).ordinal(event.time)
            self._state.sums.announced(program, home_day, event.time, emit)
            origin = Origin(event.source, event.id, event.time)
            partner_compliance.look_at_record(self._state, program, partner_id, partner, origin, emit)

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
        before is not None and before.barred,
        "" if before is None else before.outdated,
    )
