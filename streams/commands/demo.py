"""``keyday demo``: Keyday on this machine with sample orders or the reader's own, and what happened."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import re
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain, islice, takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import click
import msgspec

from events.time import format_time, parse_time
from events.units import unit_scale
from streams.commands.front import (
    DONE,
    WorkFailedError,
    as_json,
    note,
    progress,
    say,
    settings_from,
    settings_options,
)
from streams.commands.import_rows import Export, Refusals, feed
from streams.commands.imports import export_from, export_options
from streams.commands.serving import announce, listening, until_stopped
from streams.engine.limits import APPEND_RECORDS
from streams.engine.record import OutRecord
from streams.engine.settings import Settings
from streams.generator.season import CUSTOMERS, EVENTS, PARTNERS, season, season_program, season_start
from streams.imports.profiles import CDNOW

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

    from streams.commands.story import Story
    from streams.engine.embedded import Embedded
    from streams.engine.embedded_worker import EmbeddedWorker

EXAMPLES: Final = Path(__file__).resolve().parents[2] / "examples"
SEED: Final = 1
#: Records that are worked on between two updates of the progress bar.
_SLICE: Final = 1_000


@dataclass(frozen=True)
class Source:
    """What the demo is fed: a name of its own under the data directory, the program, and the records."""

    name: str
    title: str
    programs: Path | None
    export: Export | None


@click.command()
@settings_options("data", "programs", "host", "port")
@click.option(
    "--orders",
    "file",
    metavar="FILE",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Your own orders instead of the sample; its columns are named as for keyday import orders.",
)
@export_options
@click.option("--once", is_flag=True, help="End after the summary.")
@click.option("--json", "json_", is_flag=True, help="Print the summary as JSON.")
@settings_options("log_format", "log_level")
def demo(file: Path | None, *, once: bool, json_: bool, **flags: Any) -> int:
    """Run Keyday on six weeks of a sample program, or on your orders.

    Says what happened, then serves it until Ctrl-C. What is still to come of the last day happens while
    it is served, each event in its time. A second run finds what the first one left and feeds nothing
    twice.
    """
    names = ("data", "programs", "host", "port", "log_format", "log_level")
    given = {name: flags.pop(name) for name in names}
    settings = settings_from(given | {"log_level": given["log_level"] or "error"})
    announce(settings)
    base = settings.data if given["data"] is not None else Path("keyday-demo")
    source = _sample(settings) if file is None else _own(file, settings, flags)
    settings = replace(settings, data=base / source.name)
    return _play(settings, source, once=once, json_=json_)


def _sample(settings: Settings) -> Source:
    title = f"{EVENTS:,} generated events of {PARTNERS} partners and {CUSTOMERS:,} customers up to now"
    return Source("season", title, settings.programs, None)


def _own(file: Path, settings: Settings, flags: Mapping[str, Any]) -> Source:
    fallbacks = {"market": "US", "currency": "USD", "order_id": "{file}-{line}"}
    export = export_from(file, flags, fallbacks)
    programs = settings.programs
    if programs is None and export.mapping.source == CDNOW.source:
        programs = EXAMPLES / "cdnow.toml"
    stem = re.sub(r"[^A-Za-z0-9]+", "-", file.name.split(".")[0]).strip("-") or "orders"
    return Source(f"{stem}-{_digest(file, export, programs)}", f"the orders in {file}", programs, export)


def _digest(file: Path, export: Export, programs: Path | None) -> str:
    """Other orders, another reading of them or other rules need a data directory of their own."""
    digest = hashlib.sha256(repr((export.mapping, export.table.separator, export.header)).encode())
    for path in (file, programs):
        if path is not None and path.is_file():
            with path.open("rb") as opened:
                digest.update(hashlib.file_digest(opened, "sha256").digest())
    return digest.hexdigest()[:8]


def _play(settings: Settings, source: Source, *, once: bool, json_: bool) -> int:
    from prometheus_client import CollectorRegistry

    from schemas.codec import decode_output
    from streams.app import Projection, build_embedded, run_embedded
    from streams.commands.loading import load_programs
    from streams.commands.story import tell
    from streams.engine.log import LogError
    from streams.engine.metrics import Metrics

    note(f"Keyday demo with {source.title}")
    fed = settings.data.with_name(f"{source.name}.fed")
    records, programs = _prepared(settings, source, fed)
    settings = replace(settings, programs=programs)
    registry = CollectorRegistry()
    loaded = load_programs(programs)
    embedded = build_embedded(settings, loaded, Metrics(registry))
    if isinstance(embedded, LogError):
        raise WorkFailedError(f"{embedded.path}: {embedded.detail}")
    _feed(embedded, records)
    if not fed.exists():
        fed.touch()
    _work(embedded)
    repeats = _repeats(registry, fed)
    projection = Projection(settings, settings.data, registry, loaded)
    asyncio.run(projection.follow_log(embedded.log).catch_up())
    story = tell(embedded.log, projection.tables, decode_output)
    if json_:
        as_json(msgspec.to_builtins(story) | {"repeats": repeats})
    else:
        _print(story, repeats)
    if once:
        projection.tables.close()
        embedded.close()
        if not json_:
            say(f"\nLook around with: {_command()} run --programs {_short(programs)} --data {settings.data}")
        return DONE

    def where(url: str) -> None:
        listening(url)
        _print_where(url, story)

    return until_stopped(
        settings, lambda: run_embedded(projection, embedded, where, beside=_beside(source, programs, fed))
    )


def _beside(source: Source, programs: Path, fed: Path) -> Callable[[EmbeddedWorker], Awaitable[None]] | None:
    """What goes on while the sample is served; somebody's own orders are all there are."""
    from streams.commands.living import live

    if source.export is not None:
        return None
    noted, until = fed.with_suffix(".live"), fed.with_suffix(".until").read_text()
    if not noted.exists():
        noted.write_text(until)
    start = season_start(dt.datetime.fromisoformat(until).date())
    text = programs.read_text()
    return lambda worker: live(worker, lambda: season(SEED, start, text), noted)


