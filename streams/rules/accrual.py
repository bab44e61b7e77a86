"""What an order earns by the accrual rules (DOMAIN section 5, steps 1 to 3)."""

from __future__ import annotations

from typing import Final, Literal

from msgspec import Struct

from events.money import round_ratio
from schemas.program import Cap
from streams.rules.conditions import holds, key_day_of
from streams.rules.plan import OrderFacts, Plan, RateRule, Share, lines_of
from streams.rules.text import decimal_text

#: Amounts remembered per rule.
_MEMO_AMOUNTS: Final = 16_384


class Granted(Struct, frozen=True, gc=False):
    """An amount above 0 in the ledger's unit that a rule grants, before it is posted.

    ``desired`` is what it was before its cap and its budget, ``None`` while nothing was taken off.
    """

    kind: Literal["accrued", "tier", "bonus", "referral"]
    rule: str
    unit: str
    amount: int
    hold_days: int
    key_day: str | None
    explain: tuple[str, ...]
    expires_days: int | None = None
    cap: Cap | None = None
    budget: str | None = None
    desired: int | None = None


def accruals(plan: Plan, facts: OrderFacts, share: Share | None = None) -> list[Granted]:
    """The grants of the matching rules by ascending rule id; zero amounts are left out.

    They are the customer's, or those of the partner whose ``share`` of the order it is.
    """
    rules = plan.customers if share is None else plan.partners
    matching = rules.accruals
    if rules.exclusive:
        matching = exclusive_winners([one for one in matching if _matches(one, facts, share)])
    granted = []
    net, own_currency = facts.net, facts.fx is None and share is None
    for one in matching:
        if not (one.always or _matches(one, facts, share)):
            continue
        if one.repeats and own_currency:
            # Shops have few prices, so most grants are known.
            basis = facts.gross if one.of_gross else net
            grant = one.memo[basis] if basis in one.memo else _remembered(plan, facts, one, basis)
        else:
            grant = _grant(plan, facts, one, share)
        if grant is not None:
            granted.append(grant)
    return granted


def _remembered(plan: Plan, facts: OrderFacts, one: RateRule, basis: int) -> Granted | None:
    """The grant of a rule that looks at nothing but the basis."""
    memo = one.memo
    if len(memo) >= _MEMO_AMOUNTS:
        memo.clear()
    grant = memo[basis] = _grant(plan, facts, one, None)
    return grant


def exclusive_winners(matching: list[RateRule]) -> tuple[RateRule, ...]:
    """Of the rules that share an ``exclusive`` name the highest priority stays, ties to the smaller id."""
    winners: dict[str, RateRule] = {}
    for one in matching:
        name = one.rule.exclusive
        if name is None:
            continue
        best = winners.get(name)
        if best is None or (-one.rule.priority, one.rule.id) < (-best.rule.priority, best.rule.id):
            winners[name] = one
    return tuple(one for one in matching if one.rule.exclusive is None or winners[one.rule.exclusive] is one)


def _matches(one: RateRule, facts: OrderFacts, share: Share | None) -> bool:
    when = one.rule.when
    return when is None or holds(when, facts, facts.gross if one.of_gross else facts.net, share)


def _grant(plan: Plan, facts: OrderFacts, one: RateRule, share: Share | None) -> Granted | None:
    rule = one.rule
    if rule.flat is not None:
        amount = rule.flat
        explain: tuple[str, ...] = (f"flat {decimal_text(amount, one.unit_scale)} {one.unit_text}",)
    else:
        basis, basis_text = _basis(plan, facts, one)
        if share is not None:
            whole, basis = basis_text, share.of(basis)
            basis_text = f"{decimal_text(basis, plan.program.digits)} {plan.program.currency}"
            basis_text = f"{share.weights[share.partner_id]} of {whole} is {basis_text}; {basis_text}"
        exact = basis * one.numerator
        amount = round_ratio(exact, one.denominator, plan.rounding)
        explain = (
            f"{basis_text} * {one.rate_text} = {decimal_text(exact, one.scale)}",
            f"rounded {plan.rounding} to {decimal_text(amount, one.unit_scale)} {one.unit_text}",
        )
    if amount == 0:
        return None
    key_day = None if rule.when is None else key_day_of(rule.when.key_day, facts)
    return Granted(
        "accrued",
        rule.id,
        rule.unit,
        amount,
        rule.hold_days,
        key_day,
        explain,
        rule.expires_days,
        rule.cap,
        rule.budget,
    )


def _basis(plan: Plan, facts: OrderFacts, one: RateRule) -> tuple[int, str]:
    """The basis in program currency, and how it came about; for a category the sum of its lines."""
    order, rule = facts.order, one.rule
    if rule.when is not None and rule.when.category is not None:
        own = sum(line.amount for line in lines_of(order, rule.when.category))
        basis, name = plan.converted(own, facts.fx), "lines " + ", ".join(sorted(rule.when.category))
    elif rule.basis == "gross":
        own, basis, name = order.gross, facts.gross, "gross"
    else:
        own, basis, name = order.net, facts.net, "net"
    text = f"{name} {decimal_text(basis, plan.program.digits)} {plan.program.currency}"
    if facts.fx is None:
        return basis, text
    own_text = f"{name} {decimal_text(own, facts.own_digits)} {order.currency}"
    return basis, f"{own_text} * {facts.fx.text} = {text}"
