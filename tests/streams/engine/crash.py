"""Feeds an embedded log and is killed over and over; run as a module by ``test_embedded_crashes``.

Usage: ``python -m tests.streams.engine.crash DATA INPUT SEED KILLS``. It forks a child per kill: half of them
kill themselves at a named step, the others are killed after a random number of writes. The last child
runs to the end. Prints how many were killed; the others had nothing left to write.
"""

from __future__ import annotations

import os
import random
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from rocksdict import WriteBatch

from streams.engine.embedded import Embedded
from streams.engine.log import Log
from streams.engine.record import OutRecord
from tests.streams.engine import feeds

STEPS = ("before append", "after append", "before step", "after step")
FAR_FUTURE_MS = 4_000_000_000_000


def main(data: Path, source: Path, seed: int, kills: int) -> None:
    rng = random.Random(seed)
    lines = source.read_bytes().splitlines()
    # A mean of two writes (an append and a step) per chunk, spread so that the kills hit the whole run.
    writes = max(2, 2 * len(lines) // 15 // max(1, kills))
    done = 0
    for _ in range(kills):
        plan = (rng.choice(STEPS), rng.randint(1, max(1, writes // 2))) if rng.random() < 0.5 else None
        done += _child(data, lines, rng.randrange(2**32), plan, rng.randint(1, writes))
    print(done, flush=True)
    status = _child(data, lines, seed, None, None)
    sys.exit(2 if status else 0)


def _child(data: Path, lines: list[bytes], seed: int, plan: tuple[str, int] | None, after: int | None) -> int:
    """Fork, kill, reap; 1 when the child was killed, 0 when it came to its end before."""
    told, tell = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(told)
        try:
            _run(data, lines, random.Random(seed), plan, lambda: os.write(tell, b"."))
        except BaseException as error:  # noqa: BLE001  # nothing may escape into the parent's code
            print(f"crash child: {error!r}", file=sys.stderr, flush=True)
            os._exit(1)
        os._exit(0)
    os.close(tell)
    with os.fdopen(told, "rb", buffering=0) as pipe:
        seen = 0
        while pipe.read(1):
            seen += 1
            if plan is None and after is not None and seen >= after:
                os.kill(pid, signal.SIGKILL)
                break
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status):
        return 1
    if os.WEXITSTATUS(status):
        sys.exit(1)
    return 0


def _run(
    data: Path,
    lines: list[bytes],
    rng: random.Random,
    plan: tuple[str, int] | None,
    progress: Callable[[], object],
) -> None:
    _kill_at(plan, progress)
    loaded = feeds.programs()
    embedded = Embedded.open(data, loaded, feeds.agents(loaded), now=lambda: FAR_FUTURE_MS)
    assert isinstance(embedded, Embedded), embedded
    start = embedded.log.end_offset("orders", 0)
    while start < len(lines):
        chunk = lines[start : start + rng.randint(1, 30)]
        embedded.append([OutRecord("orders", 0, feeds.time_of("orders", v), None, v) for v in chunk])
        start += len(chunk)
        embedded.step(rng.randint(1, 60))
    embedded.catch_up()
    embedded.close()


def _kill_at(plan: tuple[str, int] | None, progress: Callable[[], object]) -> None:
    """Make the log's write, which is the only step of the protocol, a place to die."""
    left = {plan[0]: plan[1]} if plan else {}
    write = Log.write

    def at(step: str) -> None:
        if step in left:
            left[step] -= 1
            if not left[step]:
                os.kill(os.getpid(), signal.SIGKILL)

    def dying(self: Log, batch: WriteBatch, ends: dict[tuple[str, int], int], *, sync: bool) -> None:
        kind = "append" if sync else "step"
        at(f"before {kind}")
        progress()
        write(self, batch, ends, sync=sync)
        at(f"after {kind}")

    Log.write = dying  # type: ignore[method-assign]


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
