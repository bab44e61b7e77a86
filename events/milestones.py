"""What the desk of a program says: goals, key days and reviews (DOMAIN section 10), as frozen structs.

Revenue is net in the program's minor units, less what was refunded so far. Days are ``YYYY-MM-DD``, spans of
them include both ends. Ratios are decimal texts, exact up to their last digit.
"""

from __future__ import annotations

from msgspec import Struct


class GoalStanding(Struct, frozen=True, kw_only=True, gc=False):
    """A goal in its period: ``expected`` of the target at this point, ``pace`` the actual as its multiple.

    ``group`` or ``partner_id`` is whose goal it is. At a review, a goal that is set to every partner has in
    ``partners`` how many there are and in ``reached`` how many reached it; its numbers are their sums.
    """

    goal_id: str
    scope: str
    metric: str
    period_start: str
    period_end: str
    target: int
    actual: int
    expected: int
    pace: str
    group: str | None = None
    partner_id: str | None = None
    partners: int | None = None
    reached: int | None = None


class GoalProgressed(Struct, frozen=True, kw_only=True, gc=False):
    """A goal reached a share of its target for the first time in its period, at the end of ``day``."""

    program: str
    program_version: int
    threshold: str
    day: str
    unit: str
    standing: GoalStanding


class KeyDayUpcoming(Struct, frozen=True, kw_only=True, gc=False):
    """A key day of a market is ``days`` home days ahead; ``end`` is exclusive."""

    program: str
    program_version: int
    key_day: str
    name: str
    market: str
    date: str
    start: str
    end: str
    status: str
    days: int


class Baseline(Struct, frozen=True, gc=False):
    """What the hours of a key day bring without it: means over ``days`` days before it."""

    days: int
    orders: str
    revenue: int
    new_customers: str


class KeyDayClosed(Struct, frozen=True, kw_only=True, gc=False):
    """What a key day came to. ``uplift`` is revenue over the baseline's, less 1.

    ``productivity`` is revenue per 24 hours. The ranks are those among ``ranked`` key days of the market: by
    productivity, and by potential, which is the uplift (without one there is no rank).
    """

    program: str
    program_version: int
    key_day: str
    name: str
    market: str
    date: str
    start: str
    end: str
    unit: str
    orders: int
    revenue: int
    new_customers: int
    baseline: Baseline | None
    uplift: str | None
    productivity: int
    rank_productivity: int
    rank_potential: int | None
    ranked: int


class Part(Struct, frozen=True, kw_only=True, gc=False):
    """A channel, or a group of partners, beside the others; shares are of all of them together.

    ``average_order`` is in minor units.
    """

    name: str
    orders: int
    revenue: int
    new_customers: int
    average_order: int | None
    new_customer_share: str | None
    revenue_share: str | None
    revenue_before: int


class Place(Struct, frozen=True, gc=False):
    """A partner in a market; ``quarter`` is 1 for the first quarter by revenue of its group there, to 4."""

    market: str
    orders: int
    revenue: int
    quarter: int


class ReviewedPartner(Struct, frozen=True, kw_only=True, gc=False):
    """A partner in the time that is reviewed; ``change`` is its revenue less that of the time before."""

    partner_id: str
    group: str
    orders: int
    revenue: int
    new_customers: int
    revenue_before: int
    change: int
    places: tuple[Place, ...]


class Benchmark(Struct, frozen=True, kw_only=True, gc=False):
    """Quartiles of a metric over the partners of a group that brought orders in a market.

    ``metric`` is orders, revenue or average_order; money is in minor units.
    """

    group: str
    market: str
    metric: str
    partners: int
    q1: str
    median: str
    q3: str


class BudgetStanding(Struct, frozen=True, kw_only=True, gc=False):
    """A budget on the last day that is reviewed; ``period`` is a month (2026-11) or ``lifetime``."""

    budget_id: str
    period: str
    spent: int
    amount: int


class RankedKeyDay(Struct, frozen=True, kw_only=True, gc=False):
    """A key day that was closed in the last 400 days, as it stands among those of its market."""

    key_day: str
    market: str
    date: str
    revenue: int
    productivity: int
    uplift: str | None
    rank_productivity: int
    rank_potential: int | None


class Effect(Struct, frozen=True, kw_only=True, gc=False):
    """What a metric came to per partner with a bonus and without it.

    ``low`` and ``high`` bound the difference with 95 % confidence (Welch); none without two partners each.
    """

    metric: str
    mean_with: str
    mean_without: str
    difference: str
    low: str | None
    high: str | None


class Innovation(Struct, frozen=True, kw_only=True, gc=False):
    """A bonus that runs for a share of the partners: how many have it, how many do not, and its effects."""

    bonus_id: str
    share: str
    partners_with: int
    partners_without: int
    effects: tuple[Effect, ...]


class ReviewDue(Struct, frozen=True, kw_only=True, gc=False):
    """A program is to be looked at: its figures since the last review, beside those of the time before."""

    review_id: str
    program: str
    program_version: int
    cadence: str
    period_start: str
    period_end: str
    unit: str
    orders: int
    revenue: int
    new_customers: int
    orders_before: int
    revenue_before: int
    new_customers_before: int
    goals: tuple[GoalStanding, ...]
    channels: tuple[Part, ...]
    groups: tuple[Part, ...]
    top_partners: tuple[ReviewedPartner, ...]
    falling_partners: tuple[ReviewedPartner, ...]
    benchmarks: tuple[Benchmark, ...]
    key_days: tuple[RankedKeyDay, ...]
    budgets: tuple[BudgetStanding, ...]
    innovation: tuple[Innovation, ...]
    #: How many cases of compliance are open, by rule.
    open_cases: dict[str, int]
