"""The input as it flows: at a steady pace within a phase, and at rest between two."""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path

from tests.chaos.kafka import Producer
from tests.chaos.quiet import INPUTS, Quiet, Stop
from tests.chaos.stream import Item
from tests.chaos.world import Returned, World

PULSE_S = 0.1
CLOSING_DAYS = 40  # longer than the program's holds
DISTANCE_S = 1.0  # between events of one owner on different topics


class Input:
    """Produces the stream and keeps what a replay needs of it; ``pace`` is in records a second."""

    def __init__(self, folder: Path, producer: Producer, quiet: Quiet, *, seed: int, pace: int) -> None:
        self._world = World(seed, distance=int(pace * DISTANCE_S))
        self._items: Iterator[Item] = iter(())
        self._steps: deque[list[Item]] = deque()
        self._begun = False
        self._producer = producer
        self._quiet = quiet
        self._per_pulse = max(1, int(pace * PULSE_S))
        self._order = asyncio.Lock()  # of time: flow and marks share the stream
        self.folder = folder
        self.folder.mkdir()
        #: Is there while the input is at rest.
        self.rest = folder.with_name("resting")
        self.rest.touch()
        self.poison: list[tuple[str, bytes]] = []
        self.records = 0
        self.phases = 0
        self.flowing = asyncio.Event()
        self.until = ""

    @property
    def returned(self) -> Mapping[str, Returned]:
        """What was asked back, by order."""
        return self._world.returned

    async def flow(self, until: Stop) -> None:
        """Send until told to stop; where a phase ends, wait for all of it to be worked off."""
        due = time.monotonic()
        while not until():
            if not self.flowing.is_set():
                await self._turn(until)
                due = time.monotonic()
                continue
            async with self._order:
                items = list(islice(self._items, self._per_pulse))
                await self._send(items)
            if len(items) < self._per_pulse:
                self.flowing.clear()
                self.rest.touch()
            # What could not be sent in time is not made up for: events keep their distance.
            due = max(due + PULSE_S, time.monotonic())
            await asyncio.sleep(max(0.0, due - time.monotonic()))

    async def mark(self, name: str) -> list[bytes]:
        """Append a last poison record to every partition of every input; returns their values.

        Once all of them are in dead-letters, everything before them was processed and committed.
        """
        async with self._order:
            return await self._quiet.mark(name, INPUTS, self._world.now + 1)

    def are_marks(self, values: Iterable[bytes]) -> bool:
        """Whether nothing but marks is among the values of records."""
        return {value for _, value in self._quiet.marks}.issuperset(values)

    async def misplace(self, count: int) -> list[str]:
        """Send as many orders to a partition that is not their customer's; returns their ids."""
        async with self._order:
            orders = self._world.lone_orders(count)
            self._keep(orders)
            await self._producer.misplace(orders)
        return [json.loads(item.value)["data"]["order_id"] for item in orders]

    async def worked_off(self, check: Callable[[], None], stuck_s: float) -> None:
        """Return once nothing is left of what was sent, on its way between agents neither.

        Raises:
            StuckError: nothing moved for ``stuck_s`` seconds.
        """
        async with self._order:
            await self._quiet.reached(self._world.now + 1, None, check, stuck_s)

    async def close(self, check: Callable[[], None], stuck_s: float) -> None:
        """Let all be worked off, then send the midnights that end all holds, and let these be.

        Raises:
            StuckError: nothing moved for ``stuck_s`` seconds.
        """
        async with self._order:
            while self._steps:
                await self._quiet.reached(self._world.now + 1, None, check, stuck_s)
                await self._send(self._steps.popleft())
            await self._quiet.reached(self._world.now + 1, None, check, stuck_s)
            await self._send(list(self._world.resolutions(all_of_them=True)))
            await self._quiet.reached(self._world.now + 1, None, check, stuck_s)
            ticks = list(self._world.closing_ticks(CLOSING_DAYS))
            await self._send(ticks)
            self.until = ticks[-1].when
            await self._quiet.reached(self._world.now + 1, None, check, stuck_s)

    async def _turn(self, until: Stop) -> None:
        """Go on towards the next phase, by one step, once nothing is left of what was sent before."""
        if not await self._quiet.reached(self._world.now + 1, until):
            return
        async with self._order:
            if not self._begun:
                self._steps, self._begun = deque(self._world.begin()), True
            if self._steps:
                await self._send(self._steps.popleft())
                return
            self._items = self._world.items()
            self._begun = False
            self.phases += 1
            self.rest.unlink()
            self.flowing.set()

    async def _send(self, items: list[Item]) -> None:
        self._keep(items)
        await self._producer.send(items)

    def _keep(self, items: list[Item]) -> None:
        lines: dict[str, list[bytes]] = {}
        for item in items:
            if item.topic != "clock":
                lines.setdefault(item.topic, []).append(item.value + b"\n")
                self.records += 1
            if item.code:
                self.poison.append((item.code, item.value))
        for topic, values in lines.items():
            with (self.folder / f"{topic}.ndjson").open("ab") as file:
                file.writelines(values)
