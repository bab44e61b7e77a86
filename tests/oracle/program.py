"""Program files (TOML, or the same content as JSON) as plain records. Files are taken to be valid."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from tests.oracle.terms import Terms, from_table
from tests.oracle.values import DAY_MS, DIGITS, local_date, local_instant, milliseconds, parse_time

POINTS = "points"
_THURSDAY = 3
_NAMES = {"black_friday": "Black Friday", "cyber_monday": "Cyber Monday"}
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True)
class Cap:
    period: str
    amount: int
    over: str


@dataclass(frozen=True)
class Budget:
    id: str
    amount: int
    period: str
    over: str
    alerts: tuple[Fraction, ...]


@dataclass(frozen=True)
class Rule:
    """An accrual or a bonus; ``factor`` is the rate of the one and multiply - 1 of the other."""

    id: str
    to: str
    unit: str
    factor: Fraction | None
    flat: int | None
    basis: str
    when: dict[str, Any]
    priority: int
    exclusive: str | None
    hold_days: int | None
    expires_days: int | None
    cap: Cap | None
    budget: str | None
    on: list[str]
    #: Of the partners that a bonus runs for.
    share: Fraction | None

    def runs_for(self, partner: str | None) -> bool:
        """Whether a partner belongs to the part that the bonus runs for."""
        if self.share is None or partner is None:
            return True
        digest = sha256(f"{self.id}~{partner}".encode()).digest()
        return int.from_bytes(digest[:8]) < self.share * 2**64


@dataclass(frozen=True)
class Level:
    id: str
    start: int
    multiply: Fraction


@dataclass(frozen=True)
class Tiers:
    metric: str
    window: str  # month, quarter, year or rolling
    days: int
    levels: list[Level]
    money: str

    def reached(self, metric: int) -> int:
        """The position of the highest level that a metric reaches; -1 for none."""
        return max((i for i, level in enumerate(self.levels) if level.start <= metric), default=-1)

    def name(self, position: int) -> str | None:
        return self.levels[position].id if position >= 0 else None

    def position(self, level: str | None) -> int:
        """Where a level stands; one that is gone starts again at what 0 reaches, and -1 is below all."""
        if level is None:
            return -1
        return next((i for i, one in enumerate(self.levels) if one.id == level), self.reached(0))


@dataclass(frozen=True)
class Referral:
    window_days: int
    min_order: int
    advocate_points: Fraction
    friend_points: Fraction
    key_day_multiply: dict[str, Fraction]
    cap_per_month: int | None
    hold_days: int
    expires_days: int | None


@dataclass(frozen=True)
class KeyDay:
    id: str
    use: str | None
    markets: list[str] | None
    dates: list[date]
    start: tuple[int, int]
    end: tuple[int, int]
    days: int
    tz: ZoneInfo | None
    notice_days: list[int]
    name: str

    def covers(self, time: int, zone: ZoneInfo) -> bool:
        """Whether an instant lies in one of the windows, read in the market's zone or the organiser's."""
        return any(start <= time < end for _, start, end in self.windows(local_date(time, zone).year, zone))

    def windows(self, year: int, zone: ZoneInfo) -> list[tuple[date, int, int]]:
        """The dates of a year and those beside it, with the start and the end of each."""
        zone = self.tz or zone
        return [
            (
                source,
                local_instant(source, *self.start, zone),
                local_instant(source + timedelta(days=self.days - 1), *self.end, zone),
            )
            for source in self._sources(year)
        ]

    def _sources(self, year: int) -> list[date]:
        if self.use is None:
            return self.dates
        after_thanksgiving = {"black_friday": 1, "cyber_monday": 4}[self.use]
        years = (year - 1, year, year + 1)
        return [fourth_thursday(one) + timedelta(days=after_thanksgiving) for one in years]


@dataclass(frozen=True)
class Goal:
    """A target of a period; ``of`` is the group or partner that has it, none is each of them."""

    id: str
    scope: str
    of: str | None
    metric: str
    period: str
    target: int


@dataclass(frozen=True)
class Review:
    id: str
    cadence: str
    day: int


@dataclass
class Version:
    """One version of a program."""

    id: str
    version: int
    effective_from: int
    currency: str
    home: ZoneInfo
    rounding: str
    stacking: str
    lookback_ms: int
    attribution: str
    coupon_wins: bool
    markets: dict[str, ZoneInfo]
    coupons: dict[str, str]
    fx: dict[str, list[tuple[int, Fraction]]]
    key_days: list[KeyDay]
    accruals: list[Rule]
    bonuses: list[Rule]
    budgets: dict[str, Budget]
    tiers: Tiers | None
    referral: Referral | None
    terms: Terms
    goals: list[Goal]
    reviews: list[Review]
    content: dict[str, Any] = field(repr=False)

    @property
    def digits(self) -> int:
        return DIGITS[self.currency]

    @property
    def money(self) -> str:
        return f"{self.currency}/{self.digits}"

    def rate(self, currency: str, time: int) -> Fraction | None:
        """Minor units of the program's currency for one of another; none when no rate is in force."""
        if currency == self.currency:
            return Fraction(1)
        started = [(start, rate) for start, rate in self.fx.get(currency, []) if start <= time]
        if not started:
            return None
        rate = max(started, key=lambda one: one[0])[1]
        return rate * 10**self.digits / 10 ** DIGITS[currency]

    def key_days_at(self, market: str, time: int) -> list[str]:
        """The ids of the key days on which an instant falls in a market."""
        zone = self.markets[market]
        return sorted(
            one.id
            for one in self.key_days
            if (one.markets is None or market in one.markets) and one.covers(time, zone)
        )


