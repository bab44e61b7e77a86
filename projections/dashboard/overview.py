"""The first page: today against goals and before, channels, the best partners, and what needs attention."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from projections.dashboard import chart
from projections.dashboard.budgets import meters
from projections.dashboard.cases import TONES
from projections.dashboard.figures import Figure, ratio
from projections.dashboard.goals import present_goals
from projections.dashboard.key_days import ahead, running
from projections.dashboard.sums import Row, Sums, by, total
from projections.dashboard.view import Context, View

#: How many partners and key days the first page names.
_TOP: Final = 5
_COMING: Final = 4
#: Home days before today that today is compared with.
_BEFORE: Final = 28
_PARTNER: Final = "partner"


def overview_page(view: View) -> Context:
    """Everything on the first page."""
    first = view.today - timedelta(days=_BEFORE)
    rows = view.data.rows(
        "channel_performance", program=view.name, day_from=first.isoformat(), day_to=view.today.isoformat()
    )
    partners = view.data.partner_sums(view.name, first, view.today)
    clicks = sum(one.clicks for one in partners.values())
    clicks_today = sum(
        one.clicks for one in view.data.partner_sums(view.name, view.today, view.today).values()
    )
    low = [one for one in meters(view) if one["alarm"]]
    cases = Counter(
        row["severity"] for row in view.data.rows("compliance_cases", program=view.name, status="open")
    )
    return {
        "today_figures": _today(view, rows, clicks_today, clicks - clicks_today),
        "goals": present_goals(view),
        "running": running(view),
        "time": view.reader.clock(view.now, view.zone),
        "revenue": _by_day(view, rows, first) if rows else None,
        "channels": _channels(view, rows),
        "partners": _best(view, partners),
        "coming": ahead(view)[:_COMING],
        "low": low,
        "open_cases": view.reader.say(
            "open-cases", count=cases.total(), shown=view.reader.number(cases.total())
        )
        if cases
        else "",
        "severities": [
            (
                view.reader.say(
                    "of-severity",
                    severity=view.reader.named("severity", one),
                    count=view.reader.number(cases[one]),
                ),
                TONES[one],
                view.link("/cases", severity=one),
            )
            for one in ("high", "medium")
            if cases[one]
        ],
        "first": view.reader.date(first),
    }


def _today(view: View, rows: Sequence[Row], clicks: int, past_clicks: int) -> list[Figure]:
    reader, today = view.reader, view.today.isoformat()
    now = total(row for row in rows if row["day"] == today)
    past = total(row for row in rows if row["day"] != today)
    shares = by((row for row in rows if row["day"] == today), _side)
    part = ratio(shares.get(_PARTNER, Sums()).net, now.net)
    return [
        Figure(reader.say("revenue"), view.money(now.net), *_mean(view, view.money, past.net)),
        Figure(reader.say("order-count"), reader.number(now.orders), *_mean(view, _count(view), past.orders)),
        Figure(
            reader.say("new-customers"),
            reader.number(now.new_customers),
            *_mean(view, _count(view), past.new_customers),
        ),
        Figure(reader.say("clicks"), reader.number(clicks), *_mean(view, _count(view), past_clicks)),
        Figure(
            reader.say("partner-share"),
            reader.percent(part),
            reader.say("over-days", share=reader.percent(_part(rows)), days=_BEFORE),
        ),
    ]


def _part(rows: Sequence[Row]) -> Decimal | None:
    sides = by(rows, _side)
    return ratio(sides.get(_PARTNER, Sums()).net, sum(one.net for one in sides.values()))


def _mean(view: View, shown: Any, past: int) -> tuple[str]:
    """What an ordinary whole day has: today is not over, so it is told and not judged."""
    return (view.reader.say("mean-day", value=shown(Decimal(past) / _BEFORE), days=_BEFORE),)


def _count(view: View) -> Any:
    return lambda number: view.reader.number(round(number))


def _side(row: Row) -> str:
    return _PARTNER if row["channel"] == _PARTNER else "others"


def _by_day(view: View, rows: Sequence[Row], first: date) -> chart.Chart:
    reader = view.reader
    days = [first + timedelta(days=one) for one in range((view.today - first).days + 1)]
    sides = {_PARTNER: dict.fromkeys(days, 0), "others": dict.fromkeys(days, 0)}
    for row in rows:
        sides[_side(row)][date.fromisoformat(row["day"])] += row["net"]
    sums = {day: sum(side[day] for side in sides.values()) for day in days}
    best = max(days, key=lambda day: sums[day])
    names = [reader.say("channel-partner"), reader.say("channel-others")]
    series = [
        chart.Series(name, [side[day] for day in days])
        for name, side in zip(names, sides.values(), strict=True)
    ]
    labels = [reader.short_date(day) for day in days]
    return chart.Chart(
        title=reader.say("revenue-by-day"),
        summary=reader.say(
            "revenue-by-day-text",
            first=labels[0],
            last=labels[-1],
            day=reader.short_date(best),
            value=view.money(sums[best]),
        ),
        svg=chart.columns(labels, series, view.scale),
        columns=[reader.say("day"), *names],
        rows=[
            [reader.date(day), *(view.money(side[day]) for side in sides.values())] for day in reversed(days)
        ],
        legend=names,
    )


def _channels(view: View, rows: Sequence[Row]) -> list[Context]:
    reader = view.reader
    found = by(rows, lambda row: row["channel"])
    whole = total(rows)
    others = total(row for row in rows if row["channel"] != _PARTNER)
    listed = sorted(found.items(), key=lambda one: (one[0] != _PARTNER, -one[1].net))
    if _PARTNER in found and len(found) > 1:
        listed.insert(1, ("others", others))
    return [
        {
            "name": reader.named("channel", name),
            "part": name not in {_PARTNER, "others"} and _PARTNER in found,
            "orders": reader.number(one.orders),
            "net": view.money(one.net),
            "aov": view.money(one.average_order),
            "new": reader.percent(one.new_share),
            "reversed": reader.percent(one.reversal_rate),
            "share": reader.percent(ratio(one.net, whole.net)),
        }
        for name, one in listed
    ]


def _best(view: View, found: Mapping[str, Sums]) -> list[Context]:
    listed = sorted(found.items(), key=lambda one: (-one[1].net, one[0]))[:_TOP]
    return [
        {
            "id": name,
            "name": view.data.name(view.name, name),
            "href": view.to_partner(name),
            "net": view.money(one.net),
            "count": one.orders,
            "orders": view.reader.number(one.orders),
        }
        for name, one in listed
        if one.orders
    ]
