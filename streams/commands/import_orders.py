"""``keyday import orders``: a real export of orders becomes events in files, the embedded log or Kafka."""

from __future__ import annotations

import codecs
import datetime as dt
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
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
from streams.imports.orders import FIELDS, Mapped, MappingError, OrderMapping, mapper, parse_zone
from streams.imports.profiles import CDNOW, guess
from streams.imports.table import WHITESPACE, Table

if TYPE_CHECKING:
    from streams.imports.intake import Refuse, Refused, Tally

_SETTINGS: Final = ("data", "brokers", "programs", *SECURITY)
_UTF8: Final = "utf-8-sig"  # a byte order mark is no part of the first name
PROFILES: Final = ("cdnow",)
CLOCK: Final = "clock"
#: Rows between two updates of the progress bar.
_BAR_ROWS: Final = 500


@dataclass(frozen=True, kw_only=True)
class Export:
    """A file of orders and how to read it."""

    table: Table
    mapping: OrderMapping
    header: bool


def export_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say how an export is written; ``export_from`` takes them."""
    fields = ", ".join(FIELDS)
    options = (
        click.option(
            "--profile", type=click.Choice(PROFILES), help="A known export; other options override it."
        ),
        click.option(
            "--column",
            "columns",
            metavar="FIELD=COLUMN",
            multiple=True,
            help=f"The column of a field: its name in the header, or its position from 1. Fields: {fields}.",
        ),
        click.option(
            "--value",
            "values",
            metavar="FIELD=TEXT",
            multiple=True,
            help="A fixed value of a field; {line} and {file} stand for the row's line and the file's name.",
        ),
        click.option("--market", help="Short for --value market=…"),
        click.option("--currency", help="Short for --value currency=…"),
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
            "--at", metavar="HH:MM", help="The time of day of every order, where the export has dates only."
        ),
        click.option("--decimal-comma", is_flag=True, default=None, help="Amounts are written 1.234,56."),
        click.option("--encoding", help="Of the text. [default: utf-8]"),
        click.option(
            "--source", help="CloudEvents source: with the order id it is the identity of an event."
        ),
    )
    for option in reversed(options):
        function = option(function)
    return function


def export_from(file: Path, flags: Mapping[str, Any], fallbacks: Mapping[str, str] | None = None) -> Export:
    """The export that a file and the options of ``export_options`` describe.

    ``fallbacks`` are values for fields that nothing fills; those that are taken are said aloud.

    Raises:
        click.UsageError: the options contradict each other or fit no file.
    """
    try:
        return _export(file, flags, fallbacks or {})
    except MappingError as error:
        raise click.UsageError(str(error)) from None


def _export(file: Path, flags: Mapping[str, Any], fallbacks: Mapping[str, str]) -> Export:
    given = dict(flags)
    if not flags["columns"] and flags["profile"] is None:
        given |= _guessed(file, flags)
    known = given["profile"] == "cdnow"
    columns = _pairs("--column", given["columns"])
    values = _pairs("--value", given["values"])
    values |= {name: given[name] for name in ("market", "currency") if given[name] is not None}
    if known:
        columns = {name: at for name, at in CDNOW.columns.items() if name not in values} | columns
        values = {name: text for name, text in CDNOW.values.items() if name not in columns} | values
    for name, text in fallbacks.items():
        if not known and name not in columns and name not in values:
            note(f"nothing in the file is known as {name}: every order gets --value {name}={text}")
            values[name] = text
    how: dict[str, Any] = {"columns": columns, "values": values}
    if given["zone"] is not None:
        how["zone"] = parse_zone(given["zone"])
    if given["at"] is not None:
        how["at"] = _time_of_day(given["at"])
    how |= {
        name: given[name] for name in ("time_format", "decimal_comma", "source") if given[name] is not None
    }
    return Export(
        table=Table(
            file,
            _separator(given["separator"] or (WHITESPACE if known else ",")),
            _encoding(given["encoding"] or _UTF8),
        ),
        mapping=replace(CDNOW, **how) if known else OrderMapping(**how),
        header=given["header"] if given["header"] is not None else not known,
    )


def _guessed(file: Path, flags: Mapping[str, Any]) -> dict[str, Any]:
    """Options for a file that came with none for its columns, said aloud as they would be typed."""
    if str(file) == "-":
        return {}
    found = guess(file, _encoding(flags["encoding"] or _UTF8))
    if found.profile is not None:
        note(f"{file} is read as --profile {found.profile}")
        return {"profile": found.profile}
    fixed = _pairs("--value", flags["values"]).keys() | {
        name for name in ("market", "currency") if flags[name] is not None
    }
    columns = [f"{name}={column}" for name, column in found.columns.items() if name not in fixed]
    separator = flags["separator"] or found.separator
    shown = "".join(f" --column {shlex.quote(each)}" for each in columns)
    note(f"{file} is read with --separator {shlex.quote(separator)}{shown}")
    return {"columns": columns, "separator": separator}


@click.group("import")
def import_() -> None:
    """Turn other systems' files into events."""


