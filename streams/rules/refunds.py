"""How much of a grant a refund takes back (DOMAIN section 7)."""

from __future__ import annotations

from typing import Final

from events.money import Rounding, round_ratio

#: How a state remembers the rounding of an order's version: the position in this list, which only grows.
ROUNDINGS: Final[tuple[Rounding, ...]] = ("half_even", "half_up", "down")


def target(granted: int, refunded: int, net: int, rounding: Rounding) -> int:
    """What is to be reversed of a grant once ``refunded`` of ``net`` was given back, all refunds together.

    A net of 0 is never refunded in part: only a cancel reverses such an order.
    """
    if net == 0:
        return 0
    return round_ratio(granted * min(refunded, net), net, rounding)
