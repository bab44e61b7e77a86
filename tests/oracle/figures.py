"""What orders come to: how many, how much, of how many new customers."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from tests.oracle.rewards import Order
from tests.oracle.values import rounded


@dataclass
class Figures:
    """Orders, revenue and new customers; an order refunded in full is none of these."""

    orders: int = 0
    revenue: int = 0
    new_customers: int = 0

    def count(self, order: Order, net: int) -> None:
        share = order.refunded_share
        self.orders += share < 1
        self.revenue += net - rounded(net * share, order.version.rounding)
        self.new_customers += order.new_customer and share < 1

    @property
    def shown(self) -> list[int]:
        return [self.orders, self.revenue, self.new_customers]


def decimal(value: Fraction, digits: int) -> str:
    """A ratio with so many digits, rounded half to even."""
    scaled = round(value * 10**digits)
    whole, part = divmod(abs(scaled), 10**digits)
    return f"{'-' if scaled < 0 else ''}{whole}.{part:0{digits}d}"
