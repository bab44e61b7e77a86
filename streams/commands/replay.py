"""``keyday replay``: input files become ledger files, the same bytes every time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import msgspec

from streams.commands.front import DONE, WorkFailedError, as_json, note, say, settings_from, settings_options


@click.command()
@settings_options("programs")
@click.option(
    "--input",
    "input_dir",
    required=True,
    metavar="DIR",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder with <topic>.ndjson or <topic>.ndjson.gz, one CloudEvent a line.",
)
@click.option(
    "--out",
    required=True,
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for the ledger and tables/<table>.ndjson; it appears whole or not at all.",
)
@click.option(
    "--until", metavar="TIME", help="Tick the home midnights up to this time (RFC 3339) after the last event."
)
@settings_options("dedupe_days", "order_memory_days")
@click.option("--json", "json_", is_flag=True, help="Print the summary as JSON.")
def replay(input_dir: Path, out: Path, until: str | None, *, json_: bool, **flags: Any) -> int:
    """Decide the events of files in the order of their time.

    Without Kafka, state or a clock: the same input has the same ledger, byte for byte.
    """
    from functools import partial

    from projections.table_files import TableWriter
    from streams.app import make_agents
    from streams.commands.loading import programs_from
    from streams.engine.replay import ReplaySummary
    from streams.engine.replay import replay as run

    settings = settings_from(flags)
    until_ms = _instant(until)
    programs = programs_from(settings)
    summary = run(
        programs,
        input_dir,
        out,
        until_ms,
        agents=partial(make_agents, settings),
        tables=partial(TableWriter, programs=programs),
        limits=settings.limits(),
    )
    if not isinstance(summary, ReplaySummary):
        raise WorkFailedError(f"{summary.path}: {summary.detail}")
    if json_:
        as_json(msgspec.to_builtins(summary))
        return DONE
    for warning in summary.warnings:
        note(f"warning: {warning}")
    say(f"read      {_counts(summary.read)}; {summary.duplicates:,} repeats; {summary.midnights:,} midnights")
    say(f"rewards   {_counts(summary.rewards)}")
    say(f"refused   {_counts(summary.dead_letters)}")
    say(f"written   {_counts(summary.written)} to {out}")
    return DONE


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in sorted(counts.items())) or "nothing"


def _instant(text: str | None) -> int | None:
    from events.time import parse_time

    if text is None:
        return None
    try:
        return parse_time(text)
    except ValueError:
        raise click.UsageError(f"--until {text!r} is no time such as 2026-01-31T00:00:00Z") from None
