"""Log lines for people or for machines: a message and fields, ids and codes, never what an event holds."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
from collections.abc import Iterable
from typing import Any, Final, TextIO

import msgspec
import orjson
from msgspec import Struct

from events.outputs import DeadLetter

#: Characters: the longest event id that a line repeats.
_ID_CHARS: Final = 200
#: Refused records that one line names; the others are counted.
NAMED_LETTERS: Final = 3
#: Libraries whose debug lines hold requests byte by byte, logins among them.
_TALKATIVE: Final = ("aiohttp", "aiokafka", "asyncio", "faust", "kafka", "mode")
#: Loggers that say something for each request; seconds and lines that these lines wait at the most.
_PER_REQUEST: Final = frozenset({"projections.api.audit"})
_WAIT_S: Final = 0.1
_WAITING_LINES: Final = 1_000
#: What every record of the standard library has; anything beside it was given as ``extra``.
_STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def set_up(log_format: str, log_level: str, child: str | None = None, stream: TextIO | None = None) -> None:
    """Send all logs to stderr as ``json`` or ``console`` lines; ``child`` says of which process they are."""
    handler = Lines(sys.stderr if stream is None else stream)
    handler.setFormatter(JsonLines(child) if log_format == "json" else ConsoleLines(child))
    level = log_level.upper()
    logging.basicConfig(level=level, handlers=[handler], force=True)
    quiet = max(logging.INFO, logging.getLevelNamesMapping()[level])
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(quiet)


class Lines(logging.StreamHandler[TextIO]):
    """Writes lines at once, but for those of loggers that say something for each request.

    These are written together a moment later, where an event loop runs, and before any other line.
    """

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._waiting: list[str] = []
        self._awaited: asyncio.AbstractEventLoop | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Take one line."""
        try:
            self._waiting.append(self.format(record))
            loop = _running_loop() if record.name in _PER_REQUEST else None
            if loop is None or len(self._waiting) >= _WAITING_LINES:
                self.flush()
            elif self._awaited is not loop:
                self._awaited = loop
                loop.call_later(_WAIT_S, self.flush)
        except Exception:  # noqa: BLE001  as of the library's handlers: what cannot be logged stops nothing
            self.handleError(record)

    def flush(self) -> None:
        """Write what waits."""
        with self.lock or contextlib.nullcontext():
            lines, self._waiting, self._awaited = self._waiting, [], None
            if lines:
                self.stream.write("".join([f"{line}\n" for line in lines]))
            super().flush()


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, logger, message, the fields, and process and traceback if any."""

    def __init__(self, child: str | None = None) -> None:
        super().__init__()
        self._process = {} if child is None else {"process": child}
        self._second, self._time = -1, ""

    def formatTime(  # noqa: N802  the name is the library's
        self, record: logging.LogRecord, datefmt: str | None = None
    ) -> str:
        """Lines of the same second share the text of their time."""
        second = int(record.created)
        if second != self._second:
            self._second, self._time = second, super().formatTime(record, datefmt)
        return self._time

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            **self._process,
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_fields(record),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str).decode()


class ConsoleLines(logging.Formatter):
    """A line for people: the message, then the fields as ``name=value``."""

    def __init__(self, child: str | None = None) -> None:
        who = "" if child is None else f"[{child}] "
        super().__init__(f"%(asctime)s {who}%(levelname)s %(name)s: %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  the name is the library's
        fields = "".join(f" {name}={_shown(value)}" for name, value in _fields(record).items())
        return super().formatMessage(record) + fields


class _Id(Struct):
    id: str


_read_id = msgspec.json.Decoder(_Id).decode


def refused(
    logger: logging.Logger, agent: str, partition: int, codes: dict[str, int], letters: Iterable[DeadLetter]
) -> None:
    """One line for the refused records of a batch: how many by code, and where the first ones are."""
    places = [
        {
            "code": str(letter.code),
            "topic": letter.topic,
            "partition": letter.partition,
            "offset": letter.offset,
            "event_id": event_id(letter.value),
        }
        for letter in letters
    ]
    counts = {str(code): count for code, count in codes.items()}
    fields = {"agent": agent, "partition": partition, "codes": counts, "letters": places}
    logger.warning("%d records took no effect", sum(codes.values()), extra=fields)


def event_id(value: bytes | None) -> str | None:
    """The id of an event in structured mode, cut to a bounded length; ``None`` where none can be read."""
    try:
        return _read_id(value or b"").id[:_ID_CHARS]
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    return {name: value for name, value in vars(record).items() if name not in _STANDARD}


def _shown(value: Any) -> str:
    # JSON also where people read: what an event calls itself must not begin a line of its own.
    return orjson.dumps(value, default=str).decode()
