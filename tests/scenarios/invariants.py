"""What holds for every ledger of the domain, at each prefix of it and when nothing is under way any more."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from events.outputs import AttributionDecided, Reward, RewardEvent
from events.time import DAY_MS, parse_time
from projections.balances import Balance, fold, is_sound
from schemas.program import Accrual, Bonus, Program
from streams.explain.recorded import read
from streams.rules.caps import period_of
from tests.scenarios.world import World

GRANTS = {"accrued", "tier", "bonus", "referral"}
BUCKETS = {"pending", "available", "held"}
#: From where to where each kind moves, own buckets by their names.
WAYS = {
    **{kind: {("program", "pending"), ("program", "available")} for kind in GRANTS},
    "released": {("pending", "available")},
    "expired": {("available", "expired")},
    "redeemed": {("available", "redeemed")},
    "adjusted": {("program", "available"), ("available", "program")},
    "reversed": {(own, contra) for own in BUCKETS for contra in ("program", "budget")},
}
WAYS["held"] = {("pending", "held"), ("available", "held")}
WAYS["unheld"] = {("held", "pending"), ("held", "available")}
for _kind in ("accrued", "bonus"):
    WAYS[_kind] = WAYS[_kind] | {("budget", "pending"), ("budget", "available")}


def check(world: World) -> None:
    """The ledger so far: each entry by itself, and the sums of every prefix."""
    world.check_ledger()
    events = world.reward_events
    check_entries(events)
    check_identity(world, events)
    check_attributions(world)
    check_balances(world)
    check_prefixes(world.programs.all(), events, in_order=world.in_order)


def check_entries(events: list[RewardEvent]) -> None:
    """An entry moves what its kind moves, and a reversal never more than is left of its grant."""
    grants: dict[str, Any] = {}
    left: Counter[str] = Counter()
    for event in events:
        one = event.data
        for posting in one.postings:
            assert posting.amount > 0
            way = (_end(one.account, posting.from_), _end(one.account, posting.to))
            assert way in WAYS[one.kind], (one.entry_id, way)
        assert one.desired is None or one.desired > one.amount
        if one.kind in GRANTS:
            grants[one.entry_id], left[one.entry_id] = one, one.amount
            assert one.available_on is not None
        if one.kind == "reversed":
            assert one.reverses is not None
            grant = grants[one.reverses]
            left[one.reverses] -= one.amount
            assert left[one.reverses] >= 0, one.entry_id
            assert (one.account, one.unit, one.order_id) == (grant.account, grant.unit, grant.order_id)
            assert {posting.to for posting in one.postings} == {grant.postings[0].from_}


def check_steps(events: list[RewardEvent]) -> None:
    """Each step of an entry can be told in any language."""
    assert [step for event in events for step in event.data.explain if read(step) is None] == []


def check_identity(world: World, events: list[RewardEvent]) -> None:
    """What an account holds is what it earned less what was reversed, redeemed and expired."""
    held: Counter[tuple[str, str]] = Counter()
    for name, units in world.balances().items():
        owner, _, bucket = name.rpartition(":")
        if bucket in BUCKETS:
            for unit, amount in units.items():
                held[owner, unit] += amount
    moved: Counter[tuple[str, str]] = Counter()
    for event in events:
        one = event.data
        sign = 1 if one.kind in GRANTS or one.kind == "adjusted" else -1
        # The request of a correction has its sign; what came of it stands in the postings.
        amount = one.amount if one.kind == "adjusted" else sum(posting.amount for posting in one.postings)
        moved[one.account, one.unit] += 0 if one.kind in {"released", "held", "unheld"} else sign * amount
    assert +held == +moved
    assert -held == -moved


def check_attributions(world: World) -> None:
    """Credits add up to the order, each partner once, ascending."""
    orders = [one.data for one in world.decisions if isinstance(one.data, AttributionDecided)]
    assert all(count == 1 for count in Counter((one.program, one.order_id) for one in orders).values())
    for one in orders:
        if one.credits:
            assert sum(credit.net for credit in one.credits) == one.net
            assert sum(credit.gross for credit in one.credits) == one.gross
        names = [credit.partner_id for credit in one.credits]
        assert names == sorted(set(names))


def check_balances(world: World) -> None:
    """The ledger folded anew, as its readers do, gives the balances that its postings add up to."""
    folded: dict[tuple[str, str], Balance] = {}
    for event in world.reward_events:
        key = event.data.account, event.data.unit
        folded[key] = fold(folded.get(key, Balance(event.data.unit)), event)
    accounts = world.balances()
    for (account, unit), balance in folded.items():
        assert is_sound(balance), (account, balance)
        for bucket in BUCKETS:
            there = accounts.get(f"{account}:{bucket}", {}).get(unit, 0)
            assert getattr(balance, bucket) == there, (account, bucket, balance)


def check_prefixes(programs: list[Program], events: list[RewardEvent], *, in_order: bool = True) -> None:
    """No grant goes beyond its budget or its cap; what is reversed may be granted again.

    The limits are those of the version that decided. Where agents do not keep pace, a grant may be posted after one
    that was decided later: then the widest limits of all versions hold.
    """
    versions = {(program.id, program.version): program for program in programs}
    grants: dict[str, RewardEvent] = {}
    left: Counter[str] = Counter()
    for event in events:
        one = event.data
        if one.kind == "reversed":
            left[one.reverses or ""] -= one.amount
        if one.kind not in GRANTS:
            continue
        grants[one.entry_id], left[one.entry_id] = event, one.amount
        deciding = versions[one.program, one.program_version]
        asked = [deciding] if in_order else [each for each in programs if each.id == one.program]
        rule = _rule(deciding, one.rule)
        if rule is not None and rule.budget is not None:
            source = one.postings[0].from_
            assert source == f"budget:{rule.budget}", one.entry_id
            period = period_of(deciding.budgets[rule.budget].period, home_day(deciding, event.time))
            of_budget = [
                left[name]
                for name, grant in _of_period(grants, deciding, period)
                if grant.postings[0].from_ == source
            ]
            most = max(each.budgets[rule.budget].amount for each in asked if rule.budget in each.budgets)
            assert sum(of_budget) <= most, (one.entry_id, sum(of_budget), most)
        caps = [None if (each := _rule(version, one.rule)) is None else each.cap for version in asked]
        if rule is not None and rule.cap is not None and None not in caps:
            period = period_of(rule.cap.period, home_day(deciding, event.time))
            of_rule = [
                left[name]
                for name, grant in _of_period(grants, deciding, period)
                if (grant.account, grant.rule) == (one.account, one.rule)
            ]
            # ``allow_last`` goes beyond by less than one grant.
            most = max(
                cap.amount + (max(of_rule) - 1 if cap.over == "allow_last" else 0) for cap in caps if cap
            )
            assert sum(of_rule) <= most, (one.entry_id, sum(of_rule), most)


def _of_period(
    grants: dict[str, RewardEvent], program: Program, period: tuple[int | None, int | None]
) -> Iterator[tuple[str, Reward]]:
    """The grants of a program whose home dates lie in a period, by their ids."""
    first, last = period
    for name, event in grants.items():
        day = home_day(program, event.time)
        within = (first is None or first <= day) and (last is None or day <= last)
        if event.data.program == program.id and within:
            yield name, event.data


def check_rest(world: World, *, pending: bool = True) -> None:
    """Nothing is under way any more: all is answered, and what agents count is what the ledger says."""
    customers, partners, _ = world.agents
    for state in (customers._state, partners._state):
        assert not list(_all(state.owners, "waiting"))
    assert not [key for reader in world.readers[:2] for key in reader.values if key[:1] == b"a"]
    assert not [key for key in world.readers[1].values if key[:1] == b"w"]
    assert not [order for _, order in customers._state.orders.scan(b"", b"\xff") if order.unanswered]
    assert not [order for _, order in partners._state.orders.scan(b"", b"\xff") if order.open]
    for _, customer in customers._state.owners.scan(b"", b"\xff"):
        assert all(one.granted is not None for one in customer.referred if one.order_id)
    if pending:
        left = {name: units for name, units in world.balances().items() if name.endswith(":pending")}
        assert {amount for units in left.values() for amount in units.values()} <= {0}, left
    _check_counts(world)
    _check_referrals(world)


def _check_referrals(world: World) -> None:
    """A referral qualifies by the friend's first order that is good enough, whoever answered first."""
    versions = {(program.id, program.version): program for program in world.programs.all()}
    decided = [one.data for one in world.decisions if isinstance(one.data, AttributionDecided)]
    for key, customer in world.agent._state.owners.scan(b"", b"\xff"):
        for one in customer.referred:
            good = [
                order.order_id
                for order in decided
                if (order.program, order.customer_id) == (one.program, key.decode())
                and (rules := versions[order.program, order.program_version].referral) is not None
                and one.created <= parse_time(order.occurred) < one.created + rules.window_days * DAY_MS
                and order.net >= rules.min_order
            ]
            assert one.order_id == (good[0] if good else ""), (one.referral_id, good)


