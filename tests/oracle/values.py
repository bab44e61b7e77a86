"""Numbers, times and days of DOMAIN section 1, written for reading."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

DAY_MS = 86_400_000
AMOUNT_MAX_MINOR = 10**12

#: Digits of the currencies that the worlds use.
DIGITS = {
    **dict.fromkeys(("EUR", "USD", "GBP", "CHF", "SEK", "PLN", "CUP", "EGP", "AUD", "INR", "CAD"), 2),
    **dict.fromkeys(("JPY", "KRW", "CLP"), 0),
    **dict.fromkeys(("KWD", "BHD", "TND"), 3),
}

#: More than a period, and less than two.
_LONGER = {
    "week": timedelta(days=7),
    "month": timedelta(days=32),
    "quarter": timedelta(days=93),
    "year": timedelta(days=367),
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TIME = re.compile(r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_DECIMAL = re.compile(r"-?\d+(\.\d+)?", re.ASCII)


class RefusedError(Exception):
    """An event that goes to the dead letters, with its code."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code


def rounded(value: Fraction, mode: str) -> int:
    """The whole number that stands for an exact value of 0 or more."""
    floor = value.numerator // value.denominator
    rest = value - floor
    half = Fraction(1, 2)
    if mode == "down" or rest < half:
        return floor
    if rest > half or mode == "half_up":
        return floor + 1
    return floor + floor % 2


def split(total: int, weights: Mapping[str, Fraction]) -> dict[str, int]:
    """Largest remainders, ties to the smaller id; the parts add up to the total."""
    exact = {name: total * weight for name, weight in weights.items()}
    parts = {name: value.numerator // value.denominator for name, value in exact.items()}
    missing = total - sum(parts.values())
    for name in sorted(weights, key=lambda one: (-(exact[one] - parts[one]), one))[:missing]:
        parts[name] += 1
    return parts


def minor_units(value: object, digits: int) -> int:
    """An amount of an event (decimal string or JSON number) in minor units, or the code that refuses it."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise RefusedError("field_invalid", "no amount")
    if isinstance(value, str) and not _DECIMAL.fullmatch(value):
        raise RefusedError("field_invalid", "no decimal")
    number = Decimal(value)
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int):
        raise RefusedError("field_invalid", "no number")
    if -exponent > digits:
        raise RefusedError("amount_precision")
    if number < 0:
        raise RefusedError("amount_negative")
    if number and number.adjusted() + digits > 40:  # far beyond the range; do not spell it out
        raise RefusedError("amount_out_of_range")
    minor = int(Fraction(number) * 10**digits)
    if minor > AMOUNT_MAX_MINOR:
        raise RefusedError("amount_out_of_range")
    return minor


def parse_time(text: str) -> int:
    """Milliseconds since 1970 of an RFC 3339 time; finer digits are cut off. Else ``ValueError``."""
    found = _TIME.fullmatch(text)
    if not found:
        raise ValueError(text)
    year, month, day, hour, minute, second = (int(part) for part in found.groups()[:6])
    leap = second == 60
    moment = datetime(year, month, day, hour, minute, second - leap, tzinfo=UTC)
    offset = timedelta(0)
    zone = found[8]
    if zone not in "Zz":
        hours, minutes = int(zone[1:3]), int(zone[4:6])
        if hours > 23 or minutes > 59:
            raise ValueError(text)
        offset = timedelta(hours=hours, minutes=minutes) * (-1 if zone[0] == "-" else 1)
    millis = int((found[7] or "0").ljust(3, "0")[:3])
    try:
        moment -= offset
    except OverflowError:
        raise ValueError(text) from None
    if leap and (moment.hour, moment.minute) != (23, 59):
        raise ValueError(text)
    return milliseconds(moment) + millis + 1000 * leap


def milliseconds(moment: datetime) -> int:
    """Milliseconds since 1970 of an aware time."""
    return (moment.astimezone(UTC) - _EPOCH) // timedelta(milliseconds=1)


def show_time(millis: int) -> str:
    """RFC 3339 in UTC."""
    moment = _EPOCH + timedelta(milliseconds=millis)
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + f".{millis % 1000:03d}Z"


def local_instant(day: date, hours: int, minutes: int, zone: ZoneInfo) -> int:
    """The instant of a local time: in a gap by the offset before it, of two the first (fold 0 is both)."""
    if hours == 24:
        return local_instant(day + timedelta(days=1), 0, 0, zone)
    return milliseconds(datetime(day.year, day.month, day.day, hours, minutes, tzinfo=zone, fold=0))


def midnight(day: date, zone: ZoneInfo) -> int:
    """The instant at which a local day starts."""
    return local_instant(day, 0, 0, zone)


def local_date(millis: int, zone: ZoneInfo) -> date:
    """The calendar day of an instant: the latest day whose midnight is not after it."""
    day = (_EPOCH + timedelta(milliseconds=millis)).astimezone(zone).date() + timedelta(days=1)
    while midnight(day, zone) > millis:
        day -= timedelta(days=1)
    return day


def midnights(after: int, upto: int, zone: ZoneInfo) -> Iterator[tuple[int, date]]:
    """Every local midnight in ``(after, upto]``, with the day that it starts."""
    day = local_date(after, zone)
    while True:
        day += timedelta(days=1)
        instant = midnight(day, zone)
        if instant > upto:
            return
        yield instant, day


def same_period(period: str, one: date, other: date) -> bool:
    """Whether two home dates lie in the same day, week from Monday, month, quarter, year or lifetime."""
    return period_start(period, one) == period_start(period, other)


def period_end(period: str, day: date) -> date:
    """The last day of the week, month, quarter or year that holds a day."""
    return period_start(period, period_start(period, day) + _LONGER[period]) - timedelta(days=1)


def period_start(period: str, day: date) -> date:
    """The first day of the period that holds a day."""
    match period:
        case "day":
            return day
        case "week":
            return day - timedelta(days=day.weekday())
        case "month":
            return day.replace(day=1)
        case "quarter":
            return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
        case "year":
            return day.replace(month=1, day=1)
        case "lifetime":
            return date.min
    raise ValueError(period)