def _prepared(settings: Settings, source: Source, fed: Path) -> tuple[Iterator[OutRecord], Path]:
    """What is still to be fed, and the program; for somebody's own orders it is written down once."""
    from streams.imports.intake import Tally
    from streams.imports.starter_program import starter_program

    starter = settings.data.with_name(f"{source.name}.toml")
    if fed.exists():
        note("All of it was fed before; nothing is fed twice.")
        return iter(()), source.programs or starter
    settings.data.parent.mkdir(parents=True, exist_ok=True)
    if source.export is None:
        return _season(settings, source, starter)
    tally = Tally()
    refusals = Refusals(settings.data.with_name(f"{source.name}.refused.ndjson"))
    records = _closing(feed(source.export, 1, (), tally, refusals), refusals)
    # When the first record comes, all rows are read: the markets and currencies are known.
    first = next(records, None)
    if tally.refused:
        shown = ", ".join(f"{count:,} {code}" for code, count in sorted(tally.refused.items()))
        note(f"{sum(tally.refused.values()):,} rows were refused ({shown}); they are in {refusals.path}")
    if first is None:
        raise WorkFailedError(f"{source.title}: there is none in it that can be read; see {refusals.path}")
    if source.programs is None:
        starter.write_text(starter_program(tally.currencies, tally.markets))
        note(f"The rules for your orders are in {starter}; change them and give the file with --programs.")
    return chain((first,), records), source.programs or starter


