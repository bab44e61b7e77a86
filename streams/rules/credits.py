"""Which rules an order breaks that is credited to a partner (DOMAIN section 9), in their order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from events.inputs import OrderPlaced
from events.messages import Breach, Credited
from events.outputs import Evidence
from events.time import SECOND_MS, format_time
from schemas.program import Compliance
from streams.rules.state import Member
from streams.rules.text import decimal_text


def breaches(
    rules: Compliance, member: Member, marks: Mapping[str, Sequence[str]] | None, credited: Credited
) -> list[Breach]:
    """What the order breaks; ``marks`` are devices and addresses on the partner's links, and whose."""
    found = []
    order, waited = credited.order, credited.click_to_order_ms
    if member.customer_ids:
        shared = _shared(order, member.customer_ids, marks or {})
        if shared is not None:
            found.append(Breach("self_referral", _self_referral(credited, *shared)))
    if waited is not None and waited < rules.min_seconds * SECOND_MS:
        found.append(Breach("click_to_order_time", _too_quick(credited, waited, rules.min_seconds)))
    if member.markets is not None and order.market not in member.markets:
        found.append(Breach("market_not_agreed", _not_agreed(credited, tuple(member.markets))))
    return found


Mark = Literal["customer_id", "device_id", "ip_hash"]


def marks_of(device_id: str | None, ip_hash: str | None) -> tuple[str, ...]:
    """What is compared of a device and an address."""
    if device_id is None:
        return () if ip_hash is None else (f"address {ip_hash}",)
    return (f"device {device_id}",) if ip_hash is None else (f"device {device_id}", f"address {ip_hash}")


def _shared(
    order: OrderPlaced, own: Sequence[str], marks: Mapping[str, Sequence[str]]
) -> tuple[Mark, str] | None:
    """What the order shares with which of the partner's own customers."""
    if order.customer_id in own:
        return "customer_id", order.customer_id
    if not marks:
        return None
    for kind, mark in zip(("device_id", "ip_hash"), (order.device_id, order.ip_hash), strict=True):
        if mark is None:
            continue
        (key,) = marks_of(mark, None) if kind == "device_id" else marks_of(None, mark)
        whose = next((one for one in marks.get(key, ()) if one in own), None)
        if whose is not None:
            return ("device_id" if kind == "device_id" else "ip_hash"), whose
    return None


def _evidence(credited: Credited, summary: str, **facts: object) -> Evidence:
    order = credited.order
    return Evidence(
        summary=summary,
        source=order.source,
        id=order.id,
        occurred=format_time(order.time),
        market=order.market,
        click_id=credited.click_id,
        order_id=order.order_id,
        customer_id=order.customer_id,
        **facts,  # type: ignore[arg-type]  # fields of the rule, by their names
    )


def _self_referral(credited: Credited, shared: Mark, own: str) -> Evidence:
    order = credited.order
    if shared == "customer_id":
        summary = f"order {order.order_id} is by {own}, one of the partner's own customers"
    else:
        what = "device" if shared == "device_id" else "address"
        summary = f"order {order.order_id} came from the {what} of {own}, one of the partner's own customers"
    return _evidence(credited, summary, shared=shared, own_customer_id=own)


def _too_quick(credited: Credited, waited: int, least: int) -> Evidence:
    seconds = decimal_text(waited, 3)
    summary = (
        f"order {credited.order.order_id} came {seconds} s after click {credited.click_id}, "
        f"at least {least} s are asked"
    )
    return _evidence(credited, summary, click_to_order_ms=waited, min_seconds=least)


def _not_agreed(credited: Credited, markets: tuple[str, ...]) -> Evidence:
    order, agreed = credited.order, ", ".join(markets) or "none"
    summary = f"order {order.order_id} from market {order.market}, the markets agreed are {agreed}"
    return _evidence(credited, summary, markets_agreed=markets)
