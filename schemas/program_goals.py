"""What a program file says of goals and reviews, checked and read."""

from __future__ import annotations

from typing import Any, Final

from schemas.program import Goal, Review
from schemas.program_partners import MOST_COUNT
from schemas.program_table import Table

WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
#: The last day that a review may name, by its cadence; a shorter month or quarter has it on its last day.
LAST_DAYS: Final = {"weekly": 7, "monthly": 31, "quarterly": 92}


def read_goals(top: Table, digits: int) -> tuple[Goal, ...]:
    """``[[goal]]`` by ascending id; revenue in minor units with ``digits`` decimals."""
    goals = [_goal(table, digits) for table in top.tables("goal")]
    return tuple(sorted(goals, key=lambda goal: goal.id))


def read_reviews(top: Table) -> tuple[Review, ...]:
    """``[[review]]`` by ascending id."""
    reviews = [_review(table) for table in top.tables("review")]
    return tuple(sorted(reviews, key=lambda review: review.id))


def _goal(table: Table, digits: int) -> Goal:
    scope: Any = table.choice("scope", ("program", "group", "partner"))
    metric: Any = table.choice("metric", ("revenue", "orders", "new_customers"))
    period: Any = table.choice("period", ("week", "month", "quarter", "year"))
    names = {"group": table.maybe_text("group"), "partner": table.maybe_text("partner_id")}
    for kind, key in (("group", "group"), ("partner", "partner_id")):
        if names[kind] is not None and scope != kind:
            table.wrong(key, f'needs scope = "{kind}"')
    goal = Goal(
        id=_id(table),
        scope=scope,
        of=names.get(scope),
        metric=metric,
        period=period,
        target=_target(table, metric, digits),
    )
    table.done()
    return goal


def _target(table: Table, metric: str, digits: int) -> int:
    if not table.has("target"):
        table.wrong("target", "is missing")
        return 1
    if metric != "revenue":
        return table.whole("target", 1, 1, MOST_COUNT)
    target = table.amount("target", digits)
    if target == 0:
        table.wrong("target", "must be above 0")
    return target or 1


def _review(table: Table) -> Review:
    cadence: Any = table.choice("cadence", tuple(LAST_DAYS))
    value = table.peek("day")
    if cadence == "weekly" and isinstance(value, str):
        day = WEEKDAYS.index(table.choice("day", WEEKDAYS)) + 1
    else:
        day = table.whole("day", 1, 1, LAST_DAYS[cadence])
    review = Review(_id(table), cadence, day)
    table.done()
    return review


def _id(table: Table) -> str:
    name = table.text("id")
    seen: set[str] = table.problems.ids.setdefault(table.path.partition("[")[0], set())
    if name in seen:
        table.wrong("id", f"{name} is declared twice")
    if "~" in name:
        table.wrong("id", "must not hold ~")
    seen.add(name)
    return name
