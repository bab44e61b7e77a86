"""Partners under the rules of compliance: ads, credits, refunds, records and days are looked at here."""

from __future__ import annotations

from itertools import islice
from typing import Final

from events.inputs import AdObserved
from events.messages import Breach, Clicked, ClicksCounted, Credited, Marked, Origin, Returned
from events.time import HOUR_MS
from streams.agents import keys
from streams.agents.cases import Opened, add_evidence
from streams.agents.clawbacks import claw_back
from streams.agents.partner_state import PartnerState
from streams.engine.agent import Emit, Outcome, Rejection
from streams.engine.clock import Midnight
from streams.rules import rates
from streams.rules.ads import brand_match
from streams.rules.clicks import hour_of
from streams.rules.credits import breaches
from streams.rules.home_days import iso_date
from streams.rules.plan import Plan
from streams.rules.state import DayClicks, Member, Partner, PartnerOrder, Tick
from streams.rules.terms import is_older

#: Home days that reversals are kept for.
_KEPT_DAYS: Final = 400
#: Devices and addresses of its own customers that a partner is remembered by, the newest.
_MOST_MARKS: Final = 256


def look_at_ad(state: PartnerState, ad: AdObserved, partner: Partner, emit: Emit) -> Outcome:
    """An ad beside a keyword that holds a brand term is evidence, unless paid search is allowed."""
    plan = state.plan(ad.program, ad.time)
    if plan is None:
        return Rejection("program_unknown", f"no version of {ad.program} is in force then")
    market = plan.program.markets.get(ad.market)
    if market is None:
        return Rejection("market_unknown", f"market {ad.market} is not in program {ad.program}")
    member = partner.members.get(ad.program)
    if member is None or not member.enrolled or member.paid_search_allowed:
        return None
    match = brand_match(ad.keyword, market.brand_terms)
    if match is not None:
        breach = Breach("brand_bidding", rates.brand_bidding(ad, match))
        _add(state, plan, ad.partner_id, partner, breach, ad.time, emit)
    return None


def look_at_clicks(state: PartnerState, told: Clicked, partner: Partner, emit: Emit) -> None:
    """What customers' clicks broke is evidence, each rule for itself."""
    plan = state.plan_version(told.program, told.version)
    for breach in told.breaches:
        window = None
        if breach.rule == "click_flooding":
            start = hour_of(told.time) * HOUR_MS
            window = start, start + HOUR_MS
        opened = add_evidence(
            state, plan, told.partner_id, partner, breach, "click", told.time, emit, window=window
        )
        _claw(state, plan, told.partner_id, partner, opened, emit)


def look_at_credit(
    state: PartnerState, plan: Plan, credited: Credited, member: Member, partner: Partner, emit: Emit
) -> list[Opened]:
    """The cases that a credited order belongs to, in the order of the rules."""
    if not member.enrolled:
        return []
    order = credited.order
    found = breaches(plan.program.compliance, member, partner.marks.get(order.program), credited)
    return [
        add_evidence(state, plan, credited.partner_id, partner, breach, "order", order.time, emit)
        for breach in found
    ]


def count_reversal(
    state: PartnerState, returned: Returned, decided: PartnerOrder, partner: Partner, emit: Emit
) -> None:
    """An order was cancelled or refunded in full; too many of them are evidence."""
    program, partner_id, time = returned.program, returned.partner_id, returned.origin.time
    by_day = partner.reversed.setdefault(program, {})
    by_day[decided.home_day] = by_day.get(decided.home_day, 0) + 1
    if len(by_day) > _KEPT_DAYS:
        del by_day[min(by_day)]
    plan, member = state.plan(program, time), partner.members.get(program)
    if plan is None or member is None or not member.enrolled:
        return
    rules, today = plan.program.compliance, plan.home.ordinal(time)
    days = today - (rates.RATE_DAYS - 1), today
    reversed_ = _within(by_day, days)
    orders = _within(partner.tiers[program].orders, days) + reversed_
    if not rates.is_above(reversed_, orders, rules):
        return
    evidence = rates.reversal_rate(returned, reversed_, orders, rules)
    window = plan.home.midnight(days[0]), plan.home.midnight(today + 1)
    breach = Breach("reversal_rate", evidence)
    opened = add_evidence(state, plan, partner_id, partner, breach, "other", time, emit, window=window)
    _claw(state, plan, partner_id, partner, opened, emit)


