"""Generated events: what goes to a topic, and the counters and digests that their ids are made of."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import msgspec

from events.time import format_time

CLICKS: Final = "clicks"
ORDERS: Final = "orders"
REFERRALS: Final = "referrals"
PARTNER_EVENTS: Final = "partner-events"
ACCOUNT_REQUESTS: Final = "account-requests"
#: All topics that a generated program writes to.
TOPICS: Final = (PARTNER_EVENTS, CLICKS, REFERRALS, ORDERS, ACCOUNT_REQUESTS)

#: Numbers of people who are no customers begin here, so that no two share a device.
_OWNERS: Final = 2**40
_VISITORS: Final = 2**41
# Odd factors make a product modulo a power of two a bijection: no two numbers share a digest.
_DEVICE_FACTOR: Final = 0x9E3779B97F4B
_ADDRESS_FACTOR: Final = 0xBF58476D1CE4E5B9
_DEVICE_MASK: Final = 2**48 - 1
_ADDRESS_MASK: Final = 2**64 - 1

_encode = msgspec.json.Encoder().encode


class Generated(NamedTuple):
    """An event for a topic; ``time`` is milliseconds since the epoch."""

    topic: str
    key: bytes
    value: bytes
    time: int


class Person(NamedTuple):
    """Who clicks and orders: an id, and digests of a device and an address that nobody else has."""

    id: str
    device: str
    address: str


def _digests(number: int) -> tuple[str, str]:
    device = (number * _DEVICE_FACTOR) & _DEVICE_MASK
    address = (number * _ADDRESS_FACTOR) & _ADDRESS_MASK
    return f"d-{device:012x}", f"{address:016x}"


def customer(number: int) -> Person:
    """A customer of the shop, from 1."""
    return Person(f"customer-{number}", *_digests(number))


def own_customer(partner: int) -> Person:
    """The customer who is the partner of this number, from 1."""
    return Person(f"customer-p{partner}", *_digests(_OWNERS + partner))


def visitor(number: int) -> Person:
    """Somebody who is seen once, from 1."""
    return Person(f"visitor-{number}", *_digests(_VISITORS + number))


class Ids:
    """Counters of a stream; the seed is part of every id, so that two streams do not share one."""

    def __init__(self, seed: int, customers: int) -> None:
        self.prefix = f"{seed}-"
        self.source = f"generator/{seed}"
        self.clicks = 0
        self.orders = 0
        self.others = 0
        #: The newest id that ``other`` gave.
        self.last = ""
        self._customers = customers

    def other(self, kind: str) -> str:
        """A new id of an event that is neither a click nor an order."""
        self.others += 1
        self.last = f"{kind}-{self.prefix}{self.others}"
        return self.last

    def click(self) -> str:
        """A new click id."""
        self.clicks += 1
        return f"click-{self.prefix}{self.clicks}"

    def order(self) -> str:
        """A new order id."""
        self.orders += 1
        return f"order-{self.prefix}{self.orders}"

    def newcomer(self) -> int:
        """The number of a customer whom nobody has seen."""
        self._customers += 1
        return self._customers

    def event(self, topic: str, key: str, id_: str, type_: str, at: int, data: dict[str, Any]) -> Generated:
        """An event of a kind that is too rare to be written by hand."""
        event = {
            "specversion": "1.0",
            "id": id_,
            "source": self.source,
            "type": type_,
            "time": format_time(at),
            "data": data,
        }
        return Generated(topic, key.encode(), _encode(event), at)
