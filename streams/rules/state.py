"""What is remembered of customers and their orders, as stored values.

Stored as arrays: fields are only ever added, at the end, with a default. Days are proleptic ordinals, times
are milliseconds since the epoch, amounts are in the unit that stands beside them.
"""

from __future__ import annotations

from msgspec import Struct, field


class Lot(Struct, array_like=True, gc=False):
    """Pending amounts of one program that are released at the same midnight."""

    due: int
    amount: int
    program: str


class Account(Struct, array_like=True, gc=False):
    """One unit of an owner. ``available`` below zero is a debt; ``released_on`` is the last release's day."""

    unit: str
    available: int = 0
    held: int = 0
    pending: list[Lot] = field(default_factory=list)
    released_on: int = 0


class Customer(Struct, array_like=True, gc=False):
    """A customer: ``seq`` of the last entry, accounts by unit, programs ordered with, refunds that wait.

    ``memory`` is the engine's own: which events of the customer it has seen.
    """

    seq: int = 0
    accounts: list[Account] = field(default_factory=list)
    programs: list[str] = field(default_factory=list)
    waiting: int = 0
    memory: bytes = b""


class Grant(Struct, array_like=True, gc=False):
    """What a rule granted for an order; pending until ``due`` was ticked, available at once if that is 0."""

    rule: str
    unit: str
    amount: int
    due: int
    reversed: int = 0


class Order(Struct, array_like=True, gc=False):
    """A decided order: what later refunds need. ``net`` and ``refunded`` are in the order's currency."""

    customer: str
    version: int
    time: int
    currency: str
    net: int
    rounding: int
    grants: list[Grant]
    refunded: int = 0
    cancelled: bool = False


class TakeBack(Struct, array_like=True, gc=False):
    """A refund, or a cancel (``refund_id`` None), as far as it matters to the order."""

    customer: str
    program: str
    order_id: str
    refund_id: str | None
    amount: int
    currency: str
    time: int
    source: str
    id: str


class Waiting(Struct, array_like=True, gc=False):
    """A refund or cancel before its order, the day on which it is too old, and the record it came in."""

    what: TakeBack
    due: int
    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()


class Tick(Struct, array_like=True, gc=False):
    """How far a zone's midnights have come: ``day`` is done, ``doing`` is under way.

    ``cursor`` is where it stands among the due entries, or among what the sweep ``stage`` looks at.
    """

    day: int = 0
    doing: int = 0
    stage: int = 0
    cursor: bytes = b""
