"""The goals of the periods that are under way: what was reached, and what is expected by now."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Final

from msgspec import Struct

from projections.dashboard.figures import change, per_mille, ratio, tone
from projections.dashboard.view import Context, View
from schemas.program import Goal
from streams.rules.goals import standing
from streams.rules.home_days import iso_date

#: Goals on the page.
_MOST: Final = 10
_SCOPES: Final = ("program", "group", "partner")
_ROUND: Final = Decimal("0.01")


class _Reached(Struct, frozen=True):
    """A goal, whose it is, and what it came to so far."""

    goal: Goal
    of: str
    actual: int


def present_goals(view: View) -> list[Context]:
    """The goals of the program in their present periods, the program's own first; also those at nothing."""
    found = sorted(_reached(view), key=lambda one: (_SCOPES.index(one.goal.scope), one.goal.id, -one.actual))
    return [_context(view, one) for one in found[:_MOST]]


def _reached(view: View) -> Iterator[_Reached]:
    today = view.today.toordinal()
    actual = {
        (row["goal_id"], row["of"], row["period_start"]): row["actual"]
        for row in view.data.rows("goals", program=view.name)
    }
    for goal in () if view.program is None else view.program.goals:
        start = iso_date(standing(goal, today, 0).first)
        named = [""] if goal.scope == "program" else [] if goal.of is None else [goal.of]
        listed = [of for id_, of, first in actual if id_ == goal.id and first == start]
        for of in dict.fromkeys([*named, *listed]):
            yield _Reached(goal, of, actual.get((goal.id, of, start), 0))


def _context(view: View, one: _Reached) -> Context:
    reader, goal = view.reader, one.goal
    period = standing(goal, view.today.toordinal(), 0)
    # Today is not over: what is expected goes with the days that are.
    yesterday = view.today.toordinal() - 1
    over = standing(goal, yesterday, one.actual) if yesterday >= period.first else None
    shown = view.money if goal.metric == "revenue" else reader.number
    verdict, mood = _verdict(view, one, None if over is None else over.expected)
    return {
        "id": goal.id,
        "of": _name(view, one),
        "what": reader.say(
            "goal-of", metric=reader.named("metric", goal.metric), period=reader.named("period", goal.period)
        ),
        "actual": reader.say("goal-actual", actual=shown(one.actual), target=shown(goal.target)),
        "done": per_mille(ratio(one.actual, goal.target)),
        "mark": None if over is None else per_mille(ratio(over.expected, goal.target)),
        "expected": "" if over is None else reader.say("goal-expected", expected=shown(over.expected)),
        "verdict": verdict,
        "tone": mood,
        "until": reader.say("goal-until", day=reader.short_date(date.fromordinal(period.last))),
    }


def _name(view: View, one: _Reached) -> str:
    if one.goal.scope == "partner":
        return view.data.name(view.name, one.of)
    return view.reader.named("group", one.of) if one.of else ""


def _verdict(view: View, one: _Reached, expected: int | None) -> tuple[str, str]:
    """What to think of it, and how that looks."""
    reader = view.reader
    if one.actual >= one.goal.target:
        return reader.say("goal-reached"), "good"
    pace = change(one.actual, expected)
    if pace is None:
        return "", ""
    if pace.quantize(_ROUND) == 0:
        return reader.say("goal-even"), "good"
    share = reader.percent(abs(pace), 0)
    if pace > 0:
        return reader.say("goal-ahead", share=share), tone(pace)
    return reader.say("goal-behind", share=share), "warn"
