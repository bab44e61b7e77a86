"""The templates of notices in all languages, and how each reader's numbers, money and dates are written.

Messages are Fluent's: each language chooses by its own plurals. Numbers and dates are CLDR's, by Babel.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache, lru_cache
from importlib import resources
from typing import Final

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.lists import format_list
from fluent.runtime import FluentBundle, FluentResource
from msgspec import Struct

from streams.explain.languages import LANGUAGES
from streams.explain.money import money_text

_CASE: Final = frozenset({"case", "rule", "day"})
#: What each template says beside the partner's name and the program.
TEMPLATES: Final[dict[str, frozenset[str]]] = {
    "case_opened": _CASE | {"action"},
    "case_evidence_added": _CASE | {"count"},
    "case_upheld": _CASE,
    "case_dismissed": _CASE,
    "partner_suspended": frozenset({"day", "reason", "rule"}),
    "partner_reinstated": frozenset({"day"}),
    "tier_changed": frozenset({"direction", "before", "after", "metric", "value", "since"}),
    "key_day_ahead": frozenset({"name", "date", "days", "markets"}),
    "brand_bidding_reminder": frozenset({"name", "date", "markets", "terms"}),
    "terms_due": frozenset({"version", "due", "days"}),
}

_FALLBACK: Final = "en"
#: Partners name their locales themselves: only so many are remembered.
_REMEMBERED: Final = 256
_LONGEST_LOCALE: Final = 32
#: Unicode's mark that a line goes from right to left, whatever it begins with.
_RIGHT_TO_LEFT: Final = "\u200f"


class Said(Struct, frozen=True):
    """What a template says."""

    subject: str
    body: str


class Reader:
    """One of ``LANGUAGES``, with the numbers and dates of a region."""

    def __init__(self, language: str, locale: Locale) -> None:
        self.language = language
        self._locale = locale
        self._mirrored = locale.text_direction == "rtl"
        # In a line from right to left, what is filled in keeps its own direction.
        self._bundle = FluentBundle([str(locale)], use_isolating=self._mirrored)
        self._bundle.add_resource(FluentResource(_messages(language)))

    def say(self, template: str, values: Mapping[str, str | int]) -> Said:
        """The template, filled in."""
        message = self._bundle.get_message(template)
        parts = []
        for part in ("subject", "body"):
            text, errors = self._bundle.format_pattern(message.attributes[part], dict(values))
            if errors or not isinstance(text, str):
                raise LookupError(f"notice {template} in {self.language}: {errors}")
            parts.append("\n".join(map(self._line, text.splitlines())))
        return Said(*parts)

    def money(self, amount: int, unit: str) -> str:
        return money_text(amount, unit, self._locale)

    def date(self, day: date) -> str:
        return format_date(day, format="long", locale=self._locale)

    def listed(self, names: Sequence[str]) -> str:
        return format_list(list(names), locale=self._locale)

    def market(self, market: str) -> str:
        """A market by its name where it is a country."""
        return str(self._locale.territories.get(market, market))

    def _line(self, line: str) -> str:
        return f"{_RIGHT_TO_LEFT}{line}" if self._mirrored and line else line


@lru_cache(maxsize=_REMEMBERED)
def reader(locale: str) -> Reader:
    """Who reads a locale; English where Keyday does not speak its language."""
    tag = locale[:_LONGEST_LOCALE].replace("-", "_")
    language = tag.partition("_")[0].lower()
    if language not in LANGUAGES:
        return Reader(_FALLBACK, Locale(_FALLBACK))
    try:
        return Reader(language, Locale.parse(tag))
    except (ValueError, UnknownLocaleError):
        return Reader(language, Locale(language))


@cache
def _messages(language: str) -> str:
    folder = resources.files(__package__ or __name__).joinpath("languages")
    return folder.joinpath(f"{language}.ftl").read_text(encoding="utf-8")
