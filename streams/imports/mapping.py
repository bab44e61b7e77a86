"""A row of somebody's table becomes a CloudEvent of one type: the pure mapping, whatever the type."""

from __future__ import annotations

import datetime as dt
import re
import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, ClassVar, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from streams.imports.table import Row

PLACEHOLDERS: Final = frozenset({"line", "file"})

_OFFSET: Final = re.compile(r"([+-])(\d\d):?(\d\d)")
_TIMES_KEPT: Final = 65_536

_encode = msgspec.json.Encoder().encode


class MappingError(Exception):
    """A mapping that cannot be applied to the file; one line that says what to change."""


class RowError(Exception):
    """A row that cannot be mapped, with the code of DOMAIN section 14 that says why."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class Mapped(msgspec.Struct, frozen=True, gc=False):
    """A mapped row: ``time`` in milliseconds, ``key`` and ``value`` as they go to the topic."""

    time: int
    line: int
    key: bytes
    value: bytes


class Fact(msgspec.Struct, frozen=True):
    """What a row says: the id of its event, the record's key, and the event's data."""

    id: str
    key: str
    data: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class RowMapping:
    """Where each field of an event comes from; each kind of event has a mapping of its own.

    ``columns`` names a column or its position from 1; ``values`` are fixed and may hold ``{line}`` and
    ``{file}``. ``time_format`` is for ``strptime``, else ISO 8601; a time without an offset is local in
    ``zone``; ``at`` replaces the time of day. ``date`` is put before ``time``.
    """

    #: How people call an event, its type and its topic, what can be filled and what must be.
    what: ClassVar[str]
    type_: ClassVar[str]
    topic: ClassVar[str]
    fields: ClassVar[tuple[str, ...]]
    needed: ClassVar[tuple[str, ...]]

    columns: Mapping[str, str]
    values: Mapping[str, str] = field(default_factory=dict)
    time_format: str | None = None
    zone: dt.tzinfo = dt.UTC
    at: dt.time | None = None
    source: str

    def __post_init__(self) -> None:
        """Refuse what no file could satisfy."""
        for name in (*self.columns, *self.values):
            if name not in self.fields:
                raise MappingError(
                    f"{name!r} is no field of {self.what}; the fields are {', '.join(self.fields)}"
                )
        if both := sorted(self.columns.keys() & self.values.keys()):
            raise MappingError(f"{both[0]} has both a column and a fixed value; give one")
        if missing := [name for name in self.needed if name not in self.columns and name not in self.values]:
            raise MappingError(f"nothing fills {', '.join(missing)}: name a column or a fixed value for each")
        for name, value in self.values.items():
            _template(name, value)

    def fact(self, texts: Mapping[str, str], at: int) -> Fact:
        """What the texts of a row come to: those that are not empty, and all that are needed."""
        raise NotImplementedError


def parse_zone(text: str) -> dt.tzinfo:
    """An IANA zone, ``Z`` or ``UTC``, or a fixed offset such as ``-05:00``."""
    if text in {"Z", "UTC"}:
        return dt.UTC
    if match := _OFFSET.fullmatch(text):
        sign, hours, minutes = match.groups()
        span = dt.timedelta(hours=int(hours), minutes=int(minutes))
        if span < dt.timedelta(days=1):
            return dt.timezone(-span if sign == "-" else span)
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise MappingError(
            f"{text!r} is neither a time zone such as Europe/Paris nor an offset such as -05:00"
        ) from None


def mapper(mapping: RowMapping, header: Sequence[str] | None, file: str) -> Callable[[Row], Mapped]:
    """A function from a row to its event, for a file with this header (``None``: it has none).

    The function raises ``RowError`` for a row that cannot be mapped. ``file`` is the file's name for
    templates. Ids depend on the row and the mapping alone, so that a second run makes the same events.
    """
    cells = {name: _position(name, column, header) for name, column in mapping.columns.items()}
    when = _clock(mapping)

    def mapped(row: Row) -> Mapped:
        if row.broken is not None:
            raise RowError("field_invalid", row.broken)
        texts = {name: _cell(row, name, index) for name, index in cells.items()}
        texts |= {
            name: value.format(line=row.line, file=file) if "{" in value else value
            for name, value in mapping.values.items()
        }
        return _event(texts, row.line, when, mapping)

    return mapped


def _event(texts: dict[str, str], line: int, when: Callable[[str], int], mapping: RowMapping) -> Mapped:
    for name in mapping.needed:
        if not texts[name]:
            raise RowError("field_missing", f"{name} is empty")
    date = texts.pop("date", "")
    at = when(f"{date} {texts.pop('time')}".strip())
    fact = mapping.fact({name: text for name, text in texts.items() if text}, at)
    event = {
        "specversion": "1.0",
        "id": fact.id,
        "source": mapping.source,
        "type": mapping.type_,
        "time": _rfc3339(at),
        "data": fact.data,
    }
    try:
        return Mapped(at, line, fact.key.encode(), _encode(event))
    except UnicodeEncodeError:
        raise RowError("field_invalid", "the row does not fit the encoding of the file") from None


def _cell(row: Row, name: str, index: int) -> str:
    if index >= len(row.cells):
        raise RowError(
            "field_missing", f"{name}: the row has {len(row.cells)} columns and no column {index + 1}"
        )
    return row.cells[index].strip()


def _position(name: str, column: str, header: Sequence[str] | None) -> int:
    """The index of a column that is named, or counted from 1."""
    if header is not None:
        names = [cell.strip() for cell in header]
        if names.count(column) == 1:
            return names.index(column)
        if column in names:
            raise MappingError(f"{name}: the header has {column!r} more than once; give its position from 1")
    if column.isascii() and column.isdigit() and int(column) >= 1:
        return int(column) - 1
    if header is None:
        raise MappingError(f"{name}: {column!r} is no position from 1, and the file is read without a header")
    raise MappingError(f"{name}: the header has no column {column!r}; it has {', '.join(header)}")


def _template(name: str, value: str) -> None:
    try:
        used = {
            field_name for _, field_name, _, _ in string.Formatter().parse(value) if field_name is not None
        }
    except ValueError:
        raise MappingError(f"{name}: {value!r} has a brace that is not closed") from None
    if unknown := sorted(used - PLACEHOLDERS):
        raise MappingError(f"{name}: {{{unknown[0]}}} is no placeholder; there are {{line}} and {{file}}")


def _clock(mapping: RowMapping) -> Callable[[str], int]:
    """A function from a time as it is written in the file to milliseconds since the epoch."""
    epoch = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    millisecond = dt.timedelta(milliseconds=1)

    @lru_cache(maxsize=_TIMES_KEPT)
    def when(text: str) -> int:
        try:
            if mapping.time_format is None:
                moment = dt.datetime.fromisoformat(text)
            else:
                moment = dt.datetime.strptime(text, mapping.time_format)  # noqa: DTZ007 -- the zone follows
        except ValueError:
            form = mapping.time_format or "ISO 8601"
            raise RowError("field_invalid", f"time: {text!r} does not fit {form}") from None
        if mapping.at is not None:
            moment = dt.datetime.combine(moment.date(), mapping.at, moment.tzinfo)
        if moment.tzinfo is None:
            # fold=0: in a gap the offset before it, at a repeated time its first occurrence (RFC 5545).
            moment = moment.replace(tzinfo=mapping.zone)
        try:
            return (moment - epoch) // millisecond
        except OverflowError:
            raise RowError("field_invalid", f"time: {text!r} is out of range") from None

    return when


def _rfc3339(at: int) -> str:
    moment = dt.datetime.fromtimestamp(at // 1000, dt.UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{at % 1000:03d}Z"
