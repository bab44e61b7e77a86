"""The snapshot of a review: a whole one, written out by hand."""

from __future__ import annotations

from datetime import date
from typing import Any

from events.messages import BudgetLine, Counted, GoalLine, PartnerLine
from events.milestones import BudgetStanding, GoalStanding, RankedKeyDay
from streams.rules.key_day_results import KeyDayResult
from streams.rules.reviews import Known, review_due
from tests.scenarios.world import program

TEXT = """
[program]
id = "acme"
version = 4
effective_from = 2026-01-01T00:00:00Z
currency = "EUR"
home_tz = "UTC"
[markets.FR]
tz = "UTC"
[[budget]]
id = "spring"
amount = "100.00"
period = "lifetime"
[[budget]]
id = "each-month"
amount = "50.00"
period = "month"
[[goal]]
id = "each"
scope = "partner"
metric = "orders"
period = "month"
target = 3
[[goal]]
id = "of-lea"
scope = "partner"
partner_id = "lea"
metric = "revenue"
period = "month"
target = "20.00"
"""
PROGRAM = program(TEXT)
SPAN = (date(2026, 4, 1).toordinal(), date(2026, 4, 30).toordinal())


def known(*told: Counted, results: tuple[KeyDayResult, ...] = ()) -> Known:
    return Known(
        now={"partner": (4, 2_000, 1), "direct": (1, 500, 1)},
        before={"partner": (2, 900, 2)},
        groups={"content": (4, 2_000, 1)},
        groups_before={},
        standings=(),
        told=told,
        results=results,
    )


def counted(partition: int, **lines: Any) -> Counted:
    return Counted("acme", "partners", partition, SPAN[1], 1, 0, done=True, **lines)


def closed(key_day: str, market: str, revenue: int, uplift: int | None, day: int = 3) -> KeyDayResult:
    return KeyDayResult(key_day, market, date(2026, 4, day).toordinal(), revenue, revenue // 2, uplift)


def test_the_head_of_a_review_says_what_of_and_how_much() -> None:
    review = review_due(PROGRAM, "r", "monthly", SPAN, known())

    assert (review.review_id, review.program, review.program_version) == ("r", "acme", 4)
    assert (review.cadence, review.unit) == ("monthly", "EUR/2")
    assert (review.period_start, review.period_end) == ("2026-04-01", "2026-04-30")
    assert (review.orders, review.revenue, review.new_customers) == (5, 2_500, 2)
    assert (review.orders_before, review.revenue_before, review.new_customers_before) == (2, 900, 2)


def test_goals_of_partners_are_summed_over_partitions_or_told_of_one() -> None:
    first = counted(0, goals=(GoalLine("each", "", 2, 1, 5), GoalLine("of-lea", "lea", 1, 1, 2_500)))
    second = counted(1, goals=(GoalLine("each", "", 1, 0, 2),))

    review = review_due(PROGRAM, "r", "monthly", SPAN, known(first, second))

    period = {"period_start": "2026-04-01", "period_end": "2026-04-30"}
    assert review.goals == (
        GoalStanding(
            goal_id="each",
            scope="partner",
            metric="orders",
            **period,
            target=9,
            actual=7,
            expected=9,
            pace="0.78",
            partners=3,
            reached=1,
        ),
        GoalStanding(
            goal_id="of-lea",
            scope="partner",
            metric="revenue",
            **period,
            target=2_000,
            actual=2_500,
            expected=2_000,
            pace="1.25",
            partner_id="lea",
        ),
    )


def test_a_goal_of_each_partner_is_told_from_one_partner_on() -> None:
    one = review_due(PROGRAM, "r", "monthly", SPAN, known(counted(0, goals=(GoalLine("each", "", 1, 1, 3),))))
    none = review_due(
        PROGRAM, "r", "monthly", SPAN, known(counted(0, goals=(GoalLine("each", "", 0, 0, 0),)))
    )

    assert [goal.goal_id for goal in one.goals] == ["each", "of-lea"]
    assert [goal.goal_id for goal in none.goals] == ["of-lea"]


def test_a_goal_of_a_group_names_it_and_one_of_the_program_nobody() -> None:
    (each, of_lea) = review_due(
        PROGRAM, "r", "monthly", SPAN, known(counted(0, goals=(GoalLine("each", "", 1, 1, 3),)))
    ).goals

    assert (each.group, each.partner_id) == (None, None)
    assert (of_lea.group, of_lea.partner_id) == (None, "lea")


def test_budgets_stand_by_name_with_what_is_spent_in_their_period() -> None:
    review = review_due(
        PROGRAM, "r", "monthly", SPAN, known(counted(0, budgets=(BudgetLine("each-month", 1_234),)))
    )

    assert review.budgets == (
        BudgetStanding(budget_id="each-month", period="2026-04", spent=1_234, amount=5_000),
        BudgetStanding(budget_id="spring", period="lifetime", spent=0, amount=10_000),
    )


def test_key_days_stand_by_market_and_rank() -> None:
    results = (
        closed("b", "FR", 1_000, 5_000),
        closed("a", "US", 9_000, None),
        closed("c", "FR", 3_000, 2_500, day=9),
    )

    review = review_due(PROGRAM, "r", "monthly", SPAN, known(results=results))

    assert review.key_days == (
        RankedKeyDay(
            key_day="c",
            market="FR",
            date="2026-04-09",
            revenue=3_000,
            productivity=1_500,
            uplift="0.2500",
            rank_productivity=1,
            rank_potential=2,
        ),
        RankedKeyDay(
            key_day="b",
            market="FR",
            date="2026-04-03",
            revenue=1_000,
            productivity=500,
            uplift="0.5000",
            rank_productivity=2,
            rank_potential=1,
        ),
        RankedKeyDay(
            key_day="a",
            market="US",
            date="2026-04-03",
            revenue=9_000,
            productivity=4_500,
            uplift=None,
            rank_productivity=1,
            rank_potential=None,
        ),
    )


def test_partners_are_those_of_this_review_and_cases_are_summed() -> None:
    def line(review: str, partner: str) -> PartnerLine:
        return PartnerLine(review, partner, "content", {"FR": (1, 100, 0)}, {})

    first = counted(0, partners=(line("r", "max"), line("other", "eve")), cases={"paid_traffic": 1})
    second = counted(1, partners=(line("r", "lea"),), cases={"paid_traffic": 2, "brand_bidding": 1})

    review = review_due(PROGRAM, "r", "monthly", SPAN, known(first, second))

    assert [one.partner_id for one in review.top_partners] == ["lea", "max"]
    assert list(review.open_cases.items()) == [("brand_bidding", 1), ("paid_traffic", 3)]
