"""The composition root: the only place where agents, engine and projections are wired together."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import faust
from faust.app.base import BootStrategy
from prometheus_client import CollectorRegistry

from projections import http
from projections.api.feeds import Feed, KafkaFeed, LogFeed
from projections.api.intake import Intake
from projections.api.server import tls
from projections.api.sinks import KafkaSink, LogSink
from projections.api.tokens import TokenBook, tokens_path
from projections.background import put_behind_answers
from projections.dashboard.data import Data
from projections.dashboard.pulse import Pulse
from projections.dashboard.site import Dashboard
from projections.embedded_reader import EmbeddedReader
from projections.explanations import Explanations
from projections.facts import SOURCES
from projections.guard import Guard
from projections.http import Options, make_app, make_health_app
from projections.kafka_lag import group_lag
from projections.kafka_reader import KafkaReader
from projections.kafka_source import kafka_source
from projections.live_rebuild import LiveRebuild, OpenTopics
from projections.metrics import ProjectionMetrics
from projections.past import Pasts
from projections.progress import MAX_LAG_RECORDS, Blocker, BlockerCode, Progress
from projections.store import Tables
from projections.webhooks.sources import KafkaSource, LogSource
from projections.webhooks.webhooks import Webhooks
from schemas.codec import Decoder
from schemas.programs import Programs
from streams.agents.budgets import Budgets
from streams.agents.customers import Customers
from streams.agents.partners import Partners
from streams.engine import clock_publisher, transport
from streams.engine.agent import Agent
from streams.engine.embedded import Embedded
from streams.engine.embedded_worker import EmbeddedWorker
from streams.engine.host import AgentSpec, TaskHost
from streams.engine.input_files import INPUT_TOPICS
from streams.engine.lifeline import Lifeline
from streams.engine.log import Log, LogError
from streams.engine.metrics import Metrics, process_collectors
from streams.engine.outbox import Steps, no_step
from streams.engine.program_reader import ProgramReader
from streams.engine.published import Published
from streams.engine.security import kafka_arguments
from streams.engine.settings import Settings
from streams.engine.state import State
from streams.engine.store import Store, share_memory
from streams.engine.task import CLOCK, Task
from streams.engine.topic_check import check_topics
from streams.explain.sources import EmbeddedLog
from streams.imports.intake import AnyProgram

logger = logging.getLogger(__name__)

#: Seconds: a worker that failed ends at the latest after this.
_LAST_WORDS_S = 10.0
#: Seconds: Faust's wait for a restore that is under way, far beyond any.
_RESTORE_TIMEOUT_S = 24 * 3600.0

MakeAgent = Callable[[State], Agent]


def make_agents(settings: Settings, programs: Programs) -> dict[str, MakeAgent]:
    """Every agent of Keyday by name."""
    limits = {
        "order_memory_days": settings.order_memory_days,
        "max_lateness_days": settings.max_lateness_days,
        "cache_entities": settings.cache_entities,
    }
    return {
        Customers.name: lambda state: Customers(state, programs, **limits),
        Partners.name: lambda state: Partners(state, programs, **limits),
        Budgets.name: lambda state: Budgets(state, programs),
    }


def inputs_of(agent: str) -> Sequence[str]:
    """The input topics of an agent, in the order that breaks ties between equal times."""
    return {one.name: one.inputs for one in (Customers, Partners, Budgets)}[agent]


def make_task(
    settings: Settings,
    programs: Programs,
    agent: MakeAgent,
    *,
    partition: int,
    partitions: int,
    store: Store,
    clock: Callable[[], int] | None,
) -> Task:
    """One agent on one partition, the same on Kafka, embedded and in replay (no ``clock`` there)."""
    return Task(
        partition=partition,
        partitions=partitions,
        store=store,
        decoder=Decoder(programs),
        agent=agent,
        limits=settings.limits(),
        wall_clock=clock,
    )


def tune_interpreter() -> None:
    """Spare what lives as long as the process from Python's cycle collector, and run it less often.

    Batches make many objects and no cycles: looking through all of them again and again finds nothing.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(500_000, 20, 100)
    # The consumer's thread needs the interpreter often and briefly: it must not wait 5 ms each time.
    sys.setswitchinterval(0.0005)


