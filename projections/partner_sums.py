"""What partners brought in some home days, summed up from the rows of ``partner_performance``.

Rows lie by partner, program, market and day: of each only the days that are asked for are read.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter
from typing import Any, Final

import msgspec
from msgspec import Struct

from projections.keys import key_of
from projections.pages import Scan
from projections.tables.partner_performance import PREFIX, SUMS


class PartnerSums(Struct):
    """A partner in the days that were asked for; money in minor units."""

    clicks: int = 0
    orders: int = 0
    net: int = 0
    new_customers: int = 0
    reversed_orders: int = 0
    commission: int = 0


#: Texts of a stored row before its sums: partner, program, market, day and unit.
_TEXTS: Final = 5
_ROW: Final[Any] = tuple.__class_getitem__((str,) * _TEXTS + (int,) * len(SUMS))
_decode: Final[Callable[[bytes], tuple[Any, ...]]] = msgspec.msgpack.Decoder(_ROW).decode
_places: Final = itemgetter(*(_TEXTS + SUMS.index(name) for name in PartnerSums.__struct_fields__))
#: Behind all keys that begin with what stands before it.
_LAST: Final = b"\xff"


def partner_sums(
    store: Scan, program: str, first: str, last: str, market: str | None = None
) -> dict[str, PartnerSums]:
    """By partner, from the home day ``first`` to ``last``, both included (ISO dates)."""
    found: dict[str, PartnerSums] = {}
    at = PREFIX
    while (head := next(store.scan(at, PREFIX + _LAST), None)) is not None:
        partner, of, place, *_ = _decode(head[1])
        group = PREFIX + key_of(partner, program, place if market is None else market)
        if of != program or (market is not None and place != market):
            # To where it is, if it is still to come, or else to the next partner.
            wanted = PREFIX + (
                key_of(partner, program) if market is None else key_of(partner, program, market)
            )
            at = wanted if wanted > head[0] else PREFIX + key_of(partner) + _LAST
            continue
        sums = found.get(partner) or PartnerSums()
        for _, raw in store.scan(group + key_of(first), group + key_of(last) + _LAST):
            clicks, orders, net, new_customers, reversed_orders, commission = _places(_decode(raw))
            sums.clicks += clicks
            sums.orders += orders
            sums.net += net
            sums.new_customers += new_customers
            sums.reversed_orders += reversed_orders
            sums.commission += commission
            found[partner] = sums
        at = group + _LAST
    return found
