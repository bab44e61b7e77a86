"""What is remembered of owners and orders, as stored values.

Stored as arrays: fields are only ever added, at the end, with a default. Days are proleptic ordinals, times
are milliseconds since the epoch, amounts are in the unit that stands beside them.
"""

from __future__ import annotations

from msgspec import Struct, field

from streams.rules.attribution import Touch
from streams.rules.key_day_results import KeyDayResult
from streams.rules.tiers import Tiering


class Lot(Struct, array_like=True, gc=False):
    """Pending amounts of one program with the same day of release and of expiry (0: never)."""

    due: int
    amount: int
    program: str
    expires: int = 0


class Expiring(Struct, array_like=True, gc=False):
    """Available amounts of one program that expire on a day; what never expires needs no lot."""

    expires: int
    amount: int
    program: str


class Account(Struct, array_like=True, gc=False):
    """One unit of an owner. ``available`` below zero is a debt; ``released_on`` is the last release's day."""

    unit: str
    available: int = 0
    held: int = 0
    pending: list[Lot] = field(default_factory=list)
    released_on: int = 0
    #: In the order in which they were posted.
    expiring: list[Expiring] = field(default_factory=list)
    expired_on: int = 0


class Customer(Struct, array_like=True, gc=False):
    """A customer: ``seq`` of the last entry, accounts by unit, programs ordered with, refunds that wait.

    ``memory`` is the engine's own: which events of the customer it has seen.
    """

    seq: int = 0
    accounts: list[Account] = field(default_factory=list)
    programs: list[str] = field(default_factory=list)
    waiting: int = 0
    memory: bytes = b""
    referred: list[Referred] = field(default_factory=list)
    #: What rules granted, by program and rule and home day: a cap may come with a later version.
    granted: dict[str, dict[int, int]] = field(default_factory=dict)
    #: By program the newest clicks, ascending.
    touches: dict[str, list[Touch]] = field(default_factory=dict)
    #: Devices and addresses that were seen on clicks and orders.
    marks: list[str] = field(default_factory=list)
    #: Whether there are click ids, and marks, in entries of their own: those that have no room here.
    more_clicks: bool = False
    more_marks: bool = False
    #: Clicks by program, partner and hour, of hours in which they were counted: others had one at most.
    clicks: dict[str, int] = field(default_factory=dict)
    #: When it last clicked on a partner's links from a device or an address, of clicks that are no touches;
    #: by ``keys.clicked_from``.
    clicked_from: dict[str, int] = field(default_factory=dict)


class Grant(Struct, array_like=True, gc=False):
    """What a rule granted for an order; pending until ``due`` was ticked, available at once if that is 0."""

    rule: str
    unit: str
    amount: int
    due: int
    reversed: int = 0
    expires: int = 0
    #: The budget that it came from, "" for the program itself.
    budget: str = ""
    #: Whether it is reversed only as a whole, with its order: what a referral grants.
    whole: bool = False
    entry_id: str = ""
    #: What a case of compliance holds of it, and whether that was pending when it was held.
    held: int = 0
    held_pending: bool = False
    case_id: str = ""


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
    home_day: int = 0
    #: The credited partners, who are told of refunds.
    partners: tuple[str, ...] = ()
    #: The referral that the order qualified, "" when none.
    referral: str = ""
    #: How many have to answer before refunds can be applied: budgets, an advocate, partners.
    unanswered: int = 0
    #: Where it was counted: its market, its channel, and whether its customer was new.
    market: str = ""
    channel: str = ""
    new_customer: bool = False


class Referred(Struct, array_like=True, gc=False):
    """A referral of a friend: ``granted`` is None while it is open, or its advocate was asked."""

    program: str
    referral_id: str
    advocate_id: str
    created: int
    marks: list[str]
    #: The order that qualified it: its id, its event's identity and the key days that it fell on.
    order_id: str = ""
    source: str = ""
    event_id: str = ""
    key_days: list[str] = field(default_factory=list)
    granted: bool | None = None


class Advocacy(Struct, array_like=True, gc=False):
    """A referral that was granted to its advocate for an order of a home day."""

    advocate_id: str
    version: int
    day: int
    order_id: str
    grant: Grant | None


class Member(Struct, array_like=True, gc=False):
    """A partner's record in a program; ``markets`` None means all."""

    enrolled: bool = False
    suspended: bool = False
    group: str = ""
    markets: list[str] | None = None
    customer_ids: list[str] = field(default_factory=list)
    terms_version: str | None = None
    paid_search_allowed: bool = False
    locale: str | None = None
    name: str | None = None
    #: Suspended by a rule of compliance, not by a person.
    barred: bool = False
    #: The program's terms version that the record was found to be older than, "" when it was not.
    outdated: str = ""


