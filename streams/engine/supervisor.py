"""The parent of a worker's processes: starts them, asks them how they are, and ends with them."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
from collections.abc import Mapping, Sequence
from typing import Final, Self

import msgspec

from streams.engine.lifeline import LENGTH_BYTES, REQUEST, Report

logger = logging.getLogger(__name__)

#: Seconds: a process that needs longer for its report does not answer.
ANSWER_TIMEOUT_S: Final = 3.0
#: Seconds: how long the others may drain once a process failed, somewhat more than a task's own limit.
_END_TIMEOUT_S: Final = 40.0
_FAILED: Final = 1


class Process:
    """One process and the parent's end of the line to it."""

    def __init__(
        self, process: asyncio.subprocess.Process, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._process = process
        self._reader = reader
        self._writer = writer
        self._asking: asyncio.Task[Report | None] | None = None

    @classmethod
    async def start(cls, command: Sequence[str], env: Mapping[str, str]) -> Self:
        """Start the command with the line as its standard input, in a session of its own.

        A terminal's Ctrl-C then reaches the parent alone, which tells the processes once.
        """
        ours, theirs = socket.socketpair()
        with theirs:
            process = await asyncio.create_subprocess_exec(
                *command, env=dict(env), stdin=theirs.fileno(), start_new_session=True
            )
        return cls(process, *await asyncio.open_connection(sock=ours))

    async def ended(self) -> int:
        """Wait for its end; returns the status, negative for a signal."""
        return await self._process.wait()

    def send(self, number: signal.Signals) -> None:
        """Send a signal; nothing happens when it has ended."""
        if self._process.returncode is None:
            self._process.send_signal(number)

    async def ask(self) -> Report | None:
        """How the process is; ``None`` when it does not say so in time.

        Those who ask at the same time share an answer.
        """
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._exchange())
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                # The answer that comes late must not be taken for that to the next request.
                return await asyncio.shield(self._asking)
        except TimeoutError:
            return None

    async def _exchange(self) -> Report | None:
        try:
            self._writer.write(REQUEST)
            await self._writer.drain()
            size = int.from_bytes(await self._reader.readexactly(LENGTH_BYTES), "big")
            return msgspec.msgpack.decode(await self._reader.readexactly(size), type=Report)
        except (ConnectionError, asyncio.IncompleteReadError):
            return None

    async def close(self) -> None:
        """Kill the process if it lives, and let go of the line."""
        self.send(signal.SIGKILL)
        await self._process.wait()
        self._writer.close()
        if self._asking is not None:
            await asyncio.wait({self._asking})


class Supervisor:
    """Runs one process per command until :meth:`stop` or until one of them ends by itself.

    Processes are never started again: that a worker failed is for its orchestrator to see.
    """

    def __init__(self, commands: Sequence[Sequence[str]], env: Mapping[str, str]) -> None:
        self._commands = commands
        self._env = env
        self._stopped = asyncio.Event()
        self._processes: list[Process] = []

    def stop(self) -> None:
        """End gracefully: the processes drain and leave the group."""
        self._stopped.set()

    async def reports(self) -> list[Report | None]:
        """How each process is, ``None`` for one that does not answer."""
        return list(await asyncio.gather(*(process.ask() for process in self._processes)))

    async def run(self) -> int:
        """Run to the end of all processes; returns 0 when it was asked for and all of them drained."""
        try:
            for command in self._commands:
                self._processes.append(await Process.start(command, self._env))
            return await self._run()
        finally:
            processes, self._processes = self._processes, []
            await asyncio.gather(*(process.close() for process in processes))

    async def _run(self) -> int:
        ends = [asyncio.create_task(process.ended()) for process in self._processes]
        asked = asyncio.create_task(self._stopped.wait())
        await asyncio.wait({*ends, asked}, return_when=asyncio.FIRST_COMPLETED)
        asked.cancel()
        failed = None if self._stopped.is_set() else next(end for end in ends if end.done())
        if failed is not None:
            which = f"process {ends.index(failed) + 1}/{len(ends)}"
            logger.error("worker ends: %s ended with status %d", which, failed.result())
        for process in self._processes:
            process.send(signal.SIGTERM)
        _, late = await asyncio.wait(ends, timeout=None if failed is None else _END_TIMEOUT_S)
        if late:
            logger.error("%d processes did not end in %.0f s and are killed", len(late), _END_TIMEOUT_S)
            for process in self._processes:
                process.send(signal.SIGKILL)
        statuses = await asyncio.gather(*ends)
        return (
            exit_status(statuses) if failed is None else failed.result() if failed.result() > 0 else _FAILED
        )


def exit_status(statuses: Sequence[int]) -> int:
    """What a worker that was asked to end exits with, given the statuses of its processes.

    One that SIGTERM met before it had begun had nothing to drain.
    """
    bad = [status for status in statuses if status not in {0, -signal.SIGTERM}]
    return 0 if not bad else max(*bad, _FAILED)
