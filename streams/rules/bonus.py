"""What an order earns on top of its accruals (DOMAIN section 5, step 4)."""

from __future__ import annotations

from events.money import round_ratio
from events.units import POINTS
from schemas.program import Bonus
from streams.rules.accrual import Granted
from streams.rules.conditions import holds, key_day_of
from streams.rules.plan import OrderFacts, Plan
from streams.rules.text import decimal_text


def bonuses(plan: Plan, facts: OrderFacts, accrued: list[Granted]) -> list[Granted]:
    """The bonuses that match, by ascending rule id.

    With ``best`` only the largest of a unit, ties to the smaller id.
    """
    granted = []
    for rule in plan.bonuses:
        if rule.on and not facts.key_days:
            continue
        if rule.when is not None and not holds(rule.when, facts, facts.net):
            continue
        key_day = key_day_of(rule.on, facts)
        if rule.on and key_day is None:
            continue
        grant = _grant(plan, facts, rule, key_day, [one for one in accrued if one.unit == rule.unit])
        if grant is not None:
            granted.append(grant)
    return _best(granted) if plan.best_bonus else granted


def _best(granted: list[Granted]) -> list[Granted]:
    best: dict[str, Granted] = {}
    for one in granted:
        if one.unit not in best or one.amount > best[one.unit].amount:
            best[one.unit] = one
    return [one for one in granted if best[one.unit] is one]


def _grant(
    plan: Plan, facts: OrderFacts, rule: Bonus, key_day: str | None, accrued: list[Granted]
) -> Granted | None:
    scale, unit = (0, POINTS) if rule.unit == POINTS else (plan.program.digits, plan.program.currency)
    if rule.multiply is None:
        amount = rule.flat or 0
        step = f"flat {decimal_text(amount, scale)} {unit}"
    else:
        base = sum(one.amount for one in accrued)
        exact = base * (rule.multiply.numerator - rule.multiply.denominator)
        amount = round_ratio(exact, rule.multiply.denominator, plan.rounding)
        step = (
            f"{decimal_text(base, scale)} * ({rule.multiply.text} - 1) = "
            f"{decimal_text(exact, scale + rule.multiply.scale)}, "
            f"rounded {plan.rounding} to {decimal_text(amount, scale)} {unit}"
        )
    if amount == 0:
        return None
    if rule.hold_days is not None:
        hold_days = rule.hold_days
    else:
        hold_days = max((one.hold_days for one in accrued), default=0)
    explain = (f"{key_day} in {facts.order.market}", step) if key_day is not None else (step,)
    return Granted("bonus", rule.id, rule.unit, amount, hold_days, key_day, explain)