def fourth_thursday(year: int) -> date:
    """Thanksgiving: the fourth Thursday of November."""
    first = date(year, 11, 1)
    return first + timedelta(days=(_THURSDAY - first.weekday()) % 7 + 21)


def from_toml(text: str) -> Version:
    """A version from a program file."""
    return from_content(tomllib.loads(text, parse_float=Decimal))


def from_json(text: str | bytes) -> Version:
    """A version from the JSON of a program file."""
    return from_content(json.loads(text, parse_float=Decimal))


def from_content(content: dict[str, Any]) -> Version:
    """A version from the tables of its file."""
    head = content["program"]
    currency = head["currency"]
    digits = DIGITS[currency]
    return Version(
        id=head["id"],
        version=head["version"],
        effective_from=_instant(head["effective_from"]),
        currency=currency,
        home=ZoneInfo(head["home_tz"]),
        rounding=head.get("rounding", "half_even"),
        stacking=head.get("bonus_stacking", "sum"),
        lookback_ms=head.get("lookback_days", 30) * DAY_MS,
        attribution=head.get("attribution", "last_click"),
        coupon_wins=head.get("coupon_wins", True),
        markets={key: ZoneInfo(one["tz"]) for key, one in content.get("markets", {}).items()},
        coupons=dict(content.get("coupons", {})),
        fx={
            key: [(_instant(one["from"]), _exact(one["rate"])) for one in rates]
            for key, rates in content.get("fx", {}).items()
        },
        key_days=[_key_day(one) for one in content.get("key_day", [])],
        accruals=sorted((_rule(one, currency) for one in content.get("accrual", [])), key=lambda one: one.id),
        bonuses=sorted((_rule(one, currency) for one in content.get("bonus", [])), key=lambda one: one.id),
        budgets={one["id"]: _budget(one, digits) for one in content.get("budget", [])},
        tiers=_tiers(content.get("tiers"), digits, f"{currency}/{digits}"),
        referral=_referral(content.get("referral"), digits),
        terms=from_table(content, ZoneInfo(head["home_tz"])),
        goals=[_goal(one, digits) for one in content.get("goal", [])],
        reviews=[_review(one) for one in content.get("review", [])],
        content=content,
    )


def _instant(value: datetime | str) -> int:
    return parse_time(value) if isinstance(value, str) else milliseconds(value)


def _exact(value: object) -> Fraction:
    return Fraction(str(value))


def _minor(value: object, digits: int) -> int:
    minor = _exact(value) * 10**digits
    assert minor.denominator == 1, f"{value} has too many digits"
    return int(minor)