def wall_clock() -> int:
    """Now, in milliseconds since the epoch."""
    return int(time.time() * 1000)


def kafka_clients(settings: Settings) -> dict[str, Any]:
    """Arguments that every Kafka client of this process gets; secrets in them must not be logged."""
    return {"bootstrap_servers": settings.brokers, **kafka_arguments(settings)}


def build_faust(settings: Settings) -> faust.App:
    """The Faust app that hosts the agents; its tables, web views, topics and producer stay off."""
    app = faust.App(
        settings.app_id,
        TableManager=transport.NoTables,
        broker=f"keyday://{settings.brokers.split(',')[0]}",
        autodiscover=False,
        web_enabled=False,
        topic_allow_declare=False,
        topic_disable_leader=True,
        store="memory://",
        datadir=str(settings.state_dir / "faust"),
        stream_wait_empty=False,
        stream_recovery_delay=0.0,
        consumer_group_instance_id=settings.group_instance_id,
        broker_session_timeout=settings.session_timeout_ms / 1000,
        broker_heartbeat_interval=settings.session_timeout_ms / 1000 / 10,
        broker_request_timeout=_RESTORE_TIMEOUT_S,
        broker_max_poll_interval=_RESTORE_TIMEOUT_S,
        broker_commit_interval=2.0,
    )
    app.boot_strategy = BootStrategy(app, enable_web=False, enable_kafka_producer=False)
    return app


class WorkerReadiness:
    """A worker is ready when its tasks are restored and near the end of their inputs."""

    def __init__(self, host: TaskHost) -> None:
        self._host = host

    @property
    def loaded(self) -> bool:
        """Whether the tasks are restored."""
        return self._host.opened

    def blocker(self) -> Blocker | None:
        """Why the worker is not ready."""
        if not self._host.opened:
            return Blocker(BlockerCode.STARTING)
        lag = self._host.lag()
        return Blocker(BlockerCode.CATCHING_UP, lag_records=lag) if lag > MAX_LAG_RECORDS else None


class NoProgramError(Exception):
    """There is no program to decide by; the message says what to do."""


