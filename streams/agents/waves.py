"""The two waves in which an order is granted to a beneficiary: its accruals, then its bonuses.

Caps are looked at here; budgets are asked, and until all of a wave are answered the case stays open. What a
cap may have to give is counted when it is asked for, so that no two open cases share it.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from typing import Final, Generic, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from events.inputs import OrderPlaced
from events.messages import Answered, Asked, Credited, Send, Wish
from events.outputs import Cause
from events.units import unit_scale
from streams.agents import keys
from streams.agents.accounts import Accounts
from streams.engine.agent import Emit
from streams.engine.state import Space, State
from streams.rules.accrual import Granted, accruals
from streams.rules.bonus import best_of, bonuses, tier_extras
from streams.rules.caps import capped, count, period_of, spent
from streams.rules.ledger import Owner
from streams.rules.plan import OrderFacts, Plan, Share, order_facts
from streams.rules.state import Grant
from streams.rules.text import decimal_text
from streams.rules.tiers import level_of_id

E = TypeVar("E", bound=Owner)

_REMEMBERED_WEIGHTS: Final = 1_024


class Case(Struct):
    """An order and one of its beneficiaries: a customer, or the partner whose share it is."""

    plan: Plan
    facts: OrderFacts
    owner_id: str
    share: Share | None = None


class Open(Struct, array_like=True):
    """A case that waits for budgets: all that is needed to go on with it.

    ``group`` and ``tier`` are the partner's when the order came, ``weights`` those of all credited partners.
    """

    order: OrderPlaced
    version: int
    channel: str
    new_customer: bool
    weights: dict[str, tuple[int, int]]
    group: str
    tier: str | None
    wave: int
    wanted: list[Granted]
    grants: list[Grant]
    unanswered: int


def facts_of(plan: Plan, known: Credited | Open) -> OrderFacts:
    """The facts of an order that the customers agent decided on."""
    order = known.order
    day = plan.day(order.market, order.time)
    # It had a market and a rate when it was placed, and versions do not change.
    assert day is not None  # noqa: S101
    new = known.new_customer
    facts = order_facts(plan, order, day.home_day, day.key_days, known.channel, new_customer=new)
    assert facts is not None  # noqa: S101
    return facts


def share_of(known: Credited | Open, partner_id: str, group: str, tier: str | None) -> Share:
    """A partner's share of an order that is credited."""
    weights = {partner: _fraction(*weight) for partner, weight in known.weights.items()}
    return Share(partner_id, weights, group, tier)


@lru_cache(maxsize=_REMEMBERED_WEIGHTS)
def _fraction(numerator: int, denominator: int) -> Fraction:
    return Fraction(numerator, denominator)


