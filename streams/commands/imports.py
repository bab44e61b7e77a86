"""``keyday import``: real exports of orders and ads become events in files, the embedded log or Kafka."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import click

from streams.commands.front import note
from streams.commands.import_rows import (
    FILE,
    Export,
    destination_options,
    guessed,
    how_from,
    import_rows,
    pairs,
    row_options,
    table_from,
)
from streams.imports import ads as ads_
from streams.imports import orders as orders_
from streams.imports.mapping import MappingError
from streams.imports.profiles import CDNOW
from streams.imports.table import WHITESPACE

PROFILES: Final = ("cdnow",)


def export_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say how an export of orders is written; ``export_from`` takes them."""
    options = (
        click.option(
            "--profile", type=click.Choice(PROFILES), help="A known export; other options override it."
        ),
        row_options(*orders_.FIELDS),
        click.option("--currency", help="Short for --value currency=…"),
        click.option("--decimal-comma", is_flag=True, default=None, help="Amounts are written 1.234,56."),
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
    values = pairs("--value", flags["values"])
    values |= {name: flags[name] for name in ("market", "currency") if flags[name] is not None}
    if not flags["columns"] and flags["profile"] is None:
        given |= guessed(file, flags, values, None)
    known = given["profile"] == "cdnow"
    columns = pairs("--column", given["columns"])
    if known:
        columns = {name: at for name, at in CDNOW.columns.items() if name not in values} | columns
        values = {name: text for name, text in CDNOW.values.items() if name not in columns} | values
    for name, text in fallbacks.items():
        if not known and name not in columns and name not in values:
            note(f"nothing in the file is known as {name}: every order gets --value {name}={text}")
            values[name] = text
    how: dict[str, Any] = {"columns": columns, "values": values, **how_from(given)}
    if given["decimal_comma"] is not None:
        how["decimal_comma"] = given["decimal_comma"]
    return Export(
        table=table_from(file, given, WHITESPACE if known else ","),
        mapping=replace(CDNOW, **how) if known else orders_.OrderMapping(**how),
        header=given["header"] if given["header"] is not None else not known,
    )


@click.group("import")
def import_() -> None:
    """Turn other systems' files into events."""


@import_.command("orders")
@FILE
@export_options
@destination_options(orders_.OrderMapping.topic)
def orders(
    file: Path, out: Path | None, refused_file: Path | None, *, allow_refused: bool, json_: bool, **flags: Any
) -> int:
    """Map an export of orders to order.placed events.

    FILE is CSV or blank-separated, also gzip; - is stdin. The events go to --out DIR, to the embedded log
    (--data DIR) or to Kafka (--brokers HOST:PORT), sorted by time. The last two need --programs: the
    midnights of the programs' home zones go along, so that holds end as they would have. A second run
    makes the same ids, and what came before is dropped.
    """
    export = export_from(file, flags)
    return import_rows(
        "orders", file, export, out, refused_file, allow_refused=allow_refused, json_=json_, flags=flags
    )


@import_.command("ads")
@FILE
@row_options(*ads_.FIELDS)
@click.option(
    "--partner",
    "partners",
    metavar="DOMAIN=PARTNER",
    multiple=True,
    help="Whose ad it is that leads to a domain or shows it, for rows without partner_id.",
)
@destination_options(ads_.AdMapping.topic)
def ads(
    file: Path, out: Path | None, refused_file: Path | None, *, allow_refused: bool, json_: bool, **flags: Any
) -> int:
    """Map what was seen in paid search to ad.observed events.

    FILE is CSV, also gzip; - is stdin: the export of a monitoring tool, or a table of manual searches:
    date, engine, keyword, country, domain, destination, position, copy. The events go where those of
    import orders go. The same row makes the same event again, and what came before is dropped.
    """
    topic = ads_.AdMapping.topic
    taken = [each for end in ("ndjson", "ndjson.gz") if out and (each := out / f"{topic}.{end}").exists()]
    if taken:
        # Orders have a file of their own; ads share theirs with the partners' records.
        raise click.UsageError(f"{taken[0]} may hold partners: give another folder, and append its file")
    try:
        export = _ads(file, flags)
    except MappingError as error:
        raise click.UsageError(str(error)) from None
    return import_rows(
        "ads", file, export, out, refused_file, allow_refused=allow_refused, json_=json_, flags=flags
    )


def _ads(file: Path, flags: Mapping[str, Any]) -> Export:
    given = dict(flags)
    values = pairs("--value", flags["values"])
    if flags["market"] is not None:
        values["market"] = flags["market"]
    if not flags["columns"]:
        given |= guessed(file, flags, values, ads_.SYNONYMS)
    domains = {domain.lower(): partner for domain, partner in pairs("--partner", flags["partners"]).items()}
    mapping = ads_.AdMapping(
        columns=pairs("--column", given["columns"]), values=values, partners=domains, **how_from(given)
    )
    header = given["header"] if given["header"] is not None else True
    return Export(table=table_from(file, given), mapping=mapping, header=header)