def _check_counts(world: World) -> None:
    """Budgets have spent, and caps count, what the ledger says."""
    customers, partners, budgets = world.agents
    of_budgets: Counter[tuple[str, str]] = Counter()
    of_rules: Counter[tuple[str, str, str]] = Counter()
    for one in world.rewards:
        sign = {"reversed": -1, "accrued": 1, "bonus": 1}.get(one.kind, 0)
        if not sign or one.rule in {"referral", "tier", "tier-points"}:
            continue
        of_rules[one.account, one.program, one.rule or ""] += sign * one.amount
        for posting in one.postings:
            for end in (posting.from_, posting.to):
                if end.startswith("budget:"):
                    of_budgets[one.program, end.partition(":")[2]] += sign * posting.amount
    counted: Counter[tuple[str, str]] = Counter()
    for key, budget in budgets.entities.scan(b"", b"\xff"):
        program, _, name = key.decode().partition("\0")
        counted[program, name] = sum(budget.by_day.values())
    assert +counted == +of_budgets
    granted: Counter[tuple[str, str, str]] = Counter()
    for kind, agent in (("customer", customers), ("partner", partners)):
        for key, owner in agent.entities.scan(b"", b"\xff"):
            for name, by_day in owner.granted.items():
                program, _, rule = name.partition("\0")
                granted[f"{kind}:{key.decode()}", program, rule] = sum(by_day.values())
    assert +granted == +of_rules
    assert not -granted


