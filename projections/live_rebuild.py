"""Tables folded again while they are served: ``keyday rebuild`` asks through files beside them.

Each request is a file of its own, and so is its answer, so that neither takes the place of another's.
Who may write to the folder of the tables may ask. The server folds aside, in a thread; only while it puts the
rows in place no batch is folded. Reads go on all the while.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Annotated, Final, Protocol, TypeVar

import msgspec
from msgspec import Struct

from projections.rebuild import Source, aside, counted, fill
from projections.store import Tables
from projections.tables import TABLES
from projections.threads import in_thread
from schemas.programs import Programs

#: Seconds: between two looks for a request, or for its answer.
POLL_S: Final = 0.2
#: Seconds: a server that serves has seen a request by then.
SEEN_S: Final = 10.0

_REQUEST: Final = "rebuild-{}.request.json"
_ANSWER: Final = "rebuild-{}.answer.json"

log = logging.getLogger(__name__)

T = TypeVar("T")


class Topics(Source, Protocol):
    """Topics to be read, by a name for people; ``has_input`` says whether the input events are there, too."""

    place: str
    has_input: bool


#: Opens the topics for one pass over them.
OpenTopics = Callable[[], AbstractContextManager[Topics]]


class Request(Struct, frozen=True):
    """Tables to be folded again; without names all of them, and what they are folded with."""

    id: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{16}$")]
    names: tuple[str, ...]


class Answer(Struct, frozen=True):
    """By table how many of its rows were wrong and how many there are, or why nothing was done."""

    rows: dict[str, tuple[int, int]] = {}
    error: str = ""


class NotRebuiltError(Exception):
    """Nothing was rebuilt; the message says why."""


_decode_request: Final = msgspec.json.Decoder(Request).decode
_decode_answer: Final = msgspec.json.Decoder(Answer).decode


def ask(folder: Path, names: Sequence[str], is_open: Callable[[], bool]) -> dict[str, tuple[int, int]]:
    """Let the process that has the tables open fold some again, or all where none is named.

    Returns by table how many of its rows were wrong, and how many there are.

    ``is_open`` says whether that process still has them open. Blocks until it is done.

    Raises:
        NotRebuiltError: it does not answer, or could not do it.
    """
    request = Request(secrets.token_hex(8), tuple(names))
    path, answer_path = folder / _REQUEST.format(request.id), folder / _ANSWER.format(request.id)
    _write(path, request)
    try:
        patience = time.monotonic() + SEEN_S
        while path.exists():
            if time.monotonic() > patience:
                raise NotRebuiltError(
                    "another process has the tables open and does not answer; stop it first"
                )
            time.sleep(POLL_S)
        while (answer := _read(answer_path)) is None:
            if not is_open():
                raise NotRebuiltError("the process that has the tables open stopped before it was done")
            time.sleep(POLL_S)
    finally:
        path.unlink(missing_ok=True)
    answer_path.unlink(missing_ok=True)
    if answer.error:
        raise NotRebuiltError(answer.error)
    return answer.rows


class LiveRebuild:
    """Does what is asked for in the folder of the tables that this process serves."""

    def __init__(self, tables: Tables, open_source: OpenTopics, folder: Path) -> None:
        self._tables = tables
        self._open = open_source
        self._folder = folder
        self._stopped = threading.Event()

    async def run(self) -> None:
        """Answer requests until cancelled."""
        for unread in self._folder.glob(_ANSWER.format("*")):  # who asked did not live to read it
            unread.unlink(missing_ok=True)
        waiting: asyncio.Queue[Request] = asyncio.Queue()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._take(waiting))
            while True:
                await self._answer(await waiting.get())

    async def _take(self, waiting: asyncio.Queue[Request]) -> None:
        """Take requests, also while one is answered: who asks gives up when nobody takes theirs."""
        while True:
            for path in self._folder.glob(_REQUEST.format("*")):
                if (request := _taken(path)) is not None:
                    waiting.put_nowait(request)
            await asyncio.sleep(POLL_S)

    async def _answer(self, request: Request) -> None:
        try:
            answer = Answer(await self._rebuild(request.names))
        except Exception as error:  # a rebuild that fails must not end who serves
            log.exception("tables were not rebuilt")
            answer = Answer(error=f"{type(error).__name__}: {error}")
        _write(self._folder / _ANSWER.format(request.id), answer)

    async def _rebuild(self, asked: Sequence[str]) -> dict[str, tuple[int, int]]:
        tables, names = self._tables, [one for one in asked or TABLES if one in TABLES]
        with aside(Programs(tables.versions.all()), self._folder) as fresh:
            begun = tables.positions
            await self._in_thread(partial(self._fill, fresh, {}, begun))
            async with tables.turn:
                now = tables.positions
                if any(now.get(source, 0) < offset for source, offset in begun.items()):
                    raise NotRebuiltError("the tables were emptied meanwhile; ask again")
                await self._in_thread(partial(self._fill, fresh, begun, now))
                wrong = {
                    name: await self._in_thread(partial(tables.replace, TABLES[name].prefix, fresh))
                    for name in names
                }
                if not asked:
                    await self._in_thread(partial(tables.replace_all, fresh))
        return {name: (wrong[name], await self._in_thread(partial(counted, tables, name))) for name in names}

    def _fill(
        self, fresh: Tables, starts: dict[tuple[str, int], int], ends: dict[tuple[str, int], int]
    ) -> None:
        with self._open() as source:
            fill(fresh, source, starts, ends, self._stopped.is_set)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        """Work of a thread that ends soon after the caller is cancelled."""
        running = asyncio.ensure_future(in_thread(work))
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            self._stopped.set()
            await asyncio.wait([running])
            raise


def _taken(path: Path) -> Request | None:
    """The request that waits, if there is one; whoever asks sees by its file that it was taken."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return None
    path.unlink(missing_ok=True)
    try:
        return _decode_request(raw)
    except msgspec.MsgspecError as error:
        log.warning("what %s asks for cannot be read: %s", path, error)
        return None


def _write(path: Path, content: Struct) -> None:
    partial_path = path.with_suffix(".partial")
    partial_path.write_bytes(msgspec.json.encode(content))
    partial_path.rename(path)


def _read(path: Path) -> Answer | None:
    try:
        return _decode_answer(path.read_bytes())
    except FileNotFoundError:
        return None
