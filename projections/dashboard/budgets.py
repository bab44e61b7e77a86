"""The page of budgets: what is spent, against the time that has passed."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from itertools import accumulate
from typing import Final

from msgspec import Struct

from events.time import parse_time
from projections.dashboard import chart
from projections.dashboard.figures import per_mille, ratio
from projections.dashboard.paging import paged
from projections.dashboard.sums import Row
from projections.dashboard.view import Context, View
from schemas.program import Budget

#: From this share on a budget is nearly spent, unless its alerts name another.
_LOW: Final = Decimal("0.8")
#: Periods that are over on one page.
_PAGE: Final = 50
#: The newest days of a budget that its chart has.
_CHARTED_DAYS: Final = 92
#: Days: who is told that a budget lasts longer learns nothing.
_LONG_DAYS: Final = 3_660


def budgets_page(view: View) -> Context:
    """All budgets in their present period, and the periods that are over."""
    month = f"{view.today:%Y-%m}"
    rows = view.data.rows("budgets", program=view.name)
    # A version may be in force for years before the first order comes.
    begun = min((row["first_day"] for row in rows if row["first_day"]), default="")[: len(month)]
    over = [
        row
        for row in rows
        if row["period"] not in {month, "lifetime"}
        and row["amount"] is not None
        and row["period"] >= begun > ""
    ]
    over.sort(key=lambda row: row["budget_id"])
    over.sort(key=lambda row: row["period"], reverse=True)
    part, paging = paged(view, "/budgets", over, _PAGE)
    paces = [
        _pace(view, budget, row) for budget, row in _present(view) if row is not None and row["first_day"]
    ]
    return {
        "budgets": meters(view),
        "paces": sorted(paces, key=lambda one: one.title),
        "over": [
            {
                "id": row["budget_id"],
                "period": view.reader.month(date.fromisoformat(f"{row['period']}-01")),
                "spent": view.money(row["spent"]),
                "amount": view.money(row["amount"]),
                "share": view.reader.percent(ratio(row["spent"], row["amount"])),
                "back": view.money(row["reversed"]),
            }
            for row in part
        ],
        "paging": paging,
    }


def meters(view: View) -> list[Context]:
    """The budgets of the program in their present period, the fullest first; also those without a grant."""
    found = [_meter(view, budget, row) for budget, row in _present(view)]
    return sorted(found, key=lambda one: (-one["done"], one["id"]))


def _present(view: View) -> list[tuple[Budget, Row | None]]:
    """The budgets of the program, each with the row of its present period, if it has one."""
    if view.program is None:
        return []
    month = f"{view.today:%Y-%m}"
    rows = {
        row["budget_id"]: row
        for row in view.data.rows("budgets", program=view.name)
        if row["period"] in {month, "lifetime"}
    }
    return [(budget, rows.get(budget.id)) for budget in view.program.budgets.values()]


def _meter(view: View, budget: Budget, row: Row | None) -> Context:
    reader, spent = view.reader, 0 if row is None else row["spent"]
    share = ratio(spent, budget.amount) or Decimal(0)
    first, last, passed = _time(view, budget, row)
    low = min((Decimal(one.text) for one in budget.alerts if Decimal(one.text) >= _LOW), default=_LOW)
    fast = passed is not None and share > passed
    if spent >= budget.amount:
        verdict, tone = "budget-out", "bad"
    elif share >= low:
        verdict, tone = "budget-low", "warn"
    elif fast:
        verdict, tone = "budget-fast", "warn"
    else:
        verdict, tone = "budget-fine", "good"
    monthly = budget.period == "month"
    return {
        "id": budget.id,
        "period": reader.month(view.today) if monthly else reader.say("period-lifetime"),
        "spent": reader.say("budget-spent", spent=view.money(spent), amount=view.money(budget.amount)),
        "share": reader.percent(share),
        "left": view.money(max(0, budget.amount - spent)),
        "back": view.money(0 if row is None else row["reversed"]),
        "done": per_mille(share),
        "mark": None if passed is None else per_mille(passed),
        "time": "" if passed is None else reader.say("budget-time", share=reader.percent(passed, 0)),
        "verdict": reader.say(verdict),
        "tone": tone,
        "alarm": share >= low,
        "lasts": _lasts(view, spent, budget.amount, first, last),
        "over": reader.say(f"over-{budget.over}"),
        "alerts": [
            {
                "share": reader.percent(Decimal(one.text), 0),
                "time": None if row is None else _told(view, row, one.text),
            }
            for one in budget.alerts
        ],
    }


class Pace(Struct, frozen=True):
    """What was spent by the end of each day so far, and what it would be at an even pace."""

    days: list[date]
    so_far: list[int]
    even: list[int]


def pace(days: list[date], today: date, whole: int, total: int, spent: Mapping[date, int]) -> Pace:
    """The newest days of a period, which is to spend the ``whole``; ``total`` is what it came to by now."""
    shown = days[-_CHARTED_DAYS:]
    over = [day for day in shown if day <= max([today, *spent])]
    before = total - sum(spent.get(day, 0) for day in over)
    so_far = [before + each for each in accumulate(spent.get(day, 0) for day in over)]
    skipped = len(days) - len(shown) + 1
    return Pace(shown, so_far, [whole * (skipped + place) // len(days) for place in range(len(shown))])


def _pace(view: View, budget: Budget, row: Row) -> chart.Chart:
    """What was spent day by day, and what it would be had as much been spent on each day.

    A month is paced by its whole budget; a budget without an end by what it has come to.
    """
    reader = view.reader
    first, last, _ = _time(view, budget, row)
    begin = first or view.today
    count = (max(last or view.today, begin) - begin).days + 1
    days = [begin + timedelta(days=one) for one in range(count)]
    found = view.data.rows(
        "budget_days",
        program=view.name,
        budget_id=budget.id,
        day_from=days[0].isoformat(),
        day_to=days[-1].isoformat(),
    )
    spent = {date.fromisoformat(one["day"]): one["spent"] for one in found}
    drawn = pace(days, view.today, row["spent"] if last is None else budget.amount, row["spent"], spent)
    labels = [reader.short_date(day) for day in drawn.days]
    names = [reader.say("spent-so-far"), reader.say("even-pace")]
    now = len(drawn.so_far) - 1
    return chart.Chart(
        title=reader.say("pace-chart", budget=budget.id),
        summary=reader.say(
            "pace-chart-text",
            budget=budget.id,
            first=labels[0],
            last=labels[now],
            spent=view.money(drawn.so_far[now]),
            even=view.money(drawn.even[now]),
        ),
        svg=chart.lines(
            labels,
            [
                chart.Series(names[0], drawn.so_far, filled=False),
                chart.Series(names[1], drawn.even, filled=False),
            ],
            view.scale,
        ),
        columns=[reader.say("day"), reader.say("spent"), *names],
        rows=[
            [reader.date(day), view.money(spent.get(day, 0)), view.money(come), view.money(even)]
            for day, come, even in list(zip(drawn.days, drawn.so_far, drawn.even, strict=False))[::-1]
        ],
        legend=names,
    )


def _time(view: View, budget: Budget, row: Row | None) -> tuple[date | None, date | None, Decimal | None]:
    """Since when it is spent, until when it is to last, and the part of that time that is over."""
    if budget.period == "month":
        days = monthrange(view.today.year, view.today.month)[1]
        return view.today.replace(day=1), view.today.replace(day=days), ratio(view.today.day, days)
    if row is None or row["first_day"] is None:
        return None, None, None
    return date.fromisoformat(row["first_day"]), None, None


def _lasts(view: View, spent: int, amount: int, first: date | None, last: date | None) -> str:
    """Until when the rest lasts, if it is spent as before."""
    if first is None or spent <= 0 or spent >= amount:
        return ""
    days = (view.today - first).days + 1
    left = (amount - spent) * days // spent
    if left > _LONG_DAYS:
        return ""
    until = view.today + timedelta(days=left)
    if last is not None and until >= last:
        return view.reader.say("budget-lasts-period")
    return view.reader.say("budget-lasts", day=view.reader.date(until))


def _told(view: View, row: Row, mark: str) -> str | None:
    at = row["reached"].get(mark)
    return None if at is None else view.reader.short_date(view.day(parse_time(at)))
