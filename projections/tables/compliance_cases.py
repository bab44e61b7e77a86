"""``compliance_cases``: every case, what shows it and what became of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Final

import msgspec
from msgspec import Struct

from events.outputs import Evidence, Window
from events.time import format_time
from projections.tables.column import about, columns_of
from projections.tables.table import Row, Table, as_row
from projections.versions import Versions

PREFIX: Final = b"x"
#: Pieces of evidence that a row shows: the newest ones.
EVIDENCE_MAX: Final = 20

_FROM = "compliance"


class ComplianceCase(Struct, frozen=True):
    """A case of one rule, partner and home date."""

    partner_id: Annotated[str, about("id", "The partner.", _FROM)]
    program: Annotated[str, about("id", "The program.", _FROM)]
    case_id: Annotated[str, about("id", "The case: <rule>~<partner>~<home date of the evidence>.", _FROM)]
    rule: Annotated[str, about("text", "The rule that fired.", _FROM)]
    day: Annotated[str, about("date", "Home date of the evidence.", _FROM)]
    severity: Annotated[str, about("text", "The rule's severity, at the last evidence.", _FROM)]
    action: Annotated[str, about("text", "What was done about the last evidence.", _FROM)]
    status: Annotated[str, about("text", "open or resolved.", _FROM)]
    opened_at: Annotated[str, about("time", "Time of the evidence that opened it (last).", _FROM)]
    last_at: Annotated[str, about("time", "Time of the last evidence.", _FROM)]
    opening: Annotated[int, about("count", "How often it was opened.", _FROM)]
    pieces: Annotated[int, about("count", "Pieces of evidence over its life.", _FROM)]
    suspended: Annotated[bool, about("text", "Whether this case suspended the partner.", _FROM)]
    decision: Annotated[str | None, about("text", "upheld or dismissed; none before.", _FROM)]
    actor: Annotated[str | None, about("text", "Who decided it last.", _FROM)]
    resolved_at: Annotated[str | None, about("time", "When it was decided last.", _FROM)]
    entries: Annotated[int, about("count", "Grants that the last decision freed or took back.", _FROM)]
    amounts: Annotated[dict[str, int], about("minor", "Their sums by unit.", _FROM)]
    window: Annotated[
        dict[str, str], about("time", "The time that the last evidence is about: start, end.", _FROM)
    ]
    terms_version: Annotated[str | None, about("text", "The program's terms at the last evidence.", _FROM)]
    evidence: Annotated[
        list[dict[str, Any]],
        about("text", f"The newest {EVIDENCE_MAX} pieces of evidence, oldest first.", _FROM),
    ]


class StoredCase(Struct, array_like=True):
    """The case as it is stored."""

    partner_id: str
    program: str
    case_id: str
    rule: str = ""
    severity: str = ""
    action: str = ""
    opened_at: int = 0
    last_at: int = 0
    opening: int = 0
    pieces: int = 0
    suspended: bool = False
    open: bool = True
    decision: str | None = None
    actor: str | None = None
    resolved_at: int = 0
    entries: int = 0
    amounts: dict[str, int] = {}
    window: Window | None = None
    terms_version: str | None = None
    evidence: list[Evidence] = []


_decode: Final = msgspec.msgpack.Decoder(StoredCase).decode


def show(raw: bytes, _: Versions) -> Iterator[Row]:
    """The row of a stored value."""
    one = _decode(raw)
    yield as_row(
        ComplianceCase(
            partner_id=one.partner_id,
            program=one.program,
            case_id=one.case_id,
            rule=one.rule,
            day=one.case_id.rpartition("~")[2],
            severity=one.severity,
            action=one.action,
            status="open" if one.open else "resolved",
            opened_at=format_time(one.opened_at),
            last_at=format_time(one.last_at),
            opening=one.opening,
            pieces=one.pieces,
            suspended=one.suspended,
            decision=one.decision,
            actor=one.actor,
            resolved_at=format_time(one.resolved_at) if one.decision is not None else None,
            entries=one.entries,
            amounts=one.amounts,
            window={} if one.window is None else {"start": one.window.start, "end": one.window.end},
            terms_version=one.terms_version,
            evidence=[msgspec.to_builtins(piece) for piece in one.evidence],
        )
    )


TABLE: Final = Table(
    name="compliance_cases",
    doc="Per partner, program and case: its rule, evidence, status and decision.",
    columns=columns_of(ComplianceCase),
    key=("partner_id", "program", "case_id"),
    prefix=PREFIX,
    show=show,
    filters=("partner_id", "program", "case_id", "rule", "severity", "status", "action", "decision"),
    ranges=("day",),
)
