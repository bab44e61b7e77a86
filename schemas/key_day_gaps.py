"""Years in which nobody can say when a key day is: announced without dates, or beyond a library's years."""

from __future__ import annotations

from schemas.holiday_library import starts
from schemas.key_days import Holiday, KeyDay


def lacks_dates(entry: KeyDay, market: str, year: int) -> bool:
    """Whether the day still takes place in this market and year, and neither a rule nor a date says when."""
    over = entry.valid.last is not None and entry.valid.last.year < year
    ahead = entry.valid.first is not None and entry.valid.first.year > year
    if over or ahead or entry.editions(market, year) is not None:
        return False
    return not any(
        not isinstance(source.rule, Holiday) or starts(source.rule.country or market, source.rule.name, year)
        for source in entry.sources
        if source.markets is None or market in source.markets
    )
