"""Units of the ledger: ``points``, or money as currency and scale, such as ``EUR/2``."""

from __future__ import annotations

from events.currencies import SCALES

POINTS = "points"


def money_unit(currency: str) -> str:
    """The ledger's unit of a currency; ``KeyError`` when ISO 4217 does not list it."""
    return f"{currency}/{SCALES[currency]}"


#: Every unit that a ledger can have.
UNITS = frozenset({POINTS, *map(money_unit, SCALES)})


def unit_scale(unit: str) -> int:
    """Digits after the point of an amount of this unit; ``KeyError`` when there is no such unit."""
    if unit not in UNITS:
        raise KeyError(unit)
    return 0 if unit == POINTS else int(unit.partition("/")[2])
