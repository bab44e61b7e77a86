"""Tables as of an instant, for those that do not tell their past themselves: folded aside from the topics.

Such a past holds what had occurred by then, whenever it came. To fold one, all topics are read from their
beginning, in a thread, one past at a time. The last few are kept beside the tables, and filled up where
something came late.
"""

from __future__ import annotations

import asyncio
import logging
import math
import shutil
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from typing import Final

from msgspec import Struct

from events.time import format_time
from projections.live_rebuild import OpenTopics
from projections.pages import Query, RowPage, RowRefusal
from projections.progress import Source as Place
from projections.rebuild import Source, aside, fill
from projections.snapshot import snapshot
from projections.store import Tables
from projections.threads import in_thread
from schemas.programs import Programs

#: Seconds: how long an answer waits for a past that is being folded.
PATIENCE_S: Final = 5.0
#: Seconds: how long a past is told before it is looked whether something came late.
FRESH_S: Final = 10.0
#: Times the seconds that their last one took: how long some wait until another past is folded for them.
REST: Final = 4.0
#: Pasts that are kept: each takes as much room as the tables did then.
MAX_KEPT: Final = 4

_PREFIX: Final = ".past-"

log = logging.getLogger(__name__)


class RestingError(Exception):
    """Another past is folded for who asks in so many ``seconds``."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


@contextmanager
def past(source: Source, programs: Programs, at: int, scratch: Path) -> Iterator[Tables]:
    """Tables of all that is on the topics now and had occurred by ``at`` (milliseconds, included)."""
    with aside(programs, scratch, at) as tables:
        fill(tables, source)
        yield tables


class Past(Struct):
    """A folder with tables until an instant, up to which positions they are folded, and since when they are.

    ``checked`` is a reading of the monotonic clock; a past with ``readers`` is not removed.
    """

    at: int
    folder: Path
    positions: Mapping[Place, int]
    checked: float
    readers: int = 0

    def page(self, table: str, query: Query) -> RowPage | RowRefusal:
        """A page of a table; blocks."""
        with snapshot(self.folder, self.at) as tables:
            return tables.page(table, query)


class Pasts:
    """The pasts of the tables that this process serves."""

    def __init__(self, tables: Tables, open_source: OpenTopics, folder: Path) -> None:
        self._tables = tables
        self._open = open_source
        self._folder = folder
        self._kept: dict[int, Past] = {}
        self._making: tuple[int, asyncio.Task[None]] | None = None
        self._stopped = threading.Event()
        #: Until when those wait for whom one was folded, by their names.
        self._rests: dict[str, float] = {}

    async def run(self) -> None:
        """Keep pasts until cancelled, and none afterwards."""
        for left in self._folder.glob(f"{_PREFIX}*"):  # of a process that was killed
            shutil.rmtree(left, ignore_errors=True)
        try:
            await asyncio.Event().wait()
        finally:
            self._stopped.set()
            if self._making is not None:
                await asyncio.wait([self._making[1]])
            for one in self._kept.values():
                shutil.rmtree(one.folder, ignore_errors=True)

    @asynccontextmanager
    async def at(self, instant: int, who: str | None = None) -> AsyncIterator[Past | None]:
        """The past of an instant in milliseconds; ``None`` while it is still folded.

        For ``who`` has a name only a part of the time is spent, so that others' pasts are folded, too.

        Raises:
            RestingError: it is too early to fold another one for who asks.
            KafkaError: the brokers cannot be reached.
        """
        try:
            async with asyncio.timeout(PATIENCE_S):
                found = await self._fresh(instant, who)
        except TimeoutError:  # raised by nothing else that is awaited here
            yield None
            return
        found.readers += 1
        try:
            yield found
        finally:
            found.readers -= 1

    async def _fresh(self, instant: int, who: str | None) -> Past:
        """The past, once it is folded up to where the tables stand or stood a moment ago."""
        while not self._stopped.is_set():
            known = self._kept.get(instant)
            if known is not None and self._is_fresh(known):
                return known
            if self._making is None or self._making[1].done():
                if known is None and who is not None:
                    self._rested(who)
                self._making = instant, asyncio.create_task(self._make(instant, who))
            making, task = self._making
            await asyncio.wait([task])
            if making == instant and (error := task.exception()) is not None:
                raise error
        raise TimeoutError

    def _is_fresh(self, known: Past) -> bool:
        return time.monotonic() < known.checked + FRESH_S or known.positions == self._tables.positions

    def _rested(self, who: str) -> None:
        left_s = self._rests.get(who, 0.0) - time.monotonic()
        if left_s > 0:
            raise RestingError(math.ceil(left_s))

    async def _make(self, instant: int, who: str | None) -> None:
        begun, ends = time.monotonic(), self._tables.positions
        known = self._kept.pop(instant, None)
        if known is not None and any(ends.get(place, 0) < each for place, each in known.positions.items()):
            # The topics begin anew.
            await in_thread(partial(shutil.rmtree, known.folder, ignore_errors=True))
            known = None
        await self._make_room()
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=self._folder)) if known is None else known.folder
        made = known or Past(instant, folder, {}, begun)
        try:
            await in_thread(partial(self._fold, instant, folder, ends))
        except Exception as error:
            log.warning("tables as of %s were not folded: %r", format_time(instant), error)
            await in_thread(partial(shutil.rmtree, folder, ignore_errors=True))
            raise
        if self._stopped.is_set():  # what was folded is not the whole
            shutil.rmtree(folder, ignore_errors=True)
            return
        made.positions, made.checked = ends, time.monotonic()
        if who is not None and known is None:
            self._rests[who] = made.checked + REST * (made.checked - begun)
        self._kept[instant] = made
        log.info("tables as of %s took %.1f s to fold", format_time(instant), made.checked - begun)

    def _fold(self, instant: int, folder: Path, ends: Mapping[Place, int]) -> None:
        tables = Tables(folder, programs=Programs(self._tables.versions.all()), until=instant)
        try:
            with self._open() as source:
                fill(tables, source, tables.positions, ends, self._stopped.is_set)
        finally:
            tables.close()

    async def _make_room(self) -> None:
        """Remove the pasts that were folded first, but for those that are being read."""
        for one in list(self._kept.values()):
            if len(self._kept) < MAX_KEPT:
                return
            if not one.readers:
                del self._kept[one.at]
                await in_thread(partial(shutil.rmtree, one.folder, ignore_errors=True))
