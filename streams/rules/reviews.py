"""The snapshot of a review: what a program came to since the last one (DOMAIN section 10)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date

from msgspec import Struct
from msgspec.structs import replace

from events.messages import BudgetLine, Counted, Figures, GoalLine
from events.milestones import BudgetStanding, GoalStanding, RankedKeyDay, ReviewDue
from schemas.program import Goal, Program
from streams.rules.comparison import added, benchmarks, falling, parts, top
from streams.rules.goals import Standing, standing
from streams.rules.home_days import iso_date
from streams.rules.innovation import innovations
from streams.rules.key_day_results import KeyDayResult, ranks


class Known(Struct, frozen=True, kw_only=True):
    """What a review is made of: figures by channel and by group, and what partitions told."""

    now: Mapping[str, Figures]
    before: Mapping[str, Figures]
    groups: Mapping[str, Figures]
    groups_before: Mapping[str, Figures]
    standings: Sequence[GoalStanding]
    told: Sequence[Counted]
    results: Sequence[KeyDayResult]


def review_due(
    program: Program, review_id: str, cadence: str, span: tuple[int, int], known: Known
) -> ReviewDue:
    """A review of the days of ``span``."""
    first, last = span
    now, before = added(*known.now.values()), added(*known.before.values())
    lines = [line for one in known.told for line in one.partners if line.review == review_id]
    lines.sort(key=lambda line: line.partner_id)
    goals = [line for one in known.told for line in one.goals]
    spent = [line for one in known.told for line in one.budgets]
    return ReviewDue(
        review_id=review_id,
        program=program.id,
        program_version=program.version,
        cadence=cadence,
        period_start=iso_date(first),
        period_end=iso_date(last),
        unit=program.money_unit,
        orders=now[0],
        revenue=now[1],
        new_customers=now[2],
        orders_before=before[0],
        revenue_before=before[1],
        new_customers_before=before[2],
        goals=(*known.standings, *_partner_goals(program, goals, last)),
        channels=parts(known.now, known.before),
        groups=parts(known.groups, known.groups_before),
        top_partners=top(lines),
        falling_partners=falling(lines),
        benchmarks=benchmarks(lines),
        key_days=_ranked(known.results),
        budgets=_budgets(program, spent, last),
        innovation=innovations(program, lines),
        open_cases=_cases(known.told),
    )


def standing_data(
    one: Standing, of: str, partners: int | None = None, reached: int | None = None
) -> GoalStanding:
    """A standing as events carry it; ``of`` is the group or the partner."""
    goal = one.goal
    return GoalStanding(
        goal_id=goal.id,
        scope=goal.scope,
        metric=goal.metric,
        period_start=iso_date(one.first),
        period_end=iso_date(one.last),
        target=goal.target,
        actual=one.actual,
        expected=one.expected,
        pace=one.pace,
        group=of if of and goal.scope == "group" else None,
        partner_id=of if of and goal.scope == "partner" else None,
        partners=partners,
        reached=reached,
    )


def _partner_goals(program: Program, lines: Sequence[GoalLine], day: int) -> list[GoalStanding]:
    """The goals of partners: of the one that has it, or of all of them together."""
    return [
        found
        for goal in program.goals
        if goal.scope == "partner"
        and (found := _partner_goal(goal, [line for line in lines if line.goal == goal.id], day)) is not None
    ]


def _partner_goal(goal: Goal, lines: Sequence[GoalLine], day: int) -> GoalStanding | None:
    partners = sum(line.partners for line in lines)
    actual = sum(line.actual for line in lines)
    if goal.of is not None:
        return standing_data(standing(goal, day, actual), goal.of)
    if partners == 0:
        return None
    together = standing(replace(goal, target=goal.target * partners), day, actual)
    return standing_data(together, "", partners, sum(line.reached for line in lines))


def _budgets(program: Program, lines: Sequence[BudgetLine], day: int) -> tuple[BudgetStanding, ...]:
    spent = {line.budget: line.spent for line in lines}
    month = date.fromordinal(day).isoformat()[:7]
    return tuple(
        BudgetStanding(
            budget_id=name,
            period=month if budget.period == "month" else "lifetime",
            spent=spent.get(name, 0),
            amount=budget.amount,
        )
        for name, budget in sorted(program.budgets.items())
    )


def _cases(told: Sequence[Counted]) -> dict[str, int]:
    found = Counter[str]()
    for one in told:
        found.update(one.cases)
    return dict(sorted(found.items()))


def _ranked(results: Sequence[KeyDayResult]) -> tuple[RankedKeyDay, ...]:
    """The key days that were closed, by market and rank."""
    found = []
    for one in results:
        productivity, potential, _ = ranks(one, results)
        found.append(
            RankedKeyDay(
                key_day=one.key_day,
                market=one.market,
                date=iso_date(one.day),
                revenue=one.revenue,
                productivity=one.productivity,
                uplift=one.uplift_text,
                rank_productivity=productivity,
                rank_potential=potential,
            )
        )
    return tuple(sorted(found, key=lambda day: (day.market, day.rank_productivity, day.date, day.key_day)))
