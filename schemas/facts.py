"""From the wire to facts: each envelope whose JSON types hold becomes its input event.

What is left to check, in this order: currency, amounts, net (DOMAIN section 14, decoding).
"""

from __future__ import annotations

from typing import TypeVar

from events import inputs
from schemas import wire
from schemas.errors import Code, Refused
from schemas.values import (
    read_account,
    read_adjusted,
    read_amount,
    read_currency,
    read_optional_amount,
    read_redeemed,
    read_unit,
)

_Record = TypeVar("_Record", bound=inputs.PartnerRecord)
_Standing = TypeVar("_Standing", bound=inputs.PartnerStanding)


def order_placed(event: wire.OrderPlaced, time: int, program: str) -> inputs.OrderPlaced:
    """Checks net = subtotal - discount, which is never below 0; gross = net + tax + shipping."""
    data = event.data
    scale = read_currency(data.currency, "data.currency")
    subtotal = read_amount(data.subtotal, scale, "data.subtotal")
    discount = read_optional_amount(data.discount, scale, "data.discount")
    tax = read_optional_amount(data.tax, scale, "data.tax")
    shipping = read_optional_amount(data.shipping, scale, "data.shipping")
    lines = () if data.lines is None else _lines(data.lines, scale)
    net = subtotal - discount
    if net < 0:
        raise Refused(Code.AMOUNT_NEGATIVE, "net")
    return inputs.OrderPlaced(
        source=event.source,
        id=event.id,
        time=time,
        program=program,
        order_id=data.order_id,
        customer_id=data.customer_id,
        market=data.market,
        currency=data.currency,
        subtotal=subtotal,
        discount=discount,
        tax=tax,
        shipping=shipping,
        net=net,
        gross=net + tax + shipping,
        coupons=data.coupons or (),
        channel=data.channel,
        click_id=data.click_id,
        partner_id=data.partner_id,
        new_customer=data.new_customer,
        device_id=data.device_id,
        ip_hash=data.ip_hash,
        lines=lines,
    )


def _lines(lines: tuple[wire.LineData, ...], scale: int) -> tuple[inputs.Line, ...]:
    return tuple(
        inputs.Line(
            line_id=line.line_id,
            sku=line.sku,
            category=line.category,
            quantity=line.quantity,
            amount=read_amount(line.amount, scale, f"data.lines[{position}].amount"),
        )
        for position, line in enumerate(lines)
    )


def order_refunded(event: wire.OrderRefunded, time: int, program: str) -> inputs.OrderRefunded:
    """The amount is in the refund's own currency."""
    data = event.data
    scale = read_currency(data.currency, "data.currency")
    return inputs.OrderRefunded(
        source=event.source,
        id=event.id,
        time=time,
        program=program,
        order_id=data.order_id,
        customer_id=data.customer_id,
        refund_id=data.refund_id,
        amount=read_amount(data.amount, scale, "data.amount"),
        currency=data.currency,
    )


def order_cancelled(event: wire.OrderCancelled, time: int, program: str) -> inputs.OrderCancelled:
    """Nothing is left to check."""
    data = event.data
    return inputs.OrderCancelled(
        source=event.source,
        id=event.id,
        time=time,
        program=program,
        order_id=data.order_id,
        customer_id=data.customer_id,
        reason=data.reason,
    )


def link_clicked(event: wire.LinkClicked, time: int, program: str) -> inputs.LinkClicked:
    """Nothing is left to check."""
    data = event.data
    return inputs.LinkClicked(
        source=event.source,
        id=event.id,
        time=time,
        program=program,
        click_id=data.click_id,
        customer_id=data.customer_id,
        partner_id=data.partner_id,
        market=data.market,
        url=data.url,
        referrer=data.referrer,
        country=data.country,
        device_id=data.device_id,
        ip_hash=data.ip_hash,
    )


def referral_created(event: wire.ReferralCreated, time: int, program: str) -> inputs.ReferralCreated:
    """Nothing is left to check."""
    data = event.data
    return inputs.ReferralCreated(
        source=event.source,
        id=event.id,
        time=time,
        program=program,
        referral_id=data.referral_id,
        code=data.code,
        advocate_id=data.advocate_id,
        friend_id=data.friend_id,
        device_id=data.device_id,
        ip_hash=data.ip_hash,
    )


def partner_record(
    fact: type[_Record], event: wire.PartnerEnrolled | wire.PartnerUpdated, time: int, program: str
) -> _Record:
    """An enrolment or an update: the same record. Nothing is left to check."""
    data = event.data
    return fact(
        source=event.source,
        id=event.id,
        time=time,
        program=program,
        partner_id=data.partner_id,
        group=data.group,
        name=data.name,
        markets=data.markets,
        customer_ids=data.customer_ids or (),
        terms_version=data.terms_version,
        paid_search_allowed=data.paid_search_allowed or False,
        locale=data.locale,
    )


def partner_standing(
    fact: type[_Standing], event: wire.PartnerSuspended | wire.PartnerReinstated, time: int, program: str
) -> _Standing:
    """A suspension or its end. Nothing is left to check."""
    data = event.data
    return fact(
        source=event.source,
        id=event.id,
        time=time,
        program=program,
        partner_id=data.partner_id,
        reason=data.reason,
        actor=data.actor,
    )


def ad_observed(event: wire.AdObserved, time: int, program: str) -> inputs.AdObserved:
    """Nothing is left to check."""
    data = event.data
    return inputs.AdObserved(
        source=event.source,
        id=event.id,
        time=time,
        program=program,
        partner_id=data.partner_id,
        engine=data.engine,
        keyword=data.keyword,
        market=data.market,
        display_url=data.display_url,
        destination=data.destination,
        ad_copy=data.ad_copy,
        rank=data.rank,
        evidence_url=data.evidence_url,
    )


def case_resolved(event: wire.CaseResolved, time: int, program: str) -> inputs.CaseResolved:
    """Nothing is left to check."""
    data = event.data
    return inputs.CaseResolved(
        source=event.source,
        id=event.id,
        time=time,
        program=program,
        case_id=data.case_id,
        partner_id=data.partner_id,
        decision=data.decision,
        actor=data.actor,
    )


def redemption_requested(
    event: wire.RedemptionRequested, time: int, program: str
) -> inputs.RedemptionRequested:
    """Account, unit and amount are checked here, in this order."""
    data = event.data
    return inputs.RedemptionRequested(
        source=event.source,
        id=event.id,
        time=time,
        program=program,
        redemption_id=data.redemption_id,
        account=read_account(data.account, "data.account"),
        unit=read_unit(data.unit, "data.unit"),
        amount=read_redeemed(data.amount, "data.amount"),
    )


def adjustment_requested(
    event: wire.AdjustmentRequested, time: int, program: str
) -> inputs.AdjustmentRequested:
    """Account, unit and amount are checked here, in this order."""
    data = event.data
    return inputs.AdjustmentRequested(
        source=event.source,
        id=event.id,
        time=time,
        program=program,
        adjustment_id=data.adjustment_id,
        account=read_account(data.account, "data.account"),
        unit=read_unit(data.unit, "data.unit"),
        amount=read_adjusted(data.amount, "data.amount"),
        reason=data.reason,
        actor=data.actor,
    )
