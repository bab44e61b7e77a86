"""``keyday topics create``: makes what is declared and missing, and shows the difference first."""

from __future__ import annotations

import asyncio
import os
from typing import Any

import click
import msgspec

from streams.commands.front import (
    DONE,
    SECURITY,
    WorkFailedError,
    note,
    say,
    settings_from,
    settings_options,
    table,
)
from streams.engine.settings import Settings, SettingsError, variable


@click.group()
def topics() -> None:
    """Create the topics of a Kafka cluster, or show what is missing."""


@topics.command()
@settings_options("brokers", "partitions", "replication", *SECURITY)
@click.option("--dry-run", is_flag=True, help="Show the difference and create nothing.")
@click.option("--json", "json_", is_flag=True, help="Print the difference as JSON.")
def create(*, dry_run: bool, json_: bool, **flags: Any) -> int:
    """Create the topics that are missing.

    What exists is never changed or deleted; how it differs is said.
    """
    from streams.engine.brokers import BrokerError

    settings = settings_from(flags)
    if not settings.brokers:
        raise click.UsageError("say where Kafka is: --brokers HOST:PORT")
    asked = settings.partitions if flags["partitions"] or os.environ.get(variable("partitions")) else None
    try:
        return asyncio.run(_create(settings, asked, dry_run=dry_run, json_=json_))
    except BrokerError as error:
        raise WorkFailedError(str(error)) from None
    except SettingsError as error:
        raise click.UsageError(str(error)) from None


async def _create(settings: Settings, asked: int | None, *, dry_run: bool, json_: bool) -> int:
    from schemas.topics import ALL_TOPICS
    from streams.engine.topics import DIFFERS, Cluster, plan

    async with Cluster(settings) as cluster:
        existing = await cluster.existing([topic.name for topic in ALL_TOPICS])
        planned = plan(existing, asked, settings.partitions)
        table([msgspec.to_builtins(row) for row in planned.differences], json=json_)
        if planned.error is not None:
            raise WorkFailedError(planned.error)
        created = [] if dry_run else await cluster.create(planned, settings.replication)
    differing = sum(row.change == DIFFERS for row in planned.differences)
    if differing:
        note(f"{differing} settings differ and stay as they are; kafka-configs.sh --alter changes them")
    if not json_:
        would = f"{len(planned.create)} topics are missing" if dry_run else f"{len(created)} topics created"
        say(f"{would}, {len(existing)} were there")
    return DONE
