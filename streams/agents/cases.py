"""Cases of compliance: evidence opens or joins them, a person resolves them (DOMAIN section 9).

There is one per rule, partner and home date. Whatever changes a case is told in ``_tell`` alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final, Literal

from events.inputs import CaseResolved
from events.messages import Breach, Origin
from events.outputs import (
    CaseDecided,
    CaseEvidence,
    Decision,
    DecisionData,
    PartnerBarred,
    ResolutionIgnored,
    Window,
)
from events.time import format_time
from schemas.program import Action
from streams.agents import keys
from streams.agents.accounts import Seizure
from streams.agents.case_notices import case_notice
from streams.agents.holds import hold_all, unhold
from streams.agents.partner_state import PartnerState
from streams.engine.agent import Emit
from streams.rules.home_days import iso_date
from streams.rules.plan import Plan
from streams.rules.state import ComplianceCase, Partner, PartnerOrder

#: What shows a breach, which decides what can be done about it.
Shown = Literal["order", "click", "other"]

#: Actions that need an order, or something that can be turned away.
_WITHOUT: Final[dict[Shown, frozenset[Action]]] = {
    "order": frozenset(),
    "click": frozenset({"hold"}),
    "other": frozenset({"hold", "reject"}),
}


class Opened:
    """What came of a breach: the case that it belongs to, and what is to be done."""

    __slots__ = ("action", "case_id", "origin", "rule", "window")

    def __init__(
        self, case_id: str, rule: str, action: Action, origin: Origin, window: tuple[int, int]
    ) -> None:
        self.case_id = case_id
        self.rule = rule
        self.action = action
        self.origin = origin
        self.window = window


def add_evidence(
    state: PartnerState,
    plan: Plan,
    partner_id: str,
    partner: Partner,
    breach: Breach,
    shown: Shown,
    time: int,
    emit: Emit,
    *,
    day: int | None = None,
    window: tuple[int, int] | None = None,
) -> Opened:
    """Open the case of a breach at a time, or add to it, and suspend the partner if that is what it asks for.

    ``day`` is the home date of the case, else that of the time; ``window`` the span that the evidence is
    about in milliseconds, else that day. Holding, rejecting and taking back are left to the caller.
    """
    rules, program, rule = plan.program.compliance, plan.program, breach.rule
    if day is None:
        day = plan.home.ordinal(time)
    start, end = window or (plan.home.midnight(day), plan.home.midnight(day + 1))
    policy = rules.policy(rule)
    action: Action = "flag" if policy.action in _WITHOUT[shown] else policy.action
    case_id = f"{rule}~{partner_id}~{iso_date(day)}"
    key = keys.case_key(program.id, partner_id, case_id)
    case = state.cases.get(key)
    opens = case is None or not case.open
    if case is None:
        case = ComplianceCase(rule, time)
    else:
        case.time = max(case.time, time)
        case.number += 1
        case.opening += not case.open
        case.open = True
    state.cases.put(key, case)
    if not opens:
        name = f"{case_id}~evidence~{case.number}"
    else:
        name = case_id if case.opening == 1 else f"{case_id}~{case.opening}"
    data = CaseEvidence(
        case_id=case_id,
        program=program.id,
        program_version=program.version,
        partner_id=partner_id,
        rule=rule,
        severity=policy.severity,
        action=action,
        evidence=breach.evidence,
        window=Window(format_time(start), format_time(end)),
        terms_version=rules.terms_version,
        opening=case.opening,
        number=case.number,
    )
    type_ = "compliance.violation_detected" if opens else "compliance.evidence_added"
    _tell(state, "compliance", type_, name, partner, program.id, partner_id, time, data, emit)
    origin = Origin(breach.evidence.source, breach.evidence.id, time)
    opened = Opened(case_id, rule, action, origin, (start, end))
    if action == "suspend":
        _bar(state, plan, partner_id, partner, opened, case.number, time, emit)
    return opened


def hold_grants(
    state: PartnerState,
    partner_id: str,
    partner: Partner,
    order_id: str,
    decided: PartnerOrder,
    origin: Origin,
    emit: Emit,
) -> None:
    """Hold the grants of an order that were just posted, for the case that asked for it.

    Should a person have upheld the case while budgets were asked, they are reversed instead.
    """
    key = keys.case_key(decided.program, partner_id, decided.hold)
    case = state.cases.get(key)
    if case is None or (not case.open and case.decision != "upheld"):
        return
    if not case.open:
        what = Seizure(decided.hold, order_id, decided, origin, "upheld before it was granted")
        for grant in decided.grants:
            state.reverse(what, partner_id, partner, grant, grant.amount, decided.home_day, emit)
        return
    what = Seizure(decided.hold, order_id, decided, origin, "held until it is resolved")
    if hold_all(state, what, partner_id, partner, decided.grants, emit):
        case.orders.append(order_id)
        state.cases.put(key, case)


def resolve(state: PartnerState, event: CaseResolved, partner: Partner, emit: Emit) -> None:
    """Give back or reverse what the case holds, in the order in which it was held."""
    program, partner_id, case_id = event.program, event.partner_id, event.case_id
    key = keys.case_key(program, partner_id, case_id)
    case = state.cases.get(key)
    if case is None or not case.open:
        _ignore(state, event, partner, "case_unknown" if case is None else "case_resolved", emit)
        return
    entries, amounts = _settle(state, event, partner, case.orders, emit)
    data = CaseDecided(
        case_id=case_id,
        program=program,
        partner_id=partner_id,
        rule=case.rule,
        decision=event.decision,
        actor=event.actor,
        opening=case.opening,
        entries=entries,
        amounts=dict(sorted(amounts.items())),
    )
    type_, name = "compliance.case_resolved", f"{case_id}~resolved~{case.opening}"
    _tell(state, "compliance", type_, name, partner, program, partner_id, event.time, data, emit)
    case.open, case.orders, case.decision = False, [], event.decision
    state.cases.put(key, case)


def _ignore(
    state: PartnerState,
    event: CaseResolved,
    partner: Partner,
    reason: Literal["case_unknown", "case_resolved"],
    emit: Emit,
) -> None:
    """Say that a resolution has no effect."""
    program, partner_id = event.program, event.partner_id
    data = ResolutionIgnored(
        case_id=event.case_id,
        program=program,
        partner_id=partner_id,
        decision=event.decision,
        actor=event.actor,
        reason=reason,
    )
    type_, name = "case.resolution_ignored", f"ignored~{event.case_id}~{event.source}~{event.id}"
    _tell(state, "milestones", type_, name, partner, program, partner_id, event.time, data, emit)


def _settle(
    state: PartnerState, event: CaseResolved, partner: Partner, orders: Sequence[str], emit: Emit
) -> tuple[int, Counter[str]]:
    """Give back or reverse what a case holds of orders; how many entries that are, and how much by unit."""
    partner_id, case_id = event.partner_id, event.case_id
    entries, amounts = 0, Counter[str]()
    origin = Origin(event.source, event.id, event.time)
    for order_id in orders:
        key = keys.open_key(event.program, order_id, partner_id)
        decided = state.orders.get(key)
        if decided is None:
            continue
        what = Seizure(case_id, order_id, decided, origin, f"{event.decision} by {event.actor}")
        for grant in decided.grants:
            if grant.case_id != case_id or not grant.held:
                continue
            amounts[grant.unit] += grant.held
            entries += 1
            if event.decision == "dismissed":
                unhold(state, what, partner_id, partner, grant, emit)
            else:
                goal = grant.reversed + grant.held
                state.reverse(what, partner_id, partner, grant, goal, decided.home_day, emit)
        state.orders.put(key, decided)
    return entries, amounts


def _bar(
    state: PartnerState,
    plan: Plan,
    partner_id: str,
    partner: Partner,
    opened: Opened,
    number: int,
    time: int,
    emit: Emit,
) -> None:
    """Suspend the partner until somebody reinstates it."""
    program = plan.program
    member = partner.members[program.id]
    if member.barred:
        return
    member.barred = True
    data = PartnerBarred(
        partner_id=partner_id,
        program=program.id,
        program_version=program.version,
        case_id=opened.case_id,
        rule=opened.rule,
    )
    type_, name = "compliance.partner_suspended", f"{opened.case_id}~suspended~{number}"
    _tell(state, "compliance", type_, name, partner, program.id, partner_id, time, data, emit)


def _tell(
    state: PartnerState,
    topic: Literal["compliance", "milestones"],
    type_: str,
    name: str,
    partner: Partner,
    program: str,
    partner_id: str,
    time: int,
    data: DecisionData,
    emit: Emit,
) -> None:
    """Say that a case changed, and write it to the partner."""
    decision = Decision(topic, type_, name, f"partner:{partner_id}", partner_id, time, data)
    emit(decision)
    written = case_notice(partner.members.get(program), decision, state.zone(program))
    if written is not None:
        emit(written)
