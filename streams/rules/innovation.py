"""Bonuses for a part of the partners: who is in it, and what difference that makes (DOMAIN section 10)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from statistics import mean, variance
from typing import Final

from events.messages import PartnerLine
from events.milestones import Effect, Innovation
from schemas.program import Bonus, Program, Ratio
from streams.rules.chosen import is_chosen
from streams.rules.comparison import added
from streams.rules.text import ratio_text

_DIGITS: Final = 2
#: 95 % lie between it and its mirror image.
_QUANTILE: Final = 39 / 40
#: Partners of each side from which on a difference has bounds.
_LEAST: Final = 2


def innovations(program: Program, lines: Iterable[PartnerLine]) -> tuple[Innovation, ...]:
    """The effects of all bonuses that run for a share, over the partners that they are meant for."""
    known = list(lines)
    return tuple(
        _innovation(bonus, bonus.share, known) for bonus in program.bonuses if bonus.share is not None
    )


def effect(metric: str, with_it: Sequence[int], without: Sequence[int]) -> Effect | None:
    """How a metric per partner differs, within 95 % confidence (Welch); ``None`` without partners."""
    if not with_it or not without:
        return None
    means = [Fraction(sum(values), len(values)) for values in (with_it, without)]
    low, high = _bounds(with_it, without)
    return Effect(
        metric=metric,
        mean_with=_text(means[0]),
        mean_without=_text(means[1]),
        difference=_text(means[0] - means[1]),
        low=low,
        high=high,
    )


def _innovation(bonus: Bonus, share: Ratio, lines: Sequence[PartnerLine]) -> Innovation:
    sides: tuple[list[PartnerLine], list[PartnerLine]] = ([], [])
    for line in lines:
        if _is_meant(bonus, line):
            sides[not is_chosen(bonus, line.partner_id)].append(line)
    orders, revenue = (
        [[added(*line.now.values())[position] for line in side] for side in sides] for position in (0, 1)
    )
    effects = (effect("orders", *orders), effect("revenue", *revenue))
    return Innovation(
        bonus_id=bonus.id,
        share=share.text,
        partners_with=len(sides[0]),
        partners_without=len(sides[1]),
        effects=tuple(one for one in effects if one is not None),
    )


def _is_meant(bonus: Bonus, line: PartnerLine) -> bool:
    when = bonus.when
    if when is None or not line.enrolled:
        return line.enrolled
    fits = when.partner_group is None or line.group in when.partner_group
    return fits and (when.partner_id is None or line.partner_id in when.partner_id)


def _bounds(with_it: Sequence[int], without: Sequence[int]) -> tuple[str | None, str | None]:
    """The confidence interval of the difference of the means; variances need not be alike (Welch)."""
    if min(len(with_it), len(without)) < _LEAST:
        return None, None
    # Loaded where it is needed: a worker without such bonuses does not pay for it.
    from scipy.special import stdtrit  # noqa: PLC0415

    sides = [[Fraction(value) for value in values] for values in (with_it, without)]
    difference = mean(sides[0]) - mean(sides[1])
    errors = [variance(side) / len(side) for side in sides]
    squared = sum(errors)
    if squared == 0:
        return _text(difference), _text(difference)
    freedom = squared**2 / sum(error**2 / (len(side) - 1) for error, side in zip(errors, sides, strict=True))
    quantile = Decimal(str(stdtrit(freedom.numerator / freedom.denominator, _QUANTILE)))
    error = (Decimal(squared.numerator) / Decimal(squared.denominator)).sqrt()
    half = Fraction(quantile * error)
    return _text(difference - half), _text(difference + half)


def _text(value: Fraction) -> str:
    return ratio_text(value.numerator, value.denominator, _DIGITS)