def _season(settings: Settings, source: Source, program: Path) -> tuple[Iterator[OutRecord], Path]:
    """The events that happened by now, and their program, which is written down beside the data."""
    from streams.app import wall_clock

    # A feed that was cut off goes on to the same instant.
    noted = settings.data.with_name(f"{source.name}.until")
    if not noted.exists():
        noted.write_text(format_time(wall_clock()))
    until = parse_time(noted.read_text())
    start = season_start(dt.datetime.fromtimestamp(until // 1_000, dt.UTC).date())
    if source.programs is None:
        program.write_text(season_program(start))
    try:
        events = season(SEED, start, (source.programs or program).read_text())
    except (OSError, ValueError) as error:
        raise WorkFailedError(f"{source.programs}: {error}") from None
    happened = takewhile(lambda event: event.time <= until, events)
    records = (OutRecord(topic, 0, at, key, value) for topic, key, value, at in happened)
    return records, source.programs or program


def _closing(records: Iterator[OutRecord], refusals: Refusals) -> Iterator[OutRecord]:
    with refusals:
        yield from records


def _feed(embedded: Embedded, records: Iterator[OutRecord]) -> None:
    """Append what the log does not hold yet: a feed that was killed goes on where it ended."""
    remaining = _remaining(embedded, records)
    while batch := list(islice(remaining, APPEND_RECORDS)):
        embedded.append(batch)


def _remaining(embedded: Embedded, records: Iterator[OutRecord]) -> Iterator[OutRecord]:
    known: dict[str, int] = {}
    for record in records:
        topic = record.topic
        if topic not in known:
            known[topic] = embedded.log.end_offset(topic, 0)
        if known[topic]:
            known[topic] -= 1
        else:
            yield record


def _work(embedded: Embedded) -> None:
    """Decide everything, then let the days pass until today."""
    _catch_up(embedded, "Deciding")
    embedded.tick()
    _catch_up(embedded, "Living on until today")


def _catch_up(embedded: Embedded, label: str) -> None:
    with progress(embedded.lag(), label) as bar:
        while done := embedded.step(_SLICE):
            bar.update(done)


def _repeats(registry: CollectorRegistry, fed: Path) -> int:
    """How many events came again and were dropped; noted beside the data, since no topic holds them."""
    noted = fed.read_text().strip()
    if noted:
        return int(noted)
    count = sum(
        int(sample_.value)
        for family in registry.collect()
        if family.name == "keyday_duplicates"
        for sample_ in family.samples
        if sample_.name == "keyday_duplicates_total"
    )
    fed.write_text(f"{count}\n")
    return count


def _print(story: Story, repeats: int) -> None:
    say(f"\nWhat happened, {story.first_day} to {story.last_day}")
    for name, count in story.events.items():
        _line(name, f"{count:,}")
    _line("repeats dropped", f"{repeats:,}")
    _line("accounts", f"{story.accounts:,}")
    for unit, totals in story.totals.items():
        amounts = {name: _amount(amount, unit) for name, amount in totals.items()}
        _line(
            f"{unit} earned",
            f"{amounts['earned']}; {amounts['available']} available, {amounts['pending']} pending, "
            f"{amounts['reversed']} reversed",
        )
    for extra in story.key_days:
        _line(
            extra.key_day,
            f"added {_amount(extra.amount, extra.unit)} {extra.unit} on {_count(extra.orders, 'order')}",
        )
    dead = ", ".join(f"{count:,} {code}" for code, count in story.dead_letters.items())
    _line("dead letters", dead or "none")


def _short(path: Path) -> Path:
    """The path as one would type it from here."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _command() -> str:
    """How this program was called, so that what is printed can be typed."""
    called = Path(sys.argv[0])
    return str(_short(called.absolute())) if called.name == "keyday" else "keyday"


def _line(name: str, text: str) -> None:
    say(f"  {name:<18}{text}")


def _count(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _amount(amount: int, unit: str) -> str:
    scale = unit_scale(unit)
    sign, size = ("-" if amount < 0 else ""), abs(amount)
    return f"{sign}{size // 10**scale:,}" + (f".{size % 10**scale:0{scale}d}" if scale else "")


def _print_where(url: str, story: Story) -> None:
    say("\nWhere to look")
    say(f"  {url}/ is the dashboard: overview, partners, key days, budgets, cases, system")
    if story.best_account is not None:
        account = f"{url}/v1/accounts/{quote(story.best_account, safe=':@')}"
        say(f"  {account}/balances")
        say(f"  {account}/statement")
    say(f"  {url}/metrics")
    say(f"\nYour own orders: {_command()} demo --orders FILE (docs/import.md). Ctrl-C ends.")
