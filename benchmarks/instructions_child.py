"""The process that is counted; see ``benchmarks/instructions.py``."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from benchmarks.instructions import COUNTED, PARTITIONS, Cost, Found, Load, Row
from benchmarks.pump import BATCH, Pump
from schemas.programs import Programs


def main(folder: Path) -> None:
    """Feed the load of a folder and leave there what was found."""
    load = msgspec.msgpack.decode((folder / "load").read_bytes(), type=Load)
    path = folder / "program.toml"
    path.write_text(load.program)
    programs = Programs()
    if errors := programs.load(path).errors:
        sys.exit(str(errors))
    pump = Pump(programs, folder / "state", PARTITIONS)
    # Objects are freed by their counts here as on a worker; the collector would only add noise.
    gc.disable()
    found = Found({}, [])
    for start in range(0, len(load.warm), BATCH):
        pump.feed([row[1:] for row in load.warm[start : start + BATCH]], _unwatched)
    if COUNTED in sys.argv:
        control = ["callgrind_control", "--instr=on", str(os.getpid())]
        subprocess.run(control, check=True, stdout=subprocess.DEVNULL)
    for kind, rows in load.measured.items():
        if rows:
            found.events[kind] = len(rows)
            _measure(pump, kind, rows, found)
    (folder / "found").write_bytes(msgspec.msgpack.encode(found))
    sys.stdout.flush()
    os._exit(0)  # taking everything apart would take as long again


@contextmanager
def _unwatched(_agent: str) -> Iterator[None]:
    yield


def _measure(pump: Pump, kind: str, rows: list[Row], found: Found) -> None:
    @contextmanager
    def watch(agent: str) -> Iterator[None]:
        os.getsid(0)
        began = time.perf_counter_ns()
        yield
        took = time.perf_counter_ns() - began
        os.getpgid(0)
        found.costs.append(Cost(kind, agent, took))

    pump.feed([row[1:] for row in rows], watch)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
