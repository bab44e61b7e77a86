"""The page of key days: a calendar, those ahead with what is planned, and those past by what they brought."""

from __future__ import annotations

from calendar import Calendar
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Final
from zoneinfo import ZoneInfo

from events.units import POINTS
from projections.dashboard import chart
from projections.dashboard.figures import Tab, ratio
from projections.dashboard.paging import paged
from projections.dashboard.reader import NOTHING, Reader
from projections.dashboard.sums import Row
from projections.dashboard.view import Context, View
from schemas.key_day_names import DayName, day_name
from schemas.key_days import KeyDay
from schemas.program import Bonus, Market
from streams.rules.calendar import MarketCalendar, Occurrence

#: How far ahead key days are shown, and how many months the calendar has.
_AHEAD: Final = timedelta(days=120)
_MONTHS: Final = 3
#: Days: a key day is soon.
_SOON_DAYS: Final = 7
#: How many past key days the chart has.
_CHARTED: Final = 10
#: Past key days on one page.
_PAGE: Final = 50
#: Days: the calendar marks no more of a key day.
_LONGEST: Final = 31
#: Thousandths: what the scale of the chart goes up to at least.
_LEAST_UPLIFT: Final = 50


def key_days_page(view: View) -> Context:
    """Everything on the page."""
    first = view.today.replace(day=1)
    until = first + timedelta(days=31 * _MONTHS)
    market = view.asked("market")
    rows = view.data.rows("key_day_performance", program=view.name, status="closed")
    markets = sorted({str(row["market"]) for row in rows})
    rows = [row for row in rows if market in {None, row["market"]}]
    rows.sort(key=lambda row: (-Decimal(row["uplift"] or -1), row["market"], row["date"]))
    ranks, ranked = Ranks(rows), list(rows)
    by = view.query.get("by", "uplift")
    if by == "revenue":
        rows.sort(key=lambda row: -row["productivity"])
    elif by == "date":
        rows.sort(key=lambda row: row["date"], reverse=True)
    part, paging = paged(view, "/key-days", rows, _PAGE)
    return {
        "months": list(_months(view, first, _marked(view, first, until))),
        "weekdays": view.reader.weekdays(),
        "coming": ahead(view),
        "running": running(view),
        "past": [_past(view, row, ranks) for row in part],
        "paging": paging,
        "lacking": any(row["uplift"] is None for row in part),
        "market": market,
        "markets": [(one, view.reader.market(one)) for one in markets] if len(markets) > 1 else [],
        "by": by,
        "orders": [
            Tab(view.reader.say(label), view.again("/key-days", by=name, **{"from": None}), by == name)
            for name, label in (("uplift", "uplift"), ("revenue", "per-day"), ("date", "date"))
        ],
        "uplift": _chart(view, ranked),
    }


