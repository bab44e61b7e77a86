"""Caps: what a rule may still grant an account in a period (DOMAIN sections 5 and 14)."""

from __future__ import annotations

from datetime import date
from typing import Final, Literal

from msgspec.structs import replace

from schemas.program import Cap
from streams.rules.accrual import Granted
from streams.rules.ledger import Owner
from streams.rules.periods import period_of as calendar_period
from streams.rules.text import decimal_text

#: Home days that are counted one by one.
_MOST_DAYS: Final = 180

#: The first and the last home day; ``None`` is without bound.
Period = tuple[int | None, int | None]
Over = Literal["trim", "reject", "allow_last"]


def count(owner: Owner, program: str, rule: str, day: int, amount: int) -> None:
    """Count what a rule granted for a home day, or took back as a negative amount."""
    name = f"{program}\0{rule}"
    by_day = owner.granted.get(name)
    if by_day is None or day not in by_day:
        owner.granted[name] = counted(by_day or {}, day, amount)
    else:
        by_day[day] += amount


def counted(by_day: dict[int, int], day: int, amount: int) -> dict[int, int]:
    """Amounts by home day with one more of them; days that are long past are summed up by month."""
    by_day[day] = by_day.get(day, 0) + amount
    return by_day if len(by_day) <= _MOST_DAYS else _by_month(by_day)


def spent(owner: Owner, program: str, rule: str, period: Period) -> int:
    """What a rule granted in a period, less reversals."""
    return sum_of(owner.granted.get(f"{program}\0{rule}", {}), period)


def sum_of(by_day: dict[int, int], period: Period) -> int:
    """The sum of a period's days."""
    first, last = period
    if first is None or last is None:
        return sum(by_day.values())
    if first == last:
        return by_day.get(first, 0)
    return sum([amount for day, amount in by_day.items() if first <= day <= last])


def _by_month(by_day: dict[int, int]) -> dict[int, int]:
    """The same with the older half summed up by month: days and weeks so long ago are over."""
    kept: dict[int, int] = {}
    for position, day in enumerate(sorted(by_day)):
        key = day
        if position < len(by_day) - _MOST_DAYS // 2:
            key = date.fromordinal(day).replace(day=1).toordinal()
        kept[key] = kept.get(key, 0) + by_day[day]
    return kept


def period_of(period: Literal["day", "week", "month", "lifetime"], day: int) -> Period:
    """The first and the last home day of the period that a day lies in; a lifetime has neither."""
    if period == "day":
        return day, day
    return (None, None) if period == "lifetime" else calendar_period(period, day)


def capped(grant: Granted, cap: Cap, spent: int, unit_scale: int) -> Granted | None:
    """What is left of a grant when ``spent`` of its cap is used up; ``None`` when that is nothing."""
    left = cap.amount - spent
    amount = allowed(grant.amount, left, cap.over)
    if amount == grant.amount:
        return grant
    if amount <= 0:
        return None
    step = f"cap {decimal_text(cap.amount, unit_scale)} a {cap.period}: {decimal_text(left, unit_scale)} left"
    return replace(grant, amount=amount, desired=grant.amount, explain=(*grant.explain, step))


def allowed(wanted: int, left: int, over: Over) -> int:
    """How much of what is wanted may be granted while ``left`` is left, which may be below 0."""
    if wanted <= left:
        return wanted
    if left <= 0 or over == "reject":
        return 0
    return wanted if over == "allow_last" else left
