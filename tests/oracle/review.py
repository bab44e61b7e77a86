"""What a review says of partners, goals, channels and bonuses beside each other (DOMAIN 10, docs/goals.md, docs/choices.md)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import sqrt
from typing import Any

from scipy.stats import t as student

from tests.oracle.figures import Figures, decimal
from tests.oracle.program import Rule, Version
from tests.oracle.rewards import Credit, Order, Partner
from tests.oracle.values import rounded

Row = dict[str, Any]
_MOST_PARTNERS = 10
_CONFIDENCE = 0.95


@dataclass
class Span:
    """What happened on some home days: orders of the program, and credits of partners."""

    orders: list[Order]
    credits: list[tuple[str, Order, Credit]]

    def by(self, name: Callable[[str, Order, Credit], Any]) -> dict[Any, Figures]:
        """The figures of credits, grouped."""
        found: dict[Any, Figures] = defaultdict(Figures)
        for partner, order, credit in self.credits:
            found[name(partner, order, credit)].count(order, credit.net)
        return dict(found)

    def channels(self) -> dict[str, Figures]:
        found: dict[str, Figures] = defaultdict(Figures)
        for order in self.orders:
            found[order.channel].count(order, order.home_net)
        return dict(found)


def parts(now: Mapping[str, Figures], before: Mapping[str, Figures]) -> dict[str, Row]:
    """Channels or groups beside each other."""
    nothing = Figures()
    whole = sum(one.revenue for one in now.values())
    found = {}
    for name in now.keys() | before.keys():
        one, once = now.get(name, nothing), before.get(name, nothing)
        if not any(one.shown) and not once.revenue:
            continue
        found[name] = {
            "figures": one.shown,
            "revenue_before": once.revenue,
            "average_order": _mean(one),
            "new_customer_share": _share(one.new_customers, one.orders),
            "revenue_share": _share(one.revenue, whole),
        }
    return dict(sorted(found.items()))


def partners(now: Span, before: Span, records: Mapping[str, Partner]) -> tuple[list[Row], list[Row]]:
    """Those who brought most, and those who brought less than before."""
    here, once = (span.by(lambda partner, *_: partner) for span in (now, before))
    places = _places(now, records)
    rows = []
    for partner in here.keys() | once.keys():
        one, revenue = here.get(partner, Figures()), once.get(partner, Figures()).revenue
        rows.append(
            {
                "partner_id": partner,
                "group": _group(partner, records),
                "figures": one.shown,
                "revenue_before": revenue,
                "change": one.revenue - revenue,
                "places": places.get(partner, []),
            }
        )
    top = sorted(
        (one for one in rows if one["figures"][1] > 0),
        key=lambda one: (-one["figures"][1], one["partner_id"]),
    )
    falling = sorted(
        (one for one in rows if one["change"] < 0), key=lambda one: (one["change"], one["partner_id"])
    )
    return top[:_MOST_PARTNERS], falling[:_MOST_PARTNERS]


def _group(partner: str, records: Mapping[str, Partner]) -> str:
    return records[partner].group if partner in records else ""


def _markets(span: Span, records: Mapping[str, Partner]) -> dict[tuple[str, str], dict[str, Figures]]:
    """By group and market, the figures of partners who brought an order there."""
    found: dict[tuple[str, str], dict[str, Figures]] = defaultdict(dict)
    for (market, partner), figures in span.by(lambda partner, order, _: (order.market, partner)).items():
        if figures.orders:
            found[_group(partner, records), market][partner] = figures
    return found


def _places(span: Span, records: Mapping[str, Partner]) -> dict[str, list[Row]]:
    """Where each partner stands in its markets: quarter 1 is the best."""
    found: dict[str, list[Row]] = defaultdict(list)
    for (_, market), by_partner in sorted(_markets(span, records).items()):
        marks = quartiles(one.revenue for one in by_partner.values())
        for partner, figures in by_partner.items():
            quarter = 1 + sum(figures.revenue < mark for mark in marks)
            place = {"market": market, "orders": figures.orders, "revenue": figures.revenue}
            found[partner].append(place | {"quarter": quarter})
    return {name: sorted(rows, key=lambda one: str(one["market"])) for name, rows in found.items()}


def benchmarks(span: Span, records: Mapping[str, Partner]) -> list[Row]:
    """Quartiles over the partners of each group in each market."""
    found = []
    for (group, market), by_partner in _markets(span, records).items():
        values: dict[str, list[int] | list[Fraction]] = {
            "orders": [one.orders for one in by_partner.values()],
            "revenue": [one.revenue for one in by_partner.values()],
            "average_order": [Fraction(one.revenue, one.orders) for one in by_partner.values()],
        }
        for metric, of_partners in values.items():
            marks = [decimal(one, 2) for one in quartiles(of_partners)]
            row = {"group": group, "market": market, "metric": metric, "partners": len(by_partner)}
            found.append(row | dict(zip(("q1", "median", "q3"), marks, strict=True)))
    return sorted(found, key=lambda one: (one["group"], one["market"], one["metric"]))


def quartiles(values: Iterable[int | Fraction]) -> list[Fraction]:
    """A quarter, a half and three quarters of the way from the least value to the greatest, between two of them."""
    ranked = sorted(values)
    found = []
    for quarter in (1, 2, 3):
        whole, rest = divmod((len(ranked) - 1) * quarter, 4)
        above = ranked[min(whole + 1, len(ranked) - 1)]
        found.append(ranked[whole] + Fraction(above - ranked[whole]) * Fraction(rest, 4))
    return found


def innovation(version: Version, span: Span, records: Mapping[str, Partner]) -> list[Row]:
    """What a bonus for a share of the partners does to those who have it."""
    brought = span.by(lambda partner, *_: partner)
    found = []
    for bonus in version.bonuses:
        if bonus.share is None:
            continue
        sides: tuple[list[Figures], list[Figures]] = ([], [])
        for partner, record in records.items():
            if _fits(bonus, partner, record):
                side = sides[not bonus.runs_for(partner)]
                side.append(brought.get(partner, Figures()))
        effects = [
            {"metric": metric} | effect(*([getattr(one, metric) for one in side] for side in sides))
            for metric in ("orders", "revenue")
        ]
        row = {"bonus_id": bonus.id, "share": str(float(bonus.share))}
        row |= {"partners_with": len(sides[0]), "partners_without": len(sides[1])}
        found.append(row | {"effects": effects if all(sides) else []})
    return found


def _fits(bonus: Rule, partner: str, record: Partner) -> bool:
    groups, ids = bonus.when.get("partner_group"), bonus.when.get("partner_id")
    return (groups is None or record.group in groups) and (ids is None or partner in ids)


def effect(with_it: list[int], without: list[int]) -> Row:
    """The means of both sides, their difference, and its interval by Welch."""
    means = [Fraction(sum(side), len(side)) if side else Fraction(0) for side in (with_it, without)]
    difference = means[0] - means[1]
    row: Row = {
        "mean_with": decimal(means[0], 2),
        "mean_without": decimal(means[1], 2),
        "difference": decimal(difference, 2),
    }
    if min(len(with_it), len(without)) < 2:
        return row
    errors = [
        sum((one - mean) ** 2 for one in side) / (len(side) - 1) / len(side)
        for side, mean in zip((with_it, without), means, strict=True)
    ]
    reach = 0.0
    if sum(errors):
        freedom = sum(errors) ** 2 / sum(
            error**2 / (len(side) - 1) for error, side in zip(errors, (with_it, without), strict=True)
        )
        reach = float(student.ppf((1 + _CONFIDENCE) / 2, float(freedom))) * sqrt(sum(errors))
    low, high = (Fraction(float(difference) + sign * reach) for sign in (-1, 1))
    return row | {"low": decimal(low, 2), "high": decimal(high, 2)}


def _mean(figures: Figures) -> int | None:
    return rounded(Fraction(figures.revenue, figures.orders), "half_even") if figures.orders else None


def _share(part: int, whole: int) -> str | None:
    return decimal(Fraction(part, whole), 4) if whole else None
