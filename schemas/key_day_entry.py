"""Checked reading of one key day: of a program file's ``[[key_day]]``, and of the catalogue's.

Keys that are given override those of the catalogue's entry that ``use`` names.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, Final, cast

from dateutil.rrule import rrulestr
from msgspec.structs import replace

from schemas.holiday_library import is_country, is_known
from schemas.key_days import (
    DAY_MINUTES,
    MOST_OFFSET_DAYS,
    MOST_WINDOW_DAYS,
    NOTICE_DAYS,
    Easter,
    EasterCalendar,
    Edition,
    Holiday,
    KeyDay,
    Rrule,
    Source,
    Status,
)
from schemas.program_table import Table

_SOURCES: Final = ("rrule", "easter", "holiday", "dates")
_EASTERS: Final = ("western", "orthodox", "julian")
_WEEKDAY: Final = r"(?:MO|TU|WE|TH|FR|SA|SU)"
#: What the parts of a recurrence rule may hold: RFC 5545, section 3.3.10. Parts that count from a start
#: (COUNT, INTERVAL, UNTIL) or that name times of a day have no meaning for a key day.
_RULE_PARTS: Final = {
    "FREQ": re.compile("YEARLY|MONTHLY|WEEKLY"),
    "BYMONTH": re.compile(r"0?[1-9]|1[0-2]"),
    "BYDAY": re.compile(rf"(?:[+-]?(?:0?[1-9]|[1-4]\d|5[0-3]))?{_WEEKDAY}"),
    "BYMONTHDAY": re.compile(r"[+-]?(?:0?[1-9]|[12]\d|3[01])"),
    "BYYEARDAY": re.compile(r"[+-]?(?:[1-9]\d?|[12]\d\d|3[0-5]\d|36[0-6])"),
    "BYWEEKNO": re.compile(r"[+-]?(?:0?[1-9]|[1-4]\d|5[0-3])"),
    "BYSETPOS": re.compile(r"[+-]?(?:[1-9]\d?|[12]\d\d|3[0-5]\d|36[0-6])"),
    "WKST": re.compile(_WEEKDAY),
}
_DAY_PARTS: Final = {"BYDAY", "BYMONTHDAY", "BYYEARDAY"}
#: From here on a rule is asked for its first day.
_PROBE: Final = datetime(2000, 1, 1)  # noqa: DTZ001 - a calendar date
_TIME: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00", re.ASCII)
_YEAR: Final = re.compile(r"\d{4}", re.ASCII)
_MOST_NOTICE_DAYS: Final = 366
_COUNTRIES: Final = re.compile(r"[A-Z]{2}", re.ASCII)


def read_entry(
    table: Table, id_: str, base: KeyDay | None, markets: frozenset[str], confidences: Collection[str] = ()
) -> KeyDay:
    """The entry as its table has it, over that of the catalogue.

    ``markets`` are those in which it applies, and those that its dates may name. With ``confidences`` a date
    may say how sure it is, as the catalogue's do.
    """
    reader = _EntryReader(table, markets, confidences)
    return reader.entry(base or KeyDay(id=id_, name=id_, markets=markets), id_, fresh=base is None)


class _EntryReader:
    def __init__(self, table: Table, markets: frozenset[str], confidences: Collection[str]) -> None:
        self._table = table
        self._markets = markets
        self._confidences = confidences

    def entry(self, base: KeyDay, id_: str, *, fresh: bool) -> KeyDay:
        table = self._table
        found = replace(base, id=id_, markets=self._markets, name=table.text("name", base.name))
        if table.has("days"):
            found = _without_ends(found)
        found = self._source(found, fresh=fresh)
        if table.has("overrides"):
            found = replace(found, years={**found.years, **self._years("overrides")})
        found = self._place(self._window(found))
        return replace(found, notice_days=self._notices(found.notice_days))

    def _source(self, found: KeyDay, *, fresh: bool) -> KeyDay:
        table = self._table
        given = [key for key in _SOURCES if table.has(key)]
        offset = table.maybe_whole("offset_days", -MOST_OFFSET_DAYS, MOST_OFFSET_DAYS)
        if len(given) > 1:
            table.wrong(given[1], f"a key day has one source, and this one has {given[0]} too")
            for key in given:
                table.raw(key)
            return found
        if not given:
            if fresh:
                table.wrong(_SOURCES[0], "is missing: a key day needs rrule, easter, holiday or dates")
            return found if offset is None or fresh else self._moved(found, offset)
        if given == ["dates"]:
            if offset is not None:
                table.wrong("offset_days", "has nothing to be counted from: dates are the days themselves")
            known = {} if found.sources else found.years
            return replace(found, sources=(), years={**known, **self._years("dates")}, status="announced")
        source = Source(rule=self._rule(given[0]), offset_days=offset or 0)
        return replace(found, sources=(source,), years={}, status="computed")

    def _moved(self, found: KeyDay, offset: int) -> KeyDay:
        """The catalogue's entry at another offset; what is known of single years moves along."""
        if len(found.sources) == 0:
            self._table.wrong("offset_days", f"has nothing to be counted from: {found.use} is announced")
            return found
        if len({source.offset_days for source in found.sources}) > 1:
            self._table.wrong("offset_days", f"{found.use} has several rules: name one with rrule")
            return found
        by = timedelta(offset - found.sources[0].offset_days)
        years = {
            year: tuple(
                replace(one, start=one.start + by, end=None if one.end is None else one.end + by)
                for one in editions
            )
            for year, editions in found.years.items()
        }
        return replace(
            found, sources=tuple(replace(one, offset_days=offset) for one in found.sources), years=years
        )

    def _rule(self, key: str) -> Rrule | Easter | Holiday:
        table = self._table
        if key == "rrule":
            text = table.text(key).upper().removeprefix("RRULE:").replace(";INTERVAL=1;", ";")
            if text and (problem := rrule_problem(text)):
                table.wrong(key, problem)
            return Rrule(text)
        if key == "easter":
            return Easter(cast("EasterCalendar", table.choice(key, _EASTERS)))
        return self._holiday()

    def _holiday(self) -> Holiday:
        """``holiday = "Diwali"`` of each market's country, or ``{ country = "IN", name = "Diwali" }``."""
        table = self._table
        value = table.raw("holiday")
        if isinstance(value, str):
            value = {"name": value}
        holiday = Table(value, table.at("holiday"), table.problems)
        name, country = holiday.text("name"), holiday.maybe_text("country")
        holiday.done()
        for one in sorted(self._markets) if country is None else [country]:
            if not name:
                break
            if not _COUNTRIES.fullmatch(one) or not is_country(one):
                table.wrong("holiday", f"{one} is no country of the holidays library: say country")
            elif not is_known(one, name):
                table.wrong("holiday", f"{name} is no holiday of {one} in the holidays library")
        return Holiday(name, country)

    def _years(self, key: str) -> dict[int, tuple[Edition, ...]]:
        """``{ 2026 = ["2026-06-23", { start = "2026-06-23", end = "2026-06-26", markets = ["FR"] }] }``."""
        years = self._table.table(key)
        if years is None:
            return {}
        found: dict[int, tuple[Edition, ...]] = {}
        for name in years.entries():
            if not _YEAR.fullmatch(name):
                years.wrong(name, "is no year, as 2026")
                years.raw(name)
                continue
            value = years.raw(name)
            items = value if isinstance(value, list) else [value]
            editions = [
                self._edition(item, int(name), Table({}, f"{years.at(name)}[{at}]", years.problems))
                for at, item in enumerate(items)
            ]
            found[int(name)] = tuple(
                sorted((one for one in editions if one is not None), key=lambda one: one.start)
            )
        return found

    def _edition(self, item: object, year: int, where: Table) -> Edition | None:
        fields: dict[str, Any] = item if isinstance(item, dict) else {"start": item}
        table = Table(fields, where.path, where.problems)
        start = _date(table, "start")
        end = _date(table, "end") if table.has("end") else None
        markets = table.texts("markets")
        status = "announced"
        if self._confidences:
            status = table.choice("status", self._confidences, default=status)
        table.done()
        for market in markets or ():
            if market not in self._markets:
                table.wrong("markets", f"market {market} is none of this key day")
        if start is None:
            return None
        if start.year != year:
            table.wrong("start", f"{start} is not in {year}")
        if end is not None and not 0 <= (end - start).days < MOST_WINDOW_DAYS:
            table.wrong("end", f"must be from the start to {MOST_WINDOW_DAYS - 1} days later")
        return Edition(
            start=start,
            end=end,
            markets=None if markets is None else frozenset(markets),
            status=cast("Status", status),
        )

    def _window(self, found: KeyDay) -> KeyDay:
        table = self._table
        found = replace(
            found,
            days=table.whole("days", found.days, 1, MOST_WINDOW_DAYS),
            start_minute=self._minute("start", found.start_minute, DAY_MINUTES - 1),
            end_minute=self._minute("end", found.end_minute, DAY_MINUTES),
        )
        one_day = found.until is None and (
            found.days == 1
            or any(edition.end == edition.start for editions in found.years.values() for edition in editions)
        )
        if one_day and found.end_minute <= found.start_minute:
            table.wrong("end", "must be after start, as the window lies in one day")
        return found

    def _minute(self, key: str, default: int, most: int) -> int:
        value = self._table.raw(key)
        if value is None:
            return default
        match = _TIME.fullmatch(value) if isinstance(value, str) else None
        minute = -1
        if match is not None:
            minute = DAY_MINUTES if match[1] is None else int(match[1]) * 60 + int(match[2])
        if not 0 <= minute <= most:
            last = "24:00" if most == DAY_MINUTES else "23:59"
            self._table.wrong(key, f'must be a local time from "00:00" to "{last}"')
            return default
        return minute

    def _place(self, found: KeyDay) -> KeyDay:
        table = self._table
        policy = "market" if found.tz is None else "organiser"
        asked = table.choice("tz_policy", ("market", "organiser"), default=policy)
        if asked == "market":
            if table.has("tz"):
                table.wrong("tz", 'needs tz_policy = "organiser": else each market has its own zone')
                table.raw("tz")
            return replace(found, tz=None, tz_markets=None)
        if table.has("tz"):
            return replace(found, tz=table.zone("tz"), tz_markets=None)
        if found.tz is None:
            table.wrong("tz", "is missing: the zone of the organiser")
        return found

    def _notices(self, default: tuple[int, ...]) -> tuple[int, ...]:
        value = self._table.raw("notice_days")
        if value is None:
            return default
        if not isinstance(value, list) or not all(
            isinstance(item, int) and not isinstance(item, bool) and 0 <= item <= _MOST_NOTICE_DAYS
            for item in value
        ):
            wanted = ", ".join(map(str, NOTICE_DAYS))
            self._table.wrong(
                "notice_days", f"must be a list of days from 0 to {_MOST_NOTICE_DAYS}, as [{wanted}]"
            )
            return default
        return tuple(sorted(set(value), reverse=True))