class Waves(Generic[E]):
    """Runs the cases of one agent. ``done`` is called when a case that was open is complete."""

    def __init__(
        self,
        agent: str,
        state: State,
        accounts: Accounts[E],
        done: Callable[[Case, E, list[Grant], Emit], None],
    ) -> None:
        self._agent = agent
        self._accounts = accounts
        self._open: Space[Open] = state.space(b"a", Open, cache_limit=0)
        self._done = done

    def begin(self, case: Case, owner: E, emit: Emit) -> list[Grant] | None:
        """Grant what can be granted; ``None`` while budgets are asked."""
        plan, facts, share = case.plan, case.facts, case.share
        wanted = accruals(plan, facts, share)
        rules = plan.customers if share is None else plan.partners
        if rules.limited:
            return self._ask(case, owner, 1, self._capped(case, owner, wanted), [], emit)
        _count(case, owner, wanted)
        return self._second(case, owner, wanted, [], emit)

    def answered(self, message: Answered, emit: Emit) -> None:
        """Take in what a budget grants; go on when it was the last that was asked."""
        accounts = self._accounts
        key = keys.open_key(message.program, message.order_id, message.owner)
        open_ = self._open.get(key)
        if open_ is None:
            return
        granted = {wish.rule: wish.amount for wish in message.granted}
        order = open_.order
        plan = accounts.plan_version(order.program, open_.version)
        home_day = plan.home.ordinal(order.time)
        wanted = []
        owner = accounts.owner(message.owner)
        for one in open_.wanted:
            if one.budget == message.budget and one.rule in granted:
                amount = granted[one.rule]
                count(owner, order.program, one.rule, home_day, amount - one.amount)
                one = _answered(one, amount, message.left)  # noqa: PLW2901
            wanted.append(one)
        open_.wanted = wanted
        open_.unanswered -= 1
        if open_.unanswered:
            self._open.put(key, open_)
            accounts.owners.put(message.owner.encode(), owner)
            return
        self._open.delete(key)
        wanted = [one for one in wanted if one.amount]
        share = share_of(open_, message.owner, open_.group, open_.tier) if open_.weights else None
        case = Case(plan, facts_of(plan, open_), message.owner, share)
        if open_.wave == 1:
            grants = self._second(case, owner, wanted, open_.grants, emit)
        else:
            grants = self._post(case, owner, wanted, open_.grants, emit)
        if grants is not None:
            self._done(case, owner, grants, emit)
        accounts.owners.put(message.owner.encode(), owner)

    def _capped(self, case: Case, owner: E, wanted: list[Granted]) -> list[Granted]:
        """What the caps leave of the grants."""
        program, day = case.plan.program, case.facts.home_day
        left = []
        for one in wanted:
            if one.cap is None:
                left.append(one)
                continue
            used = spent(owner, program.id, one.rule, period_of(one.cap.period, day))
            grant = capped(one, one.cap, used, unit_scale(one.unit))
            if grant is not None:
                left.append(grant)
        return left

    def _ask(
        self,
        case: Case,
        owner: E,
        wave: int,
        wanted: list[Granted],
        grants: list[Grant],
        emit: Emit,
    ) -> list[Grant] | None:
        """Ask the budgets of a wave; without any it is granted at once."""
        order, program = case.facts.order, case.plan.program
        _count(case, owner, wanted)
        budgets = dict.fromkeys(one.budget for one in wanted if one.budget is not None)
        if not budgets:
            if wave == 1:
                return self._second(case, owner, wanted, grants, emit)
            return self._post(case, owner, wanted, grants, emit)
        share = case.share
        weights = {} if share is None else share.weights
        open_ = Open(
            order,
            program.version,
            case.facts.channel,
            case.facts.new_customer,
            {partner: (weight.numerator, weight.denominator) for partner, weight in weights.items()},
            "" if share is None else share.group,
            None if share is None else share.tier,
            wave,
            wanted,
            grants,
            len(budgets),
        )
        self._open.put(keys.open_key(program.id, order.order_id, case.owner_id), open_)
        for budget in budgets:
            wishes = tuple(Wish(one.rule, one.amount) for one in wanted if one.budget == budget)
            asked = Asked(
                program.id,
                program.version,
                budget,
                case.facts.home_day,
                order.time,
                wishes,
                self._agent,
                self._accounts.partition,
                case.owner_id,
                order.order_id,
            )
            emit(Send("budgets", budget, order.time, asked))
        return None

    def _second(
        self, case: Case, owner: E, accrued: list[Granted], grants: list[Grant], emit: Emit
    ) -> list[Grant] | None:
        """Post the accruals and the tier's extra, then see to the bonuses."""
        plan, facts, share = case.plan, case.facts, case.share
        self._post(case, owner, accrued, grants, emit)
        rules = plan.customers
        if share is not None:
            rules = plan.partners
            extras = tier_extras(plan, level_of_id(plan.program.tiers, share.tier), accrued)
            self._post(case, owner, extras, grants, emit)
        if not rules.bonuses:
            return grants
        wanted = bonuses(plan, facts, accrued, share)
        if not wanted:
            return grants
        if rules.limited:
            wanted = self._capped(case, owner, wanted)
        if plan.best_bonus:
            wanted = best_of(wanted)
        if rules.limited:
            return self._ask(case, owner, 2, wanted, grants, emit)
        _count(case, owner, wanted)
        return self._post(case, owner, wanted, grants, emit)

    def _post(
        self, case: Case, owner: E, wanted: list[Granted], grants: list[Grant], emit: Emit
    ) -> list[Grant]:
        """Post what is granted, and add it to the grants of the case."""
        if not wanted:
            return grants
        grant, plan, owner_id = self._accounts.grant, case.plan, case.owner_id
        order, home_day = case.facts.order, case.facts.home_day
        order_id, time, cause = order.order_id, order.time, Cause(order.source, order.id)
        for one in wanted:
            grants.append(grant(plan, owner_id, owner, one, order_id, cause, home_day, time, emit))  # noqa: PERF401 - in place
        return grants


def _count(case: Case, owner: Owner, wanted: list[Granted]) -> None:
    """Count what is about to be granted, or asked for."""
    program, day = case.plan.program.id, case.facts.home_day
    for one in wanted:
        count(owner, program, one.rule, day, one.amount)


def _answered(one: Granted, amount: int, left: int) -> Granted:
    """A grant as its budget answered it; 0 is nothing."""
    if amount == one.amount:
        return one
    scale = unit_scale(one.unit)
    step = f"budget {one.budget}: {decimal_text(left, scale)} left"
    desired = one.amount if one.desired is None else one.desired
    return replace(one, amount=amount, desired=desired, explain=(*one.explain, step))
