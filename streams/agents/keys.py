"""Keys of the customers agent's spaces.

Ids may hold any character, so a length stands before all but the last of a key.
"""

from __future__ import annotations

from functools import lru_cache
from struct import Struct
from typing import Final

_DAY: Final = Struct(">I")
_CHUNK: Final = Struct(">I")
_POSITION: Final = Struct(">QQ")
#: Keys of days and partners that are remembered, as each click asks for one.
_REMEMBERED: Final = 16_384
#: Makes the earliest time of the calendar positive, so that bytes sort like times.
_TIME_SHIFT: Final = 1 << 62


def order_key(program: str, order_id: str) -> bytes:
    """An order; program ids hold no NUL."""
    return f"{program}\x00{order_id}".encode()


def orders_from(program: str) -> tuple[bytes, bytes]:
    """The span of keys of a program's orders."""
    return f"{program}\x00".encode(), f"{program}\x01".encode()


def refund_key(customer: str, refund_id: str) -> bytes:
    """A refund id, unique per customer."""
    return f"{len(customer)}\x00{customer}{refund_id}".encode()


def waiting_prefix(program: str, order_id: str, customer: str) -> bytes:
    """The refunds of a customer that wait for an order."""
    return f"{program}\x00{len(order_id)}\x00{order_id}{len(customer)}\x00{customer}".encode()


def waiting_key(prefix: bytes, time: int, offset: int, identity: str) -> bytes:
    """One waiting refund; within a prefix they sort by time and position."""
    return prefix + _POSITION.pack(time + _TIME_SHIFT, offset) + identity.encode()


def due_day(zone: str, day: int) -> bytes:
    """Where the due entries of a day begin."""
    return zone.encode() + b"\x00" + _DAY.pack(day)


def due_chunk(zone: str, day: int, number: int) -> bytes:
    """A chunk of the accounts that are released at a midnight."""
    return due_day(zone, day) + _CHUNK.pack(number)


def chunk_number(key: bytes) -> int:
    """The number of a chunk."""
    number: int = _CHUNK.unpack_from(key, len(key) - _CHUNK.size)[0]
    return number


def due_waiting(zone: str, day: int, time: int, offset: int, identity: str) -> bytes:
    """A waiting refund that is too old at a midnight."""
    return waiting_key(due_day(zone, day), time, offset, identity)


def after(key: bytes) -> bytes:
    """The smallest key above."""
    return key + b"\x00"


def beyond(prefix: bytes) -> bytes:
    """The end of the span of keys that begin with the prefix, which does not end in 0xFF: ids are UTF-8."""
    return prefix[:-1] + bytes([prefix[-1] + 1])


def request_key(kind: str, program: str, id_: str) -> bytes:
    """A business id of a kind, unique within a program."""
    return f"{kind}\x00{program}\x00{id_}".encode()


def click_key(customer: str, click_id: str) -> bytes:
    """A click id, unique per customer."""
    return f"{len(customer)}\x00{customer}{click_id}".encode()


def mark_key(customer: str, mark: str) -> bytes:
    """A device or an address that was seen on a customer's clicks or orders."""
    return f"{len(customer)}\x00{customer}{mark}".encode()


def clicked_from(program: str, partner: str, mark: str) -> str:
    """A device or an address from which a customer clicked on a partner's links, who is the prefix."""
    return f"{program}\x00{len(partner)}\x00{partner}{mark}"


def referral_key(program: str, referral_id: str) -> bytes:
    """A referral of a program."""
    return f"{program}\x00{referral_id}".encode()


def month_key(program: str, advocate: str, month: str) -> bytes:
    """The referrals of an advocate that were granted in a month."""
    return f"{program}\x00{month}\x00{advocate}".encode()


def standing_key(program: str, partner: str) -> bytes:
    """What customers know of a partner in a program."""
    return f"{program}\x00{partner}".encode()


@lru_cache(maxsize=_REMEMBERED)
def clicks_of(program: str, day: int, partner: str = "") -> bytes:
    """The clicks of a home day on a partner's links; days sort within a program."""
    return b"".join((program.encode(), b"\x00", _DAY.pack(day), partner.encode()))


def day_and_partner(program: str, key: bytes) -> tuple[int, str]:
    """The parts of a key of ``clicks_of``."""
    start = len(program.encode()) + 1
    day: int = _DAY.unpack_from(key, start)[0]
    return day, key[start + _DAY.size :].decode()


def case_key(program: str, partner: str, case_id: str) -> bytes:
    """A case of compliance."""
    return f"{program}\x00{len(partner)}\x00{partner}{case_id}".encode()


def day_order(program: str, partner: str, day: int, number: int = 0) -> bytes:
    """The ``number``-th order of a home day that a partner is credited with."""
    return f"{program}\x00{len(partner)}\x00{partner}".encode() + _DAY.pack(day) + _CHUNK.pack(number)


def open_key(program: str, order_id: str, owner: str) -> bytes:
    """What is undecided of an order for one of its beneficiaries."""
    return f"{program}\x00{len(order_id)}\x00{order_id}{owner}".encode()


def brought_key(program: str, partner: str, day: int) -> bytes:
    """What a partner brought on a home day; its days are sorted."""
    return f"{program}\x00{len(partner)}\x00{partner}".encode() + _DAY.pack(day)


def day_key(program: str, day: int) -> bytes:
    """A home day of a program; its days are sorted."""
    return f"{program}\x00".encode() + _DAY.pack(day)


def report_key(program: str, day: int, agent: str, partition: int, number: int) -> bytes:
    """A message to a program's desk about a home midnight."""
    return day_key(program, day) + f"{agent}\x00".encode() + _POSITION.pack(partition, number)


def numbered(key: bytes, number: int) -> bytes:
    """One of several entries under a key, in the order of their numbers."""
    return key + b"\x00" + _CHUNK.pack(number)
