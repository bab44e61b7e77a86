"""Output events (DOMAIN section 7 and the dead letters): what Keyday decided, as frozen structs.

``time`` is milliseconds since the epoch and becomes the CloudEvents time. Amounts are integers in the
ledger's unit (``EUR/2`` counts cents, ``points`` counts points). Dates are ``YYYY-MM-DD`` home dates.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, field

Kind = Literal[
    "accrued",
    "tier",
    "bonus",
    "referral",
    "released",
    "reversed",
    "held",
    "unheld",
    "expired",
    "redeemed",
    "adjusted",
]


class Posting(Struct, frozen=True, gc=False):
    """``amount`` moved from one account (with bucket) to another."""

    from_: str = field(name="from")
    to: str
    amount: int


class Cause(Struct, frozen=True, gc=False):
    """The identity of the input event that led to a decision; ticks have source ``keyday/clock``."""

    source: str
    id: str


class Reward(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One entry of the ledger: the data of a ``reward.<kind>`` event (id = entry_id, subject = account)."""

    entry_id: str
    seq: int
    program: str
    program_version: int
    account: str
    kind: Kind
    unit: str
    amount: int
    postings: tuple[Posting, ...]
    caused_by: Cause
    rule: str | None = None
    order_id: str | None = None
    key_day: str | None = None
    available_on: str | None = None
    expires_on: str | None = None
    desired: int | None = None
    reverses: str | None = None
    explain: tuple[str, ...] = ()


class RewardEvent(Struct, frozen=True, gc=False):
    """A ledger entry at a time; goes to topic ``rewards`` with the owner id as key."""

    time: int
    data: Reward


class DeadLetter(Struct, frozen=True, gc=False):
    """An input that took no effect: why, where it came from, and its original bytes untouched."""

    code: str
    detail: str
    topic: str
    partition: int
    offset: int
    time: int
    key: bytes | None
    value: bytes | None
    #: The record's own headers, where an event in binary mode has its attributes.
    headers: tuple[tuple[str, bytes], ...] = ()


OutputEvent = RewardEvent | DeadLetter
