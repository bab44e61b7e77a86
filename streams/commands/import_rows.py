"""What the commands that import tables share: how a file is read, fed to a destination and summed up."""

from __future__ import annotations

import codecs
import datetime as dt
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, Self

import click
import orjson

from streams.commands.front import (
    DONE,
    FAILED,
    SECURITY,
    WorkFailedError,
    as_json,
    note,
    progress,
    say,
    settings_from,
    settings_options,
)
from streams.engine.record import OutRecord
from streams.imports.mapping import Mapped, MappingError, RowMapping, mapper, parse_zone
from streams.imports.profiles import guess
from streams.imports.table import WHITESPACE, Table

if TYPE_CHECKING:
    from streams.imports.intake import Refuse, Refused, Tally

_SETTINGS: Final = ("data", "brokers", "programs", *SECURITY)
_UTF8: Final = "utf-8-sig"  # a byte order mark is no part of the first name
CLOCK: Final = "clock"
#: Rows between two updates of the progress bar.
_BAR_ROWS: Final = 500


@dataclass(frozen=True, kw_only=True)
class Export:
    """A file of rows and how to read it."""

    table: Table
    mapping: RowMapping
    header: bool


def row_options(*fields: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The options that say how a table is written that fills ``fields``."""
    options = (
        click.option(
            "--column",
            "columns",
            metavar="FIELD=COLUMN",
            multiple=True,
            help="The column of a field: its name in the header, or its position from 1. "
            f"Fields: {', '.join(fields)}.",
        ),
        click.option(
            "--value",
            "values",
            metavar="FIELD=TEXT",
            multiple=True,
            help="A fixed value of a field; {line} and {file} stand for the row's line and the file's name.",
        ),
        click.option("--market", help="Short for --value market=…"),
        click.option(
            "--separator", metavar="CHAR", help='Between columns: ",", ";", tab, whitespace. [default: ","]'
        ),
        click.option(
            "--header/--no-header",
            default=None,
            help="Whether the first row names the columns. [default: it does]",
        ),
        click.option(
            "--time-format", metavar="FORMAT", help="As for strptime, such as %d/%m/%Y. [default: ISO 8601]"
        ),
        click.option(
            "--zone", metavar="ZONE", help="Of times without offset: Europe/Paris or -05:00. [default: UTC]"
        ),
        click.option(
            "--at", metavar="HH:MM", help="The time of day of every row, where the export has dates only."
        ),
        click.option("--encoding", help="Of the text. [default: utf-8]"),
        click.option(
            "--source", help="CloudEvents source: with the event's id it is the identity of an event."
        ),
    )

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


def destination_options(topic: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The options that say where the events go, and the rows that are none."""
    options = (
        click.option(
            "--out",
            metavar="DIR",
            type=click.Path(path_type=Path, file_okay=False),
            help=f"Write DIR/{topic}.ndjson.",
        ),
        settings_options(*_SETTINGS),
        click.option(
            "--refused",
            "refused_file",
            metavar="FILE",
            type=click.Path(path_type=Path),
            help="Where refused rows go, as NDJSON. [default: <file name>.refused.ndjson]",
        ),
        click.option("--allow-refused", is_flag=True, help="Exit with 0 although rows were refused."),
        click.option("--json", "json_", is_flag=True, help="Print the summary as JSON."),
    )

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


FILE: Final = click.argument(
    "file", type=click.Path(path_type=Path, exists=True, dir_okay=False, allow_dash=True)
)


def import_rows(
    name: str,
    file: Path,
    export: Export,
    out: Path | None,
    refused_file: Path | None,
    *,
    allow_refused: bool,
    json_: bool,
    flags: Mapping[str, Any],
) -> int:
    """Feed the events of an export, called ``name``, to the destination of the flags; the exit status."""
    from streams.commands.destinations import destination
    from streams.imports.intake import Tally

    topic = export.mapping.topic
    target = destination(
        settings_from({setting: flags[setting] for setting in _SETTINGS}),
        out=out,
        data=flags["data"] is not None,
        kafka=flags["brokers"] is not None,
        topics=(topic, CLOCK),
    )
    tally = Tally()
    with Refusals(refused_file or Path(f"{_name(file)}.refused.ndjson")) as refusals:
        counts = target.write(feed(export, target.partitions, target.zones, tally, refusals))
    summary = _summary(name, topic, file, target.place, tally, counts, refusals)
    if json_:
        as_json(summary)
    else:
        _print(name, summary)
    return FAILED if tally.refused and not allow_refused else DONE


def how_from(flags: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments of a mapping that its options name: zone, time of day, form of times, source."""
    how: dict[str, Any] = {name: flags[name] for name in ("time_format", "source") if flags[name] is not None}
    if flags["zone"] is not None:
        how["zone"] = parse_zone(flags["zone"])
    if flags["at"] is not None:
        how["at"] = _time_of_day(flags["at"])
    return how


def table_from(file: Path, flags: Mapping[str, Any], separator: str = ",") -> Table:
    """The table of a file; ``separator`` is that of files that name none."""
    return Table(file, _separator(flags["separator"] or separator), _encoding(flags["encoding"] or _UTF8))


def guessed(
    file: Path, flags: Mapping[str, Any], fixed: Iterable[str], synonyms: Mapping[str, Sequence[str]] | None
) -> dict[str, Any]:
    """Options for a file that came with none for its columns, said aloud as they would be typed.

    Fields that are ``fixed`` have no column. Without ``synonyms`` it may be an export of orders.
    """
    if str(file) == "-":
        return {}
    encoding = _encoding(flags["encoding"] or _UTF8)
    found = guess(file, encoding) if synonyms is None else guess(file, encoding, synonyms)
    if found.profile is not None:
        note(f"{file} is read as --profile {found.profile}")
        return {"profile": found.profile}
    fixed = set(fixed)
    columns = [f"{name}={column}" for name, column in found.columns.items() if name not in fixed]
    separator = flags["separator"] or found.separator
    shown = "".join(f" --column {shlex.quote(each)}" for each in columns)
    note(f"{file} is read with --separator {shlex.quote(separator)}{shown}")
    return {"columns": columns, "separator": separator}


def feed(
    export: Export, partitions: int, zones: Sequence[str], tally: Tally, refuse: Refuse
) -> Iterator[OutRecord]:
    """The events of an export by time, with the home midnights between them; shows its progress on stderr."""
    from streams.engine.partitioner import partition_of
    from streams.imports.feed import with_midnights
    from streams.imports.sort import by_time

    records = (
        OutRecord(export.mapping.topic, partition_of(each.key, partitions), each.time, each.key, each.value)
        for each in by_time(_read(export, tally, refuse))
    )
    return with_midnights(_shown(records, tally), zones, partitions)


class Refusals:
    """Refused rows go into a file that exists only when there are some."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: IO[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        if self._file is not None:
            self._file.close()

    def __call__(self, refused: Refused) -> None:
        """Write one line; what does not fit UTF-8 is escaped."""
        if self._file is None:
            self._file = self.path.open("wb")
        row = [cell.encode("utf-8", "backslashreplace").decode() for cell in refused.row]
        detail = refused.detail.encode("utf-8", "backslashreplace").decode()
        line = {"line": refused.line, "code": refused.code, "detail": detail, "row": row}
        self._file.write(orjson.dumps(line) + b"\n")


def _read(export: Export, tally: Tally, refuse: Refuse) -> Iterator[Mapped]:
    from schemas.codec import Decoder
    from streams.imports.intake import AnyProgram, valid_events

    position = [0]
    rows = export.table.rows(position)
    header: list[str] | None = None
    if export.header:
        first = next(rows, None)
        if first is None:
            raise WorkFailedError(f"{export.table.path} is empty")
        header = first.cells
    try:
        mapped = mapper(export.mapping, header, _name(export.table.path))
    except MappingError as error:
        raise click.UsageError(str(error)) from None
    with progress(export.table.size(), "Reading the file") as bar:
        topic, decoder = export.mapping.topic, Decoder(AnyProgram())
        for at, event in enumerate(valid_events(topic, rows, mapped, decoder, tally, refuse)):
            if at % _BAR_ROWS == 0:
                bar.update(position[0] - bar.pos)
            yield event
        bar.update(bar.length - bar.pos)


def _shown(records: Iterable[OutRecord], tally: Tally) -> Iterator[OutRecord]:
    """The records with a progress bar that begins with the first: then all rows are read and counted."""
    remaining = iter(records)
    for first in remaining:
        with progress(tally.events, "Feeding events") as bar:
            for record in chain((first,), remaining):
                yield record
                bar.update(1)


def _summary(
    name: str, topic: str, file: Path, place: str, tally: Tally, counts: Mapping[str, int], refusals: Refusals
) -> dict[str, Any]:
    from events.time import format_time

    return {
        "file": str(file),
        "rows": tally.rows,
        name: counts.get(topic, 0),
        "first": None if tally.first is None else format_time(tally.first),
        "last": None if tally.last is None else format_time(tally.last),
        "midnights": counts.get(CLOCK, 0),
        "to": place,
        "refused": dict(sorted(tally.refused.items())),
        "refused_file": str(refusals.path) if tally.refused else None,
    }


def _print(name: str, summary: Mapping[str, Any]) -> None:
    span = f" from {summary['first']} to {summary['last']}" if summary[name] else ""
    say(f"{summary['rows']:,} rows of {summary['file']}: {summary[name]:,} {name}{span}")
    say(f"written to {summary['to']}")
    if refused := summary["refused"]:
        shown = ", ".join(f"{count:,} {code}" for code, count in refused.items())
        note(f"{sum(refused.values()):,} rows were refused ({shown}); they are in {summary['refused_file']}")


def _name(file: Path) -> str:
    return "stdin" if str(file) == "-" else file.name


def pairs(option: str, given: Iterable[str]) -> dict[str, str]:
    """What an option that is given as ``NAME=TEXT``, once for each name, says."""
    pairs: dict[str, str] = {}
    for each in given:
        name, equals, text = each.partition("=")
        if not equals or not name or not text:
            raise click.UsageError(f"{option} {each!r} is not of the form FIELD=…")
        if name in pairs:
            raise click.UsageError(f"{option} names {name!r} more than once")
        pairs[name] = text
    return pairs


def _time_of_day(text: str) -> dt.time:
    try:
        at = dt.time.fromisoformat(text)
    except ValueError:
        raise click.UsageError(f"--at {text!r} is no time of day such as 12:00") from None
    if at.tzinfo is not None:
        raise click.UsageError("--at takes no offset; give it with --zone")
    return at


def _separator(text: str) -> str:
    separator = {"tab": "\t", "\\t": "\t"}.get(text, text)
    if separator != WHITESPACE and (len(separator) != 1 or separator in '"\r\n'):
        raise click.UsageError(f"--separator {text!r} is neither one character nor tab nor whitespace")
    return separator


def _encoding(name: str) -> str:
    try:
        found = codecs.lookup(name).name
    except LookupError:
        raise click.UsageError(f"--encoding {name!r} is not known") from None
    return _UTF8 if found == "utf-8" else found
