"""The model of key days: when each falls, in which markets, and how sure that is (DOMAIN section 6).

Dates are calendar dates of the market, or of the organiser's zone; local times are minutes from midnight, so
that 1440 is the next midnight. Nothing here knows a year's dates: ``streams.rules.calendar`` works them out.
"""

from __future__ import annotations

from datetime import date
from typing import Final, Literal

from msgspec import Struct

#: How sure a window is. ``computed`` by a rule; a ``convention`` of retailers, as a day or in its length;
#: ``announced`` by the organiser; ``estimated`` by a rule or a library until it is announced; ``unconfirmed``
#: where no source was seen.
Status = Literal["computed", "convention", "announced", "estimated", "unconfirmed"]
EasterCalendar = Literal["western", "orthodox", "julian"]

#: Minutes of a day; as an end, the next local midnight.
DAY_MINUTES: Final = 1_440
#: Days: the furthest offset from a source date, either way, and the longest window.
MOST_OFFSET_DAYS: Final = 365
MOST_WINDOW_DAYS: Final = 366
#: Days before a key day on which partners hear of it.
NOTICE_DAYS: Final = (14, 3)


class Rrule(Struct, frozen=True, tag=True):
    """Days by a recurrence rule of RFC 5545 without a start: ``FREQ=YEARLY;BYMONTH=11;BYDAY=4TH``."""

    text: str


class Easter(Struct, frozen=True, tag=True):
    """Easter Sunday. ``julian`` is its date as the Julian calendar writes it."""

    calendar: EasterCalendar


class Holiday(Struct, frozen=True, tag=True):
    """The first day of a holiday of the ``holidays`` library; without a country the market's own."""

    name: str
    country: str | None = None


class Span(Struct, frozen=True):
    """Dates between which something holds, both included; ``None`` is open."""

    first: date | None = None
    last: date | None = None


class Move(Struct, frozen=True):
    """A date that would be ``offset_days`` from Easter is ``by`` days later instead."""

    calendar: EasterCalendar
    offset_days: int
    by: int


class Source(Struct, frozen=True, kw_only=True):
    """Where dates come from, and how far from them the key day is; ``markets`` None means all."""

    rule: Rrule | Easter | Holiday
    offset_days: int = 0
    markets: frozenset[str] | None = None
    valid: Span = Span()
    move: Move | None = None


class Edition(Struct, frozen=True, kw_only=True):
    """A date that is known for one year. ``end`` is the last date; without it the entry's ``days`` count."""

    start: date
    end: date | None = None
    markets: frozenset[str] | None = None
    status: Status = "announced"


class KeyDay(Struct, frozen=True, kw_only=True):
    """A key day of a program or of the catalogue.

    ``use`` names the catalogue's entry that it was made from. Without ``sources`` it is announced: it falls
    on the dates of ``years`` alone. A year of ``years`` takes the place of the sources in the markets that
    its editions name; a year without editions has no such day.

    A window runs from ``start_minute`` on the date to ``end_minute`` on the date ``days - 1`` later, or on
    the (month, day) ``until`` of that year, or on the date before the key day ``until``. Times are local in
    ``tz``, the organiser's zone, in ``tz_markets`` (None: everywhere); else in the market's zone.
    """

    id: str
    name: str
    markets: frozenset[str]
    use: str | None = None
    sources: tuple[Source, ...] = ()
    years: dict[int, tuple[Edition, ...]] = {}
    status: Status = "announced"
    valid: Span = Span()
    start_minute: int = 0
    end_minute: int = DAY_MINUTES
    days: int = 1
    until: tuple[int, int] | KeyDay | None = None
    tz: str | None = None
    tz_markets: frozenset[str] | None = None
    notice_days: tuple[int, ...] = NOTICE_DAYS

    def editions(self, market: str, year: int) -> tuple[Edition, ...] | None:
        """The dates known for a year in a market; ``None`` when the sources say."""
        known = self.years.get(year)
        if known is None or not known:
            return known
        return tuple(one for one in known if one.markets is None or market in one.markets) or None