class Partner(Struct, array_like=True, gc=False):
    """A partner: ``seq`` of the last entry, accounts by unit, and what it is in each program."""

    seq: int = 0
    accounts: list[Account] = field(default_factory=list)
    memory: bytes = b""
    members: dict[str, Member] = field(default_factory=dict)
    tiers: dict[str, Tiering] = field(default_factory=dict)
    #: What rules granted, by program and rule and home day: a cap may come with a later version.
    granted: dict[str, dict[int, int]] = field(default_factory=dict)
    #: By program and home day: credited orders that were refunded in full or cancelled.
    reversed: dict[str, dict[int, int]] = field(default_factory=dict)
    #: By program: devices and addresses of its own customers' clicks on its links, and whose they are.
    marks: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    #: By program: the clicks of the home day that ended last.
    clicked: dict[str, DayClicks] = field(default_factory=dict)


class DayClicks(Struct, array_like=True, gc=False):
    """Clicks of a home day as the customers' tasks told them, and whether they were found too fruitless."""

    day: int
    clicks: int = 0
    found: bool = False


class DayOrder(Struct, array_like=True, gc=False):
    """An order that a partner was credited with on a home day."""

    time: int
    order_id: str


class ComplianceCase(Struct, array_like=True, gc=False):
    """A case: ``time`` of the newest evidence, how often it was opened, and how much evidence it has.

    ``orders`` are those that it holds grants of, in the order in which they were held.
    """

    rule: str
    time: int
    open: bool = True
    opening: int = 1
    number: int = 1
    orders: list[str] = field(default_factory=list)
    #: How it was resolved last, "" before.
    decision: str = ""


class PartnerOrder(Struct, array_like=True, gc=False):
    """An order that a partner is credited with, as far as refunds and its tier need it."""

    program: str
    version: int
    time: int
    home_day: int
    #: The order's net in its own currency, and the partner's part of it in the program's.
    net: int
    credit_net: int
    rounding: int
    grants: list[Grant]
    refunded: int = 0
    cancelled: bool = False
    #: What reversals took off the partner's metric.
    lost_net: int = 0
    lost_order: bool = False
    open: bool = False
    customer_id: str = ""
    #: The partition of the customers agent that is to be told when all is granted.
    answer_to: int | None = None
    #: Where it was counted: its market, the partner's group then, and whether its customer was new.
    market: str = ""
    group: str = ""
    new_customer: bool = False
    #: Cases that wait for its grants: the one that holds them ("" when none), those that it is evidence of
    #: and that take back all of its day, and those that take back this order.
    hold: str = ""
    shows: list[str] = field(default_factory=list)
    claws: list[str] = field(default_factory=list)


class Brought(Struct, array_like=True, gc=False):
    """What a partner brought on a home day, by market: credited orders, net and new customers."""

    day: int
    markets: dict[str, tuple[int, int, int]] = field(default_factory=dict)


class Told(Struct, array_like=True, gc=False):
    """The shares of a goal that were told in the period that starts on a day."""

    first: int
    shares: list[str] = field(default_factory=list)


class DeskState(Struct, array_like=True, gc=False):
    """The desk of a program: which home midnight it closed last, and how far everybody has come.

    ``reported`` is by agent and partition, ``told`` by goal and whose it is, ``first`` the first home day
    that was counted.
    """

    closed: int = 0
    ticked: int = 0
    first: int = 0
    reported: dict[str, int] = field(default_factory=dict)
    told: dict[str, Told] = field(default_factory=dict)
    results: list[KeyDayResult] = field(default_factory=list)


class DaySums(Struct, array_like=True, gc=False):
    """What a program's orders of a home day came to, and by group what partners are credited with.

    Orders are by the day in the market, market, channel and key days.
    """

    orders: dict[tuple[int, str, str, tuple[str, ...]], tuple[int, int, int]] = field(default_factory=dict)
    groups: dict[str, tuple[int, int, int]] = field(default_factory=dict)


class BudgetState(Struct, array_like=True, gc=False):
    """What was spent of a budget by home day, and which alerts were given by period."""

    by_day: dict[int, int] = field(default_factory=dict)
    alerted: dict[str, list[str]] = field(default_factory=dict)
    memory: bytes = b""


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
