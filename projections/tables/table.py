"""A table: where its rows are stored, how they are shown, and what can be asked of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from msgspec import Struct, structs, to_builtins

from projections.tables.column import Column
from projections.versions import Versions

Row = dict[str, Any]
#: Makes the rows of one stored value.
Show = Callable[[bytes, Versions], Iterable[Row]]


class Table(Struct, frozen=True, kw_only=True):
    """A table by its name.

    Rows are in the order of ``key``. Each of ``filters`` can be asked for a value, each of ``ranges`` as
    ``<column>_from`` and ``<column>_to``, both included. Rows lie under ``prefix``, in keys that begin with
    the columns ``narrow`` (those of ``key`` unless it says otherwise), so that asking for these is fast.
    """

    name: str
    doc: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    prefix: bytes
    show: Show
    filters: tuple[str, ...] = ()
    ranges: tuple[str, ...] = ()
    narrow: tuple[str, ...] = ()
    #: Rows stand by rank among those that share the columns ``narrow``; the stored order is another one.
    ranked: bool = False

    def __post_init__(self) -> None:
        structs.force_setattr(self, "narrow", self.narrow or self.key)

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of all filters."""
        bounds = (f"{name}_{end}" for name in self.ranges for end in ("from", "to"))
        return *self.filters, *bounds


def as_row(struct: Struct) -> Row:
    """A row struct by column."""
    row: Row = to_builtins(struct)
    return row
