"""The accounts of an agent's owners: grants, reversals, redemptions and corrections, each one ledger entry.

Shared by the agents of customers and of partners; each posts to its own owners only.
"""

from __future__ import annotations

from typing import Final, Generic, TypeVar

from msgspec import Struct

from events.currencies import SCALES
from events.inputs import AdjustmentRequested, RedemptionRequested
from events.messages import GivenBack, Origin, Send
from events.outputs import Cause, Decision, Posting, RedemptionDeclined, Reward, RewardEvent
from events.time import DAY_MS
from events.units import POINTS, unit_scale
from schemas.program import Program
from schemas.programs import Programs
from streams.agents import keys
from streams.agents.releases import Releases
from streams.agents.versions import deciding_version
from streams.engine.agent import DUPLICATE, Emit, Outcome, Rejection
from streams.engine.state import Space, State
from streams.rules.accrual import Granted
from streams.rules.caps import count
from streams.rules.home_days import clamp_day, iso_date
from streams.rules.ledger import (
    Owner,
    add_available,
    add_pending,
    find_account,
    open_account,
    take_available,
    take_pending,
)
from streams.rules.plan import Plan, plan_of
from streams.rules.refunds import ROUNDINGS, target
from streams.rules.state import Grant, PartnerOrder, Tick
from streams.rules.text import decimal_text

E = TypeVar("E", bound=Owner)

#: Grants of no rule of the program file; they have no cap.
_UNCAPPED: Final = frozenset({"tier", "tier-points", "referral"})


class Reversal(Struct, frozen=True, kw_only=True, gc=False):
    """A refund or a cancel as its entries tell it, and how much of the order it comes to by now.

    ``refunded`` and ``net`` are in the order's currency; a cancel is all of it. The time of ``origin`` is
    when it takes effect.
    """

    program: str
    version: int
    order_id: str
    refund_id: str | None
    cancelled: bool
    origin: Origin
    refunded: int = 0
    net: int = 0
    currency: str = ""
    rounding: int = 0

    @property
    def prefix(self) -> str:
        """How the ids of its entries begin."""
        return self.refund_id or "cancel"

    @property
    def whole(self) -> bool:
        """Whether nothing is left of the order."""
        return self.cancelled or self.refunded >= self.net > 0

    def goal(self, grant: Grant) -> int:
        """How much of one of the order's grants is to be reversed by now."""
        if self.cancelled or (grant.whole and self.whole):
            return grant.amount
        return 0 if grant.whole else target(grant.amount, self.refunded, self.net, ROUNDINGS[self.rounding])

    def explain(self, grant: Grant, goal: int, bucket: str) -> tuple[str, ...]:
        """How the part of a grant that goes came about."""
        scale = unit_scale(grant.unit)
        granted, wanted = decimal_text(grant.amount, scale), decimal_text(goal, scale)
        if self.cancelled:
            share = f"all of {granted}: the order was cancelled"
        elif grant.whole:
            share = f"all of {granted}: the order was refunded in full"
        else:
            digits = SCALES[self.currency]
            refunded, net = decimal_text(self.refunded, digits), decimal_text(self.net, digits)
            share = f"{granted} * {refunded} / {net}, rounded {ROUNDINGS[self.rounding]} to {wanted}"
        return share, f"{wanted} - {decimal_text(grant.reversed, scale)} reversed before, from {bucket}"


class Seizure:
    """What a case of compliance does to the grants of one order, as its entries tell it."""

    __slots__ = ("case_id", "order_id", "origin", "program", "version", "why")

    def __init__(self, case_id: str, order_id: str, decided: PartnerOrder, origin: Origin, why: str) -> None:
        self.case_id = case_id
        self.order_id = order_id
        self.program = decided.program
        self.version = decided.version
        self.origin = origin
        self.why = why

    @property
    def prefix(self) -> str:
        """How the ids of its reversals begin."""
        return self.case_id

    def explain(self, grant: Grant, goal: int, bucket: str) -> tuple[str, ...]:
        """Why the grant is taken back."""
        scale = unit_scale(grant.unit)
        wanted, before = decimal_text(goal, scale), decimal_text(grant.reversed, scale)
        return f"case {self.case_id}: {self.why}", f"{wanted} - {before} reversed before, from {bucket}"


