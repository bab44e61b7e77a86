"""Amounts as people read them, for the steps of an explanation."""

from __future__ import annotations

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
