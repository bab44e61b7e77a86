"""What there is to say about an entry or an order: its events, and why other rules granted nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from fractions import Fraction
from typing import Final, Literal, TypeVar, get_args

import msgspec
from msgspec import Raw, Struct

from events.inputs import Input, OrderPlaced, PartnerRecord
from events.outputs import AccrualDeclined, AttributionDecided, RewardEvent, RuleName, TierChanged
from events.time import format_time, parse_time
from schemas.codec import Decoded, Decoder, decode_output
from schemas.program import Program
from streams.explain.rule_text import Versions
from streams.explain.sources import Source, holding
from streams.rules.plan import OrderFacts, Plan, Share, order_facts
from streams.rules.reasons import NotGranted, why_not
from streams.rules.tiers import Tiering, level_of

#: Kinds of entries that the rules of an order grant.
_OF_RULES: Final = ("accrued", "tier", "bonus")
#: Parts of the id of a grant: order, rule, account.
_GRANT_PARTS: Final = 3
#: Kinds of entries that move what a case holds.
_HOLDS: Final = ("held", "unheld")

T = TypeVar("T", bound=Struct)

#: Why nothing can be said about other rules.
Lacking = Literal["need_programs", "need_order", "no_order"]


class Beneficiary(Struct, frozen=True):
    """An account that an order could reward; ``inactive`` is why a partner took no part at all."""

    account: str
    not_granted: tuple[NotGranted, ...] = ()
    inactive: str | None = None


class OrderFound(Struct, frozen=True):
    """How an order was attributed, and who could be rewarded for it; empty when something is ``lacking``."""

    attribution: AttributionDecided
    beneficiaries: tuple[Beneficiary, ...]
    lacking: Lacking | None


class Found(Struct, frozen=True):
    """Entries to be explained, in the order of the ledger, and every entry that has to do with them."""

    entries: tuple[RewardEvent, ...]
    related: tuple[RewardEvent, ...]
    orders: tuple[OrderFound, ...]

    def reversals(self, entry: RewardEvent) -> Iterator[RewardEvent]:
        """What was taken back of an entry."""
        return (one for one in self.related if one.data.reverses == entry.data.entry_id)

    def holds(self, entry: RewardEvent) -> Iterator[RewardEvent]:
        """What of an entry was held for a case, and given free."""
        name = f"~{entry.data.entry_id}"
        return (
            one
            for one in self.related
            if one.data.kind in _HOLDS
            and one.data.entry_id.endswith(name)
            and one.data.account == entry.data.account
        )

    def original(self, entry: RewardEvent) -> RewardEvent | None:
        """What an entry takes back, holds or gives free."""
        if entry.data.kind in _HOLDS:
            return next((one for one in self.related if entry in list(self.holds(one))), None)
        return next((one for one in self.related if one.data.entry_id == entry.data.reverses), None)

    def case(self, entry: RewardEvent) -> str | None:
        """The case of compliance that an entry belongs to, when it does."""
        original = self.original(entry)
        if original is None:
            return None
        name = entry.data.entry_id.removesuffix(f"~{original.data.entry_id}")
        if entry.data.kind in _HOLDS:
            return name.partition("~")[2]
        return name if name.partition("~")[0] in get_args(RuleName) else None


class _Milestone(Struct):
    id: str
    type: str
    time: str
    data: Raw


class _Attributed(Struct):
    data: AttributionDecided


_attributed = msgspec.json.Decoder(_Attributed).decode
_milestone = msgspec.json.Decoder(_Milestone).decode


def find(source: Source, versions: Versions, wanted: str) -> Found | None:
    """The entry with this id, or all entries of the order with this id; ``None`` when there is neither.

    Raises:
        msgspec.MsgspecError: the source holds something that Keyday did not write.
    """
    sought = {wanted, *_named(wanted)}
    found = _rewards(source, sought)
    entries = tuple(one for one in found if one.data.entry_id == wanted)
    if entries:
        names = {name for one in entries for name in (one.data.order_id, one.data.reverses) if name}
        if not names <= sought:
            found = _rewards(source, {wanted, *names})
        orders = {one.data.order_id for one in entries if one.data.kind in _OF_RULES}
        accounts = {one.data.account for one in entries}
    else:
        entries = tuple(one for one in found if one.data.order_id == wanted)
        orders, accounts = {wanted}, set()
    attributions = [
        one.data
        for order in sorted(orders - {None}, key=str)
        for one in (
            _attributed(record.value or b"") for record in holding(source.records("attributions"), str(order))
        )
        if one.data.order_id == order
    ]
    if not entries and not attributions:
        return None
    details = [_order(source, versions, one, accounts, found) for one in attributions]
    return Found(entries, tuple(found), tuple(details))


def _named(entry_id: str) -> tuple[str, ...]:
    """The grant and the order in the id of an entry, if it is made as most are: they spare a second pass."""
    grant = entry_id.split("~")[-_GRANT_PARTS:]
    of_owner = len(grant) == _GRANT_PARTS and grant[-1].startswith(("customer:", "partner:"))
    return (grant[0], "~".join(grant)) if of_owner else ()


def _rewards(source: Source, names: Collection[str]) -> list[RewardEvent]:
    return [decode_output(record.value or b"") for record in holding(source.records("rewards"), *names)]


def _order(
    source: Source,
    versions: Versions,
    decided: AttributionDecided,
    accounts: set[str],
    rewards: list[RewardEvent],
) -> OrderFound:
    """What is known of an order about ``accounts``; no accounts are all that it could reward."""
    program = versions.program(decided.program, decided.program_version)
    if program is None:
        return OrderFound(decided, (), "need_programs")
    if not source.has_input:
        return OrderFound(decided, (), "need_order")
    order = _placed(source, versions, decided)
    plan = Plan(program)
    facts = None
    if order is not None:
        home_day, new = plan.home.ordinal(order.time), decided.new_customer
        facts = order_facts(plan, order, home_day, decided.key_days, decided.channel, new_customer=new)
    if facts is None:
        return OrderFound(decided, (), "no_order")
    possible = [f"customer:{decided.customer_id}", *(f"partner:{one.partner_id}" for one in decided.credits)]
    found = [
        _beneficiary(source, versions, plan, facts, decided, account, rewards)
        for account in possible
        if not accounts or account in accounts
    ]
    return OrderFound(decided, tuple(found), None)


def _beneficiary(
    source: Source,
    versions: Versions,
    plan: Plan,
    facts: OrderFacts,
    decided: AttributionDecided,
    account: str,
    rewards: list[RewardEvent],
) -> Beneficiary:
    share = None
    if account.startswith("partner:"):
        partner_id = account.partition(":")[2]
        milestones = list(_milestones(source, decided, partner_id))
        inactive = _inactive(milestones, decided, partner_id)
        if inactive is not None:
            return Beneficiary(account, inactive=inactive)
        weights = {one.partner_id: Fraction(one.weight) for one in decided.credits}
        group = _group(source, versions, decided, partner_id)
        share = Share(partner_id, weights, group, _tier(milestones, plan.program, decided, partner_id))
    granted = {
        one.data.rule: one.data.amount
        for one in rewards
        if one.data.kind in _OF_RULES
        and one.data.rule is not None
        and (one.data.program, one.data.order_id, one.data.account)
        == (decided.program, decided.order_id, account)
    }
    return Beneficiary(account, tuple(why_not(plan, facts, granted, share)))


def _placed(source: Source, versions: Versions, decided: AttributionDecided) -> OrderPlaced | None:
    """The order as it came in; one that was refused or dropped as a repeat has another time or customer."""
    for event in _events(source, versions, "orders", decided.order_id):
        if (
            isinstance(event, OrderPlaced)
            and (event.order_id, event.program) == (decided.order_id, decided.program)
            and event.customer_id == decided.customer_id
            and format_time(event.time) == decided.occurred
        ):
            return event
    return None


def _events(source: Source, versions: Versions, topic: str, name: str) -> Iterator[Input]:
    decode = Decoder(versions.programs).decode
    for record in holding(source.records(topic), name):
        decoded = decode(topic, record.key, record.value, record.headers)
        if isinstance(decoded, Decoded):
            yield decoded.event


def _group(source: Source, versions: Versions, decided: AttributionDecided, partner_id: str) -> str:
    """The partner's group when the order occurred."""
    group, since = "", None
    at = parse_time(decided.occurred)
    for event in _events(source, versions, "partner-events", partner_id):
        if (
            isinstance(event, PartnerRecord)
            and (event.partner_id, event.program) == (partner_id, decided.program)
            and event.time <= at
            and (since is None or event.time >= since)
        ):
            group, since = event.group, event.time
    return group


