"""A Keyday worker that ends itself at a step of the protocol: ``python -m tests.chaos.worker``.

Settings come from ``KEYDAY_…`` as for any worker. ``CHAOS_STEP``, ``CHAOS_COUNT`` and ``CHAOS_ACTION``
(``step`` kills, ``freeze`` stops the process) name the end, ``CHAOS_MUTANT`` what is broken on purpose. Steps
do not count while the file ``CHAOS_REST`` is there: then there is no load.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import sys
from collections.abc import Callable, Mapping

from schemas.programs import Programs
from streams.app import run_worker
from streams.engine.kafka_task import KafkaTask
from streams.engine.settings import load
from streams.engine.transport import BatchConsumer
from tests.chaos.mutants import MUTANTS

LOG_FORMAT = "%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s"


def last_step(env: Mapping[str, str]) -> Callable[[str], None]:
    """A hook that ends this process when the step is reached for the given time."""
    wanted, rest = env.get("CHAOS_STEP", ""), env.get("CHAOS_REST", "")
    left = int(env.get("CHAOS_COUNT", "1"))
    end = signal.SIGSTOP if env.get("CHAOS_ACTION") == "freeze" else signal.SIGKILL

    def on_step(name: str) -> None:
        nonlocal left
        if name == wanted and not os.path.exists(rest):  # noqa: PTH110  quicker, and asked at every step
            left -= 1
            if left == 0:
                os.kill(os.getpid(), end)

    return on_step


def explain(*_: object) -> None:
    """Say on stderr what every task waits for: the answer to SIGUSR1 of a harness that sees no progress."""
    found = gc.get_objects()
    for task in (each for each in found if type(each) is KafkaTask):
        buffered = {topic: task.merger.buffered(topic) for topic in task.inputs}
        behind = {topic: task.merger._behind(topic) for topic in task.inputs}
        state = f"positions {dict(task.positions)}, next {task._next}, buffered {buffered}, behind {behind}"
        print(f"{task!r}: {state}, stopping {task._stopping}", file=sys.stderr)
    for consumer in (each for each in found if type(each) is BatchConsumer):
        paused = f"flow {consumer.flow_active}, active {consumer._active_partitions}"
        print(f"{paused}, known {consumer._known}, in transit {consumer._in_transit}", file=sys.stderr)
    for awaited in asyncio.all_tasks():
        awaited.print_stack(limit=3, file=sys.stderr)


def main() -> int:
    """Run the worker."""
    logging.basicConfig(level=logging.INFO, format=LOG_FORMAT)
    signal.signal(signal.SIGUSR1, explain)
    if mutant := os.environ.get("CHAOS_MUTANT"):
        MUTANTS[mutant]()
    settings = load(os.environ)
    programs = Programs()
    if settings.programs is None or (errors := programs.load(settings.programs).errors):
        sys.exit(f"programs cannot be used: {errors if settings.programs else 'KEYDAY_PROGRAMS is not set'}")
    return asyncio.run(run_worker(settings, programs, on_step=last_step(os.environ)))


if __name__ == "__main__":
    sys.exit(main())