@import_.command("orders")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False, allow_dash=True))
@export_options
@click.option(
    "--out", metavar="DIR", type=click.Path(path_type=Path, file_okay=False), help="Write DIR/orders.ndjson."
)
@settings_options(*_SETTINGS)
@click.option(
    "--refused",
    "refused_file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Where refused rows go, as NDJSON. [default: <file name>.refused.ndjson]",
)
@click.option("--allow-refused", is_flag=True, help="Exit with 0 although rows were refused.")
@click.option("--json", "json_", is_flag=True, help="Print the summary as JSON.")
def orders(
    file: Path, out: Path | None, refused_file: Path | None, *, allow_refused: bool, json_: bool, **flags: Any
) -> int:
    """Map an export of orders (CSV or blank-separated, also gzip; - is stdin) to order.placed events.

    The events go to --out DIR, to the embedded log (--data DIR) or to Kafka (--brokers HOST:PORT), sorted
    by time. The last two need --programs: the midnights of the programs' home zones go along, so that
    holds end as they would have. A second run makes the same ids, and what came before is dropped.
    """
    from streams.commands.destinations import destination
    from streams.imports.intake import ORDERS, Tally

    settings = settings_from({name: flags[name] for name in _SETTINGS})
    export = export_from(file, flags)
    target = destination(
        settings,
        out=out,
        data=flags["data"] is not None,
        kafka=flags["brokers"] is not None,
        topics=(ORDERS, CLOCK),
    )
    tally = Tally()
    with Refusals(refused_file or Path(f"{_name(file)}.refused.ndjson")) as refusals:
        counts = target.write(feed(export, target.partitions, target.zones, tally, refusals))
    summary = _summary(file, target.place, tally, counts, refusals)
    if json_:
        as_json(summary)
    else:
        _print(summary)
    return FAILED if tally.refused and not allow_refused else DONE


def feed(
    export: Export, partitions: int, zones: Sequence[str], tally: Tally, refuse: Refuse
) -> Iterator[OutRecord]:
    """The orders of an export by time, with the home midnights between them; shows its progress on stderr."""
    from streams.engine.partitioner import partition_of
    from streams.imports.feed import with_midnights
    from streams.imports.intake import ORDERS
    from streams.imports.sort import by_time

    records = (
        OutRecord(ORDERS, partition_of(each.key, partitions), each.time, each.key, each.value)
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
    from streams.imports.intake import AnyProgram, valid_orders

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
        for at, order in enumerate(valid_orders(rows, mapped, Decoder(AnyProgram()), tally, refuse)):
            if at % _BAR_ROWS == 0:
                bar.update(position[0] - bar.pos)
            yield order
        bar.update(bar.length - bar.pos)


def _shown(records: Iterable[OutRecord], tally: Tally) -> Iterator[OutRecord]:
    """The records with a progress bar that begins with the first: then all rows are read and counted."""
    remaining = iter(records)
    for first in remaining:
        with progress(tally.orders, "Feeding orders") as bar:
            for record in chain((first,), remaining):
                yield record
                bar.update(1)


def _summary(
    file: Path, place: str, tally: Tally, counts: Mapping[str, int], refusals: Refusals
) -> dict[str, Any]:
    from events.time import format_time
    from streams.imports.intake import ORDERS

    return {
        "file": str(file),
        "rows": tally.rows,
        "orders": counts.get(ORDERS, 0),
        "first": None if tally.first is None else format_time(tally.first),
        "last": None if tally.last is None else format_time(tally.last),
        "midnights": counts.get(CLOCK, 0),
        "to": place,
        "refused": dict(sorted(tally.refused.items())),
        "refused_file": str(refusals.path) if tally.refused else None,
    }


def _print(summary: Mapping[str, Any]) -> None:
    span = f" from {summary['first']} to {summary['last']}" if summary["orders"] else ""
    say(f"{summary['rows']:,} rows of {summary['file']}: {summary['orders']:,} orders{span}")
    say(f"written to {summary['to']}")
    if refused := summary["refused"]:
        shown = ", ".join(f"{count:,} {code}" for code, count in refused.items())
        note(f"{sum(refused.values()):,} rows were refused ({shown}); they are in {summary['refused_file']}")


def _name(file: Path) -> str:
    return "stdin" if str(file) == "-" else file.name


def _pairs(option: str, given: Iterable[str]) -> dict[str, str]:
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
