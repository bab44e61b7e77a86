"""How a story says what was decided: a line for each decision, and one for each credit."""

from __future__ import annotations

from collections.abc import Iterator

from events.milestones import GoalProgressed, GoalStanding, KeyDayClosed, KeyDayUpcoming, ReviewDue
from events.outputs import (
    AccrualDeclined,
    AttributionDecided,
    BudgetReached,
    CaseDecided,
    CaseEvidence,
    Credit,
    Decision,
    Notice,
    PartnerBarred,
    RedemptionDeclined,
    ReferralDeclined,
    ResolutionIgnored,
    TierChanged,
)
from events.time import format_time


def lines_of(decision: Decision) -> list[str]:
    data = decision.data
    if isinstance(data, ReviewDue):
        return list(_review(data))
    if not isinstance(data, AttributionDecided):
        return [_line(decision)]
    head = f"{data.order_id}: {data.reason}, channel {data.channel}"
    return [head, *(f"{data.order_id} to {_credit(one)}" for one in data.credits)]


def _line(decision: Decision) -> str:  # noqa: C901, PLR0911, PLR0912 - one for each kind of decision
    data = decision.data
    match data:
        case GoalProgressed():
            return f"{data.day} {_standing(data.standing)}: reached {data.threshold}"
        case KeyDayUpcoming():
            return f"{data.key_day} in {data.market} on {data.date}: in {data.days} days"
        case KeyDayClosed():
            figures = f"{data.orders} orders, {data.revenue}, {data.new_customers} new"
            usual = "no baseline"
            if data.baseline is not None:
                usual = (
                    f"usually {data.baseline.orders} orders, {data.baseline.revenue},"
                    f" {data.baseline.new_customers} new over {data.baseline.days} days, uplift {data.uplift}"
                )
            ranks = f"{data.rank_productivity} and {data.rank_potential} of {data.ranked}"
            return f"{data.key_day} in {data.market} on {data.date}: {figures}; {usual}; ranks {ranks}"
        case Notice():
            return f"{format_time(decision.time)[:10]} {decision.id} ({data.locale}): {data.subject}"
        case AccrualDeclined():
            return f"{data.order_id}: {data.partner_id} earns nothing, {data.reason}"
        case TierChanged():
            ways = f"{data.before or 'none'} > {data.after or 'none'}"
            return f"{data.partner_id}: tier {ways}, {data.metric} {data.value} since {data.window_start}"
        case BudgetReached():
            name = data.budget_id if data.period == "lifetime" else f"{data.budget_id} {data.period}"
            what = "exhausted" if decision.type == "budget.exhausted" else f"reached {data.threshold}"
            return f"budget {name}: {what}, {data.spent} of {data.amount}"
        case RedemptionDeclined():
            wish = f"{data.amount} asked, {data.available} {data.unit} available"
            return f"redemption {data.redemption_id}: declined, {wish}"
        case ReferralDeclined():
            order = f" at {data.order_id}" if data.order_id else ""
            return f"referral {data.referral_id}: declined{order}, {data.reason}"
        case CaseEvidence():
            how = "more evidence" if decision.type == "compliance.evidence_added" else "opened"
            if data.opening > 1 and how == "opened":
                how = "opened again"
            return f"{data.case_id}: {how}, {data.action}, {data.evidence.summary}"
        case CaseDecided():
            amounts = ", ".join(f"{amount} {unit}" for unit, amount in data.amounts.items()) or "nothing held"
            return f"{data.case_id}: {data.decision} by {data.actor}, {amounts}"
        case ResolutionIgnored():
            return f"{data.case_id}: {data.decision} by {data.actor} ignored, {data.reason}"
        case PartnerBarred():
            return f"{data.partner_id}: suspended by {data.case_id}"
        case _:
            raise AssertionError(f"no wording for {decision.type}")


def _standing(one: GoalStanding) -> str:
    of = one.group or one.partner_id or "program"
    return (
        f"goal {one.goal_id} of {of}: {one.actual} of {one.target}, {one.expected} expected, pace {one.pace}"
    )


def _review(data: ReviewDue) -> Iterator[str]:  # noqa: C901 - one for each part of it
    now = f"{data.orders} orders, {data.revenue}, {data.new_customers} new"
    before = f"{data.orders_before} orders, {data.revenue_before}, {data.new_customers_before} new"
    yield f"review {data.review_id} of {data.period_start} to {data.period_end}: {now}; before {before}"
    for goal in data.goals:
        many = "" if goal.partners is None else f", reached by {goal.reached} of {goal.partners}"
        yield f"  {_standing(goal)}{many}"
    for kind, parts in (("channel", data.channels), ("group", data.groups)):
        for part in parts:
            shares = (
                f"share {part.revenue_share}, new {part.new_customer_share}, average {part.average_order}"
            )
            yield f"  {kind} {part.name}: {part.orders} orders, {part.revenue}; {shares}; before {part.revenue_before}"
    for kind, partners in (("top", data.top_partners), ("falling", data.falling_partners)):
        for partner in partners:
            places = ", ".join(f"{place.market} quarter {place.quarter}" for place in partner.places)
            yield f"  {kind} {partner.partner_id}: {partner.revenue}, change {partner.change}; {places or 'nowhere'}"
    for one in data.benchmarks:
        quartiles = f"{one.q1}, {one.median}, {one.q3}"
        yield f"  {one.metric} of {one.partners} {one.group} in {one.market}: {quartiles}"
    for day in data.key_days:
        ranks = f"{day.rank_productivity} and {day.rank_potential}"
        yield f"  {day.key_day} in {day.market} on {day.date}: {day.productivity} a day, uplift {day.uplift}, ranks {ranks}"
    for rule, count in data.open_cases.items():
        yield f"  open cases of {rule}: {count}"
    for budget in data.budgets:
        yield f"  budget {budget.budget_id} {budget.period}: {budget.spent} of {budget.amount}"
    for bonus in data.innovation:
        yield f"  bonus {bonus.bonus_id} for {bonus.share}: {bonus.partners_with} with, {bonus.partners_without} without"
        for effect in bonus.effects:
            means = f"{effect.mean_with} against {effect.mean_without}"
            yield f"  {effect.metric} {means}: {effect.difference} ({effect.low} to {effect.high})"


def _credit(credit: Credit) -> str:
    text = f"{credit.partner_id}: {credit.weight} = {credit.net}"
    if credit.gross != credit.net:
        text = f"{text}, gross {credit.gross}"
    if credit.click_id is None:
        return text
    return f"{text} by click {credit.click_id}, {credit.click_to_order_ms} ms before"