@cache
def rrule_problem(text: str) -> str | None:
    """What is wrong with a recurrence rule, ``None`` when it can be worked out for any year by itself."""
    parts = [part.partition("=") for part in text.split(";")]
    for key, _, values in parts:
        if key not in _RULE_PARTS:
            return f"{key} is not known here: a rule has " + ", ".join(_RULE_PARTS)
        if not all(_RULE_PARTS[key].fullmatch(value) for value in values.split(",")):
            return f"{key}={values} is no part of a rule of RFC 5545"
    keys = {key for key, _, _ in parts}
    if len(keys) < len(parts):
        return "has a part twice"
    if "FREQ" not in keys or not _DAY_PARTS & keys:
        return "needs FREQ (YEARLY, MONTHLY or WEEKLY) and one of BYDAY, BYMONTHDAY and BYYEARDAY"
    try:
        first = next(iter(rrulestr(text, dtstart=_PROBE)), None)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        return f"is no rule of RFC 5545: {error}"
    return None if first is not None else "never falls on a day"


def _without_ends(found: KeyDay) -> KeyDay:
    """The entry where ``days`` alone says how long it is, whatever is known of single years."""
    years = {
        year: tuple(replace(one, end=None) for one in editions) for year, editions in found.years.items()
    }
    return replace(found, years=years, until=None)


def _date(table: Table, key: str) -> date | None:
    value = table.raw(key)
    if isinstance(value, str):
        try:
            value = date.fromisoformat(value)
        except ValueError:
            value = None
    if not isinstance(value, date) or isinstance(value, datetime):
        table.wrong(key, "must be a date, as 2026-06-23")
        return None
    return value
