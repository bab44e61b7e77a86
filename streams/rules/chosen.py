"""Which partners a bonus runs for when it runs for a share of them (DOMAIN section 10)."""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256
from typing import Final

from schemas.program import Bonus

_HASH_BYTES: Final = 8
_REMEMBERED: Final = 65_536


def is_chosen(bonus: Bonus, partner_id: str) -> bool:
    """Whether a partner is in the part for which a bonus runs; without a share all are.

    The first 8 bytes of SHA-256 of ``<bonus id>~<partner id>`` in UTF-8, read as a fraction of 2^64, lie
    below the share. It depends on nothing else, and each bonus chooses anew.
    """
    share = bonus.share
    if share is None:
        return True
    return _point(bonus.id, partner_id) * share.denominator < share.numerator << (8 * _HASH_BYTES)


@lru_cache(maxsize=_REMEMBERED)
def _point(bonus_id: str, partner_id: str) -> int:
    digest = sha256(f"{bonus_id}~{partner_id}".encode()).digest()
    return int.from_bytes(digest[:_HASH_BYTES])
