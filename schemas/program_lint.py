"""What is suspicious in a valid program file: rules that never grant, and words without an effect."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from schemas.program import Accrual, Bonus, Program, When

Rule = Accrual | Bonus
#: A path such as ``bonus[0].on``, and what is suspicious there.
Suspicion = tuple[str, str]

_KINDS: Final = ("accrual", "bonus", "budget")
_LISTS: Final = ("market", "channel", "category", "coupon", "key_day", "partner_group", "partner_id", "tier")


#: Actions that come to a flag, because the evidence is no order (to hold) or nothing that can be refused.
_FLAGS: Final = {
    "brand_bidding": ("hold", "reject"),
    "paid_traffic": ("hold",),
    "click_flooding": ("hold",),
    "disallowed_referrer": ("hold",),
    "reversal_rate": ("hold", "reject"),
    "terms_outdated": ("hold", "reject"),
}


def suspicions(program: Program, content: Mapping[str, Any]) -> Iterator[Suspicion]:
    """Everything suspicious; ``content`` is what the program was read from and tells where its rules are."""
    place = {
        (kind, table["id"]): f"{kind}[{position}]"
        for kind in _KINDS
        for position, table in enumerate(content.get(kind) or ())
    }
    yield from _budgets(program, place)
    for accrual in program.accruals:
        yield from _accrual(program, accrual, place["accrual", accrual.id])
        yield from _never(program, accrual, place["accrual", accrual.id])
    for bonus in program.bonuses:
        yield from _bonus(program, bonus, place["bonus", bonus.id])
        yield from _never(program, bonus, place["bonus", bonus.id])
    yield from _markets(program)
    yield from _referral(program)
    yield from _compliance(program, content.get("compliance") or {})


def implies(program: Program, rule: Accrual, other: Accrual) -> bool:
    """Whether the conditions of ``other`` hold whenever those of ``rule`` do."""
    when, wider = rule.when or When(), other.when or When()
    if wider.new_customer is not None and wider.new_customer != when.new_customer:
        return False
    if wider.min_order is not None:
        # Gross is never below net, so that an order whose net is enough has enough gross.
        fits = other.basis in {rule.basis, "gross"}
        if not fits or when.min_order is None or wider.min_order > when.min_order:
            return False
    levels = program.tiers.levels if program.tiers else ()
    always = {"market": set(program.markets), "tier": {level.id for level in levels}}
    for name in _LISTS:
        values, allowed = getattr(when, name), getattr(wider, name)
        if allowed is None or (name in always and always[name] <= set(allowed)):
            continue
        if values is None or not set(values) <= set(allowed):
            return False
    return True


def _rules(program: Program) -> list[Rule]:
    return [*program.accruals, *program.bonuses]


def _budgets(program: Program, place: Mapping[tuple[str, str], str]) -> Iterator[Suspicion]:
    used = {rule.budget for rule in _rules(program)}
    for name in program.budgets:
        if name not in used:
            yield place["budget", name], f"no rule uses the budget {name}"


def _accrual(program: Program, rule: Accrual, path: str) -> Iterator[Suspicion]:
    if rule.priority and rule.exclusive is None:
        yield f"{path}.priority", "has no effect without exclusive"
    # Rules of nothing with `exclusive` are a way to keep others from granting.
    if rule.exclusive is None and not (rule.flat or (rule.rate and rule.rate.numerator)):
        yield path, f"rule {rule.id} grants nothing"
    yield from _lifetime(path, rule.hold_days, rule.expires_days)
    for other in program.accruals:
        stronger = (-other.priority, other.id) < (-rule.priority, rule.id)
        rivals = rule.exclusive is not None and other.exclusive == rule.exclusive and other.to == rule.to
        if rivals and stronger and implies(program, rule, other):
            yield path, f"rule {rule.id} never wins {rule.exclusive}: {other.id} always goes before it"
            return


def _bonus(program: Program, rule: Bonus, path: str) -> Iterator[Suspicion]:
    yield from _lifetime(path, rule.hold_days, rule.expires_days)
    if rule.multiply is None:
        if not rule.flat:
            yield path, f"bonus {rule.id} grants nothing"
    elif rule.multiply.numerator == rule.multiply.denominator:
        yield f"{path}.multiply", f"bonus {rule.id} adds nothing: it multiplies by 1"
    elif not any((one.to, one.unit) == (rule.to, rule.unit) for one in program.accruals):
        yield path, f"bonus {rule.id} has nothing to multiply: no accrual to a {rule.to} in {rule.unit}"


def _lifetime(path: str, hold_days: int | None, expires_days: int | None) -> Iterator[Suspicion]:
    if expires_days is not None and expires_days <= (hold_days or 0):
        yield f"{path}.expires_days", "what it grants expires before anybody can spend it"


def _never(program: Program, rule: Rule, path: str) -> Iterator[Suspicion]:
    when = rule.when or When()
    empty = [name for name in _LISTS if getattr(when, name) is not None and not getattr(when, name)]
    if empty:
        yield f"{path}.when.{empty[0]}", f"rule {rule.id} never applies: the list is empty"
        return
    markets = program.markets if when.market is None else when.market
    asked = {"on": rule.on if isinstance(rule, Bonus) else (), "when.key_day": when.key_day or ()}
    for key, names in asked.items():
        entries = [entry for entry in program.key_days if entry.id in names]
        if names and not any(market in entry.markets for entry in entries for market in markets):
            days, where = ", ".join(names), ", ".join(sorted(markets))
            yield f"{path}.{key}", f"rule {rule.id} never applies: {days} is not kept in {where}"


def _markets(program: Program) -> Iterator[Suspicion]:
    rules = _rules(program)
    everywhere = any(rule.when is None or rule.when.market is None for rule in rules)
    if everywhere or not rules:
        return
    served = {market for rule in rules if rule.when and rule.when.market for market in rule.when.market}
    for market in program.markets:
        if market not in served:
            yield f"markets.{market}", f"no rule applies in {market}"


def _referral(program: Program) -> Iterator[Suspicion]:
    referral = program.referral
    if referral is None:
        return
    if not referral.advocate_points and not referral.friend_points:
        yield "referral", "grants nothing: neither advocate_points nor friend_points"
    yield from _lifetime("referral", referral.hold_days, referral.expires_days)


def _compliance(program: Program, table: Mapping[str, Any]) -> Iterator[Suspicion]:
    """Rules of the file that never fire, and actions that cannot be taken."""
    rules = program.compliance
    if rules.terms_version is None and "terms_due" in table:
        yield "compliance.terms_due", "has no effect without terms_version"
    idle = {
        "brand_bidding": not any(market.brand_terms for market in program.markets.values())
        and "no market has brand_terms",
        "disallowed_referrer": not rules.hosts and "it has no hosts",
        "terms_outdated": rules.terms_version is None and "there is no terms_version",
    }
    for name, policy in rules.policies.items():
        why = idle.get(name)
        if why:
            yield f"compliance.{name}", f"never fires: {why}"
        elif policy.action in _FLAGS.get(name, ()):
            yield f"compliance.{name}.action", f"{policy.action} is flag here: there is no order to act on"