class Worker:
    """A Kafka worker: Faust hosts the group membership, the tasks do the work.

    ``programs`` are those of files; what the topic ``programs`` publishes is taken in beside them.
    ``line`` leads to the parent, where the worker has several processes and this is one of them.
    """

    def __init__(
        self,
        settings: Settings,
        programs: Programs,
        on_step: Steps = no_step,
        line: Lifeline | None = None,
    ) -> None:
        self.settings = settings
        self.programs = programs
        self.registry = CollectorRegistry()
        self.metrics = Metrics(self.registry)
        process_collectors(self.registry)
        self._on_step = on_step
        self._line = line
        self._ended = asyncio.Event()
        self.failure: BaseException | None = None

    def fail(self, error: BaseException) -> None:
        """Remember the first failure and end."""
        if self.failure is None:
            self.failure = error
        self._ended.set()

    def stop(self) -> None:
        """End gracefully: finish batches, commit, leave the group."""
        self._ended.set()

    async def run(self) -> int:
        """Run until stopped (0) or failed (1).

        Raises:
            TopicsError: topics are missing or do not fit together.
            NoProgramError: no program was given and none is published.
        """
        settings = self.settings
        kafka = kafka_clients(settings)
        agents = make_agents(settings, self.programs)
        partitions = await check_topics(kafka, [topic for name in agents for topic in inputs_of(name)])
        versions = ProgramReader(kafka, Published(self.programs).follow)
        await versions.start()
        if not self.programs.ids():
            await versions.stop()
            raise NoProgramError("no program is published: run keyday publish FILE, or give --programs PATH")
        host = TaskHost(
            agents=[self._spec(name, agent, partitions) for name, agent in agents.items()],
            kafka=kafka,
            app_id=settings.app_id,
            state_dir=settings.state_dir,
            limits=settings.limits(),
            metrics=self.metrics,
            on_failure=self.fail,
            on_step=self._on_step,
        )
        # Faust makes its own folder in there, but not the parents of it.
        settings.state_dir.mkdir(parents=True, exist_ok=True)
        app = build_faust(settings)
        transport.attach(app, host, kafka)
        transport.subscribe(app, host)

        @app.on_partitions_revoked.connect
        async def close_tasks(*_args: Any, **_kwargs: Any) -> None:
            await host.close()

        @app.on_rebalance_complete.connect
        async def open_nothing(*_args: Any, **_kwargs: Any) -> None:
            # Faust seeks only when there is something to read: a worker to spare is ready, too.
            if not app.consumer.assignment():
                await host.open(())

        following = asyncio.create_task(self._guard(versions.run()))
        background = [
            following,
            asyncio.create_task(self._guard(self._faust(app))),
            asyncio.create_task(self._guard(host.watch())),
        ]
        if settings.clock == "wall":
            background.append(asyncio.create_task(self._guard(self._ticks(kafka, partitions, host))))
        async with self._probes(host):
            await self._ended.wait()
            await host.drain()
            for task in background:
                task.cancel()
            await app.stop()
            await host.close()
            await asyncio.wait({following})  # it closes its connection
        return 0 if self.failure is None else 1

    @contextlib.asynccontextmanager
    async def _probes(self, host: TaskHost) -> AsyncIterator[None]:
        """Answer how the worker is, on its port and to its parent, where there are any."""
        settings, readiness = self.settings, WorkerReadiness(host)
        async with contextlib.AsyncExitStack() as stack:
            if settings.metrics_port is not None:
                health = make_health_app(readiness, self.registry)
                runner, _ = await http.start(health, None, settings.host, settings.metrics_port)
                stack.push_async_callback(runner.cleanup)
            if self._line is not None:
                answers = self._line.answer(readiness.blocker, self.registry)
                stack.callback(asyncio.create_task(self._guard(answers)).cancel)
            yield

    def _spec(self, name: str, agent: MakeAgent, partitions: int) -> AgentSpec:
        return AgentSpec(
            name,
            tuple(inputs_of(name)),
            lambda partition, store: make_task(
                self.settings,
                self.programs,
                agent,
                partition=partition,
                partitions=partitions,
                store=store,
                clock=wall_clock,
            ),
        )

    async def _faust(self, app: faust.App) -> None:
        await app.start()
        await app.wait(app._crashed)  # noqa: SLF001  Faust says in no other way that it crashed
        raise app.crash_reason or RuntimeError("Faust stopped")

    async def _ticks(self, kafka: dict[str, Any], partitions: int, host: TaskHost) -> None:
        def leads() -> bool:
            return any(task.partition == 0 and task.task is not None for task in host.tasks)

        await clock_publisher.publish(
            kafka,
            CLOCK,
            partitions,
            zones=self.programs.zones,
            leads=leads,
            ticked_until=lambda: host.ticked_until(self.programs.zones()),
        )

    async def _guard(self, work: Any) -> None:
        try:
            await work
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # noqa: BLE001  whatever it was, the worker must not live on half
            self.fail(error)


