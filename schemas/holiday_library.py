"""The ``holidays`` library as the calendar needs it: on which date a named holiday begins.

Names are those of the library in the country's default language or in English. A holiday of several days
counts once, on its first day; days off in lieu do not count.
"""

from __future__ import annotations

import warnings
from datetime import date, timedelta
from functools import cache, lru_cache
from typing import Final

import holidays

_ESTIMATED: Final = " (estimated)"
_DAY: Final = timedelta(days=1)
#: Years in which a name is looked for before it is called unknown.
_PROBED_YEARS: Final = range(2015, 2031)
#: Years that the library computes: outside of them it has no dates.
_YEARS: Final = range(1901, 2101)


@lru_cache(maxsize=256)
def starts(country: str, name: str, year: int) -> tuple[tuple[date, bool], ...]:
    """(date, estimated) of the first days of a holiday in a year, ascending; empty when there are none."""
    if year not in _YEARS or not is_country(country):
        return ()
    named = {
        day: estimated
        for around in (year - 1, year)
        for day, found, estimated in _days(country, around)
        if found == name
    }
    return tuple(
        (day, estimated)
        for day, estimated in sorted(named.items())
        if day.year == year and day - _DAY not in named
    )


@cache
def is_country(country: str) -> bool:
    """Whether the library knows a country, by its ISO 3166 code."""
    return country in holidays.list_supported_countries(include_aliases=False)


def is_known(country: str, name: str) -> bool:
    """Whether the library has a holiday of this name in the country in these years."""
    return any(starts(country, name, year) for year in _PROBED_YEARS)


@lru_cache(maxsize=256)
def _days(country: str, year: int) -> tuple[tuple[date, str, bool], ...]:
    """(date, name, estimated) of a year's holidays, in each language that names may be in."""
    kind = getattr(holidays, country)
    languages = {kind.default_language, "en_US" if "en_US" in kind.supported_languages else None}
    with warnings.catch_warnings():
        # Years without dates are an answer here; the library warns of them.
        warnings.simplefilter("ignore")
        listed = [
            holidays.country_holidays(
                country,
                years=year,
                observed=False,
                language=language,
                categories=kind.supported_categories,
            )
            for language in sorted(languages, key=str)
        ]
    return tuple(
        (day, name.removesuffix(_ESTIMATED), name.endswith(_ESTIMATED))
        for one in listed
        for day, names in one.items()
        for name in names.split("; ")
    )
