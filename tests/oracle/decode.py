"""Lines to events: every check of DOMAIN section 14 "Decoding" that needs no memory, in its order."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tests.oracle.program import POINTS, Programs, Version
from tests.oracle.values import AMOUNT_MAX_MINOR, DIGITS, RefusedError, minor_units, parse_time

TOPICS = ("programs", "partner-events", "clicks", "referrals", "orders", "account-requests")

#: The topic of a type, the field that is its record's key, its required and its optional texts.
TYPES: dict[str, tuple[str, str, tuple[str, ...], tuple[str, ...]]] = {
    "order.placed": (
        "orders",
        "customer_id",
        ("order_id", "customer_id", "market"),
        ("channel", "click_id", "partner_id", "device_id", "ip_hash"),
    ),
    "order.refunded": ("orders", "customer_id", ("order_id", "customer_id", "refund_id"), ()),
    "order.cancelled": ("orders", "customer_id", ("order_id", "customer_id"), ("reason",)),
    "link.clicked": (
        "clicks",
        "customer_id",
        ("click_id", "customer_id", "partner_id", "market"),
        ("url", "referrer", "country", "device_id", "ip_hash"),
    ),
    "referral.created": (
        "referrals",
        "friend_id",
        ("referral_id", "code", "advocate_id", "friend_id"),
        ("device_id", "ip_hash"),
    ),
    "partner.enrolled": (
        "partner-events",
        "partner_id",
        ("partner_id", "group"),
        ("name", "terms_version", "locale"),
    ),
    "partner.updated": (
        "partner-events",
        "partner_id",
        ("partner_id", "group"),
        ("name", "terms_version", "locale"),
    ),
    "partner.suspended": ("partner-events", "partner_id", ("partner_id",), ("reason", "actor")),
    "partner.reinstated": ("partner-events", "partner_id", ("partner_id",), ("reason", "actor")),
    "ad.observed": (
        "partner-events",
        "partner_id",
        ("partner_id", "engine", "keyword", "market"),
        ("display_url", "destination", "ad_copy", "evidence_url"),
    ),
    "compliance.case_resolved": (
        "partner-events",
        "partner_id",
        ("case_id", "partner_id", "decision", "actor"),
        (),
    ),
    "redemption.requested": ("account-requests", "account", ("redemption_id", "account", "unit"), ()),
    "adjustment.requested": (
        "account-requests",
        "account",
        ("adjustment_id", "account", "unit", "reason", "actor"),
        (),
    ),
    "program.published": ("programs", "program", (), ()),
}

_NOT_EMPTY = {"id", "source", "type", "time", "program", "account", "decision"}


@dataclass
class Event:
    """A decoded event: ``data`` holds every field of its type, absent ones as ``None`` or their default."""

    topic: str
    position: int
    raw: bytes
    content: dict[str, Any]
    source: str
    id: str
    type: str
    time: int
    key: str
    data: dict[str, Any]
    program: str = ""
    version: Version | None = None


def load_json(raw: bytes) -> dict[str, Any]:
    """The JSON object of a line, its numbers exact; a text with half a character is no UTF-8."""
    try:
        content = json.loads(raw.decode(), parse_float=Decimal, parse_constant=_no_number)
        json.dumps(content, ensure_ascii=False, default=str).encode()
    except (ValueError, RecursionError) as error:
        raise RefusedError("json_invalid", str(error)) from None
    if not isinstance(content, dict):
        raise RefusedError("json_invalid", "no object")
    return content


def _no_number(text: str) -> None:
    raise ValueError(text)


def time_of(raw: bytes) -> int | None:
    """The time that a line is sorted by; none for what has no readable one."""
    try:
        value = load_json(raw).get("time")
        return parse_time(value) if isinstance(value, str) else None
    except (RefusedError, ValueError):
        return None


def decode(topic: str, position: int, raw: bytes, programs: Programs) -> Event:
    """The event of a line; ``RefusedError`` with the first code that applies."""
    content = load_json(raw)
    version = content.get("specversion")
    if version is None or not isinstance(version, str):
        raise RefusedError("field_missing" if version is None else "field_invalid", "specversion")
    if version != "1.0":
        raise RefusedError("specversion_unknown")
    identity = text(content, "id")
    source = text(content, "source")
    kind = text(content, "type")
    try:
        time = parse_time(text(content, "time"))
    except ValueError:
        raise RefusedError("field_invalid", "time") from None
    if kind not in TYPES or TYPES[kind][0] != topic:
        raise RefusedError("type_unknown", kind)
    data = content.get("data")
    if data is None:
        raise RefusedError("field_missing", "data")
    if not isinstance(data, dict):
        raise RefusedError("field_invalid", "data")
    event = Event(topic, position, raw, content, source, identity, kind, time, "", {})
    if kind == "program.published":
        event.data = data
        event.key = data["program"]["id"]
        return event
    event.program, event.version = _program(data, time, programs)
    _, key, required, optional = TYPES[kind]
    fields: dict[str, Any] = {name: text(data, name) for name in required}
    fields |= {name: maybe_text(data, name) for name in optional}
    event.data = fields
    event.key = fields[key].partition(":")[2] if key == "account" else fields[key]
    _FIELDS.get(kind, _nothing_more)(data, fields, event.version)
    return event


def _program(data: dict[str, Any], time: int, programs: Programs) -> tuple[str, Version]:
    name = maybe_text(data, "program")
    loaded = programs.ids()
    if name is None:
        if len(loaded) != 1:
            raise RefusedError("program_unknown", "none is named")
        name = loaded[0]
    version = programs.in_force(name, time)
    if version is None:
        raise RefusedError("program_unknown", name)
    return name, version


def text(data: dict[str, Any], name: str) -> str:
    """A required text."""
    found = maybe_text(data, name)
    if found is None:
        raise RefusedError("field_missing", name)
    return found


def maybe_text(data: dict[str, Any], name: str) -> str | None:
    """An optional text; null is absent. Ids, and what stands for one, are not empty."""
    found = data.get(name)
    if found is None:
        return None
    if not isinstance(found, str) or not (found or (name not in _NOT_EMPTY and not name.endswith("_id"))):
        raise RefusedError("field_invalid", name)
    return found


def _nothing_more(data: dict[str, Any], fields: dict[str, Any], version: Version) -> None:
    """Some types have texts only."""


def _texts(data: dict[str, Any], name: str) -> list[str] | None:
    found = data.get(name)
    if found is None:
        return None
    may_be_empty = name != "customer_ids"
    if not isinstance(found, list) or not all(
        isinstance(one, str) and (one or may_be_empty) for one in found
    ):
        raise RefusedError("field_invalid", name)
    return found


def _flag(data: dict[str, Any], name: str) -> bool | None:
    found = data.get(name)
    if found is not None and not isinstance(found, bool):
        raise RefusedError("field_invalid", name)
    return found


def _whole(data: dict[str, Any], name: str) -> int:
    found = data.get(name)
    if found is None:
        raise RefusedError("field_missing", name)
    if isinstance(found, bool) or not isinstance(found, int):
        raise RefusedError("field_invalid", name)
    return found


def _currency(data: dict[str, Any]) -> str:
    currency = text(data, "currency")
    if currency not in DIGITS:
        raise RefusedError("currency_unknown", currency)
    return currency


def _amount(data: dict[str, Any], name: str, currency: str, *, default: int | None = None) -> int:
    found = data.get(name)
    if found is None:
        if default is None:
            raise RefusedError("field_missing", name)
        return default
    return minor_units(found, DIGITS[currency])


def _placed(data: dict[str, Any], fields: dict[str, Any], _version: Version) -> None:
    fields["new_customer"] = _flag(data, "new_customer")
    fields["coupons"] = _texts(data, "coupons") or []
    currency = fields["currency"] = _currency(data)
    subtotal = _amount(data, "subtotal", currency)
    discount = _amount(data, "discount", currency, default=0)
    tax = _amount(data, "tax", currency, default=0)
    shipping = _amount(data, "shipping", currency, default=0)
    lines = data.get("lines")
    if lines is not None and not isinstance(lines, list):
        raise RefusedError("field_invalid", "lines")
    fields["lines"] = [_line(one, currency) for one in lines or []]
    if subtotal < discount:
        raise RefusedError("amount_negative", "net")
    fields["net"] = subtotal - discount
    fields["gross"] = fields["net"] + tax + shipping


def _line(line: object, currency: str) -> tuple[str, int]:
    if not isinstance(line, dict):
        raise RefusedError("field_invalid", "line")
    text(line, "line_id")
    text(line, "sku")
    category = text(line, "category")
    _whole(line, "quantity")
    return category, _amount(line, "amount", currency)


def _refunded(data: dict[str, Any], fields: dict[str, Any], _version: Version) -> None:
    fields["currency"] = _currency(data)
    fields["amount"] = _amount(data, "amount", fields["currency"])


def _partner(data: dict[str, Any], fields: dict[str, Any], _version: Version) -> None:
    fields["markets"] = _texts(data, "markets")
    fields["customer_ids"] = _texts(data, "customer_ids") or []
    fields["paid_search_allowed"] = bool(_flag(data, "paid_search_allowed"))


def _ad(data: dict[str, Any], fields: dict[str, Any], _version: Version) -> None:
    fields["rank"] = None if data.get("rank") is None else _whole(data, "rank")


def _resolved(_data: dict[str, Any], fields: dict[str, Any], _version: Version) -> None:
    if fields["decision"] not in {"upheld", "dismissed"}:
        raise RefusedError("field_invalid", "decision")


def _request(data: dict[str, Any], fields: dict[str, Any], version: Version) -> None:
    owner, _, name = fields["account"].partition(":")
    if owner not in {"partner", "customer"} or not name or name.endswith((":pending", ":available", ":held")):
        raise RefusedError("field_invalid", "account")
    if fields["unit"] not in {POINTS, version.money}:
        raise RefusedError("unit_unknown", fields["unit"])
    amount = _whole(data, "amount")
    if "redemption_id" in fields and amount < 0:
        raise RefusedError("amount_negative")
    if amount == 0:
        raise RefusedError("field_invalid", "amount")
    if abs(amount) > AMOUNT_MAX_MINOR:
        raise RefusedError("amount_out_of_range")
    fields["amount"] = amount


_FIELDS = {
    "order.placed": _placed,
    "order.refunded": _refunded,
    "partner.enrolled": _partner,
    "partner.updated": _partner,
    "ad.observed": _ad,
    "compliance.case_resolved": _resolved,
    "redemption.requested": _request,
    "adjustment.requested": _request,
}


def same_value(one: object, other: object) -> bool:
    """JSON compared by value: 1 and 1.0 are equal, 1 and true are not."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same_value(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same_value, one, other))
    return one == other