def home_day(program: Program, time: int) -> int:
    """The home date of a time, as an ordinal."""
    return datetime.fromtimestamp(time / 1000, ZoneInfo(program.home_tz)).toordinal()


def by_owner(world: World) -> dict[str, list[Any]]:
    """The entries of each account, in order."""
    found: dict[str, list[Any]] = defaultdict(list)
    for event in world.outputs:
        if isinstance(event, RewardEvent):
            found[event.data.account].append((event.time, event.data))
    return dict(found)


def left_of_order(world: World, order_id: str) -> int:
    """What all grants of an order add up to, less what was reversed."""
    signs = dict.fromkeys(GRANTS, 1) | {"reversed": -1}
    return sum(signs.get(one.kind, 0) * one.amount for one in world.rewards if one.order_id == order_id)


def _rules(program: Program) -> Iterator[Accrual | Bonus]:
    yield from program.accruals
    yield from program.bonuses


def _rule(program: Program, rule_id: str | None) -> Accrual | Bonus | None:
    return next((rule for rule in _rules(program) if rule.id == rule_id), None)


def _all(owners: Any, name: str) -> Iterator[Any]:
    return (key for key, owner in owners.scan(b"", b"\xff") if getattr(owner, name, 0))


def _end(account: str, name: str) -> str:
    """A bucket of the entry's own account, or the kind of another account."""
    owner, _, bucket = name.rpartition(":")
    return bucket if owner == account and bucket in BUCKETS else name.partition(":")[0]
