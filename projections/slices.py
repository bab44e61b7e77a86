"""Long work on the event loop in slices, between which requests are answered.

In a thread it would hold the interpreter for whole switch intervals each time that an answer goes through a
system call, and a read would wait for several of them.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Generator
from typing import Final, TypeVar

#: Seconds: what a request may wait for work to stop; answering it takes two turns of the loop.
SLICE_S: Final = 0.002
_TURNS: Final = 2

T = TypeVar("T")
#: Work that pauses after each short step and ends with its result.
Steps = Generator[None, None, T]


async def in_slices(steps: Steps[T]) -> T:
    """Do the ``steps``; a cancelled caller goes only when they are done.

    Steps that were left half done would be done twice by who reads on.
    """
    try:
        while True:
            begun = time.perf_counter()
            while time.perf_counter() - begun < SLICE_S:
                next(steps)
            for _ in range(_TURNS):
                await asyncio.sleep(0)
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
