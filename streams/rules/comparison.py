"""Channels, groups and partners beside each other (DOMAIN section 10): pure functions over their sums."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from fractions import Fraction
from statistics import quantiles
from typing import Final

from events.messages import Figures, PartnerLine
from events.milestones import Benchmark, Part, Place, ReviewedPartner
from streams.rules.text import ratio_text

#: Partners on each list of a review.
MOST_LISTED: Final = 10
_DIGITS: Final = 2
_SHARE_DIGITS: Final = 4
_QUARTERS: Final = 4
NOTHING: Final[Figures] = (0, 0, 0)

Quartiles = tuple[Fraction, Fraction, Fraction]


def added(*figures: Figures) -> Figures:
    """The sum of figures."""
    orders = sum(one[0] for one in figures)
    return orders, sum(one[1] for one in figures), sum(one[2] for one in figures)


def parts(now: Mapping[str, Figures], before: Mapping[str, Figures]) -> tuple[Part, ...]:
    """Channels or groups beside each other, by revenue; those that brought something now or before."""
    total = sum(figures[1] for figures in now.values())
    found = [
        _part(name, now.get(name, NOTHING), before.get(name, NOTHING), total) for name in {*now, *before}
    ]
    return tuple(sorted(found, key=lambda part: (-part.revenue, part.name)))


def quartiles(values: Iterable[int | Fraction]) -> Quartiles:
    """The quartiles of at least one value; between two values they are interpolated."""
    exact = sorted(Fraction(value) for value in values)
    if len(exact) == 1:
        return exact[0], exact[0], exact[0]
    first, median, third = quantiles(exact, n=_QUARTERS, method="inclusive")
    return first, median, third


def quarter(value: int, of: Quartiles) -> int:
    """1 when a value is at or above the third quartile, down to 4 when it is below the first."""
    return _QUARTERS - sum(value >= bound for bound in of)


def benchmarks(lines: Iterable[PartnerLine]) -> tuple[Benchmark, ...]:
    """The quartiles of each group in each market, over the partners that brought orders there."""
    found = []
    for (group, market), figures in sorted(_active(lines).items()):
        metrics = {
            "average_order": [Fraction(net, orders) for orders, net, _ in figures],
            "orders": [Fraction(orders) for orders, _, _ in figures],
            "revenue": [Fraction(net) for _, net, _ in figures],
        }
        for metric, values in metrics.items():
            q1, median, q3 = (ratio_text(q.numerator, q.denominator, _DIGITS) for q in quartiles(values))
            found.append(
                Benchmark(
                    group=group,
                    market=market,
                    metric=metric,
                    partners=len(values),
                    q1=q1,
                    median=median,
                    q3=q3,
                )
            )
    return tuple(found)


def top(lines: Iterable[PartnerLine]) -> tuple[ReviewedPartner, ...]:
    """The partners with the most revenue, ties to the smaller id."""
    known = list(lines)
    bounds = _bounds(known)
    best = sorted(
        (line for line in known if _all(line.now)[1] > 0),
        key=lambda line: (-_all(line.now)[1], line.partner_id),
    )
    return tuple(_reviewed(line, bounds) for line in best[:MOST_LISTED])


def falling(lines: Iterable[PartnerLine]) -> tuple[ReviewedPartner, ...]:
    """The partners that lost the most revenue against the time before, ties to the smaller id."""
    known = list(lines)
    bounds = _bounds(known)
    fallen = sorted(
        (line for line in known if _change(line) < 0), key=lambda line: (_change(line), line.partner_id)
    )
    return tuple(_reviewed(line, bounds) for line in fallen[:MOST_LISTED])


def _part(name: str, now: Figures, before: Figures, total: int) -> Part:
    orders, net, new = now
    return Part(
        name=name,
        orders=orders,
        revenue=net,
        new_customers=new,
        average_order=round(Fraction(net, orders)) if orders > 0 else None,
        new_customer_share=ratio_text(new, orders, _SHARE_DIGITS) if orders > 0 else None,
        revenue_share=ratio_text(net, total, _SHARE_DIGITS) if total > 0 else None,
        revenue_before=before[1],
    )


def _active(lines: Iterable[PartnerLine]) -> dict[tuple[str, str], list[Figures]]:
    active: dict[tuple[str, str], list[Figures]] = defaultdict(list)
    for line in lines:
        for market, figures in line.now.items():
            if figures[0] > 0:
                active[line.group, market].append(figures)
    return active


def _bounds(lines: Iterable[PartnerLine]) -> dict[tuple[str, str], Quartiles]:
    return {place: quartiles([net for _, net, _ in figures]) for place, figures in _active(lines).items()}


def _reviewed(line: PartnerLine, bounds: Mapping[tuple[str, str], Quartiles]) -> ReviewedPartner:
    orders, net, new = _all(line.now)
    places = tuple(
        Place(market, figures[0], figures[1], quarter(figures[1], bounds[line.group, market]))
        for market, figures in sorted(line.now.items())
        if figures[0] > 0
    )
    return ReviewedPartner(
        partner_id=line.partner_id,
        group=line.group,
        orders=orders,
        revenue=net,
        new_customers=new,
        revenue_before=_all(line.before)[1],
        change=_change(line),
        places=places,
    )


def _all(by_market: Mapping[str, Figures]) -> Figures:
    return added(*by_market.values())


def _change(line: PartnerLine) -> int:
    return _all(line.now)[1] - _all(line.before)[1]
