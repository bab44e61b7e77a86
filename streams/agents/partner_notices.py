"""What partners are written by the calendar and by their tiers, once for each cause."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from itertools import islice
from typing import Final

from msgspec import Struct

from events.outputs import Decision, TierChanged
from schemas.key_days import NOTICE_DAYS, KeyDay
from schemas.program import Tiers
from streams.agents import keys
from streams.agents.partner_state import PartnerState
from streams.engine.agent import Emit
from streams.engine.clock import Midnight
from streams.notices import Money, Occasion, notice
from streams.rules.key_day_results import ahead
from streams.rules.plan import Plan
from streams.rules.state import Member, Partner, Tick
from streams.rules.terms import is_older
from streams.rules.tiers import position_of

#: What stands for no tier.
_NO_TIER: Final = "-"
#: A date that nobody confirmed is no news yet.
_UNSURE: Final = "unconfirmed"


class Ahead(Struct, frozen=True):
    """A key day that is so many days ahead on the same date in some markets."""

    key_day: KeyDay
    date: str
    days: int
    markets: frozenset[str]


def tier_notice(plan: Plan, tiers: Tiers, member: Member | None, decision: Decision) -> Iterator[Decision]:
    """The notice of a change of tier, for who takes part."""
    changed = decision.data
    if member is None or not member.enrolled or not isinstance(changed, TierChanged):
        return
    program = plan.program
    value = Money(changed.value, program.money_unit) if changed.metric == "revenue" else changed.value
    before, after = (position_of(tiers, level) for level in (changed.before, changed.after))
    yield notice(
        "tier_changed",
        program.id,
        changed.partner_id,
        member.locale,
        decision.id,
        decision.time,
        {
            "direction": "up" if after > before else "down",
            "before": changed.before or _NO_TIER,
            "after": changed.after or _NO_TIER,
            "metric": changed.metric,
            "value": value,
            "since": date.fromisoformat(changed.window_start),
        },
        name=member.name,
    )


def announce_key_days(state: PartnerState, midnight: Midnight, tick: Tick, limit: int, emit: Emit) -> bool:
    """Write to partners of key days ahead; False when there are more partners."""
    days = [(plan, found) for plan in state.plans_at(midnight) if (found := upcoming(plan, midnight.day))]
    if not days:
        return True
    partners = list(islice(state.owners.scan(tick.cursor, b"\xff"), limit))
    for key, partner in partners:
        for plan, found in days:
            for written in _key_day_notices(plan, found, key.decode(), partner, midnight.at):
                emit(written)
        tick.cursor = keys.after(key)
    return len(partners) < limit


def upcoming(plan: Plan, day: int) -> list[Ahead]:
    """What partners are to hear of on a home day; markets that share a date are told together."""
    markets: dict[tuple[str, str, int], set[str]] = defaultdict(set)
    entries: dict[str, KeyDay] = {}
    for market, calendar in plan.calendars.items():
        for one, days in ahead(calendar, day):
            if one.status != _UNSURE:
                entries[one.key_day.id] = one.key_day
                markets[one.key_day.id, one.day.isoformat(), days].add(market)
    return [
        Ahead(entries[name], on, days, frozenset(where))
        for (name, on, days), where in sorted(markets.items())
    ]


def _key_day_notices(
    plan: Plan, found: list[Ahead], partner_id: str, partner: Partner, at: int
) -> Iterator[Decision]:
    program = plan.program
    member = partner.members.get(program.id)
    if member is None or not _is_active(member):
        return
    for one in found:
        where = one.markets if member.markets is None else one.markets & set(member.markets)
        if not where:
            continue
        name, on = Occasion(one.key_day.use, one.key_day.name), date.fromisoformat(one.date)
        # The days before tell letters apart that versions with other ``notice_days`` send of one date.
        cause = f"{program.id}~{one.key_day.id}~{one.date}~{one.days}"
        yield notice(
            "key_day_ahead",
            program.id,
            partner_id,
            member.locale,
            cause,
            at,
            {"name": name, "date": on, "days": one.days, "markets": where},
            name=member.name,
        )
        guarded = frozenset(market for market in where if program.markets[market].brand_terms)
        if one.days == min(one.key_day.notice_days) and guarded and not member.paid_search_allowed:
            terms = sorted({term for market in guarded for term in program.markets[market].brand_terms})
            yield notice(
                "brand_bidding_reminder",
                program.id,
                partner_id,
                member.locale,
                cause,
                at,
                {"name": name, "date": on, "markets": guarded, "terms": terms},
                name=member.name,
            )


def announce_terms(state: PartnerState, midnight: Midnight, tick: Tick, limit: int, emit: Emit) -> bool:
    """Write to partners with older terms than are due soon; False when there are more partners."""
    due = [plan for plan in state.plans_at(midnight) if _days_left(plan, midnight.day) in NOTICE_DAYS]
    if not due:
        return True
    partners = list(islice(state.owners.scan(tick.cursor, b"\xff"), limit))
    for key, partner in partners:
        for plan in due:
            for written in _terms_notices(plan, key.decode(), partner, midnight):
                emit(written)
        tick.cursor = keys.after(key)
    return len(partners) < limit


def _days_left(plan: Plan, day: int) -> int:
    """Days until the program's terms are due; below 0 without any."""
    rules = plan.program.compliance
    return rules.terms_due - day if rules.terms_version is not None else -1


def _terms_notices(plan: Plan, partner_id: str, partner: Partner, midnight: Midnight) -> Iterator[Decision]:
    program, rules = plan.program, plan.program.compliance
    member, version = partner.members.get(program.id), rules.terms_version or ""
    if member is None or not _is_active(member) or not is_older(member.terms_version, version):
        return
    due, days = date.fromordinal(rules.terms_due), _days_left(plan, midnight.day)
    yield notice(
        "terms_due",
        program.id,
        partner_id,
        member.locale,
        f"{program.id}~terms~{version}~{due}~{days}",
        midnight.at,
        {"version": version, "due": due, "days": days},
        name=member.name,
    )


def _is_active(member: Member) -> bool:
    """Whether a partner takes part and is not suspended, by a person or by a rule."""
    return member.enrolled and not member.suspended and not member.barred
