from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
from prometheus_client.registry import Collector

from streams.engine import supervisor as module
from streams.engine.lifeline import Family, Report, families_of, labelled
from streams.engine.supervisor import Supervisor, exit_status
from tests.chaos.slot import until_ended

ENV = dict(os.environ)
#: A process without Kafka: it answers on its line until SIGTERM.
ANSWERING = """
import asyncio, signal, sys
from prometheus_client import CollectorRegistry, Gauge
from streams.engine.lifeline import Lifeline
registry = CollectorRegistry()
Gauge("place", "Where.", registry=registry).set(int(sys.argv[1]))
async def main():
    answering = asyncio.create_task(Lifeline(1, 2).answer(lambda: {"code": "starting"}, registry))
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    await stopped.wait()
    answering.cancel()
asyncio.run(main())
"""


def command(source: str, *arguments: str) -> list[str]:
    return [sys.executable, "-c", source, *arguments]


async def until_started(supervisor: Supervisor, processes: int) -> None:
    while len(await supervisor.reports()) < processes:  # noqa: ASYNC110  starting is no event for others
        await asyncio.sleep(0.01)


def test_every_process_is_asked_and_all_end_when_asked() -> None:
    async def scenario() -> tuple[list[Report | None], int]:
        supervisor = Supervisor([command(ANSWERING, str(number)) for number in (1, 2)], ENV)
        running = asyncio.create_task(supervisor.run())
        await until_started(supervisor, 2)
        reports = await supervisor.reports()
        supervisor.stop()
        return reports, await running

    reports, status = asyncio.run(scenario())

    place = [Family("place", "Where.", "gauge", "", [("place", {}, float(number))]) for number in (1, 2)]
    assert reports == [Report({"code": "starting"}, [family]) for family in place]
    assert status == 0


@pytest.mark.parametrize(("ending", "status"), [("0", 1), ("2", 2), ("'why'", 1)])
def test_one_that_ends_by_itself_ends_all(ending: str, status: int) -> None:
    waiting = "import time; time.sleep(600)"

    async def scenario() -> int:
        return await Supervisor([command(waiting), command(f"exit({ending})")], ENV).run()

    assert asyncio.run(scenario()) == status


def test_one_that_does_not_drain_after_another_failed_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_END_TIMEOUT_S", 0.2)
    os.mkfifo(pipe := tmp_path / "pipe")
    deaf = "import signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); open(sys.argv[1], 'w').close(); time.sleep(600)"
    failing = "import sys; open(sys.argv[1]).read(); sys.exit(3)"

    async def scenario() -> int:
        return await Supervisor([command(deaf, str(pipe)), command(failing, str(pipe))], ENV).run()

    assert asyncio.run(scenario()) == 3


def test_a_process_that_does_not_answer_in_time_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ANSWER_TIMEOUT_S", 0.05)

    async def scenario() -> list[Report | None]:
        supervisor = Supervisor([command("import time; time.sleep(600)")], ENV)
        running = asyncio.create_task(supervisor.run())
        await until_started(supervisor, 1)
        found = await supervisor.reports()
        supervisor.stop()
        assert await running == 0
        return found

    assert asyncio.run(scenario()) == [None]


@pytest.mark.parametrize("kernel", [True, False])
def test_a_process_ends_with_a_parent_that_is_killed(tmp_path: Path, *, kernel: bool) -> None:
    child = ANSWERING if kernel else "import sys; sys.platform = 'other'" + ANSWERING
    parent = f"""
import asyncio, os, sys
from streams.engine.supervisor import Supervisor
async def main():
    supervisor = Supervisor([[sys.executable, "-c", {child!r}, "1"]], dict(os.environ))
    running = asyncio.create_task(supervisor.run())
    while not any(await supervisor.reports()):
        await asyncio.sleep(0.01)
    print(supervisor._processes[0]._process.pid, flush=True)
    await running
asyncio.run(main())
"""
    with subprocess.Popen(command(parent), stdout=subprocess.PIPE, text=True, cwd=tmp_path) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        process.kill()

    async def ended() -> None:
        async with asyncio.timeout(10):
            await until_ended(pid)

    asyncio.run(ended())


@pytest.mark.parametrize(
    ("statuses", "status"),
    [([0, 0], 0), ([0, -signal.SIGTERM], 0), ([0, 1], 1), ([2, 1], 2), ([-signal.SIGKILL, 0], 1)],
)
def test_a_worker_that_was_asked_to_end_says_whether_all_drained(statuses: list[int], status: int) -> None:
    assert exit_status(statuses) == status


def test_families_of_several_processes_are_shown_once_with_a_label() -> None:
    registries = [CollectorRegistry(), CollectorRegistry()]
    for number, registry in enumerate(registries, 1):
        Counter("orders", "Orders.", ["agent"], registry=registry).labels("customers").inc(number)
        Gauge("size_bytes", "Size.", registry=registry).set(0.5)
    families = [(n, family) for n, registry in enumerate(registries, 1) for family in families_of(registry)]

    class Merged(Collector):
        def collect(self) -> list:
            return labelled(families)

    merged = CollectorRegistry()
    merged.register(Merged())
    lines = [line for line in generate_latest(merged).decode().splitlines() if "_created" not in line]

    assert lines == [
        "# HELP orders_total Orders.",
        "# TYPE orders_total counter",
        'orders_total{agent="customers",process="1"} 1.0',
        'orders_total{agent="customers",process="2"} 2.0',
        "# HELP size_bytes Size.",
        "# TYPE size_bytes gauge",
        'size_bytes{process="1"} 0.5',
        'size_bytes{process="2"} 0.5',
    ]
