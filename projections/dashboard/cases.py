"""The page of cases of compliance, and that of one case with its evidence."""

from __future__ import annotations

from collections import Counter
from typing import Final

from events.time import parse_time
from projections.dashboard.evidence import facts, sentence
from projections.dashboard.figures import Tab
from projections.dashboard.paging import paged
from projections.dashboard.sums import Row
from projections.dashboard.view import Context, View

#: Cases on one page.
_PAGE: Final = 50
#: How a severity is shown.
TONES: Final = {"high": "bad", "medium": "warn", "low": ""}


def cases_page(view: View) -> Context:
    """Cases that fit what is asked for, the newest first."""
    reader = view.reader
    state, rule = view.query.get("state", "open"), view.asked("rule")
    rows = view.data.rows("compliance_cases", program=view.name)
    severity = view.asked("severity")
    of_state = [
        row
        for row in rows
        if (state == "all" or row["status"] == state) and severity in {None, row["severity"]}
    ]
    counts = Counter(row["rule"] for row in of_state)
    chosen = [row for row in of_state if rule is None or row["rule"] == rule]
    chosen.sort(key=lambda row: (str(row["last_at"]), str(row["case_id"])), reverse=True)
    part, paging = paged(view, "/cases", chosen, _PAGE)
    return {
        "cases": [case_line(view, row) for row in part],
        "paging": paging,
        "states": [
            Tab(reader.say(label), view.again("/cases", state=name, **{"from": None}), name == state)
            for name, label in (("open", "state-open"), ("resolved", "state-resolved"), ("all", "all"))
        ],
        "severities": [
            Tab(
                reader.say("all") if name is None else reader.named("severity", name),
                view.again("/cases", severity=name, **{"from": None}),
                name == severity,
            )
            for name in (None, *TONES)
        ],
        "rules": [
            {
                "label": reader.named("rule", name),
                "count": reader.number(count),
                "href": view.again("/cases", rule=None if name == rule else name, **{"from": None}),
                "current": name == rule,
            }
            for name, count in sorted(counts.items(), key=lambda one: (-one[1], one[0]))
        ],
        "rule": None if rule is None else reader.named("rule", rule),
        "everything": view.again("/cases", rule=None, **{"from": None}),
        "count": reader.say(
            "open-cases" if state == "open" else "case-count",
            count=counts.total(),
            shown=reader.number(counts.total()),
        ),
    }


def case_line(view: View, row: Row) -> Context:
    """A case in a list."""
    reader = view.reader
    newest = row["evidence"][-1] if row["evidence"] else {}
    state = row["decision"] if row["status"] == "resolved" and row["decision"] else row["status"]
    return {
        "id": row["case_id"],
        "href": view.link("/case", id=row["case_id"], partner=row["partner_id"]),
        "rule": reader.named("rule", row["rule"]),
        "partner": view.data.name(view.name, row["partner_id"]),
        "partner_href": view.to_partner(row["partner_id"]),
        "day": reader.date(row["day"]),
        "severity": reader.named("severity", row["severity"]),
        "severity_tone": TONES.get(row["severity"], ""),
        "action": reader.named("action", row["action"]),
        "state": reader.named("state", state),
        "state_tone": "accent" if row["status"] == "open" else "",
        "pieces": reader.say("evidence-count", count=row["pieces"]),
        "newest": sentence(reader, row["rule"], newest),
    }


def case_page(view: View, partner_id: str, case_id: str) -> Context | None:
    """A case with its evidence, the newest first; ``None`` where there is no such case."""
    rows = view.data.rows("compliance_cases", partner_id=partner_id, program=view.name, case_id=case_id)
    if not rows:
        return None
    row, reader = rows[0], view.reader
    window = row["window"]
    facts = [
        (reader.say("partner"), view.data.name(view.name, partner_id)),
        (reader.say("severity"), reader.named("severity", row["severity"])),
        (reader.say("action"), reader.named("action", row["action"])),
        (reader.say("opened"), _time(view, row["opened_at"])),
    ]
    if window:
        facts.append(
            (
                reader.say("case-window"),
                reader.say("range", first=_time(view, window["start"]), last=_time(view, window["end"])),
            )
        )
    if row["terms_version"]:
        facts.append((reader.say("terms-version"), row["terms_version"]))
    if row["resolved_at"]:
        facts.append((reader.say("resolved"), _time(view, row["resolved_at"])))
        facts.append((reader.say("decided-by"), row["actor"]))
    facts += [
        (reader.say("decided-amount"), reader.amount(amount, unit)) for unit, amount in row["amounts"].items()
    ]
    line = case_line(view, row)
    return {
        **line,
        "title": f"{line['rule']} · {line['partner']} · {line['day']}",
        "facts": facts,
        "evidence": [_piece(view, row["rule"], piece) for piece in reversed(row["evidence"])],
        "more": row["pieces"] > len(row["evidence"]),
    }


def _piece(view: View, rule: str, piece: Row) -> Context:
    return {
        "said": sentence(view.reader, rule, piece),
        "time": _time(view, piece["occurred"]),
        "facts": [
            (one, view.link("/why", entry=one.text) if one.name == "order_id" else None)
            for one in facts(view.reader, rule, piece)
        ],
    }


def _time(view: View, at: str) -> str:
    return view.reader.time(parse_time(at), view.zone, "short")
