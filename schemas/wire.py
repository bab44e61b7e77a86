"""Input events on the wire: CloudEvents 1.0 with their data (DOMAIN section 2), before they are facts.

The fields of a data struct stand in the order in which they are checked: the program, ids, the currency,
amounts, the rest. JSON Schemas are generated from these structs.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from events import limits

Id = Annotated[str, Meta(min_length=1, max_length=limits.ID_MAX_CHARS)]
Name = Annotated[str, Meta(max_length=limits.ID_MAX_CHARS)]
Text = Annotated[str, Meta(max_length=limits.TEXT_MAX_CHARS)]
Count = Annotated[int, Meta(ge=-limits.COUNT_MAX, le=limits.COUNT_MAX)]
Time = Annotated[
    str,
    Meta(
        description="RFC 3339 with an offset; digits beyond the millisecond are cut off.",
        max_length=limits.TIME_MAX_CHARS,
        extra_json_schema={"format": "date-time"},
    ),
]

#: Custom types: msgspec hands their JSON values through, ``schemas.values`` reads them.
Currency = Annotated[
    Any,
    Meta(
        description="ISO 4217 code of a currency that has a minor unit.",
        extra_json_schema={"type": "string", "pattern": "^[A-Z]{3}$"},
    ),
]
Amount = Annotated[
    Any,
    Meta(
        description=(
            "Money, read exactly: at most as many digits after the point as the currency has, digits count "
            "as written. Not below 0, at most 10^12 minor units."
        ),
        extra_json_schema={"type": ["string", "number"], "pattern": "^-?[0-9]+(\\.[0-9]+)?$"},
    ),
]
OptionalAmount = Annotated[
    Any,
    Meta(
        description="Like a required amount; absent and null are 0.",
        extra_json_schema={"type": ["string", "number", "null"], "pattern": "^-?[0-9]+(\\.[0-9]+)?$"},
    ),
]
Account = Annotated[
    Any,
    Meta(
        description="An owner's account without bucket, such as `customer:42`.",
        extra_json_schema={
            "type": "string",
            "pattern": f"^(customer|partner):[\\s\\S]{{1,{limits.ID_MAX_CHARS}}}$",
            "not": {"pattern": ":(pending|available|held)$"},
        },
    ),
]
Unit = Annotated[
    Any,
    Meta(
        description="`points`, or the program's money unit such as `EUR/2`.",
        extra_json_schema={"type": "string", "pattern": "^(points|[A-Z]{3}/[0-9])$"},
    ),
]
Redeemed = Annotated[
    Any,
    Meta(
        description="In the ledger's unit.",
        extra_json_schema={"type": "integer", "minimum": 1, "maximum": limits.AMOUNT_MAX_MINOR},
    ),
]
Adjusted = Annotated[
    Any,
    Meta(
        description="In the ledger's unit; not 0.",
        extra_json_schema={
            "type": "integer",
            "minimum": -limits.AMOUNT_MAX_MINOR,
            "maximum": limits.AMOUNT_MAX_MINOR,
            "not": {"const": 0},
        },
    ),
]


Schema = Annotated[
    Any,
    Meta(
        description=(
            "Names an older version of the data as `urn:keyday:schema:<type>/v<N>`; absent, or anything "
            "else, means the current one."
        ),
        extra_json_schema={"type": ["string", "null"]},
    ),
]


class Data(Struct, frozen=True, kw_only=True, gc=False):
    """What all data share; ``program`` may be left out when exactly one program is loaded."""

    program: Id | None = None


class LineData(Struct, frozen=True, kw_only=True, gc=False):
    """One line of an order; the amount is the line's total."""

    line_id: Id
    sku: Name
    category: Name
    quantity: Count
    amount: Amount


LineList = Annotated[tuple[Any, ...], Meta(max_length=limits.ORDER_MAX_LINES)]
Lines = Annotated[tuple[LineData, ...], Meta(max_length=limits.ORDER_MAX_LINES)]


