"""What a program file says of budgets, tiers and referrals, checked and read."""

from __future__ import annotations

from collections.abc import Collection
from itertools import pairwise
from typing import Any, Final, Literal, cast

from schemas.program import Budget, Level, Ratio, Referral, Tiers
from schemas.program_table import Table

#: The longest time that a file may name.
MOST_DAYS: Final = 36_500
MOST_COUNT: Final = 1_000_000_000
_ONE: Final = Ratio(1, 0, "1")
_WINDOWS: Final = ("month", "quarter", "year")


def read_budgets(top: Table, digits: int) -> dict[str, Budget]:
    """``[[budget]]`` by id; amounts in minor units with ``digits`` decimals."""
    found: dict[str, Budget] = {}
    for table in top.tables("budget"):
        name = table.text("id")
        if name in found:
            table.wrong("id", f"{name} is declared twice")
        found[name] = Budget(
            name,
            table.needed_amount("amount", digits),
            cast(
                "Literal['lifetime', 'month']",
                table.choice("period", ("lifetime", "month"), default="lifetime"),
            ),
            _alerts(table),
            cast("Literal['trim', 'reject']", table.choice("over", ("trim", "reject"), default="trim")),
        )
        table.done()
    return found


def read_tiers(top: Table, digits: int) -> Tiers | None:
    """``[tiers]``; the first level starts at 0, so that every partner has one from the beginning."""
    table = top.table("tiers")
    if table is None:
        return None
    metric: Any = table.choice("metric", ("revenue", "orders"))
    window = _window(table)
    levels = _levels(table, digits if metric == "revenue" else 0)
    table.done()
    return Tiers(metric, window, levels)


def read_referral(top: Table, digits: int, key_days: Collection[str]) -> Referral | None:
    """``[referral]``; ``key_days`` are the ids that ``key_day_multiply`` may name."""
    table = top.table("referral")
    if table is None:
        return None
    referral = Referral(
        window_days=table.whole("window_days", 30, 1, MOST_DAYS),
        min_order=table.amount("min_order", digits) or 0,
        advocate_points=table.amount("advocate_points", 0) or 0,
        friend_points=table.amount("friend_points", 0) or 0,
        key_day_multiply=_key_day_multiply(table, key_days),
        cap_per_month=table.maybe_whole("cap_per_month", 0, MOST_COUNT),
        hold_days=table.whole("hold_days", 0, 0, MOST_DAYS),
        expires_days=table.maybe_whole("expires_days", 0, MOST_DAYS),
    )
    table.done()
    return referral


def multiplier(table: Table, key: str) -> Ratio:
    """A multiplier of 1 or more, 1 when absent."""
    multiply = table.ratio(key) or _ONE
    if multiply.numerator < multiply.denominator:
        table.wrong(key, "must be 1 or more")
    return multiply


def _alerts(table: Table) -> tuple[Ratio, ...]:
    """Shares of a budget that are told when they are spent."""
    alerts = table.ratios("alerts")
    if any(not 0 < share.numerator <= share.denominator for share in alerts):
        table.wrong("alerts", "must be shares above 0 and up to 1, as [0.5, 0.95]")
    # Brought to one scale, so that they compare as integers.
    scale = max((share.scale for share in alerts), default=0)
    shares = [share.numerator * 10 ** (scale - share.scale) for share in alerts]
    if any(first >= second for first, second in pairwise(shares)):
        table.wrong("alerts", "must ascend")
    return alerts


def _window(table: Table) -> Literal["month", "quarter", "year"] | int:
    if not isinstance(table.peek("window"), dict):
        return cast("Literal['month', 'quarter', 'year']", table.choice("window", _WINDOWS))
    rolling = cast("Table", table.table("window"))
    if not rolling.has("rolling_days"):
        rolling.wrong("rolling_days", "is missing")
    days = rolling.whole("rolling_days", 1, 1, MOST_DAYS)
    rolling.done()
    return days


def _levels(table: Table, digits: int) -> tuple[Level, ...]:
    if not table.has("levels"):
        table.wrong("levels", "is missing")
        return ()
    known = len(table.problems.errors)
    levels = sorted((_level(one, digits) for one in table.tables("levels")), key=lambda level: level.from_)
    if len(table.problems.errors) > known:
        return ()
    if len({level.id for level in levels}) < len(levels):
        table.wrong("levels", "two levels have the same id")
    if len({level.from_ for level in levels}) < len(levels):
        table.wrong("levels", "two levels have the same from")
    if not levels:
        table.wrong("levels", "is empty")
    elif levels[0].from_:
        table.problems.warn(table.at("levels"), "none starts at 0: new partners have no tier")
    return tuple(levels)


def _level(table: Table, digits: int) -> Level:
    level = Level(table.text("id"), table.needed_amount("from", digits), multiplier(table, "multiply"))
    table.done()
    return level


def _key_day_multiply(table: Table, key_days: Collection[str]) -> dict[str, Ratio]:
    multiply = table.table("key_day_multiply")
    if multiply is None:
        return {}
    found = {}
    for name in multiply.entries():
        if name not in key_days:
            multiply.wrong(name, f"key day {name} is not declared")
        found[name] = multiplier(multiply, name)
    return found
