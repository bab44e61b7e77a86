"""What a page is made for: its reader, the moment, the program, and what it may ask the tables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from babel import Locale
from babel.numbers import format_compact_currency, format_compact_decimal
from msgspec import Struct

from events.units import POINTS, unit_scale
from projections.dashboard.chart import Scale
from projections.dashboard.data import Data
from projections.dashboard.reader import Reader
from schemas.program import Program
from streams.explain.money import DIGITS, money_text

#: The spans that figures are shown for, in home days that end today.
SPANS: Final = (7, 30, 90, 365)
SPAN: Final = 30
#: Digits that stand together in no language.
_MANY_DIGITS: Final = re.compile(r"\d{4}")
#: Whole units of money, or points: what the scale of a chart has at least.
_LEAST_AXIS: Final = 5


class View(Struct, frozen=True):
    """One request for a page. ``now`` is in milliseconds; ``partner`` is whose pages alone may be seen."""

    reader: Reader
    data: Data
    now: int
    program: Program | None
    query: Mapping[str, str]
    partner: str | None = None

    @property
    def zone(self) -> str:
        """The home zone, UTC while no program is known."""
        return "UTC" if self.program is None else self.program.home_tz

    @property
    def unit(self) -> str:
        """The unit of the program's money."""
        return POINTS if self.program is None else self.program.money_unit

    @property
    def name(self) -> str:
        """The program's id."""
        return "" if self.program is None else self.program.id

    @property
    def today(self) -> date:
        """The home day that it is."""
        return self.day(self.now)

    def day(self, at: int) -> date:
        """The home day of an instant."""
        return datetime.fromtimestamp(at // 1_000, ZoneInfo(self.zone)).date()

    @property
    def days(self) -> int:
        """How many home days are asked for."""
        asked = self.query.get("days", "")
        return int(asked) if asked.isdigit() and int(asked) in SPANS else SPAN

    @property
    def first(self) -> date:
        """The first of the home days that are asked for."""
        return self.today - timedelta(days=self.days - 1)

    def asked(self, name: str) -> str | None:
        """A parameter, if it says something."""
        return self.query.get(name) or None

    def money(self, amount: int | Decimal | None) -> str:
        """An amount of the program's money; parts of a minor unit are rounded away."""
        return self.reader.amount(None if amount is None else round(amount), self.unit)

    def axis(self, amount: float) -> str:
        """An amount of the program's money in few characters, for the scale of a chart."""
        locale = self.reader.locale
        if self.unit == POINTS:
            return str(format_compact_decimal(round(amount), locale=locale, fraction_digits=1))
        currency, scale = self.unit.partition("/")[0], unit_scale(self.unit)
        whole = Decimal(round(amount)).scaleb(-scale)
        text = format_compact_currency(
            whole, currency, locale=locale, fraction_digits=1, numbering_system=DIGITS
        )
        # Some languages have no short form of thousands; then their digits are to stand in groups.
        if _MANY_DIGITS.search(text):
            return money_text(round(amount), self.unit, Locale.parse(locale), digits=0)
        return str(text)

    @property
    def scale(self) -> Scale:
        """How charts write the program's money."""
        least = _LEAST_AXIS if self.unit == POINTS else int(_LEAST_AXIS * 10 ** unit_scale(self.unit))
        return Scale(self.axis, lambda value: self.money(int(value)), least)

    def link(self, path: str, **parameters: str | int | None) -> str:
        """A page of the same program."""
        chosen = {"program": self.query.get("program"), **parameters}
        given = {name: value for name, value in chosen.items() if value not in {None, ""}}
        return f"{path}?{urlencode(given)}" if given else path

    def again(self, path: str, **changes: str | int | None) -> str:
        """The same page with other parameters."""
        return self.link(path, **{**self.query, **changes})

    def to_account(self, account: str) -> str:
        """The page of an account."""
        kind, _, name = account.partition(":")
        return self.link(f"/{kind}s/{quote(name, safe='')}")

    def to_partner(self, partner_id: str) -> str:
        """The page of a partner."""
        return self.to_account(f"partner:{partner_id}")


Context = dict[str, Any]
