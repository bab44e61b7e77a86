"""Orders as the tables need them: each topic fills its own part, and all sums follow from the whole.

What an order adds to the tables is a function of its row. So sums do not depend on which topic was read
first: a change of the row takes out what it added before and adds what it comes to now.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from msgspec import Struct

from events.messages import Figures
from projections.versions import Versions
from schemas.program import Goal, Program
from streams.rules.goals import metric_of
from streams.rules.home_days import iso_date
from streams.rules.periods import period_of
from streams.rules.refunds import target

#: What an order adds, by table and key: the unit of its money and the sums.
Contributions = dict[tuple[str, tuple[str, ...]], tuple[str, tuple[int, ...]]]
#: The group that a partner of a program has at an instant.
Groups = Callable[[str, str, int], str]

PARTNERS: Final = "partner_performance"
CHANNELS: Final = "channel_performance"
KEY_DAYS: Final = "key_day_performance"
LEADERS: Final = "leaderboard"
GOALS: Final = "goals"
BUDGETS: Final = "budgets"
BUDGET_DAYS: Final = "budget_days"

_PARTNER: Final = "partner:"


class Decided(Struct, array_like=True, frozen=True, gc=False):
    """An order's attribution: ``day`` is the home day (ordinal), key days are (id, first local date)."""

    version: int
    time: int
    day: int
    customer_id: str
    market: str
    channel: str
    net: int
    new_customer: bool
    key_days: tuple[tuple[str, str], ...]
    credits: tuple[tuple[str, int], ...]


class Grant(Struct, array_like=True, gc=False):
    """What a rule granted an account for an order, and where that is now; the rest of it is settled."""

    version: int
    time: int
    unit: str
    available_on: str
    budget: str
    amount: int
    reversed: int = 0
    pending: int = 0
    held: int = 0


class Order(Struct, array_like=True):
    """What is known of an order, of whatever topic came so far.

    ``placed`` is customer, currency and net of an order in another currency than the program's. ``refunds``
    are customer, currency and amount by refund id, a cancel (by its digest) has amount -1. ``grants`` are
    by account and rule.
    """

    program: str
    order_id: str
    decided: Decided | None = None
    placed: tuple[str, str, int] | None = None
    refunds: dict[str, tuple[str, str, int]] = {}
    grants: dict[str, Grant] = {}

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known of it."""
        return self.decided is None and self.placed is None and not self.refunds and not self.grants


def grant_key(account: str, rule: str) -> str:
    """Names a grant within its order."""
    return f"{account}\0{rule}"


def lost(order: Order, decided: Decided, program: Program) -> tuple[int, int, bool]:
    """How much of which net is refunded, in the order's currency, and whether that is all of it."""
    currency, net = program.currency, decided.net
    if order.placed is not None:
        _, currency, net = order.placed
    refunded = 0
    for customer, refund_currency, amount in order.refunds.values():
        if customer != decided.customer_id:
            continue
        if amount < 0:
            return max(net, 1), max(net, 1), True
        if refund_currency == currency:
            refunded += amount
    refunded = min(refunded, net)
    return refunded, net, refunded >= net > 0


def contributions(order: Order, versions: Versions, groups: Groups) -> Contributions:
    """What the order adds to the tables."""
    found: Contributions = {}
    _spend(order, versions, found)
    decided = order.decided
    if decided is None:
        return found
    program = versions.version(order.program, decided.version)
    if program is None:
        return found
    refunded, of, whole = lost(order, decided, program)
    day, unit = iso_date(decided.day), program.money_unit
    new, gone = int(decided.new_customer), int(whole)
    back = target(decided.net, refunded, of, program.rounding) if refunded else 0
    sums = (1, decided.net, new, gone, back)
    found[CHANNELS, (order.program, decided.channel, decided.market, day)] = (unit, sums)
    for key_day, date in decided.key_days:
        found[KEY_DAYS, (order.program, decided.market, key_day, date)] = (unit, sums)
    kept = (1 - gone, decided.net - back, new * (1 - gone))
    for goal in program.goals:
        if goal.scope == "program":
            _reach(found, program, decided, goal, "", kept)
    for partner, net in decided.credits:
        part = target(net, refunded, of, program.rounding) if refunded else 0
        money, points, settled_money, settled_points, is_settled = _earned(order, partner)
        stays = is_settled and not whole
        found[PARTNERS, (partner, order.program, decided.market, day)] = (
            unit,
            (
                0, 1, net, new, gone, part, money, points,
                int(stays), net - part if stays else 0, settled_money, settled_points,
                new if stays else 0,
            ),
        )  # fmt: skip
        kept = (1 - gone, net - part, new * (1 - gone))
        found[LEADERS, (order.program, day[:7], partner)] = (unit, (*kept, money, settled_money))
        for goal in program.goals:
            if goal.scope != "program":
                whose = partner if goal.scope == "partner" else groups(program.id, partner, decided.time)
                if whose and goal.of in {None, whose}:  # a partner without a record is in no group
                    _reach(found, program, decided, goal, whose, kept)
    return found


def _earned(order: Order, partner: str) -> tuple[int, int, int, int, bool]:
    """Money and points, those of them that are settled, and whether nothing is held back."""
    money = points = settled_money = settled_points = waiting = 0
    prefix = f"{_PARTNER}{partner}\0"
    for key, grant in order.grants.items():
        if not key.startswith(prefix):
            continue
        live, kept_back = grant.amount - grant.reversed, grant.pending + grant.held
        waiting += kept_back
        if grant.unit == "points":
            points += live
            settled_points += live - kept_back
        else:
            money += live
            settled_money += live - kept_back
    return money, points, settled_money, settled_points, waiting == 0


def goal_place(program: Program, goal: Goal, of: str, day: int) -> tuple[str, ...]:
    """The key of a goal's row in the period of a home day, its scope and its metric."""
    return program.id, goal.id, of, iso_date(period_of(goal.period, day)[0]), goal.scope, goal.metric


def goal_unit(program: Program, goal: Goal) -> str:
    """What a goal is counted in."""
    return program.money_unit if goal.metric == "revenue" else goal.metric


def _reach(
    found: Contributions, program: Program, decided: Decided, goal: Goal, of: str, kept: Figures
) -> None:
    place = (GOALS, goal_place(program, goal, of, decided.day))
    _, (before, *_) = found.get(place, ("", (0,)))
    found[place] = (goal_unit(program, goal), (before + metric_of(goal, kept), decided.day, 1))


def _spend(order: Order, versions: Versions, found: Contributions) -> None:
    for grant in order.grants.values():
        if not grant.budget:
            continue
        program = versions.version(order.program, grant.version)
        home = versions.home(order.program)
        budget = None if program is None else program.budgets.get(grant.budget)
        day = None if home is None else iso_date(home.ordinal(grant.time))
        monthly = budget is not None and budget.period == "month" and day is not None
        period = day[:7] if monthly and day is not None else "lifetime"
        key = (BUDGETS, (order.program, grant.budget, period))
        _, before = found.get(key, ("", (0, 0, grant.time, grant.time)))
        sums = (
            before[0] + grant.amount,
            before[1] + grant.reversed,
            min(before[2], grant.time),
            max(before[3], grant.time),
        )
        found[key] = (grant.unit, sums)
        if day is not None:
            on = (BUDGET_DAYS, (order.program, grant.budget, day))
            _, (granted, back) = found.get(on, ("", (0, 0)))
            found[on] = (grant.unit, (granted + grant.amount, back + grant.reversed))
