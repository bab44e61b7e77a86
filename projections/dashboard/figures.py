"""Small things that pages are made of."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct


class Figure(Struct, frozen=True):
    """A number with its label, and what to think of it: ``tone`` is good, warn, bad or nothing."""

    label: str
    value: str
    note: str = ""
    tone: str = ""


class Tab(Struct, frozen=True):
    """One of several ways to look at a page."""

    label: str
    href: str
    current: bool


def ratio(part: int | Decimal | None, whole: int | Decimal | None) -> Decimal | None:
    """A part of a whole; ``None`` where there is no whole."""
    return None if part is None or not whole else Decimal(part) / Decimal(whole)


def change(now: int | Decimal, before: int | Decimal | None) -> Decimal | None:
    """By what share something grew; ``None`` where nothing was before."""
    grown = ratio(now, before)
    return None if grown is None else grown - 1


def tone(share: Decimal | None, *, more_is_better: bool = True) -> str:
    """Whether a change is good."""
    if not share:
        return ""
    return "good" if (share > 0) == more_is_better else "bad"


def per_mille(share: Decimal | None) -> int:
    """The length of a bar of 1000."""
    return 0 if share is None else max(0, min(1_000, int(share * 1_000)))


def median(values: list[Decimal]) -> Decimal | None:
    """The middle one, or the mean of the two."""
    if not values:
        return None
    ordered, middle = sorted(values), len(values) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return (ordered[middle - 1] + ordered[middle]) / 2
