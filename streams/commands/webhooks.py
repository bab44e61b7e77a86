"""``keyday webhooks``: deliver events to HTTPS endpoints, and look after those that were given up."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from events.time import format_time
from streams.commands.front import (
    DONE,
    SECURITY,
    WorkFailedError,
    say,
    settings_from,
    settings_options,
    table,
)
from streams.commands.serving import LOGS, announce, until_stopped

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

    from projections.webhooks.config import Endpoint
    from projections.webhooks.store import Pending
    from projections.webhooks.webhooks import Webhooks
    from streams.engine.log import Log
    from streams.engine.settings import Settings

#: The folder of deliveries, in the data directory or in that of the state.
FOLDER: Final = "webhooks"

_config = click.option(
    "--config",
    metavar="FILE",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The endpoints (TOML). [KEYDAY_WEBHOOKS]",
)
_endpoint = click.option("--endpoint", metavar="ID", help="Only of this endpoint.")


@click.group(invoke_without_command=True)
@_config
@settings_options("brokers", "data", "state_dir", "host", "metrics_port", *SECURITY, *LOGS)
def webhooks(config: Path | None, **flags: Any) -> int | None:
    """Deliver events to the HTTPS endpoints of a file, until Ctrl-C.

    Rewards, compliance and milestones, from Kafka (--brokers), or from an embedded log that no other
    process uses (--data). Beside keyday run, give the file to that one: keyday run --webhooks FILE.
    """
    if click.get_current_context().invoked_subcommand is not None:
        return None
    return deliver(config, flags)


def deliver(config: Path | None, flags: dict[str, Any]) -> int:
    """Run until SIGTERM or SIGINT."""
    settings = settings_from(flags)
    file = config or settings.webhooks
    if file is None:
        raise click.UsageError("say where the endpoints are: --config FILE")
    if flags["brokers"] is not None and flags["data"] is not None:
        raise click.UsageError("give one of --brokers and --data")
    if flags["data"] is None and not settings.brokers:
        raise click.UsageError("say where the events are: --brokers HOST:PORT or --data DIR")
    announce(settings)
    log = None if flags["data"] is None else _open_log(settings.data)
    try:
        return _deliver(settings, file, log)
    finally:
        if log is not None:
            log.close()


def _deliver(settings: Settings, file: Path, log: Log | None) -> int:
    from prometheus_client import CollectorRegistry

    from projections.webhooks.store import DeliveriesError
    from streams.app import run_webhooks
    from streams.engine.metrics import process_collectors

    registry = CollectorRegistry()
    process_collectors(registry)
    service = open_webhooks(file, settings.state_dir if log is None else settings.data, registry)

    async def run() -> None:
        try:
            await run_webhooks(settings, service, registry, log)
        except DeliveriesError as error:
            raise WorkFailedError(str(error)) from None
        except OSError as error:
            where = f"{settings.host}:{settings.metrics_port}"
            reason = error.strerror or str(error)
            raise WorkFailedError(f"{where}: {reason}; choose another --metrics-port") from None

    return until_stopped(settings, run)


def _open_log(data: Path) -> Log:
    from streams.engine.log import Log, LogError

    if not data.is_dir():
        raise WorkFailedError(f"{data} is no directory with an embedded log; keyday run makes one")
    log = Log.open(data)
    if isinstance(log, LogError):
        raise WorkFailedError(f"{log.path}: {log.detail}")
    return log


def open_webhooks(file: Path, base: Path, registry: CollectorRegistry) -> Webhooks:
    """The endpoints of a file over the deliveries below a directory.

    Raises:
        WorkFailedError: the file or the directory cannot be used; one line says why.
    """
    from projections.webhooks.store import DeliveriesError
    from projections.webhooks.webhooks import Webhooks
    from streams.engine.store import StoreLockedError

    endpoints = _endpoints(file)
    try:
        return Webhooks(endpoints, base / FOLDER, registry)
    except (DeliveriesError, StoreLockedError) as error:
        raise WorkFailedError(str(error)) from None
    except OSError as error:
        raise WorkFailedError(f"{base / FOLDER} cannot be used: {error.strerror}") from None


@webhooks.group()
def dead() -> None:
    """Show and retry events that were given up after too many tries.

    They are kept until they are delivered after all.
    """


@dead.command("list")
@_config
@_endpoint
@settings_options("data", "state_dir")
@click.option("--json", "json_", is_flag=True, help="Print JSON.")
def list_(config: Path | None, endpoint: str | None, *, json_: bool, **flags: Any) -> int:
    """Show what was given up, also while webhooks run.

    With --data where the events came from an embedded log.
    """
    folder, names = _place(config, endpoint, flags)
    rows = [
        _row(name, number, letter)
        for name, letters in _letters(folder, names).items()
        for number, letter in letters
    ]
    table(rows, json=json_)
    if not rows and not json_:
        say("no dead letters")
    return DONE


@dead.command()
@_config
@_endpoint
@settings_options("data", "state_dir")
@click.option("--number", "numbers", type=int, multiple=True, help="Only this one; may be repeated.")
def retry(config: Path | None, endpoint: str | None, numbers: tuple[int, ...], **flags: Any) -> int:
    """Let webhooks try dead letters again.

    The process that runs now does, or else the next one. Each goes behind what waits for its account,
    with the id that it had.
    """
    from projections.webhooks.store import ask_to_retry

    folder, names = _place(config, endpoint, flags)
    asked = 0
    for name, letters in _letters(folder, names).items():
        chosen = [number for number, _ in letters if not numbers or number in numbers]
        if chosen:
            ask_to_retry(folder, name, chosen)
            asked += len(chosen)
    say(f"{asked} dead letters are tried again, at once where webhooks run, else at their next start")
    return DONE


def _place(config: Path | None, endpoint: str | None, flags: dict[str, Any]) -> tuple[Path, list[str]]:
    settings = settings_from(flags)
    file = config or settings.webhooks
    if file is None:
        raise click.UsageError("say where the endpoints are: --config FILE")
    names = [one.id for one in _endpoints(file)]
    if endpoint is not None and endpoint not in names:
        raise click.UsageError(f"{file} has no endpoint {endpoint}; it has {', '.join(names)}")
    base = settings.data if flags["data"] is not None else settings.state_dir
    return base / FOLDER, names if endpoint is None else [endpoint]


def _endpoints(file: Path) -> list[Endpoint]:
    from projections.webhooks.config import ConfigError, load

    try:
        return load(file, os.environ)
    except ConfigError as error:
        raise WorkFailedError(str(error)) from None


def _letters(folder: Path, names: list[str]) -> dict[str, list[tuple[int, Pending]]]:
    from projections.webhooks.store import DeliveriesError, read_dead

    try:
        return read_dead(folder, names)
    except DeliveriesError as error:
        raise WorkFailedError(str(error)) from None


def _row(endpoint: str, number: int, letter: Pending) -> dict[str, Any]:
    return {
        "endpoint": endpoint,
        "number": number,
        "code": letter.code,
        "status": letter.status,
        "tries": letter.tries,
        "given_up": format_time(letter.tried_ms),
        "type": letter.type,
        "account": letter.account,
        "event_id": letter.event_id,
        "webhook_id": letter.webhook_id,
    }