def look_at_record(
    state: PartnerState, program: str, partner_id: str, partner: Partner, origin: Origin, emit: Emit
) -> None:
    """A record that comes with older terms than are due is evidence; current ones begin anew."""
    plan, member = state.plan(program, origin.time), partner.members[program]
    if plan is None:
        return
    rules = plan.program.compliance
    if rules.terms_version is None or not is_older(member.terms_version, rules.terms_version):
        member.outdated = ""
    elif plan.home.ordinal(origin.time) >= rules.terms_due:
        _outdated(state, plan, partner_id, partner, member, origin, None, emit)


def remember_marks(marked: Marked, partner: Partner) -> None:
    """Know the devices and addresses of clicks by one of the partner's own customers."""
    marks = partner.marks.setdefault(marked.program, {})
    for mark in marked.marks:
        whose = marks.setdefault(mark, [])
        if marked.customer_id not in whose:
            whose.append(marked.customer_id)
        if len(marks) > _MOST_MARKS:
            del marks[next(iter(marks))]


def look_at_day(state: PartnerState, counted: ClicksCounted, partner: Partner, emit: Emit) -> None:
    """Too few orders for the clicks of a day that ended are evidence, once.

    Every task of the customers tells its own clicks: the more are known, the fewer orders there are a click.
    """
    program, partner_id, day = counted.program, counted.partner_id, counted.day
    plan, member = state.plan(program, counted.time), partner.members.get(program)
    if plan is None or member is None or not member.enrolled:
        return
    known = partner.clicked.get(program)
    if known is None or known.day < day:
        known = partner.clicked[program] = DayClicks(day)
    if known.day != day or known.found:
        return
    known.clicks += counted.clicks
    orders = 0
    if program in partner.tiers:
        orders = partner.tiers[program].orders.get(day, 0) + partner.reversed.get(program, {}).get(day, 0)
    rules = plan.program.compliance
    if not rates.is_fruitless(orders, known.clicks, rules):
        return
    known.found = True
    evidence = rates.fruitless(orders, known.clicks, day, plan.program.home_tz, counted.time, rules)
    breach = Breach("click_flooding", evidence)
    _add(state, plan, partner_id, partner, breach, counted.time, emit, day=day)


def look_at_terms(state: PartnerState, midnight: Midnight, tick: Tick, limit: int, emit: Emit) -> bool:
    """From the date of ``terms_due`` on, partners whose terms are older are found once for each version."""
    plans = [
        plan
        for program in state.programs.ids()
        if state.zone(program) == midnight.zone
        and (plan := state.plan(program, midnight.at)) is not None
        and plan.program.compliance.terms_version is not None
        and midnight.day >= plan.program.compliance.terms_due
    ]
    if not plans:
        return True
    date = iso_date(midnight.day)
    origin = Origin("keyday/clock", f"{midnight.zone}/{date}", midnight.at)
    found = list(islice(state.owners.scan(tick.cursor, b"\xff"), limit))
    for key, partner in found:
        for plan in plans:
            member, current = partner.members.get(plan.program.id), plan.program.compliance.terms_version
            if member is None or not member.enrolled or current is None or member.outdated == current:
                continue
            if is_older(member.terms_version, current):
                _outdated(state, plan, key.decode(), partner, member, origin, midnight.day, emit)
                state.owners.put(key, partner)
        tick.cursor = keys.after(key)
    return len(found) < limit


def _outdated(
    state: PartnerState,
    plan: Plan,
    partner_id: str,
    partner: Partner,
    member: Member,
    origin: Origin,
    day: int | None,
    emit: Emit,
) -> None:
    current = plan.program.compliance.terms_version or ""
    if member.outdated == current:
        return
    member.outdated = current
    evidence = rates.terms_outdated(member.terms_version, plan.program.compliance, origin)
    breach = Breach("terms_outdated", evidence)
    _add(state, plan, partner_id, partner, breach, origin.time, emit, day=day)


def _add(
    state: PartnerState,
    plan: Plan,
    partner_id: str,
    partner: Partner,
    breach: Breach,
    time: int,
    emit: Emit,
    *,
    day: int | None = None,
) -> None:
    """Evidence that is neither a click nor an order."""
    opened = add_evidence(state, plan, partner_id, partner, breach, "other", time, emit, day=day)
    _claw(state, plan, partner_id, partner, opened, emit)


def _claw(
    state: PartnerState,
    plan: Plan,
    partner_id: str,
    partner: Partner,
    opened: Opened,
    emit: Emit,
) -> None:
    if opened.action == "clawback":
        evidence = opened.case_id, opened.origin
        claw_back(state, plan.program.id, partner_id, partner, evidence, opened.window, emit)


def _within(by_day: dict[int, int], days: tuple[int, int]) -> int:
    return sum(count for day, count in by_day.items() if days[0] <= day <= days[1])
