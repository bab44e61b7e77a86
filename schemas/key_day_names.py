"""What the catalogue's key days are called in each language: ``key_day_names.toml`` beside the catalogue."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any, Final

from msgspec import Struct

from schemas.catalogue import catalogue

#: What the catalogue's own names are written in, unless the file says otherwise.
_CATALOGUE_LANGUAGE: Final = "en"
#: The keys of a group of names that are no languages.
_DAYS: Final = "days"
_WRITTEN_IN: Final = "written_in"


class DayName(Struct, frozen=True):
    """A name, and the language that it is in (BCP 47); a program's own name is in one that is not known."""

    text: str
    language: str | None


def day_name(language: str, use: str | None, name: str) -> DayName:
    """What a key day is called, by the catalogue's entry that it is and its name in the program.

    Where the language has no name for it, the catalogue's stands; a name that the program gives stays.
    """
    listed = None if use is None else catalogue().days.get(use)
    if use is None or listed is None or listed.key_day.name != name:
        return DayName(name, None)
    names = _names().get(use, {})
    found = names.get(language)
    if found is not None:
        return DayName(found, language)
    return DayName(name, names.get(_WRITTEN_IN, _CATALOGUE_LANGUAGE))


@cache
def _names() -> dict[str, dict[str, str]]:
    """Of each day its names by language, and what the catalogue's own is written in."""
    text = resources.files("schemas").joinpath("key_day_names.toml").read_text(encoding="utf-8")
    groups: list[dict[str, Any]] = tomllib.loads(text)["name"]
    return {
        day: {key: one for key, one in group.items() if key != _DAYS}
        for group in groups
        for day in group[_DAYS]
    }
