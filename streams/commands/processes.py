"""``keyday worker --processes N``: a parent, its processes, and one address for the probes of them all."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler
from prometheus_client import CollectorRegistry, Metric
from prometheus_client.registry import Collector

from projections import http
from projections.http import make_health_app
from projections.problems import RETRY, ProblemCode, problem
from projections.progress import Blocker, BlockerCode
from streams.engine.lifeline import Family, Report, families_of, labelled
from streams.engine.metrics import process_collectors
from streams.engine.settings import Settings, variable
from streams.engine.supervisor import Supervisor

logger = logging.getLogger(__name__)

#: What the parent keeps to itself, or says to each process in another way.
_PARENTS_OWN: Final = ("processes", "metrics_port", "group_instance_id")


def commands(settings: Settings, flags: Mapping[str, Any]) -> list[list[str]]:
    """One command line per process: the parent's flags, and which of the processes it is.

    A static member's name gets the number as a suffix, since each process is a member of its own.
    """
    # Without the working directory on the path, as the console script has it.
    start = [sys.executable, "-P", "-m", "streams.cli", "worker"]
    given = [
        f"--{name.replace('_', '-')}={value}"
        for name, value in flags.items()
        if value is not None and name not in _PARENTS_OWN
    ]
    found = []
    for number in range(1, settings.processes + 1):
        own = [f"--child={number}/{settings.processes}", "--processes=1"]
        if settings.group_instance_id:
            own.append(f"--group-instance-id={settings.group_instance_id}-{number}")
        found.append([*start, *given, *own])
    return found


def environment(env: Mapping[str, str]) -> dict[str, str]:
    """The environment of the processes: the parent's with all its secrets, without what only it obeys."""
    own = {variable(name) for name in _PARENTS_OWN}
    return {name: value for name, value in env.items() if name not in own}


class Crew(Collector):
    """The processes as one worker for probes and metrics, as they were when last asked."""

    def __init__(self, supervisor: Supervisor) -> None:
        self._supervisor = supervisor
        self._reports: list[Report] = []
        self._own = CollectorRegistry()
        process_collectors(self._own)

    async def ask(self) -> int | None:
        """Ask all processes; returns the number of the first one that does not answer, if one does not."""
        found = await self._supervisor.reports()
        self._reports = [report for report in found if report is not None]
        if not found:
            return 1
        return next((number for number, report in enumerate(found, 1) if report is None), None)

    @property
    def loaded(self) -> bool:
        """Whether no process is starting."""
        return all(blocker.code is not BlockerCode.STARTING for blocker in self._blockers())

    def blocker(self) -> Blocker | None:
        """Why not all processes are ready; behind, they are so by the sum of their records."""
        found = self._blockers()
        if not self.loaded:
            return Blocker(BlockerCode.STARTING)
        lag = sum(blocker.lag_records or 0 for blocker in found)
        return Blocker(BlockerCode.CATCHING_UP, lag_records=lag) if found else None

    def collect(self) -> Iterable[Metric]:
        """Every family once, with the label ``process``; 0 is the parent."""
        families: list[tuple[int, Family]] = [(0, family) for family in families_of(self._own)]
        for number, report in enumerate(self._reports, 1):
            families += [(number, family) for family in report.families]
        return labelled(families)

    def _blockers(self) -> list[Blocker]:
        return [msgspec.convert(report.blocker, Blocker) for report in self._reports if report.blocker]


def make_probes(crew: Crew) -> web.Application:
    """Health, readiness and metrics of all processes, each of which is asked anew for each answer."""

    @web.middleware
    async def ask_first(request: web.Request, handler: Handler) -> web.StreamResponse:
        silent = await crew.ask()
        if silent is not None:
            detail = f"process {silent} of the worker does not answer"
            return problem(ProblemCode.NOT_READY, detail, headers=RETRY, process=silent)
        return await handler(request)

    registry = CollectorRegistry()
    registry.register(crew)
    app = make_health_app(crew, registry)
    app.middlewares.append(ask_first)
    return app


async def run_processes(settings: Settings, flags: Mapping[str, Any]) -> int:
    """Run the worker's processes until SIGTERM or SIGINT, or until one of them ends.

    Raises:
        OSError: the address of the probes is taken.
    """
    supervisor = Supervisor(commands(settings, flags), environment(os.environ))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, supervisor.stop)
    if settings.metrics_port is None:
        return await supervisor.run()
    runner, port = await http.start(make_probes(Crew(supervisor)), None, settings.host, settings.metrics_port)
    logger.info("metrics and probes on http://%s:%d", settings.host, port)
    try:
        return await supervisor.run()
    finally:
        await runner.cleanup()
