"""What partners are written of their cases and of their standing."""

from __future__ import annotations

from datetime import date
from typing import Final

from events.inputs import PartnerStanding
from events.outputs import CaseDecided, CaseEvidence, Decision, PartnerBarred
from streams.notices import Value, notice
from streams.rules.home_days import home_days
from streams.rules.state import Member

#: Pieces of evidence that are written of one by one; then only when there are ten times as many.
_ONE_BY_ONE: Final = 10
#: What stands for nothing to say.
_NONE: Final = "none"


def case_notice(member: Member | None, decision: Decision, zone: str) -> Decision | None:
    """The notice of a change of a case, for who has a record; ``None`` where there is nothing to write of."""
    if member is None or not member.enrolled:
        return None
    match decision.data:
        case CaseEvidence() as one if decision.type == "compliance.violation_detected":
            template, program, said = "case_opened", one.program, _case(one.case_id, one.rule)
            said["action"] = one.action
        case CaseEvidence() as one if _is_news(one.number):
            template, program, said = "case_evidence_added", one.program, _case(one.case_id, one.rule)
            said["count"] = one.number
        case CaseDecided() as one:
            template, program, said = f"case_{one.decision}", one.program, _case(one.case_id, one.rule)
        case PartnerBarred() as one:
            template, program = "partner_suspended", one.program
            said = {"day": _day(zone, decision.time), "reason": _NONE, "rule": one.rule}
        case _:
            return None
    return notice(
        template, program, decision.key, member.locale, decision.id, decision.time, said, name=member.name
    )


def standing_notice(member: Member, event: PartnerStanding, zone: str) -> Decision | None:
    """The notice that a person suspended or reinstated a partner, for who has a record."""
    if not member.enrolled:
        return None
    template, said = "partner_reinstated", {"day": _day(zone, event.time)}
    values: dict[str, Value] = {**said}
    if member.suspended:
        template = "partner_suspended"
        values |= {"reason": event.reason or _NONE, "rule": _NONE}
    cause = f"{event.program}~{event.source}~{event.id}"
    return notice(
        template, event.program, event.partner_id, member.locale, cause, event.time, values, name=member.name
    )


def _case(case_id: str, rule: str) -> dict[str, Value]:
    """A case ends in the date that it is about."""
    return {"case": case_id, "rule": rule, "day": date.fromisoformat(case_id.rpartition("~")[2])}


def _day(zone: str, at: int) -> date:
    return date.fromordinal(home_days(zone).ordinal(at))


def _is_news(number: int) -> bool:
    return number <= _ONE_BY_ONE or number == 10 ** (len(str(number)) - 1)