async def run_worker(
    settings: Settings, programs: Programs, on_step: Steps = no_step, line: Lifeline | None = None
) -> int:
    """Run a Kafka worker until SIGTERM or SIGINT (0) or a failure (1), which ends the process hard."""
    worker = Worker(settings, programs, on_step, line)
    if line is not None:
        share_memory(line.processes)
    tune_interpreter()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, worker.stop)
    running = asyncio.create_task(worker.run())
    ended = asyncio.create_task(worker._ended.wait())  # noqa: SLF001  same module
    await asyncio.wait({running, ended}, return_when=asyncio.FIRST_COMPLETED)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(None if worker.failure is None else _LAST_WORDS_S):
            status = await running
            if worker.failure is None:
                return status
    error = worker.failure
    logger.error("worker ends: %s: %s", type(error).__name__, error)
    logging.shutdown()
    sys.stdout.flush()
    # Threads and half-open connections must not keep a failed worker alive.
    os._exit(1)


def http_options(settings: Settings) -> Options:
    """How much the HTTP server answers, and to whom."""
    return Options(
        rate=settings.http_rate,
        connections=settings.http_connections,
        streams=settings.http_streams,
        cors=tuple(one.strip() for one in settings.http_cors.split(",") if one.strip()),
    )


def build_embedded(
    settings: Settings, programs: Programs, metrics: Metrics | None = None
) -> Embedded | LogError:
    """The tasks over the embedded log of ``settings.data``, which is created where there is none."""
    agents = make_agents(settings, programs)
    return Embedded.open(settings.data, programs, agents, limits=settings.limits(), metrics=metrics)


