"""Sums over rows of the performance tables, and the figures that follow from them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from projections.dashboard.figures import ratio
from projections.partner_sums import PartnerSums

Row = dict[str, Any]
_SUMS = ("clicks", "orders", "net", "new_customers", "reversed_orders", "commission")


class Sums(PartnerSums):
    """What some rows come to; money in minor units."""

    def add(self, row: Row) -> None:
        """One more row; what it has no column for counts as nothing."""
        for name in _SUMS:
            setattr(self, name, getattr(self, name) + row.get(name, 0))

    @property
    def average_order(self) -> Decimal | None:
        return ratio(self.net, self.orders)

    @property
    def conversion(self) -> Decimal | None:
        return ratio(self.orders, self.clicks)

    @property
    def epc(self) -> Decimal | None:
        return ratio(self.commission, self.clicks)

    @property
    def new_share(self) -> Decimal | None:
        return ratio(self.new_customers, self.orders)

    @property
    def reversal_rate(self) -> Decimal | None:
        return ratio(self.reversed_orders, self.orders)


def total(rows: Iterable[Row]) -> Sums:
    """All rows together."""
    found = Sums()
    for row in rows:
        found.add(row)
    return found


def by(rows: Iterable[Row], key: Callable[[Row], str]) -> dict[str, Sums]:
    """The rows of each key together."""
    found: dict[str, Sums] = {}
    for row in rows:
        found.setdefault(key(row), Sums()).add(row)
    return found
