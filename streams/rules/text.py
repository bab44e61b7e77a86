"""Amounts as people read them, for the steps of an explanation."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache


@lru_cache(maxsize=16_384)
def decimal_text(amount: int, scale: int) -> str:
    """``129.90`` for 12990 at scale 2."""
    if scale == 2:  # noqa: PLR2004 - the scale of most money, on the hot path
        return f"{amount // 100}.{amount % 100:02d}" if amount >= 0 else f"-{decimal_text(-amount, 2)}"
    if scale == 0:
        return str(amount)
    digits = str(abs(amount)).rjust(scale + 1, "0")
    return f"{'-' if amount < 0 else ''}{digits[:-scale]}.{digits[-scale:]}"


def ratio_text(numerator: int, denominator: int, digits: int) -> str:
    """An exact ratio, rounded half to even to so many digits: ``1.25``; the denominator is above 0."""
    rounded = round(Fraction(numerator * 10**digits, denominator))
    return decimal_text(rounded, digits)
