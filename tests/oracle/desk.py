"""What a program comes to: goals, key days that ended or are ahead, and reviews (DOMAIN 10, docs/choices.md)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from tests.oracle.figures import Figures, decimal
from tests.oracle.ledger import Entry
from tests.oracle.program import Goal, KeyDay, Review, Version
from tests.oracle.review import Span, benchmarks, innovation, partners, parts
from tests.oracle.rewards import Credit, Order, Partner
from tests.oracle.values import DAY_MS, local_date, midnight, period_end, period_start, rounded

_DAY = timedelta(days=1)
_WEEKS = 4
_RANKED_DAYS = 400
_SHARES = (("0.5", Fraction(1, 2)), ("0.8", Fraction(4, 5)), ("1", Fraction(1)))
_CADENCES = {"weekly": "week", "monthly": "month", "quarterly": "quarter"}


@dataclass
class Closed:
    """A key day that ended."""

    key_day: str
    market: str
    day: date
    revenue: int
    productivity: int
    uplift: Fraction | None

    @property
    def identity(self) -> tuple[str, str, str]:
        return self.market, str(self.day), self.key_day


@dataclass
class Desk:
    """The desk of one program."""

    told: list[Entry]
    orders: dict[str, Order]
    credited: dict[str, list[tuple[Order, Credit]]]
    partners: dict[str, Partner]
    #: From the first partner's record or order on.
    is_open: bool = False
    reached: set[tuple[str, str, date, str]] = field(default_factory=set)
    closed: list[Closed] = field(default_factory=list)

    def midnight(
        self, instant: int, day: date, version: Version, open_cases: list[str], spent: list[Entry]
    ) -> None:
        """What is said at the midnight that starts a day.

        ``open_cases`` are those before its conversions, ``spent`` is of budgets before anything is taken back.
        """
        ended = day - _DAY
        for goal in version.goals:
            self._goal(goal, ended, version)
        reviews = [review for review in version.reviews if _review_day(review, day) == day]
        if self.is_open:
            for market in sorted(version.markets):
                for one in version.key_days:
                    self._key_day(one, market, instant, day, version)
            for review in reviews:
                self._review(review, day, version, open_cases, spent)

    # Goals

    def _goal(self, goal: Goal, ended: date, version: Version) -> None:
        first = period_start(goal.period, ended)
        by_name = self._by_name(goal, first, ended)
        for name, figures in by_name.items():
            if goal.of not in {None, name}:
                continue
            actual = int(getattr(figures, goal.metric))
            standing = _standing(goal, ended, goal.target, actual) | _whose(goal, name)
            for text, share in _SHARES:
                known = (goal.id, name, first, text)
                if actual < goal.target * share or known in self.reached:
                    continue
                self.reached.add(known)
                unit = version.money if goal.metric == "revenue" else goal.metric
                self._tell("goal.progressed", threshold=text, day=str(ended), unit=unit, standing=standing)

    def _by_name(self, goal: Goal, first: date, ended: date) -> dict[str, Figures]:
        """The figures of the program, of each group or of each partner that a goal may be of."""
        if goal.scope == "program":
            return {"": self._whole(first, ended)}
        if goal.scope == "group":
            by_group = self._span(first, ended).by(lambda _, __, credit: credit.group)
            return {name: figures for name, figures in by_group.items() if name}
        return self._span(first, ended).by(lambda partner, *_: partner)

    def _standings(self, goal: Goal, ended: date) -> list[Entry]:
        """A goal as a review tells it, reached or not."""
        by_name = self._by_name(goal, period_start(goal.period, ended), ended)
        if goal.scope == "partner" and goal.of is None:
            known = self.partners.keys() | self.credited.keys()
            actual = {name: getattr(by_name.get(name, Figures()), goal.metric) for name in known}
            reached = sum(one >= goal.target for one in actual.values())
            count = {"partners": len(actual), "reached": reached}
            if not actual:
                return []
            return [_standing(goal, ended, goal.target * len(actual), sum(actual.values())) | count]
        names = [goal.of or ""]
        if goal.scope == "group" and goal.of is None:
            names = sorted({one.group for one in self.partners.values()} | by_name.keys())
        return [
            _standing(goal, ended, goal.target, getattr(by_name.get(name, Figures()), goal.metric))
            | _whose(goal, name)
            for name in names
        ]

    def _span(self, first: date, last: date) -> Span:
        orders = [order for order in self.orders.values() if first <= order.home_date <= last]
        return Span(orders, self._credits(first, last))

    def _whole(self, first: date, last: date) -> Figures:
        figures = Figures()
        for order in self.orders.values():
            if first <= order.home_date <= last:
                figures.count(order, order.home_net)
        return figures

    def _credits(self, first: date, last: date) -> list[tuple[str, Order, Credit]]:
        return [
            (partner, order, credit)
            for partner, found in self.credited.items()
            for order, credit in found
            if first <= order.home_date <= last
        ]

    # Key days

    def _key_day(self, one: KeyDay, market: str, instant: int, day: date, version: Version) -> None:
        if one.markets is not None and market not in one.markets:
            return
        zone = version.markets[market]
        for _, start, end in one.windows(day.year, zone):
            source = local_date(start, zone)
            if (source - day).days in one.notice_days:
                ahead = {
                    "key_day": one.id,
                    "market": market,
                    "date": str(source),
                    "days": (source - day).days,
                }
                self._tell("key_day.upcoming", **ahead)
            if midnight(day - _DAY, version.home) < end <= instant:
                self._close(one, market, source, (start, end), zone, day, version)

    def _close(
        self,
        one: KeyDay,
        market: str,
        source: date,
        window: tuple[int, int],
        zone: ZoneInfo,
        day: date,
        version: Version,
    ) -> None:
        start, end = window
        figures, days = Figures(), _days(local_date(start, zone), local_date(end - 1, zone))
        for order in self.orders.values():
            # Windows of one key day that share a day share its orders.
            inside = one.id in order.key_days and local_date(order.time, zone) in days
            if order.market == market and inside:
                figures.count(order, order.home_net)
        usual = self._baseline(market, window, zone, version)
        uplift = None
        if usual is not None and usual["revenue"] > 0:
            uplift = Fraction(figures.revenue - usual["revenue"], usual["revenue"])
        found = Closed(
            one.id,
            market,
            source,
            figures.revenue,
            _even(Fraction(figures.revenue * DAY_MS, end - start)),
            uplift,
        )
        self.closed = [other for other in self.closed if (day - other.day).days < _RANKED_DAYS]
        self.closed.append(found)
        said = {
            "key_day": one.id,
            "market": market,
            "date": str(source),
            "orders": figures.orders,
            "revenue": figures.revenue,
            "new_customers": figures.new_customers,
            "baseline": usual,
            "uplift": None if uplift is None else decimal(uplift, 4),
            "productivity": found.productivity,
            "ranked": sum(other.market == market for other in self.closed),
        }
        self._tell("key_day.closed", **_known(said | self._ranks(found)))

    def _ranks(self, one: Closed) -> Entry:
        """The place of a key day among those of its market."""
        rivals = [other for other in self.closed if other.market == one.market]
        ranks: Entry = {
            "rank_productivity": 1 + sum(other.productivity > one.productivity for other in rivals)
        }
        if one.uplift is not None:
            better = [other for other in rivals if other.uplift is not None and other.uplift > one.uplift]
            ranks["rank_potential"] = 1 + len(better)
        return ranks

    def _baseline(
        self, market: str, window: tuple[int, int], zone: ZoneInfo, version: Version
    ) -> dict[str, Any] | None:
        """The mean of the same weekdays in the 28 days before, for the part of its days that the window has."""
        start, end = window
        days = _days(local_date(start, zone), local_date(end - 1, zone))
        since = min(order.home_date for order in self.orders.values()) if self.orders else date.max
        before = [
            day
            for day in _days(days[0] - _WEEKS * 7 * _DAY, days[0] - _DAY)
            if day >= since and not _is_key_day(version, market, day, zone)
        ]
        sums = [Fraction(0)] * 3
        used = 0
        for day in days:
            same = [other for other in before if other.weekday() == day.weekday()]
            if not same:
                return None
            used += len(same)
            for other in same:
                figures = Figures()
                for order in self.orders.values():
                    if order.market == market and local_date(order.time, zone) == other:
                        figures.count(order, order.home_net)
                sums = [
                    total + Fraction(one, len(same)) for total, one in zip(sums, figures.shown, strict=True)
                ]
        part = Fraction(end - start, midnight(days[-1] + _DAY, zone) - midnight(days[0], zone))
        orders, revenue, new = (one * part for one in sums)
        return {
            "days": used,
            "orders": decimal(orders, 2),
            "revenue": _even(revenue),
            "new_customers": decimal(new, 2),
        }

    # Reviews

    def _review(
        self, review: Review, day: date, version: Version, open_cases: list[str], spent: list[Entry]
    ) -> None:
        first = _last_review(review, day)
        before = _last_review(review, first)
        last, then = day - _DAY, first - _DAY
        now, once = self._span(first, last), self._span(before, then)
        top, falling = partners(now, once, self.partners)
        by_group = [span.by(lambda _, __, credit: credit.group) for span in (now, once)]
        self.closed = [one for one in self.closed if (day - one.day).days < _RANKED_DAYS]
        self._tell(
            "review.due",
            review_id=review.id,
            cadence=review.cadence,
            period_start=str(first),
            period_end=str(last),
            figures=[*self._whole(first, last).shown, *self._whole(before, then).shown],
            goals=[one for goal in version.goals for one in self._standings(goal, last)],
            channels=parts(now.channels(), once.channels()),
            groups=parts(*by_group),
            top_partners=top,
            falling_partners=falling,
            benchmarks=benchmarks(now, self.partners),
            key_days=[_closed(one) | self._ranks(one) for one in self.closed],
            budgets=spent,
            innovation=innovation(version, now, self.partners),
            open_cases=dict(sorted(Counter(open_cases).items())),
        )

    def _tell(self, kind: str, **data: Any) -> None:
        self.told.append({"type": kind, "topic": "milestones"} | data)


def _even(value: Fraction) -> int:
    return round(value)


def _standing(goal: Goal, ended: date, target: int, actual: int) -> Entry:
    """Where a goal stands at the end of a day of its period."""
    first, last = period_start(goal.period, ended), period_end(goal.period, ended)
    over, days = (ended - first).days + 1, (last - first).days + 1
    return {
        "goal_id": goal.id,
        "scope": goal.scope,
        "metric": goal.metric,
        "period_start": first.isoformat(),
        "period_end": last.isoformat(),
        "target": target,
        "actual": actual,
        "expected": rounded(Fraction(target * over, days), "half_even"),
        "pace": decimal(Fraction(actual * days, target * over), 2),
    }


def _whose(goal: Goal, name: str) -> Entry:
    if goal.scope == "program":
        return {}
    return _known({"partner_id" if goal.scope == "partner" else "group": name or None})


def _closed(one: Closed) -> Entry:
    return {
        "key_day": one.key_day,
        "market": one.market,
        "date": str(one.day),
        "revenue": one.revenue,
        "productivity": one.productivity,
        "uplift": None if one.uplift is None else decimal(one.uplift, 4),
    }


def _known(data: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if value is not None}


def _days(first: date, last: date) -> list[date]:
    return [first + number * _DAY for number in range((last - first).days + 1)]


def _is_key_day(version: Version, market: str, day: date, zone: ZoneInfo) -> bool:
    """Whether a day of a market touches a key day."""
    begins, ends = midnight(day, zone), midnight(day + _DAY, zone)
    return any(
        start < ends and begins < end
        for one in version.key_days
        if one.markets is None or market in one.markets
        for _, start, end in one.windows(day.year, zone)
    )


def _review_day(review: Review, day: date) -> date:
    """The review of the period that holds a day."""
    period = _CADENCES[review.cadence]
    return min(period_start(period, day) + (review.day - 1) * _DAY, period_end(period, day))


def _last_review(review: Review, day: date) -> date:
    """The last review before a day."""
    here = _review_day(review, day)
    return here if here < day else _review_day(review, period_start(_CADENCES[review.cadence], day) - _DAY)
