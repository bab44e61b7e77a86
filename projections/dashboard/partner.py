"""The page of a partner: its scorecard beside its group, balances, statement, tier and cases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final, Literal
from urllib.parse import quote

from msgspec import Struct

from events.time import parse_time
from projections.dashboard import chart
from projections.dashboard.accounts import holdings
from projections.dashboard.cases import case_line
from projections.dashboard.figures import change, median, tone
from projections.dashboard.paging import paged
from projections.dashboard.partners import spans
from projections.dashboard.sums import Sums, total
from projections.dashboard.view import Context, View
from streams.rules.tiers import window_start

#: Cases on one page.
_CASES: Final = 10
#: From as many partners on, figures of their group tell a partner nothing of a single other one.
FEWEST_PEERS: Final = 5


class _Metric(Struct, frozen=True):
    """A line of the scorecard."""

    label: str
    value: Callable[[Sums], Decimal | int | None]
    kind: Literal["money", "count", "share"]
    more_is_better: bool = True
    text: str = ""


#: What differs by less is the same: half of the last digit that is shown, or half a percent.
_ALIKE: Final = {"money": Decimal("0.005"), "count": Decimal("0.005"), "share": Decimal("0.0005")}

_METRICS: Final = (
    _Metric("revenue", lambda one: one.net, "money"),
    _Metric("order-count", lambda one: one.orders, "count"),
    _Metric("conversion", lambda one: one.conversion, "share", text="conversion-text"),
    _Metric("average-order", lambda one: one.average_order, "money"),
    _Metric("epc", lambda one: one.epc, "money"),
    _Metric("new-share", lambda one: one.new_share, "share", text="new-share-text"),
    _Metric(
        "reversal-rate", lambda one: one.reversal_rate, "share", more_is_better=False, text="reversal-text"
    ),
)


def partner_page(view: View, partner_id: str) -> Context | None:
    """All of the page; ``None`` for a partner that nothing is known of."""
    data, reader = view.data, view.reader
    member = data.member(view.name, partner_id)
    account = f"partner:{partner_id}"
    groups = data.groups(view.name)
    group = groups.get(partner_id, "")
    own = data.rows(
        "partner_performance",
        partner_id=partner_id,
        program=view.name,
        day_from=view.first.isoformat(),
        day_to=view.today.isoformat(),
    )
    if member is None and not own and data.tables.balances(account) is None:
        return None
    path = f"/partners/{quote(partner_id, safe='')}"
    cases = data.rows("compliance_cases", partner_id=partner_id, program=view.name)
    cases.sort(key=lambda row: str(row["last_at"]), reverse=True)
    shown_cases, more_cases = paged(view, path, cases, _CASES, "cases")
    sums = data.partner_sums(view.name, view.first, view.today)
    peers = [one for name, one in sums.items() if groups.get(name, "") == group]
    apart = view.partner is not None and len(peers) < FEWEST_PEERS
    return {
        "id": partner_id,
        "title": data.name(view.name, partner_id),
        "name": data.name(view.name, partner_id),
        "group": reader.named("group", group) if group else "",
        "suspended": data.suspended(view.name, partner_id),
        "markets": ""
        if member is None or member["markets"] is None
        else reader.listed([reader.market(one) for one in member["markets"]]),
        "spans": spans(view, path),
        "first": reader.date(view.first),
        "last": reader.date(view.today),
        "scorecard": _scorecard(view, total(own), [] if apart else peers) if own else [],
        "apart": reader.say("medians-apart", count=FEWEST_PEERS) if apart else "",
        "revenue": _by_day(view, own) if own else None,
        "tier": _tier(view, partner_id),
        "level": "" if member is None else member["tier"] or "",
        "progress": _progress(view, partner_id),
        "levels": _levels(view),
        "cases": [case_line(view, row) for row in shown_cases],
        "more_cases": more_cases,
        **holdings(view, account),
    }


def _scorecard(view: View, own: Sums, peers: list[Sums]) -> list[Context]:
    return [_line(view, metric, own, peers) for metric in _METRICS]


def _line(view: View, metric: _Metric, own: Sums, peers: list[Sums]) -> Context:
    reader, value = view.reader, metric.value(own)
    others = [Decimal(found) for one in peers if (found := metric.value(one)) is not None]
    middle = median(others)
    grown = _difference(metric, value, middle)
    if grown is None:
        standing, mood = "", ""
    elif abs(grown) < _ALIKE[metric.kind]:
        standing, mood = reader.say("same"), ""
    else:
        standing = reader.points_apart(grown) if metric.kind == "share" else reader.change(grown)
        mood = tone(grown, more_is_better=metric.more_is_better)
    return {
        "label": reader.say(metric.label),
        "text": reader.say(metric.text) if metric.text else "",
        "value": _shown(view, metric.kind, value),
        "median": _shown(view, metric.kind, middle),
        "standing": standing,
        "verdict": "" if not mood else reader.say("is-better" if mood == "good" else "is-worse"),
        "tone": mood,
    }


def _difference(metric: _Metric, value: Decimal | int | None, middle: Decimal | None) -> Decimal | None:
    """Of shares by how much, of all else by which share a figure is more than the median."""
    if value is None or middle is None:
        return None
    return Decimal(value) - middle if metric.kind == "share" else change(Decimal(value), middle)


def _shown(view: View, kind: str, value: Any) -> str:
    if kind == "money":
        return view.money(value)
    if kind == "share":
        return view.reader.percent(value)
    return view.reader.number(None if value is None else round(value))


def _by_day(view: View, rows: list[dict[str, Any]]) -> chart.Chart:
    reader = view.reader
    days = [view.first + timedelta(days=one) for one in range(view.days)]
    sums = dict.fromkeys(days, 0)
    for row in rows:
        sums[date.fromisoformat(row["day"])] += row["net"]
    best = max(days, key=lambda day: sums[day])
    labels = [reader.short_date(day) for day in days]
    title = reader.say("figures-by-day")
    return chart.Chart(
        title=title,
        summary=reader.say(
            "figures-by-day-text",
            first=labels[0],
            last=labels[-1],
            day=reader.short_date(best),
            value=view.money(sums[best]),
        ),
        svg=chart.columns(labels, [chart.Series("", list(sums.values()))], view.scale),
        columns=[reader.say("day"), reader.say("revenue")],
        rows=[[reader.date(day), view.money(sums[day])] for day in reversed(days)],
    )


def _tier(view: View, partner_id: str) -> Context | None:
    rows = view.data.rows("tiers", partner_id=partner_id, program=view.name)
    if not rows:
        return None
    row, reader = rows[0], view.reader
    return {
        "name": row["tier"] or reader.say("no-tier"),
        "change": reader.say(
            "tier-change",
            before=row["before"] or reader.say("no-tier"),
            after=row["tier"] or reader.say("no-tier"),
        ),
        "since": reader.time(parse_time(row["since"]), view.zone, "short"),
    }


def _progress(view: View, partner_id: str) -> Context | None:
    """What the partner brought in the window that tiers go by, less refunds, and what the next tier asks."""
    reader, tiers = view.reader, None if view.program is None else view.program.tiers
    if tiers is None:
        return None
    first = date.fromordinal(window_start(tiers, view.today.toordinal()))
    rows = view.data.rows(
        "partner_performance", partner_id=partner_id, program=view.name, day_from=first.isoformat()
    )
    money = tiers.metric == "revenue"
    names = ("net", "reversed_net") if money else ("orders", "reversed_orders")
    value = sum(int(row[names[0]]) - int(row[names[1]]) for row in rows)
    shown = view.money if money else reader.number
    following = next((one for one in tiers.levels if one.from_ > value), None)
    return {
        "label": reader.say(
            "tier-since", metric=reader.named("metric", tiers.metric), day=reader.date(first)
        ),
        "value": shown(value),
        "missing": None
        if following is None
        else reader.say("tier-missing", amount=shown(following.from_ - value), tier=following.id),
    }


def _levels(view: View) -> list[Context]:
    """The tiers of the program, and what reaches them."""
    reader, tiers = view.reader, None if view.program is None else view.program.tiers
    if tiers is None:
        return []
    return [
        {
            "id": one.id,
            "reach": view.money(one.from_) if tiers.metric == "revenue" else reader.number(one.from_),
            "factor": reader.number(Decimal(one.multiply.text)),
        }
        for one in tiers.levels
    ]
