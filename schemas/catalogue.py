"""The catalogue of key days that ships with Keyday: 36 markets, each day with its sources and how sure it is.

The facts are in ``key_days.toml`` beside this file. Rules say when a day falls wherever there is a rule; what
an organiser announces is there by year, and other years have no dates.
"""

from __future__ import annotations

import tomllib
from datetime import date
from functools import cache
from importlib import resources
from typing import Any, Final, cast

from msgspec import Struct
from msgspec.structs import replace

from schemas.key_day_entry import read_entry
from schemas.key_days import EasterCalendar, KeyDay, Move, Source, Span, Status
from schemas.program import Market
from schemas.program_table import Problems, Table

_STATUSES: Final = ("computed", "convention", "announced", "estimated", "unconfirmed")
#: How far the rule or the dates of an entry were confirmed: in a source that it names, as the output of a
#: library, as a custom whose window is a choice, or not at all.
_CONFIDENCES: Final = ("source", "library", "convention", "unconfirmed")


class CatalogueDay(Struct, frozen=True):
    """A day of the catalogue; ``sources`` are keys of ``Catalogue.sources``."""

    key_day: KeyDay
    sources: tuple[str, ...]
    confidence: str
    note: str | None


class Catalogue(Struct, frozen=True):
    """Days and markets in the order of the file; ``compiled`` is when its facts were looked up."""

    compiled: date
    sources: dict[str, str]
    markets: dict[str, Market]
    days: dict[str, CatalogueDay]


class CatalogueError(Exception):
    """The shipped catalogue is broken, which is an error of Keyday itself."""


@cache
def catalogue() -> Catalogue:
    """The shipped catalogue, read once."""
    text = resources.files("schemas").joinpath("key_days.toml").read_text(encoding="utf-8")
    return read_catalogue(tomllib.loads(text))


def read_catalogue(content: dict[str, Any]) -> Catalogue:
    """A catalogue from the content of its file.

    Raises:
        CatalogueError: it has errors; all of them are named.
    """
    problems = Problems({})
    top = Table(content, "", problems)
    compiled = top.raw("compiled")
    found = Catalogue(compiled, top.raw("sources"), {}, {})
    markets = top.table("markets")
    for key in markets.entries() if markets else ():
        market = cast("Table", cast("Table", markets).table(key))
        found.markets[key] = Market(key, market.zone("tz"))
        market.done()
    for table in top.tables("key_day"):
        day = _read_day(table, found)
        table.done()
        found.days[day.key_day.id] = day
    top.done()
    if problems.errors:
        raise CatalogueError("; ".join(map(str, problems.errors)))
    return found


def _read_day(table: Table, found: Catalogue) -> CatalogueDay:
    id_ = table.text("id")
    if id_ in found.days:
        table.wrong("id", f"{id_} is declared twice")
    markets = table.texts("markets") or ()
    for market in markets:
        if market not in found.markets:
            table.wrong("markets", f"market {market} is not declared")
    sources = table.texts("sources") or ()
    for source in sources:
        if source not in found.sources:
            table.wrong("sources", f"{source} is not declared")
    confidence = table.choice("confidence", _CONFIDENCES)
    note = table.raw("note")
    valid = _span(table)
    status = table.choice("status", _STATUSES) if table.has("status") else None
    until, tz_markets = _until(table, found), table.texts("tz_markets")
    rules = [_rule(rule, frozenset(markets)) for rule in table.tables("rules")]
    if rules:
        # The entry's own reader wants a source; the rules are the sources of this one.
        first = KeyDay(id=id_, name=id_, markets=frozenset(markets), sources=tuple(rules), status="computed")
        entry = read_entry(table, id_, first, frozenset(markets), _STATUSES)
    else:
        entry = read_entry(table, id_, None, frozenset(markets), _STATUSES)
    if move := _move(table):
        entry = replace(entry, sources=tuple(replace(one, move=move) for one in entry.sources))
    entry = replace(
        entry,
        status=cast("Status", status) if status else entry.status,
        valid=valid,
        until=until,
        tz_markets=None if tz_markets is None else frozenset(tz_markets),
    )
    return CatalogueDay(entry, sources, confidence, note)


def _rule(table: Table, markets: frozenset[str]) -> Source:
    """One of several rules of a day, for some of its markets or some years."""
    own = table.texts("markets")
    valid = _span(table)
    entry = read_entry(table, "rule", None, markets if own is None else frozenset(own))
    table.done()
    return replace(entry.sources[0], markets=None if own is None else frozenset(own), valid=valid)


def _span(table: Table) -> Span:
    valid = table.table("valid")
    if valid is None:
        return Span()
    span = Span(valid.raw("from"), valid.raw("to"))
    valid.done()
    return span


def _move(table: Table) -> Move | None:
    """``moved = { easter = "western", offset_days = 49, by = 7 }``: a day that steps aside for Pentecost."""
    moved = table.table("moved")
    if moved is None:
        return None
    easter = cast("EasterCalendar", moved.choice("easter", ("western", "orthodox")))
    move = Move(easter, moved.whole("offset_days", 0, -366, 366), moved.whole("by", 1, 1, 366))
    moved.done()
    return move


def _until(table: Table, found: Catalogue) -> tuple[int, int] | KeyDay | None:
    """``until = "01-31"``, the last date of the window, or the id of the day with whose start it ends."""
    until = table.maybe_text("until")
    if until is None:
        return None
    if until in found.days:
        return found.days[until].key_day
    day = date.fromisoformat(f"2000-{until}")
    return day.month, day.day
