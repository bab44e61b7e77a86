"""The people, the days and the chances of one program of a world."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from tests.oracle.themes import THEMES
from tests.oracle.values import DAY_MS, DIGITS, local_date, midnight, parse_time
from tests.oracle.world import Record, World

HOMES = (
    "Europe/Paris",
    "America/New_York",
    "America/Havana",
    "Africa/Cairo",
    "Asia/Kolkata",
    "Pacific/Auckland",
    "America/Santiago",
    "Asia/Beirut",
    "Africa/Casablanca",
    "Australia/Lord_Howe",
    "UTC",
)
MARKETS = {
    "FR": "Europe/Paris",
    "US": "America/New_York",
    "CL": "America/Santiago",
    "JP": "Asia/Tokyo",
    "CU": "America/Havana",
    "EG": "Africa/Cairo",
    "NZ": "Pacific/Auckland",
}
STARTS = (
    "2026-02-13T00:00:00Z",
    "2028-02-27T00:00:00Z",
    "2026-03-05T00:00:00Z",
    "2026-03-26T00:00:00Z",
    "2026-04-01T00:00:00Z",
    "2026-06-20T00:00:00Z",
    "2026-09-28T00:00:00Z",
    "2026-10-22T00:00:00Z",
    "2026-11-22T00:00:00Z",
    "2026-11-25T00:00:00Z",
    "2026-12-26T00:00:00Z",
)
PARTNERS = ("lea", "leo", "max", "Zoe", "b10", "b9")
CUSTOMERS = ("ada", "bob", "cy", "dan", "eve", "fay")
GROUPS = ("content", "influencer", "coupon")
LOCALES = ("en", "fr-CA", "es_MX", "DE", "ar-EG", "uk-UA", "nl", "", "x-y", "fra", "zh-Hant-fr", None)
#: What ids may hold beside letters and digits; all is told apart, nothing is trimmed.
ODD = ("~", ":", " ", "/", "é", "e\u0301", "😀", "%7E", "'", ":pending x", "~cancel")
UNPRINTABLE = ("\x00", "\uffff", "\n")
CATEGORIES = ("shoes", "hats", "bags")
CODES = ("LEA10", "MAX5", "lea10")
CHANNELS = ("email", "direct", "social")

ACTIONS = ("flag", "hold", "hold", "reject", "clawback", "suspend")
TERMS_VERSIONS = ("2", "1.9", "1.10", "2026-03", "2026-11", "2.b")
BRAND_TERMS = (
    "acme",
    "Acmé",
    "Brandy",
    "brand shop",
    "O'Neil",
    "ΑΚΜΗ",  # noqa: RUF001 - Greek
    "Ακμαίος",
    "Ёлкин",
    "العلامة",
    "ブランド",
    "商标",
    "Straße",
    "ﬁrma",
    "b2b",
)
HOSTS = ("deals.example", "Coupons.Example", "shop.deals.example")
REFERRERS = (
    "https://deals.example/x?y=1",
    "HTTP://DEALS.Example:8080/",
    "https://www.coupons.example",
    "https://notdeals.example/deals.example",
    "https://deals.example.org/",
    "https://ann@shop.deals.example:443/a",
    "https://news.example/?from=deals.example",
)
URLS = (
    "https://shop.example/?gclid=1",
    "https://shop.example/a?x=1&FBCLID=2#top",
    "https://shop.example/?xgclid=1&clid=2",
    "https://shop.example/#gclid=1",
    "https://shop.example/gclid=1",
    "https://shop.example/?aff_paid=1",
    "https://shop.example/?a=gclid&promo",
    "https://shop.example/?msclkid=",
    "https://shop.example/",
)


class Dice:
    """Draws what is needed, at the edges more often than anywhere else."""

    def __init__(self, random: Random, world: World, on: set[str], *, suffix: str, several: bool) -> None:
        self.random = random
        self.world = world
        self.on = on
        self.suffix = suffix
        self.program = f"acme{suffix}"
        self.named = several
        self.theme_name = random.choice(sorted(THEMES))
        self.theme = theme = THEMES[self.theme_name]
        partners, customers = random.randint(3, 6), random.randint(3, 6)
        self.partners = [one + suffix for one in random.sample(PARTNERS, min(partners, theme.partners))]
        shared = "" if random.random() < 0.5 else suffix  # some programs have customers in common
        self.customers = [one + shared for one in random.sample(CUSTOMERS, min(customers, theme.customers))]
        self.markets = random.sample(sorted(MARKETS), random.randint(2, 4))
        self.currency = random.choice(("EUR", "EUR", "EUR", "JPY", "KWD", "USD"))
        self.digits = DIGITS[self.currency]
        self.home = random.choice(HOMES)
        self.start = parse_time(random.choice(STARTS))
        days = random.choice((1, 3, 10, 40, 40))
        if self.has("memory", 0.15):
            days = 200
        if self.theme_name == "referrals":
            days = min(days, 3)  # so that orders fall on key days
        days = min(days, theme.most_days)
        self.span = days * DAY_MS
        self.times: list[int] = []
        self.numbers = 0
        self.mine: list[Record] = []
        self.odd = self.has("odd-ids", 0.2)
        if self.odd:
            self.partners = [self.oddly(one, *ODD) for one in self.partners]
            self.customers = [self.oddly(one) for one in self.customers]
        self.orders: list[dict[str, Any]] = []
        self.clicks: list[dict[str, Any]] = []

    def has(self, feature: str, chance: float = 1.0) -> bool:
        """Whether a feature is on and comes up; the chance is drawn in either case."""
        if feature in self.theme.sure:
            chance = max(chance, 0.85)
        return (self.random.random() < chance) & (feature in self.on) & (feature not in self.theme.never)

    def pick(self, *values: Any) -> Any:
        return self.random.choice(values)

    def some(self, values: Iterable[str], least: int = 1) -> list[str]:
        pool = list(values)
        return self.random.sample(pool, self.random.randint(min(least, len(pool)), len(pool)))

    def oddly(self, name: str, *parts: str) -> str:
        """A name with something in it that keys, accounts and entry ids are joined with, or nearly."""
        place = self.random.choice((0, len(name) // 2, len(name)))
        return name[:place] + self.pick(*(parts or (*ODD, *UNPRINTABLE))) + name[place:]

    def next(self, letter: str) -> str:
        self.numbers += 1
        name = f"{letter}{self.numbers}{self.suffix}"
        return self.oddly(name) if self.odd and self.random.random() < 0.3 else name

    def time(self, near: int | None = None) -> int:
        """A time in the span: anywhere, at a local midnight or beside it, or that of another event."""
        random = self.random
        roll = random.random()
        if roll < 0.15 and self.times and "same-times" in self.on:
            time = random.choice(self.times)
        elif roll < 0.4:
            zone = ZoneInfo(random.choice([self.home, *(MARKETS[one] for one in self.markets)]))
            day = local_date(self.start + random.randrange(self.span), zone)
            time = midnight(day, zone) + random.choice((-1000, -1, 0, 0, 1, 1000))
        elif near is not None and roll < 0.8:
            time = near + random.choice((1, 1000, 60_000, 3_600_000, DAY_MS, 3 * DAY_MS, -1000, -DAY_MS))
        else:
            time = self.start + random.randrange(self.span)
        self.times.append(time)
        return time

    def amount(self, minor: int, digits: int) -> object:
        """Minor units as a decimal string or a JSON number, with all or only the needed digits."""
        whole, part = divmod(minor, 10**digits)
        text = str(whole) + (f".{part:0{digits}d}" if digits else "")
        if digits and self.random.random() < 0.3:
            text = text.rstrip("0").rstrip(".")
        if self.random.random() < 0.3:
            if self.random.random() < 0.2:
                return f"@number:{minor}e-{digits}@"
            return f"@number:{text}@"
        return text

    def money(self, minor: int) -> str:
        """An amount of the program file."""
        whole, part = divmod(minor, 10**self.digits)
        return str(whole) + (f".{part:0{self.digits}d}" if self.digits else "")