class Accounts(Generic[E]):
    """The owners of one agent and what belongs to their accounts. Spans are in milliseconds of event time.

    ``kind`` is ``customer`` or ``partner``, the first part of their accounts' names.
    """

    def __init__(
        self,
        kind: str,
        entity: type[E],
        state: State,
        programs: Programs,
        *,
        memory_days: int,
        lateness_days: int,
        cache_entities: int,
    ) -> None:
        self.kind = kind
        self.programs = programs
        self.partition = state.partition
        #: How long business ids are known.
        self.memory_ms = memory_days * DAY_MS
        #: How long they are kept: what is late must still find what it would have found in time.
        self.keep_ms = (memory_days + lateness_days) * DAY_MS
        self.entity = entity
        self.owners: Space[E] = state.space(b"c", entity, cache_limit=cache_entities)
        self.releases = Releases(state)
        self.ticks: Space[Tick] = state.space(b"t", Tick, cache_limit=64)
        #: When the id of a redemption or a correction was first seen.
        self.request_ids: Space[int] = state.space(b"q", int, cache_limit=0)
        self._last_plan: Plan | None = None

    def plan(self, program_id: str, time: int) -> Plan | None:
        """The rules of the program version in force, made ready; ``None`` when there is none."""
        program = self.programs.in_force(program_id, time)
        last = self._last_plan
        if last is not None and last.program is program:
            return last
        return None if program is None else self.plan_of(program)

    def plan_of(self, program: Program) -> Plan:
        """The rules of a program version, made ready."""
        self._last_plan = plan = plan_of(program)
        return plan

    def plan_version(self, program_id: str, version: int) -> Plan:
        """The rules of a version that decided something before."""
        last = self._last_plan
        if last is not None and last.program.version == version and last.program.id == program_id:
            return last
        return self.plan_of(deciding_version(self.programs, program_id, version))

    def owner(self, owner_id: str) -> E:
        """The owner; one that was never seen has nothing."""
        return self.owners.get(owner_id.encode()) or self.entity()

    def zone(self, program: str) -> str:
        """The home zone of a program that is loaded."""
        return self.programs.home_tz(program) or ""

    def last_day(self, zone: bytes) -> int:
        """The last day of a zone whose midnight is done, 0 before the first."""
        tick = self.ticks.get(zone)
        return 0 if tick is None else tick.day

    def grant(
        self,
        plan: Plan,
        owner_id: str,
        owner: E,
        one: Granted,
        order_id: str,
        cause: Cause,
        home_day: int,
        time: int,
        emit: Emit,
        subject: str | None = None,
    ) -> Grant:
        """Post what a rule grants, as one entry; ``subject`` begins its id, else the order's."""
        program, rule, unit, amount = plan.program, one.rule, one.unit, one.amount
        name = f"{self.kind}:{owner_id}"
        hold = plan.hold(one.hold_days, home_day)
        account = open_account(owner, unit)
        expires = 0 if one.expires_days is None else clamp_day(home_day + one.expires_days)
        zone = program.home_tz
        if one.hold_days:
            # A grant that comes after its midnight was ticked is released at the next.
            due, to = max(hold.day, self.last_day(plan.zone_key) + 1), f"{name}:pending"
            if add_pending(account, due, amount, program.id, expires):
                self.releases.add(zone, due, owner_id, unit)
        else:
            due, to = 0, f"{name}:available"
            if not expires and account.available >= 0:
                account.available += amount
            elif add_available(account, amount, program.id, expires):
                self.releases.add(zone, max(expires, self.last_day(plan.zone_key) + 1), owner_id, unit)
        owner.seq += 1
        entry_id = f"{subject or order_id}~{rule}~{name}"
        reward = Reward(
            entry_id=entry_id,
            seq=owner.seq,
            program=program.id,
            program_version=program.version,
            account=name,
            kind=one.kind,
            unit=unit,
            amount=amount,
            postings=(Posting(f"budget:{one.budget}" if one.budget else plan.source, to, amount),),
            caused_by=cause,
            rule=rule,
            order_id=order_id,
            key_day=one.key_day,
            available_on=hold.date,
            expires_on=iso_date(expires) if expires else None,
            desired=one.desired,
            explain=one.explain + hold.explain,
        )
        emit(RewardEvent(time, reward))
        return Grant(rule, unit, amount, due, 0, expires, one.budget or "", one.kind == "referral", entry_id)

    def reverse(
        self,
        what: Reversal | Seizure,
        owner_id: str,
        owner: E,
        grant: Grant,
        goal: int,
        home_day: int,
        emit: Emit,
    ) -> None:
        """Take back from a grant until ``goal`` is reversed of it.

        First what is held of it, then from its own lot while that is pending, else from what is available.
        """
        amount = goal - grant.reversed
        if amount <= 0:
            return
        name, unit = f"{self.kind}:{owner_id}", grant.unit
        account = open_account(owner, unit)
        held = min(grant.held, amount)
        rest = amount - held
        taken = [("held", held)] if held else []
        if held:
            account.held -= held
            grant.held -= held
        if rest and grant.due > self.last_day(self.zone(what.program).encode()):
            take_pending(account, grant.due, rest, what.program, grant.expires)
            taken.append(("pending", rest))
        elif rest:
            take_available(account, rest)
            taken.append(("available", rest))
        explain = what.explain(grant, goal, " and ".join(bucket for bucket, _ in taken))
        grant.reversed = goal
        owner.seq += 1
        source = f"budget:{grant.budget}" if grant.budget else f"program:{what.program}"
        reward = Reward(
            entry_id=f"{what.prefix}~{grant.entry_id}",
            seq=owner.seq,
            program=what.program,
            program_version=what.version,
            account=name,
            kind="reversed",
            unit=unit,
            amount=amount,
            postings=tuple(Posting(f"{name}:{bucket}", source, part) for bucket, part in taken),
            caused_by=Cause(what.origin.source, what.origin.id),
            rule=grant.rule,
            order_id=what.order_id,
            reverses=grant.entry_id,
            explain=explain,
        )
        emit(RewardEvent(what.origin.time, reward))
        if grant.rule not in _UNCAPPED:
            count(owner, what.program, grant.rule, home_day, -amount)
        if grant.budget:
            back = GivenBack(what.program, grant.budget, home_day, amount, what.origin.time)
            emit(Send("budgets", grant.budget, what.origin.time, back))

    def known_request(self, kind: str, program: str, id_: str, time: int) -> bool:
        """Whether the id of a request came before; if not, it is known from now on."""
        key = keys.request_key(kind, program, id_)
        first = self.request_ids.get(key)
        if first is not None and time - first <= self.memory_ms:
            return True
        self.request_ids.put(key, time)
        return False

    def redeem(self, event: RedemptionRequested, owner: E, emit: Emit) -> Outcome:
        """Spend from what is available, or decline."""
        program = self.programs.in_force(event.program, event.time)
        rejection = _wrong_unit(program, event.unit)
        if rejection is not None or program is None:
            return rejection
        if self.known_request("redemption", event.program, event.redemption_id, event.time):
            return DUPLICATE
        account = find_account(owner, event.unit)
        available = 0 if account is None else account.available
        scale = unit_scale(event.unit)
        if account is None or available < event.amount:
            emit(
                Decision(
                    "milestones",
                    "redemption.declined",
                    f"declined~{event.redemption_id}",
                    event.account,
                    event.account.partition(":")[2],
                    event.time,
                    RedemptionDeclined(
                        redemption_id=event.redemption_id,
                        program=event.program,
                        account=event.account,
                        unit=event.unit,
                        amount=event.amount,
                        available=available,
                        reason=f"only {decimal_text(available, scale)} available",
                    ),
                )
            )
            return None
        take_available(account, event.amount)
        owner.seq += 1
        self._emit_request(
            event,
            program,
            owner.seq,
            f"redeem~{event.redemption_id}",
            Posting(f"{event.account}:available", f"redeemed:{program.id}", event.amount),
            f"{decimal_text(event.amount, scale)} of {decimal_text(available, scale)} available",
            emit,
        )
        return None

    def adjust(self, event: AdjustmentRequested, owner: E, emit: Emit) -> Outcome:
        """Correct a balance, up or down."""
        program = self.programs.in_force(event.program, event.time)
        rejection = _wrong_unit(program, event.unit)
        if rejection is not None or program is None:
            return rejection
        if self.known_request("adjustment", event.program, event.adjustment_id, event.time):
            return DUPLICATE
        account = open_account(owner, event.unit)
        owner.seq += 1
        available, source = f"{event.account}:available", f"program:{program.id}"
        if event.amount > 0:
            add_available(account, event.amount, program.id)
            posting = Posting(source, available, event.amount)
        else:
            take_available(account, -event.amount)
            posting = Posting(available, source, -event.amount)
        self._emit_request(
            event,
            program,
            owner.seq,
            f"adjust~{event.adjustment_id}",
            posting,
            f"by {event.actor}: {event.reason}",
            emit,
        )
        return None

    def _emit_request(
        self,
        event: RedemptionRequested | AdjustmentRequested,
        program: Program,
        seq: int,
        entry_id: str,
        posting: Posting,
        explain: str,
        emit: Emit,
    ) -> None:
        reward = Reward(
            entry_id=entry_id,
            seq=seq,
            program=program.id,
            program_version=program.version,
            account=event.account,
            kind="redeemed" if isinstance(event, RedemptionRequested) else "adjusted",
            unit=event.unit,
            amount=event.amount,
            postings=(posting,),
            caused_by=Cause(event.source, event.id),
            explain=(explain,),
        )
        emit(RewardEvent(event.time, reward))


def _wrong_unit(program: Program | None, unit: str) -> Rejection | None:
    if program is None:
        return Rejection("program_unknown", "no version of the program is in force then")
    if unit not in {POINTS, program.money_unit}:
        return Rejection("unit_unknown", f"{unit} is no unit of program {program.id}")
    return None
