"""The input folder of a replay: one NDJSON file a topic, plain or gzip, read as a stream of lines."""

from __future__ import annotations

import gzip
import zlib
from codecs import BOM_UTF8
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, cast

from msgspec import Struct

from streams.engine.envelope import KEY_PATHS, read_envelope
from streams.engine.sort import Entry

#: Input topics, causes before effects (DOMAIN section 12).
INPUT_TOPICS = tuple(KEY_PATHS)
#: Bytes: a line that is longer fits no topic either, and would not fit into memory.
LINE_BYTES = 16 * 1024 * 1024
#: Before every time: where a file begins with lines that carry none.
_FIRST = -(2**63)


class ReplayErrorCode(StrEnum):
    """Why a replay did not come to its end."""

    INPUT_MISSING = "input_missing"
    INPUT_TWICE = "input_twice"
    INPUT_UNREADABLE = "input_unreadable"
    LINE_TOO_LONG = "line_too_long"
    OUTPUT_IN_USE = "output_in_use"
    OUTPUT_FAILED = "output_failed"


class ReplayError(Struct, frozen=True):
    """``detail`` is one line that says what to do about ``path``."""

    code: ReplayErrorCode
    path: str
    detail: str


class ReplayFailedError(Exception):
    """Carries a :class:`ReplayError` up to :func:`streams.engine.replay.replay`, which returns it."""

    def __init__(self, error: ReplayError) -> None:
        super().__init__(error.detail)
        self.error = error


class InputFiles(Struct, frozen=True):
    """The file of each topic that has one, and the names in the folder that are none."""

    files: dict[str, Path]
    unknown: tuple[str, ...]


def find_inputs(folder: Path) -> InputFiles:
    """The input files of a folder.

    Raises:
        ReplayFailedError: there is no such folder, or a topic has two files.
    """
    try:
        names = sorted(entry.name for entry in folder.iterdir())
    except OSError as error:
        raise _failed(
            ReplayErrorCode.INPUT_MISSING, folder, f"cannot be read as a folder: {error.strerror}"
        ) from error
    files: dict[str, Path] = {}
    unknown = []
    for name in names:
        topic = name.removesuffix(".gz").removesuffix(".ndjson")
        if topic not in KEY_PATHS or name not in {f"{topic}.ndjson", f"{topic}.ndjson.gz"}:
            unknown.append(name)
        elif topic in files:
            detail = f"stands beside {files[topic].name}; keep one of the two"
            raise _failed(ReplayErrorCode.INPUT_TWICE, folder / name, detail)
        else:
            files[topic] = folder / name
    return InputFiles(files, tuple(unknown))


def read_entries(topic: str, path: Path) -> Iterator[Entry]:
    """Every line of a file that is not blank, with its place in the replay's order.

    A byte order mark, which some editors begin files with, is no content. A line without a readable time
    takes no effect; its place is right after the line before it.

    Raises:
        ReplayFailedError: the file cannot be read, or a line is too long.
    """
    rank = INPUT_TOPICS.index(topic)
    order = _FIRST
    try:
        with _opened(path) as file:
            position = -1
            while raw := file.readline(LINE_BYTES + 1):
                position += 1
                if len(raw) > LINE_BYTES:
                    detail = f"line {position + 1} is longer than {LINE_BYTES} bytes; take it out"
                    raise _failed(ReplayErrorCode.LINE_TOO_LONG, path, detail)
                if not position:
                    raw = raw.removeprefix(BOM_UTF8)
                line = raw.removesuffix(b"\n").removesuffix(b"\r")
                if not line or line.isspace():
                    continue
                envelope = read_envelope(topic, line)
                if envelope.time is None:
                    yield order, rank, position, -1, envelope.key, line
                    continue
                order = envelope.time
                yield order, rank, position, order, envelope.key, line
    except (OSError, EOFError, zlib.error) as error:
        raise _failed(ReplayErrorCode.INPUT_UNREADABLE, path, f"cannot be read: {error}") from error


def _opened(path: Path) -> BinaryIO:
    return cast("BinaryIO", gzip.open(path, "rb")) if path.suffix == ".gz" else path.open("rb")


def _failed(code: ReplayErrorCode, path: Path, detail: str) -> ReplayFailedError:
    return ReplayFailedError(ReplayError(code, str(path), detail))