class OrderPlacedData(Data, frozen=True, kw_only=True):
    """An order as its shop reported it."""

    order_id: Id
    customer_id: Id
    click_id: Id | None = None
    partner_id: Id | None = None
    device_id: Id | None = None
    market: Name
    currency: Currency
    subtotal: Amount
    discount: OptionalAmount = None
    tax: OptionalAmount = None
    shipping: OptionalAmount = None
    coupons: Annotated[tuple[Name, ...], Meta(max_length=limits.ORDER_MAX_COUPONS)] | None = None
    channel: Name | None = None
    new_customer: bool | None = None
    ip_hash: Name | None = None
    lines: Lines | None = None


class OrderRefundedData(Data, frozen=True, kw_only=True):
    """Part or all of an order's net was given back."""

    order_id: Id
    customer_id: Id
    refund_id: Id
    currency: Currency
    amount: Amount


class OrderCancelledData(Data, frozen=True, kw_only=True):
    """What is left of an order was called off."""

    order_id: Id
    customer_id: Id
    reason: Text | None = None


class LinkClickedData(Data, frozen=True, kw_only=True):
    """A customer (or a visitor) followed a partner's link."""

    click_id: Id
    customer_id: Id
    partner_id: Id
    device_id: Id | None = None
    market: Name
    url: Text | None = None
    referrer: Text | None = None
    country: Name | None = None
    ip_hash: Name | None = None


class ReferralCreatedData(Data, frozen=True, kw_only=True):
    """An advocate's code was used by a friend."""

    referral_id: Id
    advocate_id: Id
    friend_id: Id
    device_id: Id | None = None
    code: Name
    ip_hash: Name | None = None


class PartnerRecordData(Data, frozen=True, kw_only=True):
    """The whole record of a partner; markets absent means all of the program, empty means none."""

    partner_id: Id
    customer_ids: Annotated[tuple[Id, ...], Meta(max_length=limits.PARTNER_MAX_CUSTOMERS)] | None = None
    group: Name
    name: Text | None = None
    markets: Annotated[tuple[Name, ...], Meta(max_length=limits.PARTNER_MAX_MARKETS)] | None = None
    terms_version: Name | None = None
    paid_search_allowed: bool | None = None
    locale: Name | None = None


class PartnerStandingData(Data, frozen=True, kw_only=True):
    """A change of a partner's standing, and who made it."""

    partner_id: Id
    reason: Text | None = None
    actor: Name | None = None


class AdObservedData(Data, frozen=True, kw_only=True):
    """A monitoring tool or a person saw a paid search ad."""

    partner_id: Id
    engine: Name
    keyword: Text
    market: Name
    display_url: Text | None = None
    destination: Text | None = None
    ad_copy: Text | None = None
    rank: Count | None = None
    evidence_url: Text | None = None


class CaseResolvedData(Data, frozen=True, kw_only=True):
    """A person decided a compliance case."""

    case_id: Id
    partner_id: Id
    decision: Literal["upheld", "dismissed"]
    actor: Name


class RedemptionRequestedData(Data, frozen=True, kw_only=True):
    """An owner wants to spend."""

    redemption_id: Id
    account: Account
    unit: Unit
    amount: Redeemed


class AdjustmentRequestedData(Data, frozen=True, kw_only=True):
    """A person corrects a balance."""

    adjustment_id: Id
    account: Account
    unit: Unit
    amount: Adjusted
    reason: Text
    actor: Name


class ProgramHead(Struct, frozen=True, kw_only=True, gc=False):
    """The part of a program that says which one it is."""

    id: Id


class ProgramPublishedData(Struct, frozen=True, kw_only=True, gc=False):
    """The program file's content as JSON; it is validated where it is taken into use."""

    program: ProgramHead


