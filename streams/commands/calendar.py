"""``keyday calendar``: the key days of a year, from the catalogue or from programs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import click
from msgspec import Struct
from msgspec.structs import replace

from schemas.key_day_names import DayName, day_name
from schemas.key_days import KeyDay
from streams.commands.front import DONE, note, table
from streams.explain.languages import LANGUAGES
from streams.rules.calendar import KeyDayCalendar, Occurrence

_UNKNOWN: Final = "unknown"
#: Statuses that a calendar program shows as not certain.
_TENTATIVE: Final = ("estimated", "unconfirmed")
_FIRST_YEAR: Final = 1970
_LAST_YEAR: Final = 9_990


class _Place(Struct, frozen=True):
    """A market with its zone, and the key days that are asked about in it."""

    market: str
    tz: str
    key_days: tuple[KeyDay, ...]


class _Row(Struct, frozen=True):
    """A key day in a market; without an occurrence it has no dates in this year."""

    key_day: KeyDay
    place: _Place
    occurrence: Occurrence | None
    title: DayName

    def columns(self) -> dict[str, str | None]:
        found = self.occurrence
        return {
            "id": self.key_day.id,
            "market": self.place.market,
            "name": self.title.text,
            "start": _local(found.start, self.place.tz) if found else None,
            "end": _local(found.end, self.place.tz) if found else None,
            "status": found.status if found else _UNKNOWN,
        }


@click.command()
@click.option("--market", "markets", multiple=True, metavar="ID", help="Only this market; may be repeated.")
@click.option(
    "--year",
    type=click.IntRange(_FIRST_YEAR, _LAST_YEAR),
    metavar="YEAR",
    help="The year in which the days start (default: this year).",
)
@click.option(
    "--programs",
    type=click.Path(path_type=Path, exists=True),
    metavar="PATH",
    help="The key days of a program file or a folder of them, instead of the whole catalogue.",
)
@click.option(
    "--lang",
    type=click.Choice(LANGUAGES),
    help="Names of the catalogue in this language, where it has one (default: as in the catalogue).",
)
@click.option("--json", "json_", is_flag=True, help="Print a JSON list.")
@click.option("--ical", is_flag=True, help="Print an iCalendar file (RFC 5545).")
def calendar(
    *,
    markets: tuple[str, ...],
    year: int | None,
    programs: Path | None,
    lang: str | None,
    json_: bool,
    ical: bool,
) -> int:
    """Print when the key days of a year are in each market.

    Each with its start and end in local time, and how sure that is.
    """
    if json_ and ical:
        raise click.UsageError("--json and --ical are two formats: choose one")
    year = datetime.now(UTC).year if year is None else year
    places = _of_catalogue() if programs is None else _of_programs(programs, year)
    rows = [row for place in _asked(places, markets) for row in _rows(place, year, lang)]
    _warn(rows, year)
    dated = [row for row in rows if row.occurrence is not None]
    if ical:
        _print_ical(dated)
    elif json_:
        table(_distinct(dated), json=True)
    else:
        table(_distinct(rows), json=False)
    return DONE


def _of_catalogue() -> list[_Place]:
    from schemas.catalogue import catalogue

    listed = catalogue()
    key_days = tuple(replace(day.key_day, use=id_) for id_, day in listed.days.items())
    return [_Place(market.id, market.tz, key_days) for market in listed.markets.values()]


def _of_programs(path: Path, year: int) -> list[_Place]:
    """The markets of each program as its version in force at the year's end has them."""
    from streams.commands.loading import load_programs

    programs = load_programs(path)
    found = []
    for id_ in programs.ids():
        program = programs.in_force(id_, _year_end(year))
        if program is None:
            note(f"warning: {id_} is not in force before the end of {year}")
            continue
        found += [_Place(market.id, market.tz, program.key_days) for market in program.markets.values()]
    return found


def _asked(places: Sequence[_Place], markets: Sequence[str]) -> Iterator[_Place]:
    known = {place.market for place in places}
    for market in markets:
        if market not in known:
            raise click.UsageError(f"there is no market {market}: there are {', '.join(sorted(known))}")
    return (place for place in places if not markets or place.market in markets)


def _rows(place: _Place, year: int, lang: str | None) -> list[_Row]:
    """The key days of a place by when they start, then those without dates."""
    days = KeyDayCalendar(place.key_days, place.market, place.tz)
    dated = sorted(days.occurrences(year), key=lambda one: (one.start, one.key_day.id))
    return [
        *(_Row(one.key_day, place, one, _title(one.key_day, lang)) for one in dated),
        *(_Row(entry, place, None, _title(entry, lang)) for entry in days.without_dates(year)),
    ]


def _title(key_day: KeyDay, lang: str | None) -> DayName:
    """The name in a language; without one that of the catalogue or the program, in whatever language."""
    return DayName(key_day.name, None) if lang is None else day_name(lang, key_day.use, key_day.name)


def _warn(rows: Sequence[_Row], year: int) -> None:
    lacking: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for row in rows:
        if row.occurrence is None:
            lacking[row.key_day.id][row.place.market] = None
    for id_, markets in lacking.items():
        note(f"warning: {id_} has no dates for {year} in {', '.join(markets)}")


def _distinct(rows: Sequence[_Row]) -> list[Mapping[str, str | None]]:
    """What is printed of each; two programs with the same key day in the same market say it once."""
    return list({tuple(columns.items()): columns for row in rows for columns in [row.columns()]}.values())


def _print_ical(rows: Sequence[_Row]) -> None:
    """Events in UTC: a local midnight that clocks skip has no other exact form in a calendar file."""
    import icalendar

    from schemas.catalogue import catalogue

    compiled = datetime.combine(catalogue().compiled, time.min, UTC)
    file = icalendar.Calendar()
    file.add("prodid", "-//Keyday//keyday calendar//EN")
    file.add("version", "2.0")
    seen = set()
    for row in rows:
        found = row.occurrence
        if found is None:
            continue
        market = row.place.market
        uid = f"{row.key_day.id}.{market}.{found.day.isoformat()}@keyday"
        if uid in seen:
            continue
        seen.add(uid)
        event = icalendar.Event()
        event.add("uid", uid)
        event.add("dtstamp", compiled)
        event.add("dtstart", _utc(found.start))
        event.add("dtend", _utc(found.end))
        language = {"language": row.title.language} if row.title.language else {}
        event.add("summary", f"{row.title.text} ({market})", parameters=language)
        event.add("description", f"{row.key_day.id}, {found.status}, local time of {row.place.tz}")
        event.add("categories", [market])
        event.add("status", "TENTATIVE" if found.status in _TENTATIVE else "CONFIRMED")
        event.add("transp", "TRANSPARENT")
        file.add_component(event)
    click.echo(file.to_ical(), nl=False)


def _utc(at: int) -> datetime:
    return datetime.fromtimestamp(at // 1_000, UTC)


def _local(at: int, tz: str) -> str:
    """RFC 3339 with the offset that holds in the zone at this instant."""
    return datetime.fromtimestamp(at // 1_000, ZoneInfo(tz)).isoformat(timespec="seconds")


def _year_end(year: int) -> int:
    """The last millisecond of a year in UTC."""
    return int(datetime.combine(date(year + 1, 1, 1), time.min, UTC).timestamp()) * 1_000 - 1
