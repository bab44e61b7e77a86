"""``referrals``: every referral, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final

import msgspec
from msgspec import Struct

from events.time import format_time
from projections.tables.column import about, columns_of
from projections.tables.table import Row, Table, as_row
from projections.versions import Versions

PREFIX: Final = b"r"

_ALL = "referrals, rewards, milestones, compliance"


class Referral(Struct, frozen=True):
    """A friend who came with an advocate's code.

    ``status`` is open (no order qualified yet, also when its window has passed), granted, declined, or
    reversed (all of it was taken back).
    """

    program: Annotated[str, about("id", "The program.", _ALL)]
    referral_id: Annotated[str, about("id", "The referral.", _ALL)]
    advocate_id: Annotated[str | None, about("id", "The customer who recommends.", "referrals, milestones")]
    friend_id: Annotated[str | None, about("id", "The customer who came.", "referrals, milestones")]
    status: Annotated[str, about("text", "open, granted, declined or reversed.", _ALL)]
    created_at: Annotated[str | None, about("time", "When the code was used.", "referrals")]
    decided_at: Annotated[
        str | None, about("time", "The qualifying order, or the decline.", "rewards, milestones, compliance")
    ]
    order_id: Annotated[
        str | None, about("id", "The order that qualified.", "rewards, milestones, compliance")
    ]
    advocate_points: Annotated[int, about("points", "Granted to the advocate.", "rewards")]
    friend_points: Annotated[int, about("points", "Granted to the friend.", "rewards")]
    reversed_points: Annotated[int, about("points", "Taken back from both.", "rewards")]
    reason: Annotated[str | None, about("text", "Why it was declined.", "milestones, compliance")]


class StoredReferral(Struct, array_like=True):
    """The row as it is stored; ``sides`` has granted and reversed points by account."""

    program: str
    referral_id: str
    advocate_id: str | None = None
    friend_id: str | None = None
    created: int | None = None
    sides: dict[str, tuple[int, int]] = {}
    granted_at: int | None = None
    order_id: str | None = None
    declined: tuple[int, str] | None = None

    @property
    def known(self) -> bool:
        """Whether anything is known of it."""
        return self.created is not None or bool(self.sides) or self.declined is not None


_decode: Final = msgspec.msgpack.Decoder(StoredReferral).decode


def _status(one: StoredReferral) -> str:
    if one.declined is not None:
        return "declined"
    if not one.sides:
        return "open"
    return "reversed" if all(back >= points for points, back in one.sides.values()) else "granted"


def show(raw: bytes, _: Versions) -> Iterator[Row]:
    """The row of a stored value."""
    one = _decode(raw)
    decided = one.declined[0] if one.declined is not None else one.granted_at
    advocate, friend = (
        one.sides.get(f"customer:{each}", (0, 0)) for each in (one.advocate_id, one.friend_id)
    )
    yield as_row(
        Referral(
            program=one.program,
            referral_id=one.referral_id,
            advocate_id=one.advocate_id,
            friend_id=one.friend_id,
            status=_status(one),
            created_at=None if one.created is None else format_time(one.created),
            decided_at=None if decided is None else format_time(decided),
            order_id=one.order_id,
            advocate_points=advocate[0],
            friend_points=friend[0],
            reversed_points=sum(back for _, back in one.sides.values()),
            reason=None if one.declined is None else one.declined[1],
        )
    )


TABLE: Final = Table(
    name="referrals",
    doc="Per program and referral: who, whether it was granted, and the points.",
    columns=columns_of(Referral),
    key=("program", "referral_id"),
    prefix=PREFIX,
    show=show,
    filters=("program", "referral_id", "advocate_id", "friend_id", "status", "reason"),
)
