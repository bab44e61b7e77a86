"""The page of budgets: what is spent, against the time that has passed."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from events.time import parse_time
from projections.dashboard.figures import per_mille, ratio
from projections.dashboard.sums import Row
from projections.dashboard.view import Context, View
from schemas.program import Budget

#: From this share on a budget is nearly spent, unless its alerts name another.
_LOW: Final = Decimal("0.8")
#: Days: who is told that a budget lasts longer learns nothing.
_LONG_DAYS: Final = 3_660


def budgets_page(view: View) -> Context:
    """All budgets in their present period, and the periods that are over."""
    month = f"{view.today:%Y-%m}"
    over = [
        row
        for row in view.data.rows("budgets", program=view.name)
        if row["period"] not in {month, "lifetime"} and row["amount"] is not None
    ]
    over.sort(key=lambda row: (row["period"], row["budget_id"]), reverse=True)
    return {
        "budgets": meters(view),
        "over": [
            {
                "id": row["budget_id"],
                "period": view.reader.month(date.fromisoformat(f"{row['period']}-01")),
                "spent": view.money(row["spent"]),
                "amount": view.money(row["amount"]),
                "share": view.reader.percent(ratio(row["spent"], row["amount"])),
                "back": view.money(row["reversed"]),
            }
            for row in over
        ],
    }


def meters(view: View) -> list[Context]:
    """The budgets of the program in their present period, the fullest first; also those without a grant."""
    if view.program is None:
        return []
    month = f"{view.today:%Y-%m}"
    rows = {
        row["budget_id"]: row
        for row in view.data.rows("budgets", program=view.name)
        if row["period"] in {month, "lifetime"}
    }
    found = [_meter(view, budget, rows.get(budget.id)) for budget in view.program.budgets.values()]
    return sorted(found, key=lambda one: (-one["done"], one["id"]))


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
