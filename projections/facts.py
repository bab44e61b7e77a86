"""What the tables are folded from besides the ledger: decisions, and the inputs that no output repeats.

Inputs are read as they came in. Those that took no effect are in ``dead-letters`` once more: the same bytes
with the sign -1, so that both together count for nothing, in whatever order they are read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct
from xxhash import xxh3_64_intdigest

from events.inputs import (
    InputEvent,
    LinkClicked,
    OrderCancelled,
    OrderPlaced,
    OrderRefunded,
    PartnerRecord,
    PartnerReinstated,
    PartnerSuspended,
    ReferralCreated,
)
from events.milestones import GoalProgressed, KeyDayClosed, KeyDayUpcoming
from events.outputs import (
    AttributionDecided,
    BudgetReached,
    CaseDecided,
    CaseEvidence,
    PartnerBarred,
    ReferralDeclined,
    RewardEvent,
    TierChanged,
)
from events.time import parse_time
from projections.asked import AskedEvent, asked
from schemas.codec import Decoded, Decoder
from schemas.dead_letters import read_dead_letter
from schemas.rewards import decode_output
from streams.engine.record import Headed
from streams.engine.task import ORIGIN

#: The program of an input that names none.
ONLY: Final = ""
#: Inputs that are read besides clicks and orders.
_OTHER_INPUTS: Final = ("partner-events", "referrals")


class Ledger(Struct, frozen=True, tag="ledger", gc=False):
    """A ledger entry that counts: one that came for the first time."""

    time: int
    event: RewardEvent


class Attributed(Struct, frozen=True, tag="attributed", gc=False):
    """An order was decided at a time (milliseconds)."""

    time: int
    data: AttributionDecided


SaidData = (
    TierChanged
    | BudgetReached
    | ReferralDeclined
    | GoalProgressed
    | KeyDayUpcoming
    | KeyDayClosed
    | CaseEvidence
    | CaseDecided
    | PartnerBarred
)


class Said(Struct, frozen=True, gc=False):
    """A decision on ``milestones`` or ``compliance``, by its id."""

    topic: str
    id: str
    time: int
    data: SaidData


class Seen(Struct, frozen=True, kw_only=True, gc=False):
    """What all inputs have: when it occurred, 64 bits of its bytes, and +1, or -1 where it is dead."""

    program: str
    time: int
    digest: int
    sign: int = 1


class Click(Seen, frozen=True, kw_only=True, tag="click"):
    """A click on a partner's link."""

    click_id: str
    customer_id: str
    partner_id: str
    market: str


class Foreign(Struct, frozen=True, kw_only=True, tag="foreign", gc=False):
    """An order and its currency; ``placed`` reads on what is in another currency than its program's."""

    program: str
    currency: str
    value: bytes
    headers: tuple[tuple[str, bytes], ...] = ()
    sign: int = 1


class Placed(Seen, frozen=True, kw_only=True):
    """An order's net in its own currency."""

    order_id: str
    customer_id: str
    currency: str
    net: int


class Refund(Seen, frozen=True, kw_only=True, tag="refund"):
    """Part of an order was given back; a cancel has no ``refund_id``, no amount and no currency."""

    order_id: str
    customer_id: str
    refund_id: str | None
    amount: int
    currency: str


class Referred(Seen, frozen=True, kw_only=True, tag="referred"):
    """An advocate's code was used by a friend."""

    referral_id: str
    advocate_id: str
    friend_id: str


class Enrolled(Seen, frozen=True, kw_only=True, tag="enrolled"):
    """A partner's record: it replaces the one before."""

    partner_id: str
    group: str
    name: str | None
    markets: tuple[str, ...] | None
    terms_version: str | None
    paid_search_allowed: bool
    locale: str | None


class Stood(Seen, frozen=True, kw_only=True, tag="stood"):
    """A partner was suspended by a person, or reinstated."""

    partner_id: str
    suspended: bool
    reason: str | None
    actor: str | None


class Version(Struct, frozen=True, gc=False):
    """A version of a program as it was published: the program file as JSON."""

    content: bytes


Taken = Click | Foreign | Refund | Referred | Enrolled | Stood
Waiting = Ledger | Attributed | Taken
Fact = RewardEvent | Attributed | Said | Placed | Taken | Version | AskedEvent


def up_to(found: Iterable[Fact], at: int) -> Iterator[Fact]:
    """The facts that had occurred by an instant (milliseconds, included), and what has no time of its own.

    A version of a program says itself from when on it is in force; what an order's currency and a request are
    for has a time.
    """
    return (one for one in found if isinstance(one, Foreign | Version | AskedEvent) or one.time <= at)


