"""Who reads a page: its words (Fluent), and numbers, money and dates as the reader writes them (CLDR)."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cache
from importlib import resources
from typing import Final
from zoneinfo import ZoneInfo

from babel import Locale, localedata
from babel.dates import format_date, format_datetime, format_skeleton, format_time
from babel.lists import format_list
from babel.numbers import format_decimal, format_percent
from babel.units import format_unit
from fluent.runtime import FluentBundle, FluentResource

from events.units import POINTS
from streams.explain.money import DIGITS, money_text

#: What stands where there is nothing to say.
NOTHING: Final = "\u2013"
#: What is below zero has a sign that is read aloud, and looks alike before amounts and shares.
MINUS: Final = "\u2212"
#: Unicode's marks of direction: what is set apart reads from left to right, until the end.
_RIGHT_TO_LEFT: Final = "\u200f\u061c"
_LEFT_TO_RIGHT: Final = "\u2066"
_END: Final = "\u2069"
_MINUTE_S: Final = 60
_HOUR_S: Final = 3_600
#: A language with a region, such as ``en-GB`` or ``zh-Hant-TW``.
_FORM: Final = re.compile(r"[A-Za-z]{2}(?:-[A-Za-z]{4})?-[A-Za-z]{2}")


class Reader:
    """One of ``LANGUAGES``, written as in a region of it where one is named, such as ``en_GB``."""

    def __init__(self, locale: str) -> None:
        self._locale = Locale.parse(locale)
        self.locale = locale
        self.language = self._locale.language
        self.direction = self._locale.text_direction
        self._bundle = _bundle(self.language)

    def say(self, message: str, **values: str | int) -> str:
        """A message, filled in. Counts choose plurals.

        Raises:
            LookupError: there is no such message, or something that it says is not given.
        """
        if not self._bundle.has_message(message):
            raise LookupError(f"no message {message} in {self.language}")
        pattern = self._bundle.get_message(message).value
        assert pattern is not None  # noqa: S101  no message of ours has attributes alone
        text, errors = self._bundle.format_pattern(pattern, values)
        if errors:
            raise LookupError(f"message {message} in {self.language}: {errors}")
        return str(text)

    def knows(self, message: str) -> bool:
        """Whether there is such a message."""
        return self._bundle.has_message(message)

    def amount(self, amount: int | None, unit: str) -> str:
        """Money with all digits of its unit, or points."""
        if amount is None:
            return NOTHING
        if unit == POINTS:
            return self.say("points", count=abs(amount), shown=self._apart(self.number(amount)))
        # The sign stands before the digits, which go from left to right in every language.
        shown = money_text(abs(amount), unit, self._locale).lstrip(_RIGHT_TO_LEFT)
        return self._apart(f"{MINUS}{shown}" if amount < 0 else shown)

    def number(self, number: int | Decimal | None) -> str:
        """A number with the reader's separators."""
        if number is None:
            return NOTHING
        size = number if number >= 0 else -number
        shown = str(format_decimal(size, locale=self._locale, numbering_system=DIGITS))
        return shown if number >= 0 else f"{MINUS}{shown}"

    def percent(self, share: Decimal | None, digits: int = 1) -> str:
        """A share of 1 in percent."""
        if share is None:
            return NOTHING
        step = Decimal(1).scaleb(-digits - 2)
        rounded = share.quantize(step, rounding=ROUND_HALF_EVEN)
        shown = f"0.{'0' * digits}" if digits else "0"
        pattern = self._locale.percent_formats[None].pattern.replace("0", shown, 1)
        return str(format_percent(rounded, pattern, locale=self._locale, numbering_system=DIGITS))

    def exact_percent(self, share: Decimal) -> str:
        """A share of 1 in percent, with as many digits as it has."""
        exponent = share.normalize().as_tuple().exponent
        return self.percent(share, max(0, -exponent - 2) if isinstance(exponent, int) else 0)

    def seconds(self, seconds: Decimal) -> str:
        """Seconds with their unit."""
        return str(
            format_unit(
                seconds,
                "second",
                length="short",
                format="#,##0.###",
                locale=self._locale,
                numbering_system=DIGITS,
            )
        )

    def change(self, share: Decimal | None) -> str:
        """A share of 1 in percent, with its sign."""
        if share is None:
            return NOTHING
        return self._signed(share, self.percent(abs(share)))

    def points_apart(self, share: Decimal) -> str:
        """How far two shares of 1 lie apart, in percentage points with the sign."""
        points = (share * 100).quantize(Decimal("0.1"), rounding=ROUND_HALF_EVEN)
        shown = str(format_decimal(abs(points), "#,##0.0", locale=self._locale, numbering_system=DIGITS))
        return self.say("points-apart", shown=self._signed(points, shown))

    def _signed(self, number: Decimal, shown: str) -> str:
        sign = "+" if number > 0 else MINUS if number < 0 else ""
        return self._apart(f"{sign}{shown}")

    def date(self, day: dt.date | str | None, form: str = "medium") -> str:
        """A home date; ``form`` is one of CLDR's."""
        return NOTHING if day is None else str(format_date(_day(day), format=form, locale=self._locale))

    def short_date(self, day: dt.date | str) -> str:
        """Day and month."""
        return str(format_skeleton("MMMd", _noon(_day(day)), locale=self._locale))

    def month(self, day: dt.date) -> str:
        """The month of a day, with its year."""
        return str(format_skeleton("yMMMM", _noon(day), locale=self._locale))

    def weekdays(self) -> list[tuple[str, str]]:
        """The days of a week from its first on: short, and whole for those who listen."""
        names, short = self._locale.days["stand-alone"]["wide"], self._locale.days["stand-alone"]["short"]
        return [(short[one % 7], names[one % 7]) for one in range(self.first_weekday, self.first_weekday + 7)]

    @property
    def first_weekday(self) -> int:
        """The day that a week begins with: 0 is Monday."""
        return int(self._locale.first_week_day)

    def time(self, at: int | None, zone: str = "UTC", form: str = "medium") -> str:
        """Milliseconds since the epoch, as clocks of the zone show them."""
        if at is None:
            return NOTHING
        when = dt.datetime.fromtimestamp(at // 1_000, dt.UTC)
        return str(format_datetime(when, format=form, tzinfo=ZoneInfo(zone), locale=self._locale))

    def clock(self, at: int, zone: str = "UTC") -> str:
        """Hours and minutes."""
        when = dt.datetime.fromtimestamp(at // 1_000, dt.UTC)
        return str(format_time(when, format="short", tzinfo=ZoneInfo(zone), locale=self._locale))

    def duration(self, seconds: int) -> str:
        """How long, in its largest unit."""
        if seconds < _MINUTE_S:
            return self.say("seconds", count=seconds)
        if seconds < _HOUR_S:
            return self.say("minutes", count=seconds // _MINUTE_S)
        return self.say("hours", count=seconds // _HOUR_S)

    def listed(self, names: Sequence[str]) -> str:
        """Names as a sentence lists them."""
        return format_list(list(names), locale=self._locale) if names else NOTHING

    def market(self, market: str) -> str:
        """A market by its name where it is a country."""
        return str(self._locale.territories.get(market, market))

    def named(self, kind: str, name: str) -> str:
        """The word for a name of the domain, such as ``kind-accrued``, else the name itself."""
        message = f"{kind}-{name.replace('_', '-')}"
        return self.say(message) if self.knows(message) else name

    def _apart(self, number: str) -> str:
        return f"{_LEFT_TO_RIGHT}{number}{_END}" if self.direction == "rtl" else number

    @property
    def own_name(self) -> str:
        """The language in its own words."""
        name = str(self._locale.languages[self.language])
        return name[:1].upper() + name[1:]


@cache
def reader(locale: str) -> Reader:
    """The reader of a language, or of a form of it."""
    return Reader(locale)


def form_of(language: str, header: str) -> str:
    """A language as it is written in the first region that an ``Accept-Language`` header names with it."""
    for part in header.split(","):
        tag = part.partition(";")[0].strip()
        if _FORM.fullmatch(tag) and tag[:2].lower() == language:
            form = f"{language}_{tag[-2:].upper()}"
            if localedata.exists(form):
                return form
    return language


@cache
def _bundle(language: str) -> FluentBundle:
    # In a line from right to left, what is filled in keeps its own direction.
    bundle = FluentBundle([language], use_isolating=Locale.parse(language).text_direction == "rtl")
    bundle.add_resource(FluentResource(messages(language)))
    return bundle


@cache
def messages(language: str) -> str:
    """The Fluent file of a language."""
    folder = resources.files(__package__ or __name__).joinpath("languages")
    return folder.joinpath(f"{language}.ftl").read_text(encoding="utf-8")


def _day(day: dt.date | str) -> dt.date:
    return dt.date.fromisoformat(day) if isinstance(day, str) else day


def _noon(day: dt.date) -> dt.datetime:
    return dt.datetime(day.year, day.month, day.day, 12, tzinfo=dt.UTC)