class Projection:
    """The tables of a directory behind HTTP, fed by a reader that follows the ledger."""

    def __init__(
        self, settings: Settings, folder: Path, registry: CollectorRegistry, programs: Programs | None = None
    ) -> None:
        self.registry = registry
        process_collectors(registry)
        self.metrics = ProjectionMetrics(registry)
        self.tables = Tables(folder, self.metrics, programs)
        self._folder = folder
        self._tokens = tokens_path(settings, of_kafka=False)
        self.progress = Progress()
        self._settings = settings
        self._open_source: OpenTopics | None = None
        self._intake: Intake | None = None
        self._kafka_sink: KafkaSink | None = None
        self._feed: Feed | None = None
        self._waiting: Callable[[], Mapping[str, int]] | None = None

    def take_in(self, worker: EmbeddedWorker) -> None:
        """Let events that come over HTTP be taken in by the embedded Keyday."""
        self._intake = Intake(LogSink(worker), worker.embedded.programs)

    def follow_log(self, log: Log) -> EmbeddedReader:
        """A reader of the embedded log that is woken when the log grows."""
        reader = EmbeddedReader(
            log,
            self.tables,
            self.progress,
            SOURCES,
            partitions=log.partitions,
            metrics=self.metrics,
        )
        log.listeners.append(reader.on_growth)
        source = EmbeddedLog(log, f"the embedded log in {self._settings.data}")
        self._open_source = lambda: contextlib.nullcontext(source)
        self._feed = LogFeed(log)
        return reader

    def follow_kafka(self) -> KafkaReader:
        """A reader of all topics that tables are folded from, committed records only."""
        kafka = kafka_clients(self._settings)
        self._tokens = tokens_path(self._settings, of_kafka=True)
        self._open_source = lambda: kafka_source(kafka, self._settings.stall_timeout_s)
        self._feed = KafkaFeed(kafka)
        self._waiting = partial(group_lag, kafka, self._settings.app_id, INPUT_TOPICS)
        self._kafka_sink = KafkaSink(kafka, self._settings.max_message_bytes)
        self._intake = Intake(self._kafka_sink, AnyProgram())
        return KafkaReader(kafka, self.tables, self.progress, SOURCES, metrics=self.metrics)

    async def serve(self, *work: Callable[[], Awaitable[None]], listening: Callable[[str], None]) -> None:
        """Answer HTTP and do the ``work`` beside it until SIGTERM, SIGINT, or a part of it ends or fails.

        Raises:
            BindingError: the address needs a token.
            TlsError: the certificate cannot be used.
            OSError: the address is taken.
        """
        stopped = _stop_on_signals()
        tune_interpreter()
        put_behind_answers()
        settings = self._settings
        guard = Guard(settings.http_token, TokenBook(self._tokens))
        options, certificate = http_options(settings), tls(settings.http_cert_file, settings.http_key_file)
        explanations = pasts = None
        if self._open_source is not None:
            explanations = Explanations(self._open_source, settings.programs)
            pasts = Pasts(self.tables, self._open_source, self._folder)
        pulse = Pulse(self.registry)
        data = Data(self.tables, explanations, self._waiting)
        dashboard = Dashboard(data, self.progress, guard, pulse, explanations)
        app = make_app(
            self.tables,
            self.progress,
            self.registry,
            guard,
            explanations,
            dashboard=dashboard,
            options=options,
            intake=self._intake,
            feed=self._feed,
            pasts=pasts,
        )
        runner, port = await http.start(
            app, guard, settings.host, settings.port, options=options, tls=certificate
        )
        listening(f"{'http' if certificate is None else 'https'}://{settings.host}:{port}")
        parts = [*work, pulse.run]
        if self._open_source is not None and pasts is not None:
            parts += [LiveRebuild(self.tables, self._open_source, self._folder).run, pasts.run]
        tasks = [asyncio.ensure_future(part()) for part in parts]
        waiting = asyncio.create_task(stopped.wait())
        try:
            done, _ = await asyncio.wait({*tasks, waiting}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in (*tasks, waiting):
                task.cancel()
            await asyncio.gather(*tasks, waiting, return_exceptions=True)
            await runner.cleanup()
            if self._kafka_sink is not None:
                await self._kafka_sink.close()
            # A batch of the reader may still be on its thread; the database must outlive it.
            await asyncio.get_running_loop().shutdown_default_executor()
            self.tables.close()


async def run_embedded(
    projection: Projection,
    embedded: Embedded,
    listening: Callable[[str], None],
    webhooks: Webhooks | None = None,
    beside: Callable[[EmbeddedWorker], Awaitable[None]] | None = None,
) -> None:
    """Process, project and answer from one process until SIGTERM or SIGINT; see ``Projection.serve``.

    What is done ``beside`` it goes on as long.
    """
    worker = EmbeddedWorker(embedded)
    reader = projection.follow_log(embedded.log)
    projection.take_in(worker)
    work: list[Callable[[], Awaitable[None]]] = [worker.run, reader.run]
    if webhooks is not None:
        source = LogSource(embedded.log, embedded.log.partitions)
        work.append(lambda: webhooks.run(source))
    if beside is not None:
        work.append(lambda: beside(worker))
    try:
        await projection.serve(*work, listening=listening)
    finally:
        embedded.close()


class Running:
    """A process that is ready as long as it lives."""

    loaded = True

    def blocker(self) -> Blocker | None:
        """Nothing hinders it."""
        return None


async def run_webhooks(
    settings: Settings, webhooks: Webhooks, registry: CollectorRegistry, log: Log | None
) -> None:
    """Deliver from an embedded log, or else from Kafka, until SIGTERM or SIGINT.

    Raises:
        OSError: the address of the metrics is taken.
    """
    stopped = _stop_on_signals()
    source = LogSource(log, log.partitions) if log is not None else KafkaSource(kafka_clients(settings))
    async with contextlib.AsyncExitStack() as stack:
        if settings.metrics_port is not None:
            health = make_health_app(Running(), registry)
            runner, port = await http.start(health, None, settings.host, settings.metrics_port)
            stack.push_async_callback(runner.cleanup)
            logger.info("metrics and probes on http://%s:%d", settings.host, port)
        delivering = asyncio.create_task(webhooks.run(source))
        waiting = asyncio.create_task(stopped.wait())
        await asyncio.wait({delivering, waiting}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if not delivering.done():
            delivering.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await delivering


def _stop_on_signals() -> asyncio.Event:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    return stopped
