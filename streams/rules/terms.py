"""Whether the terms that a partner has agreed to are older than the program's."""

from __future__ import annotations

import re
from typing import Final

_PARTS: Final = re.compile(r"[.-]")


def is_older(agreed: str | None, current: str) -> bool:
    """Compared part by part at dots and dashes, numbers as numbers and before words; none is the oldest."""
    return agreed is None or _parts(agreed) < _parts(current)


def _parts(version: str) -> list[tuple[int, int, str]]:
    return [
        (0, int(part), "") if part.isascii() and part.isdigit() else (1, 0, part)
        for part in _PARTS.split(version)
    ]
