"""Input events (DOMAIN section 2) after decoding: frozen, typed, amounts as minor units.

``time`` is the CloudEvents time as milliseconds since the epoch (UTC). Amounts are integers in the
minor unit of ``currency``. An optional field that was absent or null is ``None``.
"""

from __future__ import annotations

from msgspec import Struct


class Input(Struct, frozen=True, kw_only=True, gc=False):
    """What every input event carries: its identity, its time and the program it belongs to."""

    source: str
    id: str
    time: int
    program: str


class Line(Struct, frozen=True, gc=False):
    """One line of an order; ``amount`` is the line total in minor units of the order's currency."""

    line_id: str
    sku: str
    category: str
    quantity: int
    amount: int


class OrderPlaced(Input, tag="order.placed", frozen=True, kw_only=True):
    """An order as its shop reported it, with ``net`` and ``gross`` worked out in its own currency."""

    order_id: str
    customer_id: str
    market: str
    currency: str
    subtotal: int
    discount: int = 0
    tax: int = 0
    shipping: int = 0
    net: int
    gross: int
    coupons: tuple[str, ...] = ()
    channel: str | None = None
    click_id: str | None = None
    partner_id: str | None = None
    new_customer: bool | None = None
    device_id: str | None = None
    ip_hash: str | None = None
    lines: tuple[Line, ...] = ()


class OrderRefunded(Input, tag="order.refunded", frozen=True, kw_only=True):
    """Part or all of an order's net was given back."""

    order_id: str
    customer_id: str
    refund_id: str
    amount: int
    currency: str


class OrderCancelled(Input, tag="order.cancelled", frozen=True, kw_only=True):
    """What is left of an order was called off."""

    order_id: str
    customer_id: str
    reason: str | None = None


class LinkClicked(Input, tag="link.clicked", frozen=True, kw_only=True):
    """A customer (or a visitor) followed a partner's link."""

    click_id: str
    customer_id: str
    partner_id: str
    market: str
    url: str | None = None
    referrer: str | None = None
    country: str | None = None
    device_id: str | None = None
    ip_hash: str | None = None


class ReferralCreated(Input, tag="referral.created", frozen=True, kw_only=True):
    """An advocate's code was used by a friend."""

    referral_id: str
    code: str
    advocate_id: str
    friend_id: str
    device_id: str | None = None
    ip_hash: str | None = None


class PartnerRecord(Input, frozen=True, kw_only=True):
    """The whole record of a partner; ``markets`` None means all of the program, empty means none."""

    partner_id: str
    group: str
    name: str | None = None
    markets: tuple[str, ...] | None = None
    customer_ids: tuple[str, ...] = ()
    terms_version: str | None = None
    paid_search_allowed: bool = False
    locale: str | None = None


class PartnerEnrolled(PartnerRecord, tag="partner.enrolled", frozen=True, kw_only=True):
    """A partner joined the program."""


class PartnerUpdated(PartnerRecord, tag="partner.updated", frozen=True, kw_only=True):
    """A partner's record was replaced."""


class PartnerStanding(Input, frozen=True, kw_only=True):
    """A change of a partner's standing, and who made it."""

    partner_id: str
    reason: str | None = None
    actor: str | None = None


class PartnerSuspended(PartnerStanding, tag="partner.suspended", frozen=True, kw_only=True):
    """A partner may not earn until it is reinstated."""


class PartnerReinstated(PartnerStanding, tag="partner.reinstated", frozen=True, kw_only=True):
    """A suspension was lifted."""


class AdObserved(Input, tag="ad.observed", frozen=True, kw_only=True):
    """A monitoring tool or a person saw a paid search ad."""

    partner_id: str
    engine: str
    keyword: str
    market: str
    display_url: str | None = None
    destination: str | None = None
    ad_copy: str | None = None
    rank: int | None = None
    evidence_url: str | None = None


class CaseResolved(Input, tag="compliance.case_resolved", frozen=True, kw_only=True):
    """A person decided a compliance case: ``upheld`` or ``dismissed``."""

    case_id: str
    partner_id: str
    decision: str
    actor: str


class RedemptionRequested(Input, tag="redemption.requested", frozen=True, kw_only=True):
    """An owner wants to spend; ``amount`` is in the ledger's unit."""

    redemption_id: str
    account: str
    unit: str
    amount: int


class AdjustmentRequested(Input, tag="adjustment.requested", frozen=True, kw_only=True):
    """A person corrects a balance; ``amount`` may be negative and is in the ledger's unit."""

    adjustment_id: str
    account: str
    unit: str
    amount: int
    reason: str
    actor: str


class ProgramPublished(Input, tag="program.published", frozen=True, kw_only=True):
    """A version of a program file, as JSON bytes; it is validated where it is taken into use."""

    content: bytes


InputEvent = (
    OrderPlaced
    | OrderRefunded
    | OrderCancelled
    | LinkClicked
    | ReferralCreated
    | PartnerEnrolled
    | PartnerUpdated
    | PartnerSuspended
    | PartnerReinstated
    | AdObserved
    | CaseResolved
    | RedemptionRequested
    | AdjustmentRequested
    | ProgramPublished
)
