"""A row of somebody's order export becomes an ``order.placed`` CloudEvent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, ClassVar, Final

from streams.imports.mapping import Fact, RowError, RowMapping

#: The fields of an order that a column or a fixed value can fill; ``date`` is put before ``time``.
FIELDS: Final = (
    "order_id",
    "customer_id",
    "time",
    "date",
    "subtotal",
    "discount",
    "tax",
    "shipping",
    "currency",
    "market",
    "coupons",
    "channel",
    "click_id",
    "partner_id",
    "new_customer",
    "device_id",
    "ip_hash",
    "program",
)
NEEDED: Final = ("order_id", "customer_id", "time", "subtotal", "currency", "market")
AMOUNTS: Final = frozenset({"subtotal", "discount", "tax", "shipping"})

_BOOLEANS: Final = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
_DECIMAL_COMMA: Final = re.compile(r"-?(\d+|\d{1,3}([.\s'\u2019]\d{3})+)(,\d+)?")
_THOUSANDS: Final = re.compile(r"[.\s'\u2019]")
_CODES: Final = re.compile(r"[,;|\s]+")


@dataclass(frozen=True, kw_only=True)
class OrderMapping(RowMapping):
    """Where each field of an order comes from. ``decimal_comma`` reads ``1.234,56`` as 1234.56."""

    what: ClassVar[str] = "an order"
    type_: ClassVar[str] = "order.placed"
    topic: ClassVar[str] = "orders"
    fields: ClassVar[tuple[str, ...]] = FIELDS
    needed: ClassVar[tuple[str, ...]] = NEEDED

    decimal_comma: bool = False
    source: str = "import/orders"

    def fact(self, texts: Mapping[str, str], at: int) -> Fact:
        """An order is called by its own id."""
        del at
        data: dict[str, Any] = {name: _value(name, text, self) for name, text in texts.items()}
        data["customer_id"] = without_address(data["customer_id"])
        return Fact(data["order_id"], data["customer_id"], data)


def without_address(customer_id: str) -> str:
    """The id, or a digest of it where it is an e-mail address: no event holds one.

    The same address gives the same id, in any letter case. Who has the address can compute the id.
    """
    if "@" not in customer_id:
        return customer_id
    digest = blake2b(customer_id.strip().lower().encode("utf-8", "surrogatepass"), digest_size=12)
    return f"mail-{digest.hexdigest()}"


def _value(name: str, text: str, mapping: OrderMapping) -> Any:
    if name in AMOUNTS and mapping.decimal_comma:
        return _decimal_point(name, text)
    if name == "coupons":
        return [code for code in _CODES.split(text) if code]
    if name == "new_customer":
        if text.lower() not in _BOOLEANS:
            raise RowError("field_invalid", f"new_customer: {text!r} is neither true nor false")
        return _BOOLEANS[text.lower()]
    return text


def _decimal_point(name: str, text: str) -> str:
    """``1.234,56`` as ``1234.56``; a point that cannot separate thousands is refused, not guessed at."""
    if _DECIMAL_COMMA.fullmatch(text) is None:
        raise RowError("field_invalid", f"{name}: {text!r} is not written with a decimal comma")
    return _THOUSANDS.sub("", text).replace(",", ".")
