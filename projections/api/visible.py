"""What of an explanation a caller may see."""

from __future__ import annotations

from msgspec import structs

from events.outputs import AttributionDecided, RewardEvent
from projections.api.scopes import Caller
from streams.explain.found import Found, OrderFound


def seen_by(caller: Caller, found: Found | None) -> Found | None:
    """The part that the caller's scope holds; ``None`` where that is nothing.

    A partner sees what its own account got of an order: neither the customer nor what others got.
    """
    if found is None or (caller.partner is None and caller.program is None):
        return found
    entries = tuple(one for one in found.entries if _holds(caller, one))
    orders = tuple(one for one in (_order(caller, order) for order in found.orders) if one is not None)
    if not entries and not (orders and caller.partner is None):
        return None
    return Found(entries, tuple(one for one in found.related if _holds(caller, one)), orders)


def _holds(caller: Caller, entry: RewardEvent) -> bool:
    if caller.partner is not None:
        return entry.data.account == f"partner:{caller.partner}"
    return entry.data.program == caller.program


def _order(caller: Caller, order: OrderFound) -> OrderFound | None:
    decided = order.attribution
    if caller.partner is None:
        return order if decided.program == caller.program else None
    account = f"partner:{caller.partner}"
    own = tuple(one for one in order.beneficiaries if one.account == account)
    return structs.replace(order, attribution=_own(decided, caller.partner), beneficiaries=own)


def _own(decided: AttributionDecided, partner: str) -> AttributionDecided:
    """An attribution as one of its partners sees it."""
    credits_ = tuple(one for one in decided.credits if one.partner_id == partner)
    return structs.replace(decided, customer_id="", credits=credits_)
