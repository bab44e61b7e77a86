"""Rows of a table in a text file, plain or gzip, read as a stream."""

from __future__ import annotations

import csv
import gzip
import io
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple, TextIO, cast

from streams.engine.limits import LINE_BYTES

WHITESPACE: Final = "whitespace"
_GZIP_MAGIC: Final = b"\x1f\x8b"


class Row(NamedTuple):
    """The cells of a row and the line (from 1) on which it begins; ``broken`` says why it has no cells."""

    line: int
    cells: list[str]
    broken: str | None = None


@dataclass(frozen=True)
class Table:
    """A file of rows; ``separator`` is one character or ``whitespace`` (any run of blanks and tabs)."""

    path: Path
    separator: str = ","
    encoding: str = "utf-8-sig"

    def size(self) -> int:
        """Bytes on disk, for a progress bar; 0 when the input is a pipe."""
        return 0 if self._is_stdin() else self.path.stat().st_size

    def rows(self, position: list[int] | None = None) -> Iterator[Row]:
        """Every row that is not blank. ``position[0]`` follows the bytes read from disk.

        Bytes that do not fit the encoding become lone surrogates, so that their row can be refused alone.
        """
        with sys.stdin.buffer if self._is_stdin() else self.path.open("rb") as raw:
            data = _unzipped(cast("io.BufferedReader", raw))
            text = io.TextIOWrapper(
                cast("BinaryIO", data), encoding=self.encoding, errors="surrogateescape", newline=""
            )
            rows = _split(text) if self.separator == WHITESPACE else _csv(text, self.separator)
            for row in rows:
                if position is not None:
                    position[0] = 0 if self._is_stdin() else raw.tell()
                if row.broken is not None or any(cell.strip() for cell in row.cells):
                    yield row

    def _is_stdin(self) -> bool:
        return str(self.path) == "-"


def _unzipped(raw: io.BufferedReader) -> io.BufferedIOBase:
    """The content; gzip is known by its first two bytes, whatever the file is called."""
    if raw.peek(2)[:2] == _GZIP_MAGIC:
        return gzip.GzipFile(fileobj=raw)
    return raw


def _split(text: TextIO) -> Iterator[Row]:
    for number, line in enumerate(_lines(text), start=1):
        if len(line) > LINE_BYTES:
            yield Row(number, [], f"the line is longer than {LINE_BYTES} bytes")
        else:
            yield Row(number, line.split())


def _lines(text: TextIO) -> Iterator[str]:
    """Lines of bounded length: what is beyond the limit is read and dropped."""
    while line := text.readline(LINE_BYTES + 2):
        rest = line
        while len(rest) > LINE_BYTES and not rest.endswith("\n"):
            rest = text.readline(LINE_BYTES + 2)
        yield line


def _csv(text: TextIO, separator: str) -> Iterator[Row]:
    csv.field_size_limit(LINE_BYTES)
    reader = csv.reader(_lines(text), delimiter=separator)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Row(line, [], str(error))
        else:
            yield Row(line, cells)
