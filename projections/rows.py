"""The stored rows that the book folds, by what they are of: each is made when it is asked for first."""

from __future__ import annotations

from typing import Any, Final

from projections import asked
from projections.asked import StoredAsked
from projections.keys import key_of
from projections.orders import (
    BUDGET_DAYS,
    CHANNELS,
    LEADERS,
    PARTNERS,
    Contributions,
    Order,
    contributions,
)
from projections.tables import (
    budget_days,
    budgets,
    channel_performance,
    compliance_cases,
    goals,
    key_day_performance,
    leaderboard,
    partner_performance,
    partners,
    referrals,
    tiers,
)
from projections.tables.budgets import StoredBudget
from projections.tables.compliance_cases import StoredCase
from projections.tables.goals import StoredGoal
from projections.tables.key_day_performance import StoredKeyDay
from projections.tables.partners import StoredPartner
from projections.tables.referrals import StoredReferral
from projections.tables.tiers import StoredTier
from projections.versions import Versions
from streams.engine.state import Space, State

#: Rows that no table shows: orders, inputs by business id, pending grants, ids seen, and orders by partner
#: and time, where goals of groups ask for its group.
ORDERS: Final = b"O"
INPUTS: Final = b"I"
LOTS: Final = b"L"
SEEN: Final = b"D"
CREDITED: Final = b"G"
#: Rows of each kind that are kept in memory beyond a batch.
_CACHED_ROWS: Final = 20_000

#: An input as some record showed it: its time, its bytes, how often it came less how often it died, content.
Candidate = tuple[int, int, int, tuple[Any, ...]]


class Rows:
    """Rows of one state, to be read and changed."""

    def __init__(self, state: State, versions: Versions) -> None:
        def space(prefix: bytes, type_: Any, cached: int = _CACHED_ROWS) -> Space[Any]:
            return state.space(prefix, type_, cache_limit=cached)

        self.versions = versions
        self.orders: Space[Order] = space(ORDERS, Order)
        self.inputs: Space[list[Candidate]] = space(INPUTS, list[Candidate], 0)
        self.lots: Space[list[tuple[str, str]]] = space(LOTS, list[tuple[str, str]])
        self.seen: Space[int] = space(SEEN, int, 0)
        self.sums: dict[str, Space[list[Any]]] = {
            PARTNERS: space(partner_performance.PREFIX, list),
            CHANNELS: space(channel_performance.PREFIX, list),
            LEADERS: space(leaderboard.PREFIX, list),
            BUDGET_DAYS: space(budget_days.PREFIX, list),
        }
        self.key_days: Space[StoredKeyDay] = space(key_day_performance.PREFIX, StoredKeyDay)
        self.budgets: Space[StoredBudget] = space(budgets.PREFIX, StoredBudget)
        self.goals: Space[StoredGoal] = space(goals.PREFIX, StoredGoal)
        self.tiers: Space[StoredTier] = space(tiers.PREFIX, StoredTier)
        self.referrals: Space[StoredReferral] = space(referrals.PREFIX, StoredReferral)
        self.cases: Space[StoredCase] = space(compliance_cases.PREFIX, StoredCase)
        self.partners: Space[StoredPartner] = space(partners.PREFIX, StoredPartner)
        self.credited: Space[bool] = space(CREDITED, bool, 0)
        self.asked: Space[StoredAsked] = space(asked.PREFIX, StoredAsked, 0)
        #: Versions and home days whose budgets and goals have their rows.
        self.opened: set[tuple[str, int, int]] = set()
        #: What each order that this batch touched added before it.
        self.before: dict[bytes, Contributions] = {}

    def order(self, program: str, order_id: str) -> Order:
        """The row of an order, to be changed."""
        key = key_of(program, order_id)
        order = self.orders.get(key)
        if order is None:
            order = Order(program, order_id)
            self.orders.put(key, order)
        if key not in self.before:
            self.before[key] = self.contributions(order)
        return order

    def contributions(self, order: Order) -> Contributions:
        return contributions(order, self.versions, self.group_at)

    def budget(self, program: str, budget: str, period: str) -> StoredBudget:
        place = key_of(program, budget, period)
        row = self.budgets.get(place) or StoredBudget(program, budget, period, "")
        self.budgets.put(place, row)
        return row

    def goal(self, program: str, goal: str, of: str, start: str, scope: str, metric: str) -> StoredGoal:
        place = key_of(program, goal, of, start)
        row = self.goals.get(place) or StoredGoal(program, goal, of, start, scope, metric)
        self.goals.put(place, row)
        return row

    def key_day(self, program: str, market: str, key_day: str, date: str) -> StoredKeyDay:
        place = key_of(program, market, key_day, date)
        row = self.key_days.get(place) or StoredKeyDay(program, market, key_day, date, "")
        self.key_days.put(place, row)
        return row

    def referred(self, program: str, referral_id: str) -> StoredReferral:
        place = key_of(program, referral_id)
        row = self.referrals.get(place) or StoredReferral(program, referral_id)
        self.referrals.put(place, row)
        return row

    def partner(self, program: str, partner: str) -> StoredPartner:
        place = key_of(partner, program)
        row = self.partners.get(place) or StoredPartner(partner, program)
        self.partners.put(place, row)
        return row

    def group_at(self, program: str, partner: str, at: int) -> str:
        return partners.group_at(self.partners.get(key_of(partner, program)), at)

    def case(self, partner: str, program: str, case_id: str) -> StoredCase:
        place = key_of(partner, program, case_id)
        row = self.cases.get(place) or StoredCase(partner, program, case_id)
        self.cases.put(place, row)
        return row