class Envelope(Struct, frozen=True, kw_only=True, gc=False):
    """The attributes of a CloudEvent, in the order in which they are checked."""

    specversion: Literal["1.0"]
    id: Id
    source: Annotated[str, Meta(min_length=1, max_length=limits.TEXT_MAX_CHARS)]
    time: Time
    dataschema: Schema = None


class OrderPlaced(Envelope, tag_field="type", tag="order.placed", frozen=True, kw_only=True):
    """CloudEvent of an order."""

    data: OrderPlacedData


class OrderRefunded(Envelope, tag_field="type", tag="order.refunded", frozen=True, kw_only=True):
    """CloudEvent of a refund."""

    data: OrderRefundedData


class OrderCancelled(Envelope, tag_field="type", tag="order.cancelled", frozen=True, kw_only=True):
    """CloudEvent of a cancelled order."""

    data: OrderCancelledData


class LinkClicked(Envelope, tag_field="type", tag="link.clicked", frozen=True, kw_only=True):
    """CloudEvent of a click."""

    data: LinkClickedData


class ReferralCreated(Envelope, tag_field="type", tag="referral.created", frozen=True, kw_only=True):
    """CloudEvent of a referral."""

    data: ReferralCreatedData


class PartnerEnrolled(Envelope, tag_field="type", tag="partner.enrolled", frozen=True, kw_only=True):
    """CloudEvent of a partner that joined."""

    data: PartnerRecordData


class PartnerUpdated(Envelope, tag_field="type", tag="partner.updated", frozen=True, kw_only=True):
    """CloudEvent of a replaced partner record."""

    data: PartnerRecordData


class PartnerSuspended(Envelope, tag_field="type", tag="partner.suspended", frozen=True, kw_only=True):
    """CloudEvent of a suspension."""

    data: PartnerStandingData


class PartnerReinstated(Envelope, tag_field="type", tag="partner.reinstated", frozen=True, kw_only=True):
    """CloudEvent of a lifted suspension."""

    data: PartnerStandingData


class AdObserved(Envelope, tag_field="type", tag="ad.observed", frozen=True, kw_only=True):
    """CloudEvent of an observed ad."""

    data: AdObservedData


class CaseResolved(Envelope, tag_field="type", tag="compliance.case_resolved", frozen=True, kw_only=True):
    """CloudEvent of a resolved case."""

    data: CaseResolvedData


class RedemptionRequested(Envelope, tag_field="type", tag="redemption.requested", frozen=True, kw_only=True):
    """CloudEvent of a redemption."""

    data: RedemptionRequestedData


class AdjustmentRequested(Envelope, tag_field="type", tag="adjustment.requested", frozen=True, kw_only=True):
    """CloudEvent of an adjustment."""

    data: AdjustmentRequestedData


class ProgramPublished(Envelope, tag_field="type", tag="program.published", frozen=True, kw_only=True):
    """CloudEvent of a published program."""

    data: ProgramPublishedData


#: The envelope of each input event by its topic and its CloudEvents type.
ENVELOPES: dict[tuple[str, str], type[Envelope]] = {
    ("orders", "order.placed"): OrderPlaced,
    ("orders", "order.refunded"): OrderRefunded,
    ("orders", "order.cancelled"): OrderCancelled,
    ("clicks", "link.clicked"): LinkClicked,
    ("referrals", "referral.created"): ReferralCreated,
    ("partner-events", "partner.enrolled"): PartnerEnrolled,
    ("partner-events", "partner.updated"): PartnerUpdated,
    ("partner-events", "partner.suspended"): PartnerSuspended,
    ("partner-events", "partner.reinstated"): PartnerReinstated,
    ("partner-events", "ad.observed"): AdObserved,
    ("partner-events", "compliance.case_resolved"): CaseResolved,
    ("account-requests", "redemption.requested"): RedemptionRequested,
    ("account-requests", "adjustment.requested"): AdjustmentRequested,
    ("programs", "program.published"): ProgramPublished,
}