def _marked(view: View, first: date, until: date) -> dict[date, list[DayName]]:
    """The key days of each local date from ``first`` to ``until``: all dates that their windows touch."""
    marked: dict[date, list[DayName]] = {}
    for market, one in _windows(view, first - timedelta(days=_LONGEST), until):
        last = datetime.fromtimestamp((one.end - 1) // 1_000, ZoneInfo(market.tz)).date()
        name = _title(view, one.key_day.use, one.key_day.name)
        for later in range(min((last - one.day).days + 1, _LONGEST)):
            names = marked.setdefault(one.day + timedelta(days=later), [])
            if name not in names:
                names.append(name)
    return marked


def running(view: View) -> list[Context]:
    """Key days that brought orders and are not closed yet, with what they brought so far."""
    reader = view.reader
    rows = view.data.rows("key_day_performance", program=view.name, status="open")
    rows.sort(key=lambda row: (row["date"], row["key_day"], -row["net"]))
    return [
        {
            "name": _row_name(view, row),
            "day": reader.date(row["date"]),
            "market": reader.market(row["market"]),
            "revenue": view.money(row["net"]),
            "orders": reader.number(row["orders"]),
            "aov": view.money(ratio(row["net"], row["orders"])),
            "new": reader.percent(ratio(row["new_customers"], row["orders"])),
            "reversed": reader.percent(ratio(row["reversed_orders"], row["orders"])),
        }
        for row in rows
    ]


def ahead(view: View) -> list[Context]:
    """Key days from today on by date, each with its markets and what is planned for it."""
    reader, found = view.reader, []
    days = sorted(_occurrences(view, view.today, view.today + _AHEAD), key=lambda one: (one[0], one[2].id))
    for (day, name, id_), group in groupby(days, key=lambda one: (one[0], one[1], one[2].id)):
        members = list(group)
        statuses = {status for _, _, _, (_, status) in members}
        found.append(
            {
                "name": name,
                "day": reader.date(day),
                "iso": day.isoformat(),
                "in_days": reader.say("in-days", count=(day - view.today).days),
                "soon": (day - view.today).days <= _SOON_DAYS,
                "markets": _markets(view, [market for _, _, _, (market, _) in members]),
                "status": reader.named("status", min(statuses)),
                "unsure": bool(statuses & {"estimated", "unconfirmed"}),
                "plan": list(_plan(view, id_)),
            }
        )
    return found


def _markets(view: View, markets: list[str]) -> str:
    program, reader = view.program, view.reader
    if program is not None and len(markets) > 1 and set(markets) == set(program.markets):
        return reader.say("all-markets")
    return reader.listed(sorted(reader.market(one) for one in markets))


def _row_name(view: View, row: Row) -> DayName:
    """What the key day of a row is called; one that the program has no more goes by the row."""
    known = () if view.program is None else view.program.key_days
    key_day = next((one for one in known if one.id == row["key_day"]), None)
    use = row["key_day"] if key_day is None else key_day.use
    return _title(view, use, row["name"] or (row["key_day"] if key_day is None else key_day.name))


def _title(view: View, use: str | None, name: str) -> DayName:
    """The name of a key day; one that has but an id is shown as words."""
    found = day_name(view.reader.language, use, name)
    words = found.text.replace("_", " ")
    return DayName(words[:1].upper() + words[1:], found.language)


def _occurrences(
    view: View, first: date, last: date
) -> Iterator[tuple[date, DayName, KeyDay, tuple[str, str]]]:
    """The first date, name and key day of each window that begins in a span, with its market and status."""
    for market, one in _windows(view, first, last):
        name = _title(view, one.key_day.use, one.key_day.name)
        yield one.day, name, one.key_day, (market.id, one.status)


def _windows(view: View, first: date, last: date) -> Iterator[tuple[Market, Occurrence]]:
    """Each window that begins in a span of local dates, with its market."""
    if view.program is None:
        return
    for market in view.program.markets.values():
        calendar = MarketCalendar(view.program, market.id)
        for year in range(first.year, last.year + 1):
            for one in calendar.occurrences(year):
                if first <= one.day <= last:
                    yield market, one


def _plan(view: View, key_day: str) -> Iterator[str]:
    """The bonuses that run on a key day, in words."""
    for bonus in () if view.program is None else view.program.bonuses:
        asked = None if bonus.when is None else bonus.when.key_day
        if key_day in bonus.on or (asked is not None and key_day in asked):
            yield _bonus(view, bonus)


def _bonus(view: View, bonus: Bonus) -> str:
    reader = view.reader
    who = reader.say("plan-partners" if bonus.to == "partner" else "plan-customers")
    if bonus.multiply is not None:
        factor = reader.number(Decimal(bonus.multiply.text))
        return reader.say("plan-multiply", rule=bonus.id, factor=factor, who=who)
    unit = POINTS if bonus.unit == POINTS else view.unit
    return reader.say("plan-flat", rule=bonus.id, amount=reader.amount(bonus.flat or 0, unit), who=who)


def _months(view: View, first: date, marked: dict[date, list[DayName]]) -> Iterator[Context]:
    reader, month = view.reader, first
    for _ in range(_MONTHS):
        weeks = Calendar(reader.first_weekday).monthdatescalendar(month.year, month.month)
        yield {
            "name": reader.month(month),
            "weeks": [
                [
                    None
                    if day.month != month.month
                    else {
                        "number": reader.number(day.day),
                        "iso": day.isoformat(),
                        "names": reader.listed(sorted(one.text for one in marked.get(day, ())))
                        if day in marked
                        else "",
                        "today": day == view.today,
                    }
                    for day in week
                ]
                for week in weeks
            ],
            "named": list(_named(reader, month, marked)),
        }
        month = (month + timedelta(days=31)).replace(day=1)


def _named(reader: Reader, month: date, marked: dict[date, list[DayName]]) -> Iterator[tuple[str, DayName]]:
    """The key days of a month with their dates, those of several days in a row once."""
    for day in sorted(one for one in marked if (one.year, one.month) == (month.year, month.month)):
        for name in sorted(marked[day], key=lambda one: one.text):
            if day.day > 1 and name in marked.get(day - timedelta(days=1), ()):
                continue
            last = day
            while (after := last + timedelta(days=1)).month == month.month and name in marked.get(after, ()):
                last = after
            days = (
                reader.number(day.day)
                if last == day
                else f"{reader.number(day.day)}\u2013{reader.number(last.day)}"
            )
            yield days, name


class Ranks:
    """The places of past key days among those of their market, by what they brought until now."""

    def __init__(self, rows: list[Row]) -> None:
        self._values: dict[tuple[str, str], list[Decimal]] = {}
        for row in rows:
            for name in ("uplift", "productivity"):
                if row[name] is not None:
                    self._values.setdefault((name, row["market"]), []).append(Decimal(row[name]))

    def place(self, reader: Reader, row: Row, name: str) -> str:
        """The place by a figure, the greatest first; equal ones share it."""
        if row[name] is None:
            return NOTHING
        values = self._values[name, row["market"]]
        rank = 1 + sum(one > Decimal(row[name]) for one in values)
        return reader.say("rank-of", rank=rank, count=len(values))


def _past(view: View, row: Row, ranks: Ranks) -> Context:
    reader = view.reader
    return {
        "name": _row_name(view, row),
        "day": reader.date(row["date"]),
        "market": reader.market(row["market"]),
        "revenue": view.money(row["closed_revenue"]),
        "orders": reader.number(row["closed_orders"]),
        "new": reader.number(row["closed_new_customers"]),
        "baseline": view.money(row["baseline_revenue"]),
        "uplift": reader.change(_decimal(row["uplift"])),
        "tone": "" if row["uplift"] is None else "good" if Decimal(row["uplift"]) > 0 else "bad",
        "per_day": view.money(row["productivity"]),
        "rank_productivity": ranks.place(reader, row, "productivity"),
        "rank_potential": ranks.place(reader, row, "uplift"),
    }


def _chart(view: View, rows: list[Row]) -> chart.Chart | None:
    reader = view.reader
    ranked = sorted(
        (row for row in rows if row["uplift"] is not None),
        key=lambda row: Decimal(row["uplift"]),
        reverse=True,
    )[:_CHARTED]
    if not ranked:
        return None
    labels = [
        f"{_row_name(view, row).text} · {reader.market(row['market'])} · {reader.short_date(row['date'])}"
        for row in ranked
    ]
    values = [round(Decimal(row["uplift"]) * 1_000) for row in ranked]

    def shown(value: float) -> str:
        return reader.change(Decimal(round(value)) / 1_000)

    def axis(value: float) -> str:
        return reader.percent(Decimal(round(value)) / 1_000, 0)

    figures = [shown(value) for value in values]
    return chart.Chart(
        title=reader.say("uplift-chart"),
        summary=reader.say("uplift-chart-text", name=labels[0], value=figures[0]),
        svg=chart.rows(labels, values, chart.Scale(axis, shown, _LEAST_UPLIFT)),
        columns=[reader.say("key-day"), reader.say("uplift")],
        rows=[[label, figure] for label, figure in zip(labels, figures, strict=True)],
    )


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
