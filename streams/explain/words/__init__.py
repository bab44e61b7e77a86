"""The words of an explanation in the reader's language, and amounts, dates and plurals in its form (CLDR)."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from importlib import resources
from typing import Final
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, format_timedelta
from babel.lists import format_list
from babel.numbers import format_decimal, format_percent

from events.units import POINTS
from streams.explain.languages import LANGUAGES
from streams.explain.money import DIGITS, money_text
from streams.explain.recorded import read

__all__ = ["LANGUAGES", "MARKS", "Words"]

#: Unicode's marks of direction: a line from right to left, what is set apart from it, from left to right.
_RIGHT_TO_LEFT: Final = "\u200f"
_APART: Final = "\u2068"
_LEFT_TO_RIGHT: Final = "\u2066"
_END: Final = "\u2069"
#: All of them.
MARKS: Final = f"{_RIGHT_TO_LEFT}{_APART}{_LEFT_TO_RIGHT}{_END}"
#: Parts of what is recorded that are people's own words, or ids.
_FREE: Final = ("actor", "budget", "case", "reason", "rule", "tier")
_LINES: Final = "lines "
_POINTS_PER: Final = " points per "


class Words:
    """One language of ``LANGUAGES``."""

    def __init__(self, language: str) -> None:
        text = resources.files(__name__).joinpath(f"{language}.toml").read_text(encoding="utf-8")
        catalogue = tomllib.loads(text)
        self._kinds: dict[str, str] = catalogue["kinds"]
        self._labels: dict[str, str] = catalogue["labels"]
        self._points: dict[str, str] = catalogue["points"]
        self._sentences: dict[str, str] = catalogue["sentences"]
        self._reasons: dict[str, str] = catalogue["reasons"]
        self._channels: dict[str, str] = catalogue["channels"]
        self._conditions: dict[str, str] = catalogue["conditions"]
        self._groups: dict[str, str] = catalogue["groups"]
        self._bases: dict[str, str] = catalogue["bases"]
        self._periods: dict[str, str] = catalogue["periods"]
        self._buckets: dict[str, str] = catalogue["buckets"]
        self._recorded: dict[str, str] = catalogue["recorded"]
        self.language = language
        #: How parts of what is recorded are said that are no figures.
        self._parts: dict[str, Callable[[str], str]] = {
            **dict.fromkeys(_FREE, self.apart),
            "basis": self._basis,
            "buckets": self._listed,
            "date": lambda part: self.apart(self.date(part)),
            "days": self._days,
            "market": lambda part: self.apart(self.market(part)),
            "period": self._periods.__getitem__,
        }
        self._locale = Locale.parse(language)
        self._mirrored = self._locale.text_direction == "rtl"
        self.label_width = max(map(len, self._labels.values()))

    def label(self, name: str) -> str:
        return self._labels[name]

    def kind(self, name: str) -> str:
        return self._kinds[name]

    def say(self, sentence: str, **values: object) -> str:
        """A sentence with its values, which keep their own direction of writing."""
        apart = {name: self.apart(str(one)) for name, one in values.items()}
        return self._sentences[sentence].format(**apart)

    def reason(self, name: str) -> str:
        """Why an order is a partner's."""
        return self._reasons.get(name, name)

    def channel(self, name: str) -> str:
        return self._channels.get(name, name)

    def condition(self, name: str) -> str:
        """What a rule asks about, by its name in the program file."""
        return self._conditions[name]

    def group(self, name: str) -> str:
        """A group of partners; one that a program names in its own way stays as it is."""
        return self._groups.get(name, name)

    def market(self, name: str) -> str:
        """A market by its name where it is a country."""
        return str(self._locale.territories.get(name, name))

    def retold(self, text: str, key_day: Callable[[str], str] = str) -> str:
        """What the ledger recorded, in this language; ``key_day`` names one by its id.

        Numbers and formulas stay as they were recorded, and so does a text of no known form.
        """
        said = read(text)
        if said is None:
            return self.recorded(text)
        parts = {
            name: self.apart(key_day(part)) if name == "day" else self._parts.get(name, self._figure)(part)
            for name, part in said.parts.items()
        }
        return self._recorded[said.sentence].format(**parts)

    def amount(self, amount: int, unit: str) -> str:
        """Money with all digits of its unit, or points with their plural."""
        if unit == POINTS:
            return self._of_points(
                amount, format_decimal(amount, locale=self._locale, numbering_system=DIGITS)
            )
        return money_text(amount, unit, self._locale)

    def share(self, weight: str) -> str:
        """An exact fraction such as ``2/5`` in percent, to two digits where it has as many."""
        ratio = Fraction(weight)
        number = Decimal(ratio.numerator) / Decimal(ratio.denominator)
        return format_percent(number, "#,##0.##%", locale=self._locale, numbering_system=DIGITS)

    def date(self, iso: str) -> str:
        """A home date."""
        return format_date(date.fromisoformat(iso), format="long", locale=self._locale)

    def time(self, at: int, zone: str) -> str:
        """Milliseconds since the epoch, as clocks of the zone show them."""
        when = datetime.fromtimestamp(at // 1_000, UTC)
        shown = format_datetime(when, format="medium", tzinfo=ZoneInfo(zone), locale=self._locale)
        return f"{shown} ({zone})"

    def _of_points(self, amount: int, shown: str) -> str:
        form = self._points.get(self._locale.plural_form(abs(amount)), self._points["other"])
        return form.format(amount=shown)

    def _figure(self, part: str) -> str:
        """A number as it was recorded, a formula, or points with their plural."""
        number, _, unit = part.partition(" ")
        if unit == POINTS:
            return self.apart(self._of_points(int(number), number))
        per = self.apart(self._sentences["points_per"])
        return self.recorded(part.replace(_POINTS_PER, f" {per} "))

    def _days(self, part: str) -> str:
        # Not as a unit: of days, which CLDR has among durations, that knows no Arabic.
        days = timedelta(days=int(part.partition(" ")[0]))
        return format_timedelta(days, "day", threshold=days.days + 1, locale=self._locale)

    def _listed(self, part: str) -> str:
        return format_list([self._buckets[one] for one in part.split(" and ")], locale=self._locale)

    def _basis(self, part: str) -> str:
        if part.startswith(_LINES):
            return self._bases["lines"].format(categories=self.apart(part.removeprefix(_LINES)))
        return self._bases[part]

    def apart(self, text: str) -> str:
        """A text of any direction inside a line of this language."""
        return f"{_APART}{text}{_END}" if self._mirrored else text

    def recorded(self, text: str) -> str:
        """A text that reads from left to right in every language: a formula, a line of a program file."""
        return f"{_LEFT_TO_RIGHT}{text}{_END}" if self._mirrored else text

    def line(self, text: str) -> str:
        """A line in the direction of the language."""
        return f"{_RIGHT_TO_LEFT}{text}" if self._mirrored and text else text
