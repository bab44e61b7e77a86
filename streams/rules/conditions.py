"""The conditions of a rule (``when``): all of them hold, or the rule grants nothing."""

from __future__ import annotations

from schemas.program import When
from streams.rules.plan import OrderFacts, Share


def holds(when: When, facts: OrderFacts, whole_order: int, share: Share | None = None) -> bool:
    """Whether all conditions hold; ``whole_order`` is what ``min_order`` is compared with.

    A category holds when one line is in it. Conditions on partners never hold for customers, who have no
    ``share``.
    """
    order = facts.order
    return (
        (when.min_order is None or whole_order >= when.min_order)
        and (when.market is None or order.market in when.market)
        and (when.channel is None or facts.channel in when.channel)
        and (when.new_customer is None or facts.new_customer == when.new_customer)
        and (when.coupon is None or not when.coupon.isdisjoint(order.coupons))
        and (when.category is None or any(line.category in when.category for line in order.lines))
        and (when.key_day is None or any(day in facts.key_days for day in when.key_day))
        and (when.partner_group is None or (share is not None and share.group in when.partner_group))
        and (when.partner_id is None or (share is not None and share.partner_id in when.partner_id))
        and (when.tier is None or (share is not None and share.tier in when.tier))
    )


def key_day_of(asked: tuple[str, ...] | None, facts: OrderFacts) -> str | None:
    """The first of the key days that a rule asks for which the order falls on."""
    if not asked:
        return None
    return next((day for day in asked if day in facts.key_days), None)
