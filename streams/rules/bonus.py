"""What an order earns on top of its accruals: the tier's extra and bonuses (DOMAIN section 5, step 4)."""

from __future__ import annotations

from collections.abc import Iterable

from events.money import round_ratio
from events.units import POINTS
from schemas.program import Bonus, Level, Ratio
from streams.rules.accrual import Granted
from streams.rules.chosen import is_chosen
from streams.rules.conditions import holds, key_day_of
from streams.rules.plan import OrderFacts, Plan, Share
from streams.rules.text import decimal_text


def tier_extras(plan: Plan, level: Level | None, posted: list[Granted]) -> list[Granted]:
    """What a partner's tier adds to its accruals, by unit; it has neither cap nor budget."""
    if level is None or level.multiply.numerator == level.multiply.denominator:
        return []
    extras = []
    for unit in sorted({one.unit for one in posted}):
        accrued = [one for one in posted if one.unit == unit]
        amount, step = _multiplied(plan, unit, accrued, level.multiply)
        if amount:
            rule = "tier-points" if unit == POINTS else "tier"
            hold, expires = longest(accrued)
            explain = (f"tier {level.id}", step)
            extras.append(Granted("tier", rule, unit, amount, hold, None, explain, expires))
    return extras


def bonuses(
    plan: Plan, facts: OrderFacts, accrued: list[Granted], share: Share | None = None
) -> list[Granted]:
    """The bonuses that match, by ascending rule id; with ``best`` all of them still compete."""
    granted = []
    for rule in (plan.customers if share is None else plan.partners).bonuses:
        if rule.on and not facts.key_days:
            continue
        if rule.when is not None and not holds(rule.when, facts, facts.net, share):
            continue
        asked = rule.on or (rule.when.key_day if rule.when is not None else None)
        key_day = key_day_of(asked, facts)
        if rule.on and key_day is None:
            continue
        if rule.share is not None and (share is None or not is_chosen(rule, share.partner_id)):
            continue
        grant = _grant(plan, facts, rule, key_day, [one for one in accrued if one.unit == rule.unit])
        if grant is not None:
            granted.append(grant)
    return granted


def best_of(granted: list[Granted]) -> list[Granted]:
    """Only the largest of a unit, ties to the smaller id."""
    best: dict[str, Granted] = {}
    for one in granted:
        if one.unit not in best or one.amount > best[one.unit].amount:
            best[one.unit] = one
    return [one for one in granted if best[one.unit] is one]


def longest(accrued: Iterable[Granted]) -> tuple[int, int | None]:
    """The longest hold and the longest expiry of some accruals; without any 0 days and never."""
    hold, expires, never = 0, 0, True
    for one in accrued:
        hold = max(hold, one.hold_days)
        if one.expires_days is None:
            return max((other.hold_days for other in accrued), default=0), None
        expires, never = max(expires, one.expires_days), False
    return hold, None if never else expires


def _multiplied(plan: Plan, unit: str, accrued: list[Granted], multiply: Ratio) -> tuple[int, str]:
    """``base * (multiply - 1)``, rounded, and how it came about."""
    scale, name = (0, POINTS) if unit == POINTS else (plan.program.digits, plan.program.currency)
    base = sum(one.amount for one in accrued)
    exact = base * (multiply.numerator - multiply.denominator)
    amount = round_ratio(exact, multiply.denominator, plan.rounding)
    return amount, (
        f"{decimal_text(base, scale)} * ({multiply.text} - 1) = "
        f"{decimal_text(exact, scale + multiply.scale)}, "
        f"rounded {plan.rounding} to {decimal_text(amount, scale)} {name}"
    )


def _grant(
    plan: Plan, facts: OrderFacts, rule: Bonus, key_day: str | None, accrued: list[Granted]
) -> Granted | None:
    if rule.multiply is None:
        amount = rule.flat or 0
        scale, unit = (0, POINTS) if rule.unit == POINTS else (plan.program.digits, plan.program.currency)
        step = f"flat {decimal_text(amount, scale)} {unit}"
    else:
        amount, step = _multiplied(plan, rule.unit, accrued, rule.multiply)
    if amount == 0:
        return None
    hold, expires = longest(accrued)
    explain = (f"{key_day} in {facts.order.market}", step) if key_day is not None else (step,)
    return Granted(
        "bonus",
        rule.id,
        rule.unit,
        amount,
        hold if rule.hold_days is None else rule.hold_days,
        key_day,
        explain,
        expires if rule.expires_days is None else rule.expires_days,
        rule.cap,
        rule.budget,
    )
