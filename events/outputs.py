"""Output events (DOMAIN section 7 and the dead letters): what Keyday decided, as frozen structs.

``time`` is milliseconds since the epoch and becomes the CloudEvents time. Amounts are integers in the
ledger's unit (``EUR/2`` counts cents, ``points`` counts points). Dates are ``YYYY-MM-DD`` home dates.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, field

from events.milestones import GoalProgressed, KeyDayClosed, KeyDayUpcoming, ReviewDue

Kind = Literal[
    "accrued",
    "tier",
    "bonus",
    "referral",
    "released",
    "reversed",
    "held",
    "unheld",
    "expired",
    "redeemed",
    "adjusted",
]

#: The rules of compliance, in the order in which they are looked at.
RuleName = Literal[
    "brand_bidding",
    "paid_traffic",
    "self_referral",
    "click_to_order_time",
    "click_flooding",
    "disallowed_referrer",
    "market_not_agreed",
    "reversal_rate",
    "terms_outdated",
]


class Posting(Struct, frozen=True, gc=False):
    """``amount`` moved from one account (with bucket) to another."""

    from_: str = field(name="from")
    to: str
    amount: int


class Cause(Struct, frozen=True, gc=False):
    """The identity of the input event that led to a decision; ticks have source ``keyday/clock``."""

    source: str
    id: str


class Reward(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One entry of the ledger: the data of a ``reward.<kind>`` event (id = entry_id, subject = account)."""

    entry_id: str
    seq: int
    program: str
    program_version: int
    account: str
    kind: Kind
    unit: str
    amount: int
    postings: tuple[Posting, ...]
    caused_by: Cause
    rule: str | None = None
    order_id: str | None = None
    key_day: str | None = None
    available_on: str | None = None
    expires_on: str | None = None
    desired: int | None = None
    reverses: str | None = None
    explain: tuple[str, ...] = ()


class RewardEvent(Struct, frozen=True, gc=False):
    """A ledger entry at a time; goes to topic ``rewards`` with the owner id as key."""

    time: int
    data: Reward


class DeadLetter(Struct, frozen=True, gc=False):
    """An input that took no effect: why, where it came from, and its original bytes untouched."""

    code: str
    detail: str
    topic: str
    partition: int
    offset: int
    time: int
    key: bytes | None
    value: bytes | None
    #: The record's own headers, where an event in binary mode has its attributes.
    headers: tuple[tuple[str, bytes], ...] = ()


class Credit(Struct, frozen=True, omit_defaults=True, gc=False):
    """A partner's part of an order: the exact share in lowest terms, and its net and gross.

    The click is the partner's newest touch with weight, and how long before the order it was.
    """

    partner_id: str
    weight: str
    net: int
    gross: int
    click_id: str | None = None
    click_to_order_ms: int | None = None


class AttributionDecided(Struct, frozen=True, kw_only=True, gc=False):
    """Which partners an order is credited to, and why; amounts are in the program's minor units."""

    order_id: str
    program: str
    program_version: int
    customer_id: str
    market: str
    channel: str
    reason: str
    occurred: str
    currency: str
    net: int
    gross: int
    new_customer: bool
    coupons: tuple[str, ...]
    key_days: tuple[str, ...]
    credits: tuple[Credit, ...]


class TierChanged(Struct, frozen=True, kw_only=True, gc=False):
    """A partner moved to another tier ("" is below the lowest); ``value`` is the metric of the window."""

    partner_id: str
    program: str
    program_version: int
    before: str
    after: str
    metric: str
    value: int
    window_start: str


class BudgetReached(Struct, frozen=True, kw_only=True, gc=False):
    """A budget was spent up to a share of it, or wholly; ``period`` is a month (2026-11) or ``lifetime``."""

    budget_id: str
    program: str
    program_version: int
    threshold: str
    period: str
    spent: int
    amount: int
    unit: str


class RedemptionDeclined(Struct, frozen=True, kw_only=True, gc=False):
    """An owner asked for more than is available."""

    redemption_id: str
    program: str
    account: str
    unit: str
    amount: int
    available: int
    reason: str


class ReferralDeclined(Struct, frozen=True, kw_only=True, gc=False):
    """A referral grants nothing to either side, and why."""

    referral_id: str
    program: str
    advocate_id: str
    friend_id: str
    reason: str
    order_id: str | None = None


