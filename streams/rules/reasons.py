"""Why a rule did not grant: worked out again for whoever asks, away from the path that decides.

``first_unmet`` looks at the conditions in the order of :func:`streams.rules.conditions.holds`, which stays
as quick as it is because nothing there has to be said.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from schemas.program import Accrual, Bonus, When
from streams.rules.accrual import accruals, exclusive_winners
from streams.rules.bonus import bonuses
from streams.rules.chosen import is_chosen
from streams.rules.conditions import holds, key_day_of
from streams.rules.plan import OrderFacts, Plan, RateRule, Share

#: Minor units of the program currency, a flag, or names; no names at all is ``()``.
Value = int | bool | tuple[str, ...]

Why = Literal[
    "unmet", "not_chosen", "exclusive", "zero", "not_largest", "cap", "budget", "cap_or_budget", "unknown"
]


class Unmet(Struct, frozen=True):
    """A condition that does not hold, by its name in the program file: what it asks for, and what is so."""

    condition: str
    asked: Value
    actual: Value


class NotGranted(Struct, frozen=True):
    """A rule that granted nothing, and why.

    ``not_chosen`` is a bonus for a share of the partners that this one is not in.
    ``unmet`` belongs to the reason of this name; ``winner`` is the rule that won, for ``exclusive`` and
    ``not_largest``. Of a rule with a cap and a budget it is not known which of the two had nothing left.
    ``unknown`` is a rule that ought to have granted: the facts are not those that it was decided on.
    """

    rule: Accrual | Bonus
    why: Why
    unmet: Unmet | None = None
    winner: str | None = None


def first_unmet(when: When, facts: OrderFacts, whole_order: int, share: Share | None = None) -> Unmet | None:
    """The first condition that fails; ``None`` exactly when all hold. Arguments are those of ``holds``."""
    if holds(when, facts, whole_order, share):
        return None
    return next((one for one in _looked_at(when, facts, whole_order, share) if not _is_met(one)), None)


def why_not(
    plan: Plan, facts: OrderFacts, granted: Mapping[str, int], share: Share | None = None
) -> list[NotGranted]:
    """Every rule for the beneficiary that is not in ``granted`` (amounts by rule id), by ascending id.

    Accruals come first. The beneficiary is the customer, or the partner whose ``share`` it is.
    """
    rules = plan.customers if share is None else plan.partners
    found = []
    matching = [one for one in rules.accruals if _unmet_accrual(one, facts, share) is None]
    winners = exclusive_winners(matching)
    wanted = {one.rule: one for one in accruals(plan, facts, share)}
    for one in rules.accruals:
        rule = one.rule
        if rule.id in granted:
            continue
        unmet = _unmet_accrual(one, facts, share)
        if unmet is not None:
            found.append(NotGranted(rule, "unmet", unmet))
        elif all(one is not other for other in winners):
            found.append(NotGranted(rule, "exclusive", winner=_winner(rule, winners)))
        else:
            found.append(NotGranted(rule, _limit(rule) if rule.id in wanted else "zero"))
    posted = [
        replace(wanted[name], amount=amount) for name, amount in sorted(granted.items()) if name in wanted
    ]
    extra = {one.rule for one in bonuses(plan, facts, posted, share)}
    for bonus in rules.bonuses:
        if bonus.id in granted:
            continue
        unmet = _unmet_bonus(bonus, facts, share)
        if unmet is not None:
            found.append(NotGranted(bonus, "unmet", unmet))
        elif share is not None and not is_chosen(bonus, share.partner_id):
            found.append(NotGranted(bonus, "not_chosen"))
        elif bonus.id not in extra:
            found.append(NotGranted(bonus, "zero"))
        else:
            best = _best(plan, rules.bonuses, bonus, granted)
            why: Why = _limit(bonus) if best is None else "not_largest"
            found.append(NotGranted(bonus, why, winner=best))
    return found


def _unmet_accrual(one: RateRule, facts: OrderFacts, share: Share | None) -> Unmet | None:
    when = one.rule.when
    return (
        None if when is None else first_unmet(when, facts, facts.gross if one.of_gross else facts.net, share)
    )


def _unmet_bonus(rule: Bonus, facts: OrderFacts, share: Share | None) -> Unmet | None:
    if rule.on and key_day_of(rule.on, facts) is None:
        return Unmet("on", rule.on, facts.key_days)
    return None if rule.when is None else first_unmet(rule.when, facts, facts.net, share)


def _winner(rule: Accrual, winners: Iterable[RateRule]) -> str | None:
    return next((one.rule.id for one in winners if one.rule.exclusive == rule.exclusive), None)


def _best(plan: Plan, rules: Iterable[Bonus], rule: Bonus, granted: Mapping[str, int]) -> str | None:
    """The bonus of the same unit that was granted instead, where only the largest is."""
    if not plan.best_bonus:
        return None
    return next((one.id for one in rules if one.unit == rule.unit and one.id in granted), None)


def _limit(rule: Accrual | Bonus) -> Why:
    """What took the whole amount of a rule that matched."""
    if rule.cap is not None and rule.budget is not None:
        return "cap_or_budget"
    if rule.cap is not None:
        return "cap"
    return "budget" if rule.budget is not None else "unknown"


def _is_met(one: Unmet) -> bool:
    if one.condition == "min_order":
        return one.actual >= one.asked  # type: ignore[operator]  # both are amounts
    if isinstance(one.asked, tuple) and isinstance(one.actual, tuple):
        return not set(one.asked).isdisjoint(one.actual)
    return one.asked == one.actual


def _looked_at(when: When, facts: OrderFacts, whole_order: int, share: Share | None) -> Iterator[Unmet]:
    """What is asked for, met or not, in the order of ``holds``."""
    order = facts.order
    if when.min_order is not None:
        yield Unmet("min_order", when.min_order, whole_order)
    if when.market is not None:
        yield Unmet("market", _names(when.market), (order.market,))
    if when.channel is not None:
        yield Unmet("channel", _names(when.channel), (facts.channel,))
    if when.new_customer is not None:
        yield Unmet("new_customer", when.new_customer, facts.new_customer)
    if when.coupon is not None:
        yield Unmet("coupon", _names(when.coupon), order.coupons)
    if when.category is not None:
        yield Unmet("category", _names(when.category), _names(line.category for line in order.lines))
    if when.key_day is not None:
        yield Unmet("key_day", when.key_day, facts.key_days)
    yield from _looked_at_in_partners(when, share)


def _looked_at_in_partners(when: When, share: Share | None) -> Iterator[Unmet]:
    if when.partner_group is not None:
        yield Unmet("partner_group", _names(when.partner_group), () if share is None else (share.group,))
    if when.partner_id is not None:
        yield Unmet("partner_id", _names(when.partner_id), () if share is None else (share.partner_id,))
    if when.tier is not None:
        tier = None if share is None else share.tier
        yield Unmet("tier", _names(when.tier), () if tier is None else (tier,))


def _names(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(values)))
