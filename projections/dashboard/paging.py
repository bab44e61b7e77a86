"""Long lists page by page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from msgspec import Struct

from projections.dashboard.view import View

T = TypeVar("T")


class Paging(Struct, frozen=True):
    """Which part of a list is shown, and the ways to what is before and behind it."""

    shown: str
    back: str | None
    next: str | None


def paged(
    view: View, path: str, rows: Sequence[T], size: int, parameter: str = "from"
) -> tuple[Sequence[T], Paging | None]:
    """The part that the ``parameter`` asks for, the last where there is no such; no ways where it is all."""
    if len(rows) <= size:
        return rows, None
    asked = view.query.get(parameter, "")
    start = int(asked) if asked.isdecimal() and asked.isascii() else 0
    start = min(start, (len(rows) - 1) // size * size)
    part, number = rows[start : start + size], view.reader.number
    shown = view.reader.say(
        "part-of", first=number(start + 1), last=number(start + len(part)), count=number(len(rows))
    )
    before = max(0, start - size)
    return part, Paging(
        shown,
        view.again(path, **{parameter: before or None}) if start else None,
        view.again(path, **{parameter: start + size}) if start + size < len(rows) else None,
    )