def _milestones(source: Source, decided: AttributionDecided, partner_id: str) -> Iterator[_Milestone]:
    """Those of a partner up to an order."""
    for record in holding(source.records("milestones"), partner_id):
        one = _milestone(record.value or b"")
        if one.time <= decided.occurred:
            yield one


def _inactive(milestones: list[_Milestone], decided: AttributionDecided, partner_id: str) -> str | None:
    for one in _of_type(milestones, "accrual.declined", AccrualDeclined):
        if (one.partner_id, one.order_id, one.program) == (partner_id, decided.order_id, decided.program):
            return one.reason
    return None


def _tier(
    milestones: list[_Milestone], program: Program, decided: AttributionDecided, partner_id: str
) -> str | None:
    """The partner's tier before the order: what the order itself led to counts for the next one."""
    own = f"tier~{decided.program}~{partner_id}~{decided.order_id}"
    tiering = Tiering()
    before = sorted((one for one in milestones if one.id != own), key=lambda one: one.time)
    for one in _of_type(before, "tier.changed", TierChanged):
        if (one.partner_id, one.program) == (partner_id, decided.program):
            tiering.level = one.after
    level = level_of(program.tiers, tiering)
    return None if level is None else level.id


def _of_type(milestones: list[_Milestone], type_: str, data: type[T]) -> list[T]:
    return [msgspec.json.decode(one.data, type=data) for one in milestones if one.type == type_]
