"""``keyday export`` and ``keyday rebuild``: tables as files, and tables folded again from their topics."""

from __future__ import annotations

import fcntl
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from streams.commands.front import (
    DONE,
    SECURITY,
    WorkFailedError,
    note,
    settings_from,
    settings_options,
    table,
)
from streams.engine.settings import Settings

if TYPE_CHECKING:
    from projections.rebuild import Source


@click.command()
@click.argument("name", metavar="TABLE")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["ndjson", "csv", "parquet"]),
    default="ndjson",
    show_default=True,
    help="Parquet needs pyarrow: pip install '.[parquet]'",
)
@click.option(
    "--out", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False), help="Default: stdout."
)
@click.option(
    "--as-of", metavar="TIME", help="The rows of what had occurred by then (RFC 3339), by what is known now."
)
@click.option(
    "--where",
    "filters",
    metavar="COLUMN=VALUE",
    multiple=True,
    help="Only rows with this value; COLUMN_from and COLUMN_to for spans. docs/tables.md names the columns.",
)
@settings_options("data", "state_dir", "brokers", "stall_timeout_s", *SECURITY)
def export(
    name: str, format_: str, out: Path | None, as_of: str | None, filters: tuple[str, ...], **flags: Any
) -> int:
    """Write the rows of a table, as they are now or were.

    They are read also while another process feeds them. The tables are those of an embedded log (--data), or
    those that keyday serve keeps of Kafka (--state-dir). As of an instant, all but balances and statements
    are folded anew from the topics: from Kafka (--brokers) or from the embedded log.
    """
    from projections.export import FORMATS, ParquetMissingError
    from projections.pages import WITH_PAST
    from projections.past import past
    from projections.snapshot import SnapshotError, snapshot
    from projections.tables import TABLES
    from schemas.programs import Programs

    settings = settings_from(flags)
    found = TABLES.get(name)
    if found is None:
        raise click.UsageError(f"there is no table {name}: give one of {', '.join(TABLES)}")
    wanted = dict(_filter(text) for text in filters)
    for column in wanted:
        if column not in found.parameters:
            raise click.UsageError(
                f"{name} can be filtered by {', '.join(found.parameters)}, not by {column}"
            )
    at = None if as_of is None else _instant(as_of)
    for flag in ("state_dir", "brokers"):
        if flags["data"] is not None and flags[flag] is not None:
            raise click.UsageError(f"give one of --data and --{flag.replace('_', '-')}")
    embedded = flags["data"] is not None or not (flags["state_dir"] or settings.brokers)
    folder = settings.data if embedded else settings.state_dir / "projections"
    try:
        with ExitStack() as stack:
            tables = stack.enter_context(snapshot(folder))
            if at is None or name in WITH_PAST:
                rows = tables.rows(found, wanted, at)
            else:
                source = stack.enter_context(_log(settings) if embedded else _kafka(settings))
                then = stack.enter_context(past(source, Programs(tables.programs()), at, folder))
                rows = then.all_rows(found, wanted)
            count = FORMATS[format_](found, rows, stack.enter_context(_target(out)))
    except SnapshotError as error:
        raise WorkFailedError(str(error)) from None
    except ParquetMissingError:
        raise WorkFailedError("Parquet needs pyarrow: pip install '.[parquet]'") from None
    except OSError as error:
        raise WorkFailedError(f"{error.filename or out}: {error.strerror}") from None
    note(f"{count:,} rows of {name}")
    return DONE


