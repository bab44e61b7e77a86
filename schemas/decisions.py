"""Decisions that are no ledger entries as CloudEvents in structured mode."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from events.milestones import GoalProgressed, KeyDayClosed, KeyDayUpcoming, ReviewDue
from events.outputs import (
    AccrualDeclined,
    AttributionDecided,
    BudgetReached,
    CaseDecided,
    CaseEvidence,
    Decision,
    DecisionData,
    Notice,
    PartnerBarred,
    RedemptionDeclined,
    ReferralDeclined,
    ResolutionIgnored,
    TierChanged,
)
from events.time import format_time
from schemas.rewards import SOURCE


class DecisionEnvelope(Struct, frozen=True, omit_defaults=False, gc=False):
    """CloudEvent of a decision."""

    id: str
    type: str
    subject: str
    time: str
    data: DecisionData
    specversion: str = "1.0"
    source: str = SOURCE
    datacontenttype: str = "application/json"


#: What each type says. A referral that looks like fraud is declined on ``compliance``.
DECISIONS: dict[str, type[Struct]] = {
    "attribution.decided": AttributionDecided,
    "tier.changed": TierChanged,
    "budget.threshold_reached": BudgetReached,
    "budget.exhausted": BudgetReached,
    "redemption.declined": RedemptionDeclined,
    "referral.declined": ReferralDeclined,
    "accrual.declined": AccrualDeclined,
    "goal.progressed": GoalProgressed,
    "key_day.upcoming": KeyDayUpcoming,
    "key_day.closed": KeyDayClosed,
    "review.due": ReviewDue,
    "notice.issued": Notice,
    "compliance.violation_detected": CaseEvidence,
    "compliance.evidence_added": CaseEvidence,
    "compliance.case_resolved": CaseDecided,
    "compliance.partner_suspended": PartnerBarred,
    "case.resolution_ignored": ResolutionIgnored,
}


def schema_name(type_: str) -> str:
    """What the schema of a decision is called: an input of the same type has one of its own."""
    return f"{type_}.decided" if type_ == "compliance.case_resolved" else type_


def decision_envelope(type_: str) -> type[Struct]:
    """The CloudEvent of a type as a struct, for its JSON Schema."""
    fixed = {"specversion": "1.0", "source": SOURCE, "type": type_}
    texts = {name: Annotated[str, Meta(extra_json_schema={"const": value})] for name, value in fixed.items()}
    time = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
    fields: list[tuple[str, Any]] = [
        ("id", str),
        ("type", texts["type"]),
        ("subject", str),
        ("time", time),
        ("data", DECISIONS[type_]),
        ("specversion", texts["specversion"]),
        ("source", texts["source"]),
        ("datacontenttype", str),
    ]
    name = "".join(part.capitalize() for part in type_.replace("_", ".").split("."))
    return msgspec.defstruct(f"{name}Event", fields, namespace={"__doc__": f"CloudEvent `{type_}`."})


_encode = msgspec.json.Encoder().encode


def encode_decision(decision: Decision) -> bytes:
    """The CloudEvent of a decision; the same decision gives the same bytes."""
    return _encode(
        DecisionEnvelope(
            decision.id, decision.type, decision.subject, format_time(decision.time), decision.data
        )
    )
