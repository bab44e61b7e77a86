"""What the API answers with, as types: the OpenAPI document is written from them."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct

from events.outputs import AttributionDecided, Reward
from projections.problems import ProblemCode

#: Characters: a longer account is refused.
MAX_ACCOUNT_CHARS = 300
#: As JavaScript's and Python's regular expressions both read it.
ACCOUNT_PATTERN = r"^(partner|customer):[^\u0000-\u001f\u007f]+$"

Account = Annotated[str, Meta(pattern=ACCOUNT_PATTERN, max_length=MAX_ACCOUNT_CHARS)]
Time = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]


class Problem(Struct):
    """An error (RFC 9457); ``code`` tells errors apart, and some have members of their own."""

    type: str
    title: str
    status: int
    code: ProblemCode
    detail: str


class Health(Struct):
    """How the server is."""

    status: str


class BalanceOf(Struct):
    """What an account holds in one unit, as integers of the unit; ``as_of`` is the last event counted."""

    unit: str
    pending: int
    available: int
    held: int
    earned: int
    redeemed: int
    expired: int
    reversed: int
    as_of: Time


class Balances(Struct):
    """The balances of an account."""

    account: str
    balances: list[BalanceOf]


class Entry(Reward, frozen=True, kw_only=True):
    """An entry of the ledger, and its time."""

    time: Time


class Statement(Struct):
    """A part of an account's entries; ``next`` is the ``after`` of the next part, if there is one."""

    account: str
    entries: list[Entry]
    next: int | None


class ExplainedOrder(Struct):
    """How an order was attributed, and why rules granted nothing to whom it could reward."""

    attribution: AttributionDecided
    lacking: str | None
    beneficiaries: list[dict[str, Any]]


class Explanation(Struct):
    """Why there are these entries: ``lines`` for a person, the rest for machines."""

    id: str
    language: str
    lines: list[str]
    entries: list[dict[str, Any]]
    orders: list[ExplainedOrder]
