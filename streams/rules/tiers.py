"""Tiers of partners: which level a metric reaches, and over which days it counts (DOMAIN section 5)."""

from __future__ import annotations

from msgspec import Struct, field

from events.messages import Figures
from schemas.program import Level, Tiers
from streams.rules.periods import period_of


class Tiering(Struct, array_like=True):
    """A partner in a program: its level, and by home day the net that it was credited with and the orders.

    ``level`` is ``None`` before the first order; ``seen_until`` is the last home day that was ticked or seen.
    """

    level: str | None = None
    revenue: dict[int, int] = field(default_factory=dict)
    orders: dict[int, int] = field(default_factory=dict)
    new_customers: dict[int, int] = field(default_factory=dict)

    def count_new(self, day: int, new: int) -> None:
        """Count a credit of a new customer's order, or a reversal of it."""
        left = self.new_customers.get(day, 0) + new
        if left:
            self.new_customers[day] = left
        else:
            del self.new_customers[day]

    def figures(self, first: int, last: int) -> Figures:
        """Orders, net and new customers of the home days from ``first`` to ``last``."""
        return (
            sum(count for day, count in self.orders.items() if first <= day <= last),
            sum(amount for day, amount in self.revenue.items() if first <= day <= last),
            sum(count for day, count in self.new_customers.items() if first <= day <= last),
        )

    def count(self, day: int, net: int, orders: int) -> None:
        """Count a credit of a home day, or a reversal of one as negative numbers."""
        for by_day, amount in ((self.revenue, net), (self.orders, orders)):
            if amount:
                left = by_day.get(day, 0) + amount
                if left:
                    by_day[day] = left
                else:
                    del by_day[day]

    def metric(self, tiers: Tiers, first: int, last: int) -> int:
        """The metric over the home days from ``first`` to ``last``."""
        by_day = self.revenue if tiers.metric == "revenue" else self.orders
        return sum([amount for day, amount in by_day.items() if first <= day <= last])


def window_start(tiers: Tiers, day: int) -> int:
    """The first home day of the window that counts on a day."""
    if isinstance(tiers.window, int):
        return day - (tiers.window - 1)
    return period_of(tiers.window, day)[0]


def reached(tiers: Tiers, metric: int) -> int:
    """The position of the highest level that a metric reaches; -1 when it reaches none."""
    levels = tiers.levels
    position = len(levels) - 1
    while position >= 0 and levels[position].from_ > metric:
        position -= 1
    return position


def position_of(tiers: Tiers, level: str | None) -> int:
    """The position of a level; before the first order, and for a level that is gone, what 0 reaches.

    -1 is below the lowest level.
    """
    if level == "":
        return -1
    for position, one in enumerate(tiers.levels):
        if one.id == level:
            return position
    return reached(tiers, 0)


def id_of(tiers: Tiers, level: str | None) -> str:
    """The id of the level at ``position_of``, ``""`` below the lowest."""
    position = position_of(tiers, level)
    return tiers.levels[position].id if position >= 0 else ""


def level_of(tiers: Tiers | None, tiering: Tiering) -> Level | None:
    """The level of a partner; ``None`` in a program without tiers, and below the lowest."""
    position = -1 if tiers is None else position_of(tiers, tiering.level)
    return None if tiers is None or position < 0 else tiers.levels[position]


def raised(tiers: Tiers, tiering: Tiering, day: int) -> Level | None:
    """The level that the metric of the window of ``day`` now reaches, if it is higher than the partner's."""
    now = position_of(tiers, tiering.level)
    if now == len(tiers.levels) - 1:
        return None
    position = reached(tiers, tiering.metric(tiers, window_start(tiers, day), day))
    return tiers.levels[position] if position > now else None


def lowered(tiers: Tiers, tiering: Tiering, day: int) -> str | None:
    """The id of the level to which a partner falls at the midnight that begins ``day``, if it does.

    Calendar windows end there or not; a rolling one moves by a day. ``""`` is below the lowest level.
    """
    if isinstance(tiers.window, int):
        first, last = window_start(tiers, day), day
    else:
        if window_start(tiers, day) != day:
            return None
        first, last = window_start(tiers, day - 1), day - 1
    position = reached(tiers, tiering.metric(tiers, first, last))
    if position >= position_of(tiers, tiering.level):
        return None
    return tiers.levels[position].id if position >= 0 else ""


def level_of_id(tiers: Tiers | None, level: str | None) -> Level | None:
    """The level with an id; ``None`` when there is none."""
    return None if tiers is None else next((one for one in tiers.levels if one.id == level), None)
