"""``keyday run``, ``serve`` and ``worker``: processes that go on until SIGTERM or Ctrl-C."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any, Final

import click

from streams.commands.front import (
    DONE,
    SECURITY,
    WorkFailedError,
    note,
    settings_from,
    settings_options,
)
from streams.engine.logs import set_up
from streams.engine.settings import Settings, SettingsError

if TYPE_CHECKING:
    from streams.engine.lifeline import Lifeline

LOGS: Final = ("log_format", "log_level")
MEMORY: Final = ("max_lateness_days", "dedupe_days", "order_memory_days")
HTTP: Final = ("tokens_file", "http_cert_file", "http_key_file", "http_cors")


@click.command()
@settings_options("programs", "data", "webhooks", "host", "port", *HTTP, *MEMORY, *LOGS)
def run(**flags: Any) -> int:
    """Run Keyday in one process, without Kafka.

    That is the embedded log, its tasks, the tables, the dashboard and the HTTP API.
    """
    from streams.commands.loading import embedded_programs, require_programs

    settings = settings_from(flags)
    programs = embedded_programs(settings)
    announce(settings)
    from prometheus_client import CollectorRegistry

    from streams.app import Projection, build_embedded, run_embedded
    from streams.engine.log import LogError
    from streams.engine.metrics import Metrics

    registry = CollectorRegistry()
    embedded = build_embedded(settings, programs, Metrics(registry))
    if isinstance(embedded, LogError):
        raise WorkFailedError(f"{embedded.path}: {embedded.detail}")
    try:
        require_programs(programs)
    except click.UsageError:
        embedded.close()
        raise
    webhooks = None
    if settings.webhooks is not None:
        from streams.commands.webhooks import open_webhooks

        try:
            webhooks = open_webhooks(settings.webhooks, settings.data, registry)
        except BaseException:
            embedded.close()
            raise
    projection = Projection(settings, settings.data, registry, programs)
    return until_stopped(settings, lambda: run_embedded(projection, embedded, listening, webhooks))


@click.command()
@settings_options(
    "brokers", "data", "programs", "app_id", "state_dir", "host", "port", *HTTP, *SECURITY, *LOGS
)
def serve(**flags: Any) -> int:
    """Serve the dashboard and the HTTP API.

    Their tables are folded from Kafka (--brokers), or from an embedded log (--data). Explanations quote
    rules of --programs and of what was published.
    """
    settings = settings_from(flags)
    if flags["brokers"] is not None and flags["data"] is not None:
        raise click.UsageError("give one of --brokers and --data")
    embedded = flags["data"] is not None or not settings.brokers
    announce(settings)
    return _serve_log(settings) if embedded else _serve_kafka(settings)


def _serve_kafka(settings: Settings) -> int:
    from prometheus_client import CollectorRegistry

    from streams.app import Projection
    from streams.commands.loading import file_programs

    programs = file_programs(settings)
    projection = Projection(settings, settings.state_dir / "projections", CollectorRegistry(), programs)

    async def follow() -> None:
        await projection.serve(projection.follow_kafka().run, listening=listening)

    return until_stopped(settings, follow)


def _serve_log(settings: Settings) -> int:
    from prometheus_client import CollectorRegistry

    from streams.app import Projection
    from streams.commands.loading import file_programs
    from streams.engine.log import Log, LogError

    if not settings.data.is_dir():
        raise WorkFailedError(f"{settings.data} is no directory with an embedded log; keyday run makes one")
    log = Log.open(settings.data)
    if isinstance(log, LogError):
        raise WorkFailedError(f"{log.path}: {log.detail}")
    programs = file_programs(settings)
    projection = Projection(settings, settings.data, CollectorRegistry(), programs)

    async def follow() -> None:
        try:
            await projection.serve(projection.follow_log(log).run, listening=listening)
        finally:
            log.close()

    return until_stopped(settings, follow)


@click.command()
@settings_options(
    "brokers",
    "programs",
    "app_id",
    "state_dir",
    "processes",
    "host",
    "metrics_port",
    "group_instance_id",
    "session_timeout_ms",
    "clock",
    "batch_max_records",
    "max_task_idle_ms",
    "stall_timeout_s",
    *MEMORY,
    *SECURITY,
    *LOGS,
)
@click.option("--child", hidden=True, help="Which of how many processes; standard input leads to the parent.")
def worker(child: str | None, **flags: Any) -> int:
    """Run a Kafka worker: start as many as you like.

    Each takes its share of the partitions. Its programs are those of --programs and those that keyday
    publish puts on the topic programs.
    """
    from schemas.programs import Programs
    from streams.commands.loading import load_programs

    line = None if child is None else lifeline(child)
    settings = settings_from(flags)
    if not settings.brokers:
        raise click.UsageError("say where Kafka is: --brokers HOST:PORT")
    programs = Programs() if settings.programs is None else load_programs(settings.programs)
    announce(settings, child)
    try:
        settings.state_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WorkFailedError(f"{settings.state_dir} cannot be used: {error.strerror}") from None
    if settings.processes > 1:
        return supervised(settings, flags)
    from streams.app import NoProgramError, run_worker
    from streams.engine.topic_check import TopicsError

    try:
        return asyncio.run(run_worker(settings, programs, line=line))
    except (TopicsError, NoProgramError) as error:
        raise WorkFailedError(str(error)) from None
    except SettingsError as error:
        raise click.UsageError(str(error)) from None


def lifeline(child: str) -> Lifeline:
    """The line to the parent of process ``2/4``, say."""
    from streams.engine.lifeline import Lifeline

    number, processes = map(int, child.split("/"))
    return Lifeline(number, processes)


def supervised(settings: Settings, flags: Mapping[str, Any]) -> int:
    """Run a worker of several processes to its end; returns its exit status."""
    from streams.commands.processes import run_processes

    try:
        return asyncio.run(run_processes(settings, flags))
    except OSError as error:
        where = f"{settings.host}:{settings.metrics_port}"
        raise WorkFailedError(f"{where}: {error.strerror or error}; choose another --metrics-port") from None


def listening(url: str) -> None:
    """Say where the server can be asked."""
    note(f"keyday listens on {url}")


def until_stopped(settings: Settings, work: Callable[[], Coroutine[Any, Any, None]]) -> int:
    """Run a server; what hinders it is one line.

    Raises:
        click.UsageError: the settings do not allow it.
        WorkFailedError: it could not go on.
    """
    import uvloop

    from projections.api.server import TlsError
    from projections.guard import BindingError
    from streams.engine.brokers import BrokerError, explained

    try:
        with explained(settings.brokers):
            uvloop.run(work())
    except (BindingError, TlsError, SettingsError) as error:
        raise click.UsageError(str(error)) from None
    except BrokerError as error:
        raise WorkFailedError(str(error)) from None
    except OSError as error:
        where = f"{settings.host}:{settings.port}"
        reason = error.strerror or str(error)
        raise WorkFailedError(f"{where}: {reason}; another --port may be free (0 takes any)") from None
    return DONE


def announce(settings: Settings, child: str | None = None) -> None:
    """Set the logs up and print the settings, secrets masked; each line says which ``child`` it is from."""
    set_up(settings.log_format, settings.log_level, child)
    if child is None:
        logging.getLogger("streams").info("%r", settings)