class AccrualDeclined(Struct, frozen=True, kw_only=True, gc=False):
    """A credited partner earns nothing for an order, and why."""

    order_id: str
    program: str
    partner_id: str
    reason: str


class Notice(Struct, frozen=True, kw_only=True, gc=False):
    """A message to a partner in one of Keyday's languages; ``data`` is what it was written from.

    Money in ``data`` is an integer in minor units beside its currency, dates are ``YYYY-MM-DD``.
    """

    template: str
    partner_id: str
    program: str
    locale: str
    subject: str
    body: str
    data: dict[str, str | int | list[str]]


class Evidence(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What was seen: ``summary`` in a sentence, then where and how often, as far as the rule looks at it.

    ``source`` and ``id`` are the event's that shows it. Shares are decimals as in the program file.
    """

    summary: str
    source: str
    id: str
    occurred: str
    market: str | None = None
    click_id: str | None = None
    order_id: str | None = None
    refund_id: str | None = None
    customer_id: str | None = None
    #: The page that was visited, the query parameter that gives a paid click away, and where it came from.
    url: str | None = None
    parameter: str | None = None
    referrer: str | None = None
    host: str | None = None
    engine: str | None = None
    keyword: str | None = None
    #: The brand term as the program file writes it, and the words of the keyword that it was found in.
    brand_term: str | None = None
    matched: str | None = None
    display_url: str | None = None
    destination: str | None = None
    ad_copy: str | None = None
    rank: int | None = None
    evidence_url: str | None = None
    #: What the order has in common with a customer of the partner's own.
    shared: Literal["customer_id", "device_id", "ip_hash"] | None = None
    own_customer_id: str | None = None
    click_to_order_ms: int | None = None
    min_seconds: int | None = None
    markets_agreed: tuple[str, ...] | None = None
    clicks: int | None = None
    orders: int | None = None
    reversed: int | None = None
    limit: str | None = None
    #: The version of the terms that the partner has agreed to.
    terms_agreed: str | None = None
    terms_due: str | None = None


class Window(Struct, frozen=True, gc=False):
    """The time that evidence is about: from ``start`` up to, without it, ``end``."""

    start: str
    end: str


class CaseEvidence(Struct, frozen=True, kw_only=True, gc=False):
    """Evidence against a partner opens a case (its ``opening``-th time) or joins it as number ``number``.

    ``action`` is what was done about it; ``terms_version`` is the program's.
    """

    case_id: str
    program: str
    program_version: int
    partner_id: str
    rule: RuleName
    severity: str
    action: str
    evidence: Evidence
    window: Window
    terms_version: str | None
    opening: int
    number: int


class CaseDecided(Struct, frozen=True, kw_only=True, gc=False):
    """A person decided a case: what of its grants was given free or taken back for good, by unit."""

    case_id: str
    program: str
    partner_id: str
    rule: str
    decision: str
    actor: str
    opening: int
    entries: int
    amounts: dict[str, int]


class ResolutionIgnored(Struct, frozen=True, kw_only=True, gc=False):
    """A resolution of a case that is not open, and why it has no effect."""

    case_id: str
    program: str
    partner_id: str
    decision: str
    actor: str
    reason: Literal["case_unknown", "case_resolved"]


class PartnerBarred(Struct, frozen=True, kw_only=True, gc=False):
    """A rule suspended a partner, which earns nothing until somebody reinstates it."""

    partner_id: str
    program: str
    program_version: int
    case_id: str
    rule: str


#: What a decision says, by its CloudEvents type.
DecisionData = (
    AttributionDecided
    | TierChanged
    | BudgetReached
    | RedemptionDeclined
    | ReferralDeclined
    | AccrualDeclined
    | GoalProgressed
    | KeyDayUpcoming
    | KeyDayClosed
    | ReviewDue
    | Notice
    | CaseEvidence
    | CaseDecided
    | ResolutionIgnored
    | PartnerBarred
)


class Decision(Struct, frozen=True, gc=False):
    """Something decided that is no ledger entry, on its topic; ``key`` is the record's key."""

    topic: Literal["attributions", "milestones", "compliance", "notices"]
    type: str
    id: str
    subject: str
    key: str
    time: int
    data: DecisionData


OutputEvent = RewardEvent | DeadLetter | Decision
