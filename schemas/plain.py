"""Events as nearly all of them are written, read in one typed pass.

Plain is an order or a click in structured mode without fields that are null, unknown or of another JSON type
than usual, with amounts as texts. Its struct has the names in ascending order and leaves out what is absent,
so that its own JSON is the text that ``json_tree.digest`` takes of the tree. Whatever is not plain, or wrong,
is left to the reading of trees, which answers the same for what both can read.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Final, Literal, Union, get_args, get_type_hints

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType
from xxhash import xxh3_64_intdigest

from events import inputs
from events.currencies import SCALES
from events.limits import MESSAGE_MAX_BYTES, ORDER_MAX_LINES
from events.time import parse_time
from schemas import wire
from schemas.errors import Refused
from schemas.facts import Decoded
from schemas.values import read_amount

#: The program in force, as ``ProgramLookup.resolve`` says.
Resolve = Callable[[str | None, int], str | None]
#: Reads the value of a record, or leaves it to others.
Read = Callable[[bytes, Resolve], Decoded | None]

#: Texts of amounts that are remembered per currency.
_AMOUNTS_MAX: Final = 65_536
_TEXTS: Final = (wire.Currency, wire.Amount, wire.OptionalAmount)
#: Attributes that say nothing to Keyday.
_OTHER_ATTRIBUTES: Final = ("datacontenttype", "subject")


class _Amounts(dict[Any, int]):
    """Minor units of the texts that were read before: shops have few prices. What is absent is 0."""

    def __init__(self, scale: int) -> None:
        super().__init__()
        self._scale = scale

    def __missing__(self, text: Any) -> int:
        amount = 0 if text is UNSET else read_amount(text, self._scale, "")
        if len(self) >= _AMOUNTS_MAX:
            self.clear()
        self[text] = amount
        return amount


def _plain(struct: type[Struct], replaced: dict[str, Any]) -> type[Struct]:
    """A strict struct of the same JSON, its names ascending; types in ``replaced`` are given."""
    hints = get_type_hints(struct, include_extras=True)
    required = {field.name for field in msgspec.structs.fields(struct) if field.required} | {"type"}
    fields: list[Any] = []
    for name in sorted({*hints, *replaced} - {"dataschema"}):
        type_ = replaced.get(name) or hints[name]
        present = str if type_ in _TEXTS else _not_none(type_)
        fields.append(
            (name, present) if name in required else (name, Union[present, UnsetType], UNSET)  # noqa: UP007
        )
    return msgspec.defstruct(
        f"Plain{struct.__name__}", fields, kw_only=True, frozen=True, gc=False, forbid_unknown_fields=True
    )


def _not_none(type_: Any) -> Any:
    kept = tuple(one for one in get_args(type_) if one is not type(None))
    return Union[kept] if type(None) in get_args(type_) else type_  # noqa: UP007


def _decoder(envelope: type[wire.Envelope], data: type[Struct]) -> Callable[[bytes], Any]:
    tag = envelope.__struct_config__.tag
    replaced = dict.fromkeys(_OTHER_ATTRIBUTES, str) | {"data": data, "type": Literal[tag]}
    return msgspec.json.Decoder(_plain(envelope, replaced)).decode


_LINE: Final = _plain(wire.LineData, {})
_LINES: Final = Annotated[tuple[_LINE, ...], Meta(max_length=ORDER_MAX_LINES)]  # type: ignore[valid-type]
_decode_order = _decoder(wire.OrderPlaced, _plain(wire.OrderPlacedData, {"lines": _LINES}))
_decode_click = _decoder(wire.LinkClicked, _plain(wire.LinkClickedData, {}))
_encode = msgspec.json.Encoder().encode
_amounts: Final = {currency: _Amounts(scale) for currency, scale in SCALES.items()}


def _order(value: bytes, resolve: Resolve) -> Decoded | None:
    try:
        event = _decode_order(value)
        data = event.data
        time = parse_time(event.time)
        program = resolve(None if data.program is UNSET else data.program, time)
        amounts = _amounts[data.currency]
        subtotal, discount = amounts[data.subtotal], amounts[data.discount]
        tax, shipping = amounts[data.tax], amounts[data.shipping]
        lines = () if data.lines is UNSET else _lines(data.lines, amounts)
    except (msgspec.DecodeError, ValueError, KeyError, Refused):
        return None
    net = subtotal - discount
    if program is None or net < 0:
        return None
    coupons, channel, click_id = data.coupons, data.channel, data.click_id
    partner_id, new_customer = data.partner_id, data.new_customer
    device_id, ip_hash = data.device_id, data.ip_hash
    fact = inputs.OrderPlaced(
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
        coupons=() if coupons is UNSET else coupons,
        channel=None if channel is UNSET else channel,
        click_id=None if click_id is UNSET else click_id,
        partner_id=None if partner_id is UNSET else partner_id,
        new_customer=None if new_customer is UNSET else new_customer,
        device_id=None if device_id is UNSET else device_id,
        ip_hash=None if ip_hash is UNSET else ip_hash,
        lines=lines,
    )
    return Decoded(fact, xxh3_64_intdigest(_encode(event)))


def _lines(lines: tuple[Any, ...], amounts: _Amounts) -> tuple[inputs.Line, ...]:
    return tuple(
        inputs.Line(line.line_id, line.sku, line.category, line.quantity, amounts[line.amount])
        for line in lines
    )


def _click(value: bytes, resolve: Resolve) -> Decoded | None:
    try:
        event = _decode_click(value)
        data = event.data
        time = parse_time(event.time)
    except (msgspec.DecodeError, ValueError):
        return None
    program = resolve(None if data.program is UNSET else data.program, time)
    if program is None:
        return None
    url, referrer, country = data.url, data.referrer, data.country
    device_id, ip_hash = data.device_id, data.ip_hash
    fact = inputs.LinkClicked(
        source=event.source,
        id=event.id,
        time=time,
        program=program,
        click_id=data.click_id,
        customer_id=data.customer_id,
        partner_id=data.partner_id,
        market=data.market,
        url=None if url is UNSET else url,
        referrer=None if referrer is UNSET else referrer,
        country=None if country is UNSET else country,
        device_id=None if device_id is UNSET else device_id,
        ip_hash=None if ip_hash is UNSET else ip_hash,
    )
    return Decoded(fact, xxh3_64_intdigest(_encode(event)))


_READERS: Final[dict[str, Read]] = {"orders": _order, "clicks": _click}


def read_plain(topic: str, value: bytes, resolve: Resolve) -> Decoded | None:
    """The event of a record without headers if it is plain, sound and of a loaded program."""
    read = _READERS.get(topic)
    return None if read is None or len(value) > MESSAGE_MAX_BYTES else read(value, resolve)
