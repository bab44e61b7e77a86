"""Columns of tables: what is in them, in which unit, and which topics it comes from."""

from __future__ import annotations

from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from msgspec import Meta, Struct


class Column(Struct, frozen=True):
    """A column: its name, type, unit, definition, and the topics that it can be recomputed from.

    ``type`` is string, integer, boolean, decimal (a decimal text), array or object. Units are id, text, date,
    month, time, count, ratio, minor (minor units of the row's ``unit``) or points.
    """

    name: str
    type: str
    unit: str
    doc: str
    source: str
    nullable: bool = False


def about(unit: str, doc: str, source: str) -> Meta:
    """What a field of a row means."""
    return Meta(description=doc, extra={"unit": unit, "source": source})


_TYPES: dict[Any, str] = {str: "string", int: "integer", bool: "boolean"}
#: Units whose texts are decimal numbers.
_RATIOS = frozenset({"ratio", "minor"})


def columns_of(row: type[Struct]) -> tuple[Column, ...]:
    """The columns of a row struct, whose fields all say what they are about."""
    hints = get_type_hints(row, include_extras=True)
    return tuple(_column(name, hints[name]) for name in row.__struct_fields__)


def _column(name: str, hint: Any) -> Column:
    assert get_origin(hint) is Annotated, name  # noqa: S101 - a field that says nothing is a mistake
    type_, meta = get_args(hint)
    nullable = False
    if get_origin(type_) in {Union, UnionType}:
        nullable = NoneType in get_args(type_)
        (type_,) = [one for one in get_args(type_) if one is not NoneType]
    extra = meta.extra
    kind = _TYPES.get(type_)
    if kind is None:
        kind = "object" if get_origin(type_) is dict else "array"
    if kind == "string" and extra["unit"] in _RATIOS:
        kind = "decimal"
    return Column(name, kind, extra["unit"], meta.description, extra["source"], nullable)