#: A record's fact; ``None`` for one that no table looks at. Raises ``ValueError`` or an error of msgspec.
Decode = Callable[[Headed], Fact | None]


class _Any:
    """Programs as the decoder asks for them: an input without a program is that of ``ONLY``."""

    def resolve(self, program_id: str | None, _time: int) -> str | None:
        return program_id or ONLY

    def money_unit(self, _program_id: str) -> str | None:
        return None


class _Envelope(Struct, gc=False):
    id: str
    type: str
    time: str
    data: msgspec.Raw


class _AttributionEnvelope(Struct, gc=False):
    time: str
    data: AttributionDecided


class _OrderData(Struct, gc=False):
    currency: str | None = None
    program: str | None = None


class _OrderEnvelope(Struct, gc=False):
    type: str
    data: _OrderData


class _ClickData(Struct, gc=False):
    click_id: str
    customer_id: str
    partner_id: str
    market: str
    program: str | None = None


class _ClickEnvelope(Struct, gc=False):
    time: str
    data: _ClickData


_SAID: Final[dict[str, msgspec.json.Decoder[Any]]] = {
    name: msgspec.json.Decoder(type_)
    for name, type_ in {
        "tier.changed": TierChanged,
        "budget.threshold_reached": BudgetReached,
        "budget.exhausted": BudgetReached,
        "referral.declined": ReferralDeclined,
        "goal.progressed": GoalProgressed,
        "key_day.upcoming": KeyDayUpcoming,
        "key_day.closed": KeyDayClosed,
        "compliance.violation_detected": CaseEvidence,
        "compliance.evidence_added": CaseEvidence,
        "compliance.case_resolved": CaseDecided,
        "compliance.partner_suspended": PartnerBarred,
    }.items()
}
_decode_envelope: Final = msgspec.json.Decoder(_Envelope).decode
_decode_attribution: Final = msgspec.json.Decoder(_AttributionEnvelope).decode
_decode_order: Final = msgspec.json.Decoder(_OrderEnvelope).decode
_decode_click: Final = msgspec.json.Decoder(_ClickEnvelope).decode
_decode_input: Final = Decoder(_Any()).decode


def ledger_entry(record: Headed) -> RewardEvent:
    """The entry of a record of ``rewards``."""
    return decode_output(record.value or b"")


def attribution(record: Headed) -> Attributed:
    """The decision of a record of ``attributions``."""
    envelope = _decode_attribution(record.value or b"")
    return Attributed(parse_time(envelope.time), envelope.data)


def said(record: Headed) -> Said | None:
    """The decision of a record of ``milestones`` or ``compliance``, if a table looks at its type."""
    envelope = _decode_envelope(record.value or b"")
    decoder = _SAID.get(envelope.type)
    if decoder is None:
        return None
    return Said(record.topic, envelope.id, parse_time(envelope.time), decoder.decode(envelope.data))


def click(record: Headed) -> Fact | None:
    """The click of a record of ``clicks``."""
    return _click(record.value, record.headers, 1)


def order(record: Headed) -> Fact | None:
    """The refund or cancel, or the currency of an order, of a record of ``orders``."""
    return _order(record.value, record.headers, 1)


def referral(record: Headed) -> Fact | None:
    """The referral of a record of ``referrals``."""
    return _input("referrals", record.value, record.headers, 1)


def partner(record: Headed) -> Fact | None:
    """The record or the standing, or the request over HTTP, of a record of ``partner-events``."""
    return request(record) or _input("partner-events", record.value, record.headers, 1)


def request(record: Headed) -> AskedEvent | None:
    """The request over HTTP that a record was made of, if it was."""
    return asked(record.value, 1)


def dead_letter(record: Headed) -> Fact | None:
    """The input that a record of ``dead-letters`` takes back, if it is one of those that are read."""
    letter = read_dead_letter(record.timestamp, record.key, record.value, record.headers)
    if letter is None:
        return None
    origin = next(
        (value.decode("ascii", "replace") for name, value in letter.headers if name == ORIGIN), None
    )
    topic = origin or letter.topic
    if topic == "clicks":
        return _click(letter.value, letter.headers, -1)
    if topic == "orders":
        return _order(letter.value, letter.headers, -1)
    if topic in _REQUESTS and (dead := asked(letter.value, -1)) is not None:
        return dead
    return _input(topic, letter.value, letter.headers, -1) if topic in _OTHER_INPUTS else None


