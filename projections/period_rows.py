"""Rows of budgets and goals in a period, which are there before anything is in them."""

from __future__ import annotations

from collections.abc import Iterator

from projections.orders import goal_place, goal_unit
from projections.rows import Rows
from projections.tables.budgets import StoredBudget
from projections.tables.goals import StoredGoal
from schemas.program import Program
from streams.rules.home_days import iso_date


def open_day(rows: Rows, program: Program, day: int) -> None:
    """See to it that budgets and goals have rows for a home day with an order of a version."""
    place = (program.id, program.version, day)
    if place in rows.opened:
        return
    rows.opened.add(place)
    home = rows.versions.home(program.id)
    assert home is not None  # noqa: S101 - the program is known
    last = home.midnight(day + 1) - 1
    for budget in _budgets_of(rows, program, day):
        budget.seen = max(budget.seen, last)
    for goal in _goals_of(rows, program, day):
        goal.seen = max(goal.seen, day)


def begin(rows: Rows, program: Program) -> None:
    """See to it that budgets and goals have rows for the home day on which a version comes into force."""
    home = rows.versions.home(program.id)
    assert home is not None  # noqa: S101 - the program is known
    at = program.effective_from
    day = home.ordinal(at)
    for budget in _budgets_of(rows, program, day):
        budget.start = min(budget.start or at, at)
    for goal in _goals_of(rows, program, day):
        goal.start = min(goal.start or day, day)


def _budgets_of(rows: Rows, program: Program, day: int) -> Iterator[StoredBudget]:
    for budget in program.budgets.values():
        period = iso_date(day)[:7] if budget.period == "month" else "lifetime"
        row = rows.budget(program.id, budget.id, period)
        row.unit = program.money_unit
        yield row


def _goals_of(rows: Rows, program: Program, day: int) -> Iterator[StoredGoal]:
    """The rows of goals that say whose they are."""
    for goal in program.goals:
        if goal.scope == "program" or goal.of is not None:
            row = rows.goal(*goal_place(program, goal, goal.of or "", day))
            row.unit = goal_unit(program, goal)
            yield row
