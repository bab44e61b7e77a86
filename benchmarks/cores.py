"""Which cores of the machine processes may use."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from pathlib import Path


def cores() -> list[int]:
    """Those that this process may use."""
    return sorted(os.sched_getaffinity(0))


def confine(pids: Iterable[int], allowed: Collection[int]) -> None:
    """Keep processes, with all threads that they have and will have, on the cores that are ``allowed``."""
    for pid in pids:
        for thread in Path(f"/proc/{pid}/task").iterdir():
            os.sched_setaffinity(int(thread.name), allowed)
