"""Decisions in the tables: attributions, and what is said on ``milestones`` and ``compliance``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from msgspec import Struct
from xxhash import xxh3_128_digest

from events.milestones import GoalProgressed, KeyDayClosed, KeyDayUpcoming
from events.outputs import (
    BudgetReached,
    CaseDecided,
    CaseEvidence,
    PartnerBarred,
    ReferralDeclined,
    TierChanged,
)
from projections.facts import Attributed, Said
from projections.keys import key_of, numbered
from projections.orders import Decided
from projections.period_rows import open_day
from projections.rows import Rows
from projections.tables.compliance_cases import EVIDENCE_MAX
from projections.tables.tiers import StoredTier


def attribute(rows: Rows, fact: Attributed) -> None:
    """Take in an order's attribution by a version that is known; the first one of an order counts."""
    data, time = fact.data, fact.time
    order = rows.order(data.program, data.order_id)
    if order.decided is not None:
        return
    program = rows.versions.version(data.program, data.program_version)
    home = rows.versions.home(data.program)
    assert program is not None  # noqa: S101 - what is not known waits
    assert home is not None  # noqa: S101
    key_days = [
        (name, rows.versions.key_day_date(program, data.market, name, time)) for name in data.key_days
    ]
    order.decided = Decided(
        data.program_version,
        time,
        home.ordinal(time),
        data.customer_id,
        data.market,
        data.channel,
        data.net,
        data.new_customer,
        tuple(key_days),
        tuple((credit.partner_id, credit.net) for credit in data.credits),
    )
    open_day(rows, program, order.decided.day)
    if any(goal.scope == "group" for goal in program.goals):
        for credit in data.credits:
            place = numbered(key_of(data.program, credit.partner_id), time)
            rows.credited.put(place + data.order_id.encode(), value=True)


def _on_tier(rows: Rows, fact: Said, data: TierChanged) -> None:
    key = xxh3_128_digest(key_of(fact.topic, fact.id))
    if rows.seen.get(key) is not None:
        return
    rows.seen.put(key, fact.time)
    rows.partner(data.program, data.partner_id).tier = data.after
    place = key_of(data.partner_id, data.program)
    row = rows.tiers.get(place) or StoredTier(data.partner_id, data.program)
    row.tier, row.before, row.since = data.after, data.before, fact.time
    row.metric, row.value, row.window_start = data.metric, data.value, data.window_start
    row.changes += 1
    rows.tiers.put(place, row)


def _on_alert(rows: Rows, fact: Said, data: BudgetReached) -> None:
    row = rows.budget(data.program, data.budget_id, data.period)
    row.reached[data.threshold] = fact.time
    row.unit = data.unit


def _on_declined(rows: Rows, fact: Said, data: ReferralDeclined) -> None:
    row = rows.referred(data.program, data.referral_id)
    row.declined = (fact.time, data.reason)
    row.order_id = data.order_id
    row.advocate_id, row.friend_id = data.advocate_id, data.friend_id


def _on_goal_told(rows: Rows, _: Said, data: GoalProgressed) -> None:
    told = data.standing
    of = told.partner_id or told.group or ""
    row = rows.goal(data.program, told.goal_id, of, told.period_start, told.scope, told.metric)
    row.unit = data.unit
    row.reached[data.threshold] = data.day
    if row.told_day is None or (row.told_day, row.told_actual or 0) <= (data.day, told.actual):
        row.period_end, row.target = told.period_end, told.target
        row.told_day, row.told_actual, row.told_pace = data.day, told.actual, told.pace


def _on_key_day_ahead(rows: Rows, _: Said, data: KeyDayUpcoming) -> None:
    row = rows.key_day(data.program, data.market, data.key_day, data.date)
    if row.upcoming is None or data.days <= row.upcoming.days:
        row.upcoming = data


def _on_key_day_closed(rows: Rows, _: Said, data: KeyDayClosed) -> None:
    row = rows.key_day(data.program, data.market, data.key_day, data.date)
    row.closed, row.unit = data, data.unit


def _on_evidence(rows: Rows, fact: Said, data: CaseEvidence) -> None:
    row = rows.case(data.partner_id, data.program, data.case_id)
    if data.number <= row.pieces:
        return  # it came before
    if data.opening > row.opening:
        row.opening, row.opened_at, row.open = data.opening, fact.time, True
    row.rule, row.severity, row.action = data.rule, data.severity, data.action
    row.last_at, row.pieces = fact.time, data.number
    row.window, row.terms_version = data.window, data.terms_version
    row.evidence = [*row.evidence, data.evidence][-EVIDENCE_MAX:]


def _on_resolved(rows: Rows, fact: Said, data: CaseDecided) -> None:
    row = rows.case(data.partner_id, data.program, data.case_id)
    if data.opening < row.opening:
        return  # it came before, and the case was opened again since
    row.open, row.decision, row.actor = False, data.decision, data.actor
    row.resolved_at, row.entries, row.amounts = fact.time, data.entries, data.amounts


def _on_barred(rows: Rows, fact: Said, data: PartnerBarred) -> None:
    rows.case(data.partner_id, data.program, data.case_id).suspended = True
    partner = rows.partner(data.program, data.partner_id)
    partner.barred = max(partner.barred, fact.time)


_SAID: Final[Mapping[type[Struct], Callable[[Rows, Said, Any], None]]] = {
    TierChanged: _on_tier,
    BudgetReached: _on_alert,
    ReferralDeclined: _on_declined,
    GoalProgressed: _on_goal_told,
    KeyDayUpcoming: _on_key_day_ahead,
    KeyDayClosed: _on_key_day_closed,
    CaseEvidence: _on_evidence,
    CaseDecided: _on_resolved,
    PartnerBarred: _on_barred,
}


def decide(rows: Rows, fact: Said) -> None:
    """Take in what was said."""
    _SAID[type(fact.data)](rows, fact, fact.data)
