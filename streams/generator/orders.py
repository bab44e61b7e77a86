"""Orders with lines, discounts, taxes and coupons; their refunds and cancels."""

from __future__ import annotations

import random
from typing import Final, NamedTuple

from events.time import format_time
from streams.generator.event import ORDERS, Generated, Ids, Person
from streams.generator.markets import Money, decimal

#: What is sold: its category, and its prices in euro cents.
PRODUCTS: Final = (
    ("shoes", (4999, 7999, 9999, 12999)),
    ("jackets", (8999, 12999, 19999)),
    ("bags", (3499, 5999, 8999)),
    ("toys", (999, 1999, 3499)),
    ("books", (999, 1499, 2499)),
    ("kitchen", (1999, 3499, 7999)),
    ("garden", (1499, 2999, 5999)),
    ("audio", (2999, 7999, 24999)),
)
#: Where orders come from that no click led to; the first is most frequent.
CHANNELS: Final = ("direct", "email", "search", "social")
#: Percent.
_COUPON_DISCOUNT: Final = 10
_TAX: Final = 20
_SHIPPING_CENTS: Final = 490
#: Shipping is free from so many euro cents on.
_FREE_CENTS: Final = 5000


class Item(NamedTuple):
    """A product at a price in minor units; ``head`` begins its line in JSON after the line's id."""

    head: str
    price: int


class Placed(NamedTuple):
    """What is remembered of an order until it is refunded or called off; amounts are minor units."""

    order_id: str
    customer_id: str
    money: Money
    net: int


class Shop:
    """What is sold in one currency."""

    def __init__(self, money: Money) -> None:
        self.money = money
        self._items = tuple(
            Item(f'"sku":"{category}-{number}","category":"{category}"', self._minor(cents))
            for category, prices in PRODUCTS
            for number, cents in enumerate(prices, 1)
        )
        self._shipping = self._minor(_SHIPPING_CENTS)
        self._free = self._minor(_FREE_CENTS)

    def place(
        self,
        rng: random.Random,
        ids: Ids,
        person: Person,
        market: str,
        at: int,
        *,
        click_id: str | None = None,
        coupon: str | None = None,
    ) -> tuple[Generated, Placed]:
        """An order of one to three lines; one with neither click nor coupon names its channel."""
        scale = self.money.scale
        chance, items = rng.random, self._items
        subtotal, lines = 0, []
        for number in range(1, 2 + int(chance() * 2.2)):
            item = items[int(chance() * len(items))]
            quantity = 1 if chance() < 0.8 else 2  # noqa: PLR2004 -- one of five buys two
            amount = quantity * item.price
            subtotal += amount
            lines.append(
                f'{{"line_id":"{number}",{item.head},"quantity":{quantity},'
                f'"amount":"{decimal(amount, scale)}"}}'
            )
        discount = subtotal * _COUPON_DISCOUNT // 100 if coupon is not None else 0
        net = subtotal - discount
        shipping = 0 if net >= self._free else self._shipping
        order_id = ids.order()
        how = "" if click_id is None else f'"click_id":"{click_id}",'
        if coupon is not None:
            how += f'"coupons":["{coupon}"],'
        elif click_id is None:
            how += f'"channel":"{CHANNELS[int(chance() * chance() * len(CHANNELS))]}",'
        who, device, address = person
        value = (
            f'{{"specversion":"1.0","id":"{order_id}","source":"{ids.source}","type":"order.placed",'
            f'"time":"{format_time(at)}","data":{{"order_id":"{order_id}","customer_id":"{who}",'
            f'"market":"{market}","currency":"{self.money.currency}",'
            f'"subtotal":"{decimal(subtotal, scale)}","discount":"{decimal(discount, scale)}",'
            f'"tax":"{decimal(net * _TAX // 100, scale)}","shipping":"{decimal(shipping, scale)}",{how}'
            f'"device_id":"{device}","ip_hash":"{address}","lines":[{",".join(lines)}]}}}}'
        )
        placed = Placed(order_id, who, self.money, net)
        return Generated(ORDERS, who.encode(), value.encode(), at), placed

    def _minor(self, cents: int) -> int:
        return max(1, cents * self.money.hundred_euros // 10_000)


def refund(ids: Ids, placed: Placed, at: int, amount: int) -> Generated:
    """Minor units of an order's net are given back."""
    refund_id = ids.other("refund")
    data = {
        "order_id": placed.order_id,
        "customer_id": placed.customer_id,
        "refund_id": refund_id,
        "amount": decimal(amount, placed.money.scale),
        "currency": placed.money.currency,
    }
    return ids.event(ORDERS, placed.customer_id, refund_id, "order.refunded", at, data)


def cancel(ids: Ids, placed: Placed, at: int) -> Generated:
    """An order is called off."""
    data = {"order_id": placed.order_id, "customer_id": placed.customer_id, "reason": "changed mind"}
    return ids.event(ORDERS, placed.customer_id, ids.other("cancel"), "order.cancelled", at, data)