def version(record: Headed) -> Fact | None:
    """The version of a record of ``programs``."""
    decoded = _decode_input("programs", record.key, record.value, record.headers)
    return Version(decoded.event.content) if isinstance(decoded, Decoded) else None  # type: ignore[union-attr]


#: Where requests over HTTP go.
_REQUESTS: Final = frozenset({"account-requests", "partner-events"})

LEDGER: Final[Mapping[str, Decode]] = {"rewards": ledger_entry}

#: Every topic that the tables are folded from.
SOURCES: Final[Mapping[str, Decode]] = {
    "programs": version,
    "partner-events": partner,
    "clicks": click,
    "referrals": referral,
    "orders": order,
    **LEDGER,
    "attributions": attribution,
    "compliance": said,
    "milestones": said,
    "dead-letters": dead_letter,
    "account-requests": request,
}


def _click(value: bytes | None, headers: Sequence[tuple[str, bytes]], sign: int) -> Fact | None:
    if value is None or _is_binary(headers):
        return _input("clicks", value, headers, sign)
    try:
        envelope = _decode_click(value)
        time = parse_time(envelope.time)
    except (ValueError, msgspec.MsgspecError, RecursionError):
        return None  # the agents cannot read it either
    data = envelope.data
    return Click(
        program=data.program or ONLY,
        time=time,
        digest=xxh3_64_intdigest(value),
        sign=sign,
        click_id=data.click_id,
        customer_id=data.customer_id,
        partner_id=data.partner_id,
        market=data.market,
    )


def _order(value: bytes | None, headers: Sequence[tuple[str, bytes]], sign: int) -> Fact | None:
    if value is None or _is_binary(headers):
        fact = _input("orders", value, headers, sign)
        if not isinstance(fact, Placed):
            return fact
        own = tuple((name, raw) for name, raw in headers if name.startswith("ce_") or name == "content-type")
        return Foreign(
            program=fact.program, currency=fact.currency, value=value or b"", headers=own, sign=sign
        )
    try:
        envelope = _decode_order(value)
    except (ValueError, msgspec.MsgspecError, RecursionError):
        return None  # the agents cannot read it either
    if envelope.type != "order.placed":
        return _input("orders", value, headers, sign)
    data = envelope.data
    if data.currency is None:
        return None
    return Foreign(program=data.program or ONLY, currency=data.currency, value=value, sign=sign)


def placed(order: Foreign) -> Placed | None:
    """The order, read whole; ``None`` when it cannot be."""
    fact = _input("orders", order.value, order.headers, order.sign)
    return fact if isinstance(fact, Placed) else None


def _input(  # noqa: PLR0911 - one for each type
    topic: str, value: bytes | None, headers: Sequence[tuple[str, bytes]], sign: int
) -> Taken | Placed | None:
    decoded = _decode_input(topic, None, value, headers)
    if not isinstance(decoded, Decoded):
        return None
    event = decoded.event
    seen: dict[str, Any] = {
        "program": event.program,
        "time": event.time,
        "digest": decoded.content,
        "sign": sign,
    }
    if isinstance(event, LinkClicked):
        return Click(**seen, **_fields(event, "click_id", "customer_id", "partner_id", "market"))
    if isinstance(event, OrderPlaced):
        return Placed(**seen, **_fields(event, "order_id", "customer_id", "currency", "net"))
    if isinstance(event, OrderRefunded):
        names = ("order_id", "customer_id", "refund_id", "amount", "currency")
        return Refund(**seen, **_fields(event, *names))
    if isinstance(event, OrderCancelled):
        ids = _fields(event, "order_id", "customer_id")
        return Refund(**seen, **ids, refund_id=None, amount=0, currency="")
    if isinstance(event, ReferralCreated):
        return Referred(**seen, **_fields(event, "referral_id", "advocate_id", "friend_id"))
    if isinstance(event, PartnerRecord):
        own = _fields(event, "partner_id", "group", "name", "markets", "terms_version", "locale")
        return Enrolled(**seen, **own, paid_search_allowed=event.paid_search_allowed)
    if isinstance(event, PartnerSuspended | PartnerReinstated):
        suspended = isinstance(event, PartnerSuspended)
        return Stood(**seen, **_fields(event, "partner_id", "reason", "actor"), suspended=suspended)
    return None


def _fields(event: InputEvent, *names: str) -> dict[str, Any]:
    return {name: getattr(event, name) for name in names}


def _is_binary(headers: Sequence[tuple[str, bytes]]) -> bool:
    return any(name.startswith("ce_") for name, _ in headers)
