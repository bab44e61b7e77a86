"""What the parent of a worker's processes tells them, and how it answers for them."""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from projections.progress import Blocker, BlockerCode
from streams.cli import run
from streams.commands.processes import Crew, commands, environment
from streams.commands.serving import announce
from streams.engine.lifeline import Family, Report
from streams.engine.settings import Settings, load
from streams.engine.supervisor import Supervisor

STARTING = {"code": "starting", "topic": None, "partition": None, "lag_records": None}
BEHIND = {"code": "catching_up", "lag_records": 2_000}


def test_each_process_gets_the_flags_of_the_parent_and_a_place_of_its_own() -> None:
    flags = {
        "brokers": "a:1",
        "app_id": None,
        "metrics_port": "9100",
        "processes": "2",
        "group_instance_id": "x",
    }
    settings = load({"KEYDAY_APP_ID": "mine"}, flags)

    start = [sys.executable, "-P", "-m", "streams.cli", "worker", "--brokers=a:1"]
    assert commands(settings, flags) == [
        [*start, f"--child={n}/2", "--processes=1", f"--group-instance-id=x-{n}"] for n in (1, 2)
    ]


def test_processes_have_the_environment_of_the_parent_with_its_secrets() -> None:
    env = {
        "PATH": "/bin",
        "KEYDAY_SASL_PASSWORD": "battery-staple",
        "KEYDAY_METRICS_PORT": "9100",
        "KEYDAY_PROCESSES": "auto",
        "KEYDAY_GROUP_INSTANCE_ID": "x",
    }

    assert environment(env) == {"PATH": "/bin", "KEYDAY_SASL_PASSWORD": "battery-staple"}


class Told(Supervisor):
    """A supervisor whose processes have said how they are."""

    def __init__(self, *reports: Report | None) -> None:
        super().__init__([], {})
        self._told = list(reports)

    async def reports(self) -> list[Report | None]:
        return self._told


@pytest.mark.parametrize(
    ("blockers", "expected"),
    [
        ((None, None), None),
        ((None, BEHIND), Blocker(BlockerCode.CATCHING_UP, lag_records=2_000)),
        ((BEHIND, BEHIND), Blocker(BlockerCode.CATCHING_UP, lag_records=4_000)),
        ((BEHIND, STARTING), Blocker(BlockerCode.STARTING)),
    ],
)
def test_a_worker_is_ready_when_all_its_processes_are(
    blockers: tuple[dict | None, ...], expected: Blocker | None
) -> None:
    crew = Crew(Told(*(Report(blocker, []) for blocker in blockers)))

    assert asyncio.run(crew.ask()) is None
    assert crew.blocker() == expected


@pytest.mark.parametrize(
    ("reports", "silent"),
    [((), 1), ((Report(None, []), None), 2), ((None, None), 1), ((Report(None, []),), None)],
)
def test_the_first_process_that_does_not_answer_is_named(
    reports: tuple[Report | None, ...], silent: int | None
) -> None:
    assert asyncio.run(Crew(Told(*reports)).ask()) == silent


def test_metrics_carry_the_number_of_their_process_and_the_parents_are_0() -> None:
    reports = [
        Report(None, [Family("keyday_lag", "Lag.", "gauge", "", [("keyday_lag", {"partition": str(n)}, n)])])
        for n in (1, 2)
    ]
    crew = Crew(Told(*reports))
    registry = CollectorRegistry()
    registry.register(crew)
    asyncio.run(crew.ask())

    lines = generate_latest(registry).decode().splitlines()

    assert [line for line in lines if line.startswith("keyday")] == [
        'keyday_lag{partition="1",process="1"} 1.0',
        'keyday_lag{partition="2",process="2"} 2.0',
    ]
    assert any(line.startswith('process_resident_memory_bytes{process="0"} ') for line in lines)


@pytest.mark.parametrize(
    ("form", "line"), [("console", " [2/4] WARNING a: b\n"), ("json", '"process":"2/4","level":"warning",')]
)
def test_log_lines_say_which_process_they_are_from(
    form: str, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = logging.root.handlers[:]
    try:
        announce(Settings(log_format=form), "2/4")
        logging.getLogger("a").warning("b")
    finally:
        logging.root.handlers[:] = before

    said = capsys.readouterr().err
    assert line in said
    assert len(said.splitlines()) == 1


def test_a_taken_port_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        command = ["worker", "--brokers", "127.0.0.1:1", "--processes", "2", "--metrics-port", port]
        before = logging.root.handlers[:]
        try:
            status = run([*command, "--log-level", "error", "--state-dir", str(tmp_path)])
        finally:
            logging.root.handlers[:] = before

    said = capsys.readouterr().err
    assert status == 1
    assert said.startswith(f"keyday: 127.0.0.1:{port}: ")
    assert said.endswith("; choose another --metrics-port\n")
    assert len(said.splitlines()) == 1
