"""Money in exact integers of minor units: reading, rounding, converting and splitting."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from fractions import Fraction
from math import lcm
from typing import Literal

from events.limits import AMOUNT_MAX_MINOR

Rounding = Literal["half_even", "half_up", "down"]

#: Enough digits for every amount in range, few enough to be read at once.
_DIGITS_MAX = 32


class AmountFault(StrEnum):
    """Why a text is no amount, in order of precedence."""

    INVALID = "field_invalid"
    PRECISION = "amount_precision"
    NEGATIVE = "amount_negative"
    OUT_OF_RANGE = "amount_out_of_range"


class AmountError(ValueError):
    """A refused amount, with its fault."""

    def __init__(self, fault: AmountFault) -> None:
        super().__init__(fault.value)
        self.fault = fault


def parse_decimal(text: str, scale: int) -> int:
    """Minor units of a decimal string ``-?digits[.digits]`` (ASCII); digits count as written."""
    whole, point, fraction = text.partition(".")
    shift = scale - len(fraction)
    digits = whole + fraction
    # What nearly every amount looks like: few digits, no sign.
    if len(digits) <= _DIGITS_MAX and shift >= 0 and digits.isdigit() and digits.isascii() and whole:
        amount: int = int(digits) * 10**shift
        if amount <= AMOUNT_MAX_MINOR and (fraction or not point):
            return amount
    return _parse_decimal(whole, point, fraction, shift)


def _parse_decimal(whole: str, point: str, fraction: str, shift: int) -> int:
    """Tell why a decimal string is no amount; or it is zero with a sign, or has many leading zeros."""
    negative = whole.startswith("-")
    if negative:
        whole = whole[1:]
    if not _is_digits(whole) or (point and not _is_digits(fraction)):
        raise AmountError(AmountFault.INVALID)
    if shift < 0:
        raise AmountError(AmountFault.PRECISION)
    return _in_range(negative, whole + fraction, shift)


def parse_number(literal: str, scale: int) -> int:
    """Minor units of a JSON number as it was written; an exponent moves the point, nothing else.

    ``1.25e1`` has one digit after the point, ``12.500`` has three. However large the exponent is, no
    number of that size is ever made.
    """
    if "e" not in literal and "E" not in literal:
        return parse_decimal(literal, scale)
    mantissa, _, exponent = literal.lower().partition("e")
    whole, _, fraction = mantissa.partition(".")
    negative = whole.startswith("-")
    digits = whole.removeprefix("-") + fraction
    shift = scale + _bounded(exponent, len(digits) + _DIGITS_MAX) - len(fraction)
    if shift < 0:
        raise AmountError(AmountFault.PRECISION)
    return _in_range(negative, digits, shift)


def from_integer(value: int, scale: int) -> int:
    """Minor units of a whole number of the currency."""
    if value < 0:
        raise AmountError(AmountFault.NEGATIVE)
    amount: int = value * 10**scale
    if amount > AMOUNT_MAX_MINOR:
        raise AmountError(AmountFault.OUT_OF_RANGE)
    return amount


def round_ratio(numerator: int, denominator: int, rounding: Rounding) -> int:
    """``numerator / denominator`` as an integer; halves of ``half_up`` go away from zero."""
    if denominator < 0:
        numerator, denominator = -numerator, -denominator
    whole, rest = divmod(abs(numerator), denominator)
    twice = 2 * rest
    if rounding == "half_even":
        whole += twice > denominator or (twice == denominator and whole % 2 == 1)
    elif rounding == "half_up":
        whole += twice >= denominator
    return -whole if numerator < 0 else whole


def round_exact(value: Fraction | int, rounding: Rounding) -> int:
    """An exact value as an integer."""
    return round_ratio(value.numerator, value.denominator, rounding)


def convert(amount: int, scale: int, rate: Fraction, to_scale: int, rounding: Rounding) -> int:
    """Minor units of another currency; ``rate`` is what 1.00 of this one is worth in it."""
    return round_exact(amount * rate * Fraction(10) ** (to_scale - scale), rounding)


def split(amount: int, weights: Mapping[str, Fraction | int]) -> dict[str, int]:
    """Parts of ``amount`` by weight that add up to it: largest remainders, ties to the smaller id.

    A negative amount is split like the positive one. ``ValueError`` when a weight is negative or all are 0.
    """
    if len(weights) == 1:
        ((only, weight),) = weights.items()
        if weight.numerator > 0:
            return {only: amount}
    # Over their common denominator the weights are integers, which are much cheaper to divide than fractions.
    common = lcm(*(weight.denominator for weight in weights.values()))
    shares = {id_: weight.numerator * (common // weight.denominator) for id_, weight in weights.items()}
    total = sum(shares.values())
    if total <= 0 or min(shares.values()) < 0:
        raise ValueError("weights must not be negative and not all zero")
    whole = abs(amount)
    parts: dict[str, int] = {}
    rests: list[tuple[int, str]] = []
    for id_, share in shares.items():
        parts[id_], rest = divmod(whole * share, total)
        rests.append((-rest, id_))
    for _, id_ in sorted(rests)[: whole - sum(parts.values())]:
        parts[id_] += 1
    return {id_: -part for id_, part in parts.items()} if amount < 0 else parts


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _in_range(negative: bool, digits: str, shift: int) -> int:  # noqa: FBT001 - a sign is no flag
    """``digits`` followed by ``shift`` zeros, checked for sign and range; -0 is 0."""
    if len(digits) > _DIGITS_MAX:
        digits = digits.lstrip("0") or "0"
    if digits.strip("0") == "":
        return 0
    if negative:
        raise AmountError(AmountFault.NEGATIVE)
    if len(digits) + shift > _DIGITS_MAX:
        # Leading zeros do not make a number large.
        digits = digits.lstrip("0")
        if len(digits) + shift > _DIGITS_MAX:
            raise AmountError(AmountFault.OUT_OF_RANGE)
    amount: int = int(digits) * 10**shift
    if amount > AMOUNT_MAX_MINOR:
        raise AmountError(AmountFault.OUT_OF_RANGE)
    return amount


def _bounded(exponent: str, limit: int) -> int:
    """The exponent, or ``limit`` in its direction when it is beyond that; its text may be of any length."""
    digits = exponent.lstrip("+-").lstrip("0")
    size = limit if len(digits) > len(str(limit)) else min(int(digits or "0"), limit)
    return -size if exponent.startswith("-") else size
