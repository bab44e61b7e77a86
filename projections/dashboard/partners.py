"""The page of partners: who brought what, ranked, in the time, market and group that are asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final

from projections.dashboard import chart
from projections.dashboard.figures import Tab
from projections.dashboard.paging import paged
from projections.dashboard.sums import Sums
from projections.dashboard.view import SPANS, Context, View

#: Partners on one page, and in the chart.
_PAGE: Final = 50
_CHARTED: Final = 8

#: What partners can be sorted by.
ORDERS: Final[dict[str, Callable[[Sums], int | Decimal | None]]] = {
    "net": lambda one: one.net,
    "orders": lambda one: one.orders,
    "clicks": lambda one: one.clicks,
    "conversion": lambda one: one.conversion,
    "aov": lambda one: one.average_order,
    "epc": lambda one: one.epc,
    "new": lambda one: one.new_share,
    "reversed": lambda one: one.reversal_rate,
    "commission": lambda one: one.commission,
}
_LABELS: Final = {
    "net": "revenue",
    "orders": "order-count",
    "clicks": "clicks",
    "conversion": "conversion",
    "aov": "average-order",
    "epc": "epc",
    "new": "new-share",
    "reversed": "reversal-rate",
    "commission": "commission",
}


def partners_page(view: View) -> Context:
    """The ranking."""
    reader = view.reader
    market, group = view.asked("market"), view.asked("group")
    sort = view.query.get("sort", "net")
    sort = sort if sort in ORDERS else "net"
    groups = view.data.groups(view.name)
    found = view.data.partner_sums(view.name, view.first, view.today, market)
    if group is not None:
        found = {name: one for name, one in found.items() if groups.get(name) == group}
    tiers = {row["partner_id"]: row["tier"] for row in view.data.rows("partners", program=view.name)}
    upwards = view.query.get("up") == "1"
    ranked = _ranked(found, sort, upwards=upwards)
    part, paging = paged(view, "/partners", list(enumerate(ranked, 1)), _PAGE)
    markets = () if view.program is None else sorted(view.program.markets)
    return {
        "count": len(ranked),
        "shown_count": reader.number(len(ranked)),
        "first": reader.date(view.first),
        "last": reader.date(view.today),
        "spans": spans(view, "/partners"),
        "columns": [
            {
                "name": name,
                "label": reader.say(label),
                "href": view.again(
                    "/partners", sort=name, up="1" if name == sort and not upwards else None, **{"from": None}
                ),
                "sorted": "" if name != sort else "ascending" if upwards else "descending",
            }
            for name, label in _LABELS.items()
        ],
        "rows": [
            {
                "rank": reader.number(rank),
                "name": view.data.name(view.name, name),
                "href": view.to_partner(name),
                "group": reader.named("group", groups[name]) if name in groups else "",
                "tier": tiers.get(name) or "",
                "suspended": view.data.suspended(view.name, name),
                "cells": cells(view, one),
            }
            for rank, (name, one) in part
        ],
        "paging": paging,
        "markets": [(one, reader.market(one)) for one in markets],
        "groups": sorted((reader.named("group", one), one) for one in set(groups.values())),
        "market": market,
        "group": group,
        "sort": sort,
        "up": upwards,
        "days": view.days,
        "best": _chart(view, found),
    }


def _ranked(found: Mapping[str, Sums], sort: str, *, upwards: bool) -> list[tuple[str, Sums]]:
    """The greatest first, or the smallest; those that have no such figure last."""
    figure, sign = ORDERS[sort], 1 if upwards else -1

    def place(one: tuple[str, Sums]) -> tuple[bool, int | Decimal, int, str]:
        value = figure(one[1])
        return value is None, sign * (value or 0), -one[1].net, one[0]

    return sorted(found.items(), key=place)


def spans(view: View, path: str) -> list[Tab]:
    """Links to the same page for other times."""
    return [
        Tab(view.reader.say(f"span-{days}"), view.again(path, days=days, **{"from": None}), days == view.days)
        for days in SPANS
    ]


def cells(view: View, one: Sums) -> list[str]:
    """The figures of a partner, in the order of the columns."""
    reader = view.reader
    return [
        view.money(one.net),
        reader.number(one.orders),
        reader.number(one.clicks),
        reader.percent(one.conversion),
        view.money(one.average_order),
        view.money(one.epc),
        reader.percent(one.new_share),
        reader.percent(one.reversal_rate),
        view.money(one.commission),
    ]


def _chart(view: View, found: Mapping[str, Sums]) -> chart.Chart | None:
    best = sorted(found.items(), key=lambda one: (-one[1].net, one[0]))[:_CHARTED]
    best = [(name, one) for name, one in best if one.net > 0]
    if not best:
        return None
    reader = view.reader
    labels = [view.data.name(view.name, name) for name, _ in best]
    values = [one.net for _, one in best]
    figures = [view.money(value) for value in values]
    return chart.Chart(
        title=reader.say("top-chart"),
        summary=reader.say("top-chart-text", count=len(best), name=labels[0], value=figures[0]),
        svg=chart.rows(labels, values, view.scale),
        columns=[reader.say("partner"), reader.say("revenue")],
        rows=[[label, figure] for label, figure in zip(labels, figures, strict=True)],
    )
