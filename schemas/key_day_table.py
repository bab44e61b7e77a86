"""The key days of a program file: its ``[[key_day]]`` tables over the catalogue's entries."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from msgspec.structs import replace

from schemas.catalogue import catalogue
from schemas.key_day_entry import read_entry
from schemas.key_day_gaps import lacks_dates
from schemas.key_days import KeyDay
from schemas.program import Program
from schemas.program_table import Problems, Table

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def read_key_days(top: Table, markets: Collection[str]) -> tuple[KeyDay, ...]:
    """The key days of a program in the order of its file; ``markets`` are those that it declares."""
    found: list[KeyDay] = []
    for table in top.tables("key_day"):
        entry = _read(table, frozenset(markets))
        if any(entry.id == other.id for other in found):
            table.wrong("id", f"{entry.id} is declared twice")
        table.done()
        found.append(entry)
    return tuple(found)


def warn_of_missing_dates(program: Program, problems: Problems) -> None:
    """Name the key days that fall on no day, or on unconfirmed ones, in the year of the program's start."""
    if problems.errors:
        return
    year = (_EPOCH + timedelta(milliseconds=program.effective_from)).year
    for at, entry in enumerate(program.key_days):
        for doubt in _doubts(entry, year):
            problems.warn(f"key_day[{at}]", doubt)


def _doubts(entry: KeyDay, year: int) -> Iterator[str]:
    markets = sorted(entry.markets)
    if not markets:
        yield f"{entry.id} is kept in none of the program's markets"
    if lacking := [market for market in markets if lacks_dates(entry, market, year)]:
        yield (
            f"{entry.id} has no dates for {year} in {', '.join(lacking)}: it falls on no day there "
            "until dates or overrides name some"
        )
    if unconfirmed := [market for market in markets if _unconfirmed(entry, market, year)]:
        yield (
            f"the dates of {entry.id} for {year} in {', '.join(unconfirmed)} are unconfirmed: "
            "dates or overrides can confirm or correct them"
        )


def _unconfirmed(entry: KeyDay, market: str, year: int) -> bool:
    return any(one.status == "unconfirmed" for one in entry.editions(market, year) or ())


def _read(table: Table, declared: frozenset[str]) -> KeyDay:
    use, own = table.maybe_text("use"), table.maybe_text("id")
    if use is None and own is None:
        table.wrong("id", "is missing: a key day needs use or id")
    listed = catalogue().days.get(use) if use is not None else None
    if use and listed is None:
        table.wrong("use", f"{use} is not in the catalogue (keyday calendar prints it)")
    base = None if listed is None else replace(listed.key_day, use=use)
    given = table.texts("markets")
    for market in given or ():
        if market not in declared:
            table.problems.warn(table.at("markets"), f"market {market} is not declared: it has no such day")
    markets = declared if base is None else declared & base.markets
    markets = markets if given is None else declared & frozenset(given)
    if base is None and (use is not None or own is None):
        # Its keys cannot be judged without the entry that they would override, or without a name.
        for key in table.entries():
            table.raw(key)
        return KeyDay(id=own or use or "", name=own or use or "", use=use, markets=markets)
    return read_entry(table, own or use or "", base, markets)