def _rule(table: dict[str, Any], currency: str) -> Rule:
    points = table["unit"] == POINTS
    digits = DIGITS[currency]
    own_digits = 0 if points else digits
    factor = None
    if "rate" in table:
        factor = _exact(table["rate"])
        if points:  # points per 1.00 of the program's currency, but the basis comes in minor units
            factor /= 10**digits
    elif "multiply" in table:
        factor = _exact(table["multiply"]) - 1
    cap = table.get("cap")
    when = dict(table.get("when", {}))
    if "min_order" in when:
        when["min_order"] = _minor(when["min_order"], digits)
    return Rule(
        id=table["id"],
        to=table["to"],
        unit=POINTS if points else f"{currency}/{digits}",
        factor=factor,
        flat=_minor(table["flat"], own_digits) if "flat" in table else None,
        basis=table.get("basis", "net"),
        when=when,
        priority=table.get("priority", 0),
        exclusive=table.get("exclusive"),
        hold_days=table.get("hold_days"),
        expires_days=table.get("expires_days"),
        cap=cap and Cap(cap["period"], _minor(cap["amount"], own_digits), cap.get("over", "trim")),
        budget=table.get("budget"),
        on=list(table.get("on", [])),
        share=_exact(table["share"]) if "share" in table else None,
    )


def _budget(table: dict[str, Any], digits: int) -> Budget:
    return Budget(
        table["id"],
        _minor(table["amount"], digits),
        table.get("period", "lifetime"),
        table.get("over", "trim"),
        tuple(_exact(one) for one in table.get("alerts", [])),
    )


def _tiers(table: dict[str, Any] | None, digits: int, money: str) -> Tiers | None:
    if table is None:
        return None
    metric = table["metric"]
    window = table["window"]
    rolling = isinstance(window, dict)
    levels = [
        Level(
            one["id"],
            _minor(one["from"], digits if metric == "revenue" else 0),
            _exact(one.get("multiply", 1)),
        )
        for one in table["levels"]
    ]
    return Tiers(
        metric,
        "rolling" if rolling else window,
        window["rolling_days"] if rolling else 0,
        sorted(levels, key=lambda one: one.start),
        money,
    )


def _referral(table: dict[str, Any] | None, digits: int) -> Referral | None:
    if table is None:
        return None
    return Referral(
        window_days=table["window_days"],
        min_order=_minor(table.get("min_order", "0"), digits),
        advocate_points=_exact(table["advocate_points"]),
        friend_points=_exact(table["friend_points"]),
        key_day_multiply={key: _exact(one) for key, one in table.get("key_day_multiply", {}).items()},
        cap_per_month=table.get("cap_per_month"),
        hold_days=table.get("hold_days", 0),
        expires_days=table.get("expires_days"),
    )


def _goal(table: dict[str, Any], digits: int) -> Goal:
    metric = table["metric"]
    return Goal(
        table["id"],
        table["scope"],
        table.get("group") or table.get("partner_id"),
        metric,
        table["period"],
        _minor(table["target"], digits if metric == "revenue" else 0),
    )


def _review(table: dict[str, Any]) -> Review:
    day = table.get("day", 1)
    return Review(table["id"], table["cadence"], _WEEKDAYS.index(day) + 1 if isinstance(day, str) else day)


def _key_day(table: dict[str, Any]) -> KeyDay:
    dates = [date.fromisoformat(str(one)) for year in table.get("dates", {}).values() for one in year]
    organiser = table.get("tz_policy") == "organiser"
    return KeyDay(
        id=table.get("id") or table["use"],
        use=table.get("use"),
        markets=table.get("markets"),
        dates=dates,
        start=_clock(table.get("start", "00:00")),
        end=_clock(table.get("end", "24:00")),
        days=table.get("days", 1),
        notice_days=table.get("notice_days", [14, 3]),
        tz=ZoneInfo(table["tz"]) if organiser else None,
        name=table.get("name") or _NAMES.get(table.get("use", "")) or table["id"],
    )


def _clock(text: str) -> tuple[int, int]:
    hours, minutes = text.split(":")
    return int(hours), int(minutes)


class Programs:
    """The versions that are loaded."""

    def __init__(self, versions: list[Version]) -> None:
        self.versions = list(versions)

    def add(self, version: Version) -> None:
        self.versions.append(version)

    def ids(self) -> list[str]:
        return sorted({one.id for one in self.versions})

    def home(self, program: str) -> ZoneInfo:
        return next(one.home for one in self.versions if one.id == program)

    def in_force(self, program: str, time: int) -> Version | None:
        """The version with the greatest start that is not after a time; of equal ones the greater version."""
        started = [one for one in self.versions if one.id == program and one.effective_from <= time]
        return max(started, key=lambda one: (one.effective_from, one.version), default=None)
