"""Customers who bring friends."""

from __future__ import annotations

from streams.generator.event import REFERRALS, Generated, Ids, Person


def referral(ids: Ids, advocate: Person, friend: Person, at: int) -> Generated:
    """A friend comes with an advocate's code, from a device of their own."""
    referral_id = ids.other("referral")
    data = {
        "referral_id": referral_id,
        "code": f"FRIEND-OF-{advocate.id.rpartition('-')[2]}",
        "advocate_id": advocate.id,
        "friend_id": friend.id,
        "device_id": friend.device,
        "ip_hash": friend.address,
    }
    return ids.event(REFERRALS, friend.id, referral_id, "referral.created", at, data)