@click.command()
@click.argument("names", metavar="[TABLE]...", nargs=-1)
@settings_options("brokers", "data", "programs", "state_dir", "stall_timeout_s", *SECURITY)
@click.option("--json", "json_", is_flag=True, help="Print the result as JSON.")
def rebuild(names: tuple[str, ...], *, json_: bool, **flags: Any) -> int:
    """Fold tables again from their topics.

    With names they are folded aside, up to where the tables stand, and their rows replace the old ones. A
    process that has them open is asked to do so while it goes on, also with all of them where none is named.
    Without it and without a name all are wiped and folded from the beginning to the end of the topics. Says
    how many rows were wrong. Topics that stay silent for the stall timeout end it with an error.
    """
    from projections.live_rebuild import NotRebuiltError, ask
    from projections.rebuild import counted, rebuild_all, rebuild_some
    from projections.store import Tables
    from projections.tables import TABLES
    from streams.commands.loading import file_programs
    from streams.engine.store import StoreLockedError

    settings = settings_from(flags)
    unknown = sorted(set(names) - set(TABLES))
    if unknown:
        raise click.UsageError(f"there is no table {unknown[0]}: give some of {', '.join(TABLES)}")
    if flags["brokers"] is not None and flags["data"] is not None:
        raise click.UsageError("give one of --brokers and --data")
    embedded = flags["data"] is not None or not settings.brokers
    folder = settings.data if embedded else settings.state_dir / "projections"
    programs = file_programs(settings)
    if _is_open(folder):
        try:
            done = ask(folder, names, lambda: _is_open(folder))
        except NotRebuiltError as error:
            raise WorkFailedError(str(error)) from None
        table([{"table": name, "rows": rows, "wrong": bad} for name, (bad, rows) in done.items()], json=json_)
        return DONE
    with ExitStack() as stack:
        source = stack.enter_context(_log(settings) if embedded else _kafka(settings))
        try:
            tables = Tables(folder, programs=programs)
        except StoreLockedError as error:
            raise WorkFailedError(f"{error}; stop it first") from None
        stack.callback(tables.close)
        if names:
            wrong = rebuild_some(tables, source, names, folder)
        else:
            rebuild_all(tables, source)
            wrong = {}
        rows = [
            {"table": name, "rows": counted(tables, name), **({"wrong": wrong[name]} if names else {})}
            for name in names or TABLES
        ]
    table(rows, json=json_)
    return DONE


def _is_open(folder: Path) -> bool:
    """Whether another process has the tables open."""
    try:
        with (folder / "tables" / "LOCK").open("rb+") as file:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


def _filter(text: str) -> tuple[str, str]:
    column, sign, value = text.partition("=")
    if not sign:
        raise click.UsageError(f"--where {text!r} is no COLUMN=VALUE")
    return column, value


def _instant(text: str) -> int:
    from events.time import parse_time

    try:
        return parse_time(text)
    except ValueError:
        raise click.UsageError(f"--as-of {text!r} is no time such as 2026-01-31T00:00:00Z") from None


@contextmanager
def _target(out: Path | None) -> Iterator[IO[bytes]]:
    """Standard output, or a file that appears whole or not at all."""
    if out is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    partial = out.with_name(f".{out.name}.partial")
    try:
        with partial.open("wb") as file:
            yield file
        partial.rename(out)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def _log(settings: Settings) -> Iterator[Source]:
    from streams.engine.log import Log, LogDamagedError, LogError
    from streams.explain.sources import EmbeddedLog

    if not (settings.data / "log").is_dir():
        raise WorkFailedError(
            f"{settings.data} has no log; say where it is: --data DIR, or --brokers for Kafka"
        )
    log = Log.open(settings.data)
    if isinstance(log, LogError):
        raise WorkFailedError(f"{log.path}: {log.detail}")
    try:
        yield EmbeddedLog(log, str(settings.data))
    except LogDamagedError as error:
        raise WorkFailedError(f"{settings.data}: {error}") from None
    finally:
        log.close()


@contextmanager
def _kafka(settings: Settings) -> Iterator[Source]:
    from projections.kafka_source import TopicsSilentError, kafka_source
    from streams.app import kafka_clients
    from streams.engine.brokers import BrokerError, explained

    if not settings.brokers:
        raise click.UsageError("say where Kafka is: --brokers HOST:PORT")
    try:
        with explained(settings.brokers):
            try:
                with kafka_source(kafka_clients(settings), settings.stall_timeout_s) as source:
                    yield source
            except TopicsSilentError as error:  # it says itself why
                raise WorkFailedError(str(error)) from None
    except BrokerError as error:
        raise WorkFailedError(str(error)) from None
