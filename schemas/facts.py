"""From the wire to facts: what is left to check of an envelope whose JSON types hold, and its input event.

Checked here, in this order: currency, amounts, net (DOMAIN section 14, decoding). A fact takes its other
fields over by name, as they came.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import Struct, convert

from events import inputs
from events.units import POINTS
from schemas import wire
from schemas.errors import Code, Refused
from schemas.json_tree import write_json
from schemas.values import (
    read_account,
    read_adjusted,
    read_amount,
    read_currency,
    read_optional_amount,
    read_redeemed,
    read_unit,
)

#: Puts what was worked out from the checked data into the fields of the fact.
Check = Callable[[Any, dict[str, Any]], None]


class Decoded(Struct, frozen=True, gc=False):
    """A readable record: its event, and 64 bits of the CloudEvent as JSON compared by value."""

    event: inputs.InputEvent
    content: int


def to_fact(
    event: wire.Envelope, data: dict[str, Any], time: int, program: str, money: str | None = None
) -> inputs.InputEvent:
    """The input event of an envelope; ``data`` is its untyped data, which becomes the fact's fields.

    ``money`` is the unit of the program's money, for requests.

    Raises:
        Refused: the currency, an amount or the net is none.
    """
    kind, tag, check = _FACTS[type(event)]
    if check is not None:
        check(event, data)
    elif money is not None:
        _request(event, data, money)
    fields = data
    if None in data.values():
        # Absent and null are the same for all that is optional.
        fields = {name: value for name, value in data.items() if value is not None}
    fields["type"] = tag
    fields["source"] = event.source
    fields["id"] = event.id
    fields["time"] = time
    fields["program"] = program
    fact: inputs.InputEvent = convert(fields, kind)
    return fact


def program_published(event: wire.ProgramPublished, data: Any, time: int) -> inputs.ProgramPublished:
    """A published program keeps its data as written."""
    return inputs.ProgramPublished(
        source=event.source,
        id=event.id,
        time=time,
        program=event.data.program.id,
        content=write_json(data),
    )


def _order_placed(event: wire.OrderPlaced, fields: dict[str, Any]) -> None:
    """Checks net = subtotal - discount, which is never below 0; gross = net + tax + shipping."""
    data = event.data
    scale = read_currency(data.currency, "data.currency")
    subtotal = read_amount(data.subtotal, scale, "data.subtotal")
    discount = read_optional_amount(data.discount, scale, "data.discount")
    tax = read_optional_amount(data.tax, scale, "data.tax")
    shipping = read_optional_amount(data.shipping, scale, "data.shipping")
    if data.lines is not None:
        fields["lines"] = _lines(data.lines, scale)
    net = subtotal - discount
    if net < 0:
        raise Refused(Code.AMOUNT_NEGATIVE, "net")
    fields["subtotal"] = subtotal
    fields["discount"] = discount
    fields["tax"] = tax
    fields["shipping"] = shipping
    fields["net"] = net
    fields["gross"] = net + tax + shipping


def _lines(lines: tuple[wire.LineData, ...], scale: int) -> list[dict[str, Any]]:
    return [
        {
            "line_id": line.line_id,
            "sku": line.sku,
            "category": line.category,
            "quantity": line.quantity,
            "amount": read_amount(line.amount, scale, f"data.lines[{position}].amount"),
        }
        for position, line in enumerate(lines)
    ]


def _order_refunded(event: wire.OrderRefunded, fields: dict[str, Any]) -> None:
    """The amount is in the refund's own currency."""
    scale = read_currency(event.data.currency, "data.currency")
    fields["amount"] = read_amount(event.data.amount, scale, "data.amount")


def _request(event: Any, fields: dict[str, Any], money: str) -> None:
    """Account, unit and amount are checked in this order."""
    data = event.data
    fields["account"] = read_account(data.account, "data.account")
    unit = fields["unit"] = read_unit(data.unit, "data.unit")
    if unit not in {POINTS, money}:
        raise Refused(Code.UNIT_UNKNOWN, "data.unit")
    read = read_redeemed if isinstance(event, wire.RedemptionRequested) else read_adjusted
    fields["amount"] = read(data.amount, "data.amount")


_KINDS: dict[type[wire.Envelope], tuple[Any, Check | None]] = {
    wire.OrderPlaced: (inputs.OrderPlaced, _order_placed),
    wire.OrderRefunded: (inputs.OrderRefunded, _order_refunded),
    wire.OrderCancelled: (inputs.OrderCancelled, None),
    wire.LinkClicked: (inputs.LinkClicked, None),
    wire.ReferralCreated: (inputs.ReferralCreated, None),
    wire.PartnerEnrolled: (inputs.PartnerEnrolled, None),
    wire.PartnerUpdated: (inputs.PartnerUpdated, None),
    wire.PartnerSuspended: (inputs.PartnerSuspended, None),
    wire.PartnerReinstated: (inputs.PartnerReinstated, None),
    wire.AdObserved: (inputs.AdObserved, None),
    wire.CaseResolved: (inputs.CaseResolved, None),
    wire.RedemptionRequested: (inputs.RedemptionRequested, None),
    wire.AdjustmentRequested: (inputs.AdjustmentRequested, None),
}
#: The same with the tag by which ``convert`` knows the fact.
_FACTS = {wired: (kind, kind.__struct_config__.tag, check) for wired, (kind, check) in _KINDS.items()}
