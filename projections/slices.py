"""Long work on the event loop in slices, between which requests are answered.

In a thread it would hold the interpreter for whole switch intervals each time that an answer goes through a
system call, and a read would wait for several of them.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Generator
from typing import Final, TypeVar

#: Seconds: what a request may wait for work to stop.
SLICE_S: Final = 0.002
#: Others go on until that many turns of the loop had nothing to do: from its arrival to its answer a request
#: takes as many.
_QUIET_TURNS: Final = 3
#: Seconds: a turn that took less answered nothing.
_QUIET_S: Final = 0.00005
#: What others may take at the most between two slices, in times of the slice: work always gets a fifth.
OTHERS_MOST: Final = 4.0

T = TypeVar("T")
#: Work that pauses after each short step and ends with its result.
Steps = Generator[None, None, T]


async def in_slices(steps: Steps[T]) -> T:
    """Do the ``steps``, others first; a cancelled caller goes only when they are done.

    Steps that were left half done would be done twice by who reads on.
    """
    try:
        while True:
            begun = time.perf_counter()
            while (spent := time.perf_counter() - begun) < SLICE_S:
                next(steps)
            await others_first(spent)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]
    except asyncio.CancelledError:
        at_once(steps)
        raise


def at_once(steps: Steps[T]) -> T:
    """Do all ``steps`` without a pause."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]


def timed(steps: Steps[T]) -> Steps[tuple[T, float]]:
    """What the ``steps`` end with, and the seconds that they took themselves."""
    spent = 0.0
    while True:
        begun = time.perf_counter()
        try:
            next(steps)
        except StopIteration as end:
            return end.value, spent + time.perf_counter() - begun
        spent += time.perf_counter() - begun
        yield


async def others_first(spent_s: float) -> None:
    """After so many seconds of work let others go on, until they have nothing to do or took their most."""
    begun = before = time.perf_counter()
    quiet = 0
    while quiet < _QUIET_TURNS and before - begun < OTHERS_MOST * spent_s:
        await asyncio.sleep(0)
        now = time.perf_counter()
        quiet = quiet + 1 if now - before < _QUIET_S else 0
        before = now
