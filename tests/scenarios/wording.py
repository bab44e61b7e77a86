"""How a story says what was decided: a line for each decision, and one for each credit."""

from __future__ import annotations

from events.outputs import (
    AccrualDeclined,
    AttributionDecided,
    BudgetReached,
    CaseDecided,
    CaseEvidence,
    Credit,
    Decision,
    PartnerBarred,
    RedemptionDeclined,
    ReferralDeclined,
    ResolutionIgnored,
    TierChanged,
)


def lines_of(decision: Decision) -> list[str]:
    data = decision.data
    if not isinstance(data, AttributionDecided):
        return [_line(decision)]
    head = f"{data.order_id}: {data.reason}, channel {data.channel}"
    return [head, *(f"{data.order_id} to {_credit(one)}" for one in data.credits)]


def _line(decision: Decision) -> str:  # noqa: C901, PLR0911 - one for each kind
    data = decision.data
    match data:
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


def _credit(credit: Credit) -> str:
    text = f"{credit.partner_id}: {credit.weight} = {credit.net}"
    if credit.gross != credit.net:
        text = f"{text}, gross {credit.gross}"
    if credit.click_id is None:
        return text
    return f"{text} by click {credit.click_id}, {credit.click_to_order_ms} ms before"
