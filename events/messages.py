"""What agents tell each other through their inboxes: facts that stay inside Keyday.

Times are milliseconds since the epoch, days are proleptic ordinals of home dates. Program amounts are in the
program's minor units.
"""

from __future__ import annotations

from msgspec import Struct

from events.inputs import OrderPlaced
from events.outputs import Evidence, RuleName


class Origin(Struct, frozen=True, array_like=True, gc=False):
    """The input event that led to a message: its identity and its time."""

    source: str
    id: str
    time: int


class Credited(Struct, frozen=True, tag="credited", gc=False):
    """To a partner: an order is credited to it. ``weights`` are exact shares of all credited partners.

    With ``answer_to``, a partition of the customers agent, it is told when all is granted.
    """

    partner_id: str
    order: OrderPlaced
    version: int
    channel: str
    new_customer: bool
    weights: dict[str, tuple[int, int]]
    answer_to: int | None = None
    #: The partner's newest click with weight, and how long before the order it was.
    click_id: str | None = None
    click_to_order_ms: int | None = None


class Settled(Struct, frozen=True, tag="settled", gc=False):
    """From a partner to a customer: what an order earned the partner is granted."""

    customer_id: str
    program: str
    order_id: str
    time: int


class Returned(Struct, frozen=True, tag="returned", gc=False):
    """To a partner: of an order's net ``refunded`` was given back so far, in the order's currency.

    A cancel has no ``refund_id``.
    """

    partner_id: str
    program: str
    order_id: str
    refund_id: str | None
    refunded: int
    currency: str
    cancelled: bool
    origin: Origin


class Wish(Struct, frozen=True, array_like=True, gc=False):
    """What a rule would grant."""

    rule: str
    amount: int


class Asked(Struct, frozen=True, tag="asked", gc=False):
    """To a budget: the wishes of one beneficiary of an order, by ascending rule id; the answer goes back."""

    program: str
    version: int
    budget: str
    day: int
    time: int
    wishes: tuple[Wish, ...]
    agent: str
    partition: int
    owner: str
    order_id: str


class Answered(Struct, frozen=True, tag="answered", gc=False):
    """From a budget: what it grants of each wish."""

    program: str
    budget: str
    owner: str
    order_id: str
    time: int
    granted: tuple[Wish, ...]
    left: int


class GivenBack(Struct, frozen=True, tag="given-back", gc=False):
    """To a budget: a grant of a home day was reversed."""

    program: str
    budget: str
    day: int
    amount: int
    time: int


class Qualified(Struct, frozen=True, tag="qualified", gc=False):
    """To an advocate: a friend's order qualifies a referral. ``marks`` are the friend's."""

    advocate_id: str
    friend_id: str
    friend_partition: int
    referral_id: str
    program: str
    version: int
    order_id: str
    day: int
    marks: tuple[str, ...]
    key_days: tuple[str, ...]
    origin: Origin


class Decided(Struct, frozen=True, tag="decided", gc=False):
    """From an advocate: whether a referral is granted."""

    friend_id: str
    program: str
    order_id: str
    referral_id: str
    granted: bool
    time: int


class Undone(Struct, frozen=True, tag="undone", gc=False):
    """To an advocate: a referral's order was refunded in full, or cancelled (no ``refund_id``)."""

    advocate_id: str
    program: str
    referral_id: str
    refund_id: str | None
    origin: Origin


#: What orders came to: how many, their net in minor units, and how many of new customers.
Figures = tuple[int, int, int]
#: Orders that are counted together: home day, day in the market, market, channel and key days.
OrderCell = tuple[int, int, str, str, tuple[str, ...]]
#: Credits that are counted together: home day and the partners' group.
GroupCell = tuple[int, str]


class PartnerLine(Struct, frozen=True, array_like=True, gc=False):
    """A partner at a review: by market what it brought in the period, and in the one before.

    One that is not ``enrolled`` has no record; orders that name it are credited to it all the same.
    """

    review: str
    partner_id: str
    group: str
    now: dict[str, Figures]
    before: dict[str, Figures]
    enrolled: bool = True


class GoalLine(Struct, frozen=True, array_like=True, gc=False):
    """A goal that partners have, at a review: how many have it and reached it, and what they brought.

    ``of`` is the partner of a goal that only one has.
    """

    goal: str
    of: str
    partners: int
    reached: int
    actual: int


class BudgetLine(Struct, frozen=True, array_like=True, gc=False):
    """A budget at a review: what is spent of it in its period."""

    budget: str
    spent: int


class Counted(Struct, frozen=True, tag="counted", gc=False):
    """To a program's desk: what a partition of an agent counted.

    ``day`` is the home day whose midnight it belongs to; with ``done`` the partition has come to it and has
    nothing more to say of what was before. The first message of a partition has nothing but ``done`` and the
    day on which it starts to count. ``number`` tells apart several of one day.
    """

    program: str
    agent: str
    partition: int
    day: int
    number: int
    time: int
    done: bool
    orders: dict[OrderCell, Figures] = {}
    groups: dict[GroupCell, Figures] = {}
    partners: tuple[PartnerLine, ...] = ()
    goals: tuple[GoalLine, ...] = ()
    budgets: tuple[BudgetLine, ...] = ()
    #: Open cases by rule, at a review.
    cases: dict[str, int] = {}


class Standing(Struct, frozen=True, tag="standing", gc=False):
    """From an enrolled partner to all customers: what rules about clicks need; ``markets`` None means all."""

    partner_id: str
    program: str
    paid_search_allowed: bool
    markets: tuple[str, ...] | None
    customer_ids: tuple[str, ...]


class Breach(Struct, frozen=True, array_like=True, gc=False):
    """A rule that a click breaks, and what shows it."""

    rule: RuleName
    evidence: Evidence


class Clicked(Struct, frozen=True, tag="clicked", gc=False):
    """To a partner: a click on its links breaks rules, looked at by a version of the program."""

    partner_id: str
    program: str
    version: int
    time: int
    breaches: tuple[Breach, ...]


class Marked(Struct, frozen=True, tag="marked", gc=False):
    """To a partner: devices and addresses on clicks by one of its own customers on its links."""

    partner_id: str
    program: str
    customer_id: str
    marks: tuple[str, ...]


class ClicksCounted(Struct, frozen=True, tag="clicks-counted", gc=False):
    """To a partner: the clicks on its links on a home day that ended at ``time``, by one task's customers."""

    partner_id: str
    program: str
    day: int
    clicks: int
    time: int


Message = (
    Credited
    | Settled
    | Returned
    | Asked
    | Answered
    | GivenBack
    | Qualified
    | Decided
    | Undone
    | Standing
    | Clicked
    | Marked
    | ClicksCounted
    | Counted
)


class Send(Struct, frozen=True, gc=False):
    """A message to the owner ``key`` of an agent; ``partition`` is where it lives, when that is known."""

    agent: str
    key: str
    time: int
    message: Message
    partition: int | None = None
