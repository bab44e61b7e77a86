"""The input of a crash run: seeded, endless, in the order of time, with what goes wrong in real streams."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import orjson

ZONE = ZoneInfo("Europe/Paris")
FIRST_DAY = date(2021, 11, 8)  # Black Friday is 18 days on
MARKETS = (("FR", "EUR"), ("US", "USD"))
WARM_UP = 20  # orders before the first refund, repeat or poison
MEMORY = 400  # orders that may still be refunded, and events that may still be repeated


@dataclass(frozen=True)
class Item:
    """A record to be produced; ``code`` is the dead letter that it must become, ``None`` when it is sound."""

    topic: str
    key: bytes | None
    value: bytes
    time: int
    code: str | None = None

    @property
    def when(self) -> str:
        return format_time(self.time)


@dataclass(frozen=True)
class Order:
    order_id: str
    customer_id: str
    currency: str
    net: int


def midnight(day: date) -> int:
    """The instant at which ``day`` begins in the home zone, in milliseconds."""
    return int(datetime(day.year, day.month, day.day, tzinfo=ZONE).timestamp()) * 1000


def tick(day: date) -> Item:
    """The clock's record for the midnight that begins ``day``; it goes to every partition."""
    value = orjson.dumps({"type": "clock.midnight", "zone": ZONE.key, "date": day.isoformat()})
    return Item("clock", None, value, midnight(day))


def format_time(at: int) -> str:
    """RFC 3339 in UTC with milliseconds."""
    return (
        datetime.fromtimestamp(at // 1000, ZoneInfo("UTC")).strftime("%Y-%m-%dT%H:%M:%S.")
        + f"{at % 1000:03}Z"
    )


def format_amount(minor: int) -> str:
    """A decimal string with two digits."""
    return f"{minor // 100}.{minor % 100:02}"


class Stream:
    """Orders, refunds, cancels, repeats and poison of ``customers`` customers, about ``per_day`` a day."""

    def __init__(self, seed: int, *, customers: int = 500, per_day: int = 300) -> None:
        self._rng = random.Random(seed)
        self._customers = customers
        self._mean_gap_ms = 86_400_000 // per_day
        self._count = 0
        self._orders: deque[Order] = deque(maxlen=MEMORY)
        self._promised: deque[Order] = deque()  # refunded before they were placed
        self._sent: deque[Item] = deque(maxlen=MEMORY)
        self.day = FIRST_DAY
        self.now = midnight(FIRST_DAY)

    def items(self) -> Iterator[Item]:
        """Records in the order of time; each midnight stands before the first record of its day."""
        at = midnight(self.day) + 1
        while True:
            at += self._rng.randint(1, 2 * self._mean_gap_ms)
            while at >= midnight(self.day + timedelta(days=1)):
                self.day += timedelta(days=1)
                yield tick(self.day)
            self.now = at
            yield self._next(at)

    def closing_ticks(self, days: int) -> Iterator[Item]:
        """The midnights of the ``days`` after the last record, so that every hold ends."""
        for _ in range(days):
            self.day += timedelta(days=1)
            self.now = midnight(self.day)
            yield tick(self.day)

    def _next(self, at: int) -> Item:
        self._count += 1
        roll = self._rng.random()
        if len(self._orders) < WARM_UP:
            roll = 0.5
        if roll >= 0.96:
            return self._poison(at)
        if roll >= 0.88:
            return self._rng.choice(self._sent)
        item = self._sound(roll, at)
        self._sent.append(item)
        return item

    def _sound(self, roll: float, at: int) -> Item:
        if self._promised and roll < 0.03:
            return self._place(self._promised.popleft(), at)
        if roll < 0.68:
            return self._place(self._order(), at)
        if roll < 0.82:
            return self._refund(self._rng.choice(self._orders), at)
        if roll < 0.85:
            order = self._order()
            self._promised.append(order)
            return self._refund(order, at)
        return self._cancel(self._rng.choice(self._orders), at)

    def _order(self) -> Order:
        market, currency = self._rng.choice(MARKETS)
        # A few customers order most: their state is the one that many batches touch.
        customer = int(self._customers * self._rng.random() ** 2)
        return Order(f"{market}-{self._count}", f"c{customer}", currency, self._rng.randint(1, 20_000))

    def _place(self, order: Order, at: int) -> Item:
        self._orders.append(order)
        data = {
            "order_id": order.order_id,
            "customer_id": order.customer_id,
            "market": order.order_id[:2],
            "currency": order.currency,
            "subtotal": format_amount(order.net + 100),
            "discount": "1.00",
            "tax": "2.50",
            "coupons": [],
        }
        return self._item("order.placed", order, data, at)

    def _refund(self, order: Order, at: int) -> Item:
        share = self._rng.choice((0.25, 0.5, 1.0))
        data = {
            "order_id": order.order_id,
            "customer_id": order.customer_id,
            "refund_id": f"r{self._count}",
            "amount": format_amount(max(1, int(order.net * share))),
            "currency": order.currency,
        }
        return self._item("order.refunded", order, data, at)

    def _cancel(self, order: Order, at: int) -> Item:
        data = {"order_id": order.order_id, "customer_id": order.customer_id}
        return self._item("order.cancelled", order, data, at)

    def _item(self, kind: str, order: Order, data: dict[str, object], at: int) -> Item:
        return Item("orders", order.customer_id.encode(), self._event(kind, data, at), at)

    def _event(self, kind: str, data: dict[str, object], at: int, **changed: object) -> bytes:
        event = {
            "specversion": "1.0",
            "id": f"e{self._count}",
            "source": "shop",
            "type": kind,
            "time": format_time(at),
            "data": data,
        }
        return orjson.dumps(event | changed)

    def _poison(self, at: int) -> Item:
        order = self._order()
        data: dict[str, object] = {
            "order_id": order.order_id,
            "customer_id": order.customer_id,
            "market": order.order_id[:2],
            "currency": order.currency,
            "subtotal": "10.00",
        }
        placed = "order.placed"
        kinds: tuple[tuple[str, bytes], ...] = (
            ("json_invalid", b'{"id": "e%d' % self._count),
            ("json_invalid", b"\xff\xfe%d" % self._count),
            ("specversion_unknown", self._event(placed, data, at, specversion="7.0")),
            ("type_unknown", self._event("order.imagined", data, at)),
            ("field_missing", self._event(placed, data | {"subtotal": None}, at)),
            ("amount_negative", self._event(placed, data | {"subtotal": "-1.00"}, at)),
            ("amount_precision", self._event(placed, data | {"subtotal": "1.001"}, at)),
            ("currency_unknown", self._event(placed, data | {"currency": "XXQ"}, at)),
            ("market_unknown", self._event(placed, data | {"market": "ZZ"}, at)),
            ("fx_rate_missing", self._event(placed, data | {"currency": "JPY", "subtotal": "10"}, at)),
            ("program_unknown", self._event(placed, data | {"program": "other"}, at)),
            ("id_conflict", b""),
        )
        code, value = self._rng.choice(kinds)
        if code == "id_conflict":
            return self._conflict(at)
        return Item("orders", order.customer_id.encode(), value, at, code)

    def _conflict(self, at: int) -> Item:
        """Another content under an identity that was sent before, on the same key."""
        earlier = self._rng.choice(self._sent)
        event = orjson.loads(earlier.value)
        value = orjson.dumps(event | {"time": format_time(at), "data": event["data"] | {"note": self._count}})
        return Item("orders", earlier.key, value, at, "id_conflict")
