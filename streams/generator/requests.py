"""Requests of owners: they spend what they have, or it is corrected."""

from __future__ import annotations

from streams.generator.event import ACCOUNT_REQUESTS, Generated, Ids


def redemption(ids: Ids, kind: str, owner: str, unit: str, amount: int, at: int) -> Generated:
    """An owner of a ``kind`` (customer or partner) wants to spend; it may well be more than there is."""
    id_ = ids.other("redemption")
    data = {"redemption_id": id_, "account": f"{kind}:{owner}", "unit": unit, "amount": amount}
    return ids.event(ACCOUNT_REQUESTS, owner, id_, "redemption.requested", at, data)


def adjustment(ids: Ids, customer: str, unit: str, amount: int, at: int) -> Generated:
    """Somebody at the support desk gives or takes."""
    id_ = ids.other("adjustment")
    data = {
        "adjustment_id": id_,
        "account": f"customer:{customer}",
        "unit": unit,
        "amount": amount,
        "reason": "goodwill" if amount > 0 else "granted twice",
        "actor": "support-1",
    }
    return ids.event(ACCOUNT_REQUESTS, customer, id_, "adjustment.requested", at, data)
