"""Ratios as tables show them: exact divisions, written as decimal texts when a row is read."""

from __future__ import annotations

from typing import Final

from streams.rules.text import ratio_text

#: Digits behind the point: of shares, and of means of minor units.
_SHARE_DIGITS: Final = 6
_MEAN_DIGITS: Final = 2


def share(part: int, whole: int) -> str | None:
    """A part of a whole, such as ``0.125000``; ``None`` of nothing."""
    return ratio_text(part, whole, _SHARE_DIGITS) if whole > 0 else None


def mean(total: int, count: int) -> str | None:
    """A mean, such as ``12990.50``; ``None`` of nothing."""
    return ratio_text(total, count, _MEAN_DIGITS) if count > 0 else None


def per_hundred(total: int, count: int) -> str | None:
    """A mean per 100."""
    return mean(100 * total, count)
