"""On which dates a key day falls in a year, from its sources and from what is known of single years.

Dates are proleptic ordinals (``date.toordinal``). A year is worked out by itself, so that the answer does not
depend on what was asked before.
"""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache
from typing import Final, Literal, NamedTuple, assert_never

from dateutil.easter import EASTER_JULIAN, EASTER_ORTHODOX, EASTER_WESTERN, easter
from dateutil.rrule import rrulestr

from schemas.holiday_library import starts
from schemas.key_days import Easter, EasterCalendar, Holiday, KeyDay, Rrule, Source, Span, Status

_METHODS: Final[dict[EasterCalendar, Literal[1, 2, 3]]] = {
    "western": EASTER_WESTERN,
    "orthodox": EASTER_ORTHODOX,
    "julian": EASTER_JULIAN,
}
#: Years for which the computations of Easter hold in the Gregorian calendar.
_EASTER_YEARS: Final = range(1583, 4100)


class Dated(NamedTuple):
    """The date on which a window starts, and its last date where that is known by itself."""

    start: int
    end: int | None
    status: Status


def dates_of(entry: KeyDay, market: str, year: int) -> tuple[Dated, ...]:
    """The dates of a key day in a market whose source lies in this year, ascending."""
    known = entry.editions(market, year)
    if known is not None:
        return tuple(
            Dated(one.start.toordinal(), None if one.end is None else one.end.toordinal(), one.status)
            for one in known
        )
    found = {
        day: Dated(day, None, status)
        for source in entry.sources
        if source.markets is None or market in source.markets
        for day, status in _source_days(source, entry.status, market, year)
        if _within(source.valid, day) and _within(entry.valid, day)
    }
    return tuple(found[day] for day in sorted(found))


def _source_days(source: Source, status: Status, market: str, year: int) -> list[tuple[int, Status]]:
    rule = source.rule
    match rule:
        case Rrule():
            days = [(day, status) for day in rrule_days(rule.text, year)]
        case Easter():
            days = [(day, status) for day in _easter_days(rule.calendar, year)]
        case Holiday():
            expected: Status = "estimated"
            days = [
                (day.toordinal(), expected if estimated else status)
                for day, estimated in starts(rule.country or market, rule.name, year)
            ]
        case _:
            assert_never(rule)
    days = [(day + source.offset_days, how) for day, how in days]
    move = source.move
    if move is None:
        return days
    occupied = {day + move.offset_days for day in _easter_days(move.calendar, year)}
    return [(day + move.by if day in occupied else day, how) for day, how in days]


@lru_cache(maxsize=8_192)
def rrule_days(text: str, year: int) -> tuple[int, ...]:
    """The days of a recurrence rule in a year.

    Counting starts a year ahead, so that a week which began in December counts whole.
    """
    first = datetime(max(year - 1, 1), 1, 1)  # noqa: DTZ001 - calendar dates have no zone
    rule = rrulestr(text, dtstart=first)
    wanted = (datetime(year, 1, 1), datetime(year, 12, 31))  # noqa: DTZ001 - as above
    return tuple(day.toordinal() for day in rule.between(*wanted, inc=True))


def _easter_days(calendar: EasterCalendar, year: int) -> tuple[int, ...]:
    return (easter(year, _METHODS[calendar]).toordinal(),) if year in _EASTER_YEARS else ()


def _within(valid: Span, day: int) -> bool:
    first, last = valid.first or date.min, valid.last or date.max
    return first.toordinal() <= day <= last.toordinal()
