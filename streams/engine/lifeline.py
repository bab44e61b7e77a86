"""What ties a process of a worker to the parent that started it: a socket pair, one end as standard input.

The parent asks over it how the process is. When the parent is gone, however it ended, the process ends.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterable
from typing import Any, Final

import msgspec
from msgspec import Struct
from prometheus_client import Metric
from prometheus_client.registry import Collector

#: A request is this byte; a report is its length in so many bytes and then MessagePack.
REQUEST: Final = b"?"
LENGTH_BYTES: Final = 4
_PR_SET_PDEATHSIG: Final = 1


class Family(Struct, frozen=True, array_like=True):
    """A metric family; samples are (name, labels, value)."""

    name: str
    documentation: str
    type: str
    unit: str
    samples: list[tuple[str, dict[str, str], float]]


class Report(Struct, frozen=True):
    """How a process is: why it is not ready (``None`` when it is), and its metrics."""

    blocker: Any
    families: list[Family]


def families_of(collector: Collector) -> list[Family]:
    """The present values of a registry."""
    return [
        Family(
            found.name,
            found.documentation,
            found.type,
            found.unit,
            [(each.name, dict(each.labels), each.value) for each in found.samples],
        )
        for found in collector.collect()
    ]


def labelled(families: Iterable[tuple[int, Family]]) -> list[Metric]:
    """Families of several processes as one of each name, whose samples carry the label ``process``."""
    merged: dict[str, Metric] = {}
    for process, family in families:
        metric = merged.get(family.name)
        if metric is None:
            metric = merged[family.name] = Metric(family.name, family.documentation, family.type, family.unit)
        for name, labels, value in family.samples:
            metric.add_sample(name, {**labels, "process": str(process)}, value)
    return list(merged.values())


class Lifeline:
    """The process's end of the line; from its making on the process does not outlive its parent.

    On Linux the kernel sees to that at once, elsewhere :meth:`answer` does.
    """

    def __init__(self, number: int, processes: int, fd: int = 0) -> None:
        self.number = number
        self.processes = processes
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        self._socket = socket.socket(fileno=fd)
        self._socket.setblocking(False)
        try:
            gone = not self._socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            gone = False
        if gone:
            # It ended before the kernel was told to look after this process.
            _end()

    async def answer(self, blocker: Callable[[], Any], collector: Collector) -> None:
        """Answer requests until cancelled, or until the parent is gone, which ends this process hard."""
        reader, writer = await asyncio.open_connection(sock=self._socket)
        try:
            while await reader.read(1):
                body = msgspec.msgpack.encode(Report(blocker(), families_of(collector)))
                writer.write(len(body).to_bytes(LENGTH_BYTES, "big") + body)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()
        _end()


def _end() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
