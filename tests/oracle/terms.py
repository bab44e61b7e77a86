"""What a program's ``[compliance]`` says, and the texts that its rules compare (DOMAIN 9, docs/choices.md)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

from tests.oracle.values import local_date, milliseconds, parse_time

#: The rules in the order in which they fire.
RULES = (
    "brand_bidding",
    "paid_traffic",
    "self_referral",
    "click_to_order_time",
    "click_flooding",
    "disallowed_referrer",
    "market_not_agreed",
    "reversal_rate",
    "terms_outdated",
)
PAID_CLICK_IDS = (
    *("gclid", "gbraid", "wbraid", "dclid", "gclsrc", "msclkid", "fbclid", "ttclid", "twclid"),
    *("li_fat_id", "yclid", "epik", "sccid", "rdt_cid"),
)
_LETTERS_OF_A_NEAR_MISS = 5


@dataclass(frozen=True)
class Terms:
    """The settings of the rules; a rule without a table is a flag with the defaults."""

    tables: dict[str, dict[str, Any]] = field(default_factory=dict)
    version: str | None = None
    due: date | None = None
    brand_terms: dict[str, list[str]] = field(default_factory=dict)

    def action(self, rule: str) -> str:
        return str(self.tables.get(rule, {}).get("action", "flag"))

    def setting(self, rule: str, name: str, default: Any) -> Any:
        return self.tables.get(rule, {}).get(name, default)

    def exact(self, rule: str, name: str, default: str) -> Fraction:
        return Fraction(str(self.setting(rule, name, default)))

    def holds_brand_term(self, market: str, keyword: str) -> bool:
        """Whether a keyword holds a brand term of a market, or nearly one where the term is long enough."""
        words = plain(keyword)
        return any(_holds(words, plain(term)) for term in self.brand_terms.get(market, []))

    def is_paid(self, url: str | None) -> bool:
        """Whether the query of a url has a parameter that paid clicks carry."""
        names = {*PAID_CLICK_IDS, *(one.lower() for one in self.setting("paid_traffic", "params", []))}
        query = parse_qsl(urlsplit(url or "").query, keep_blank_values=True)
        return any(name.lower() in names for name, _ in query)

    def is_denied(self, referrer: str | None) -> bool:
        """Whether a referrer's host is a denied one or lies below one."""
        host = urlsplit(referrer or "").hostname
        denied = [one.lower() for one in self.setting("disallowed_referrer", "hosts", [])]
        return host is not None and any(host == one or host.endswith(f".{one}") for one in denied)

    def outdates(self, version: str | None) -> bool:
        """Whether these terms are newer than those that a partner agreed to."""
        if self.version is None:
            return False
        return version is None or _parts(version) < _parts(self.version)


def from_table(content: dict[str, Any], home: ZoneInfo) -> Terms:
    """The terms of a program file's tables."""
    table = content.get("compliance", {})
    due = table.get("terms_due")
    return Terms(
        {rule: table[rule] for rule in RULES if rule in table},
        table.get("terms_version"),
        None if due is None else _day(due, home),
        {name: list(one.get("brand_terms", [])) for name, one in content.get("markets", {}).items()},
    )


def _day(value: date | datetime | str, home: ZoneInfo) -> date:
    """A date, or the home date of an instant."""
    if isinstance(value, datetime):
        return local_date(milliseconds(value), home)
    if isinstance(value, str):
        return local_date(parse_time(value), home) if "T" in value else date.fromisoformat(value)
    return value


def plain(text: str) -> str:
    """A text as brand terms are compared: NFKC, without case, accents and punctuation."""
    folded = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text).casefold())
    kept = (one for one in folded if unicodedata.category(one) != "Mn")
    return " ".join("".join(one for one in kept if unicodedata.category(one)[0] != "P").split())


def _holds(keyword: str, term: str) -> bool:
    if not term:
        return False
    if term in keyword:
        return True
    if sum(one.isalpha() for one in term) < _LETTERS_OF_A_NEAR_MISS:
        return False
    return any(part in keyword for part in _one_letter_less(term)) or any(
        _one_edit(keyword[start : start + size], term)
        for size in (len(term), len(term) + 1)
        for start in range(len(keyword) - size + 1)
    )


def _one_letter_less(term: str) -> Iterable[str]:
    return (term[:place] + term[place + 1 :] for place in range(len(term)))


def _one_edit(longer: str, term: str) -> bool:
    """Whether one letter was replaced in a term or added to it."""
    if len(longer) == len(term):
        return sum(one != other for one, other in zip(longer, term, strict=True)) <= 1
    return term in _one_letter_less(longer)


def _parts(version: str) -> list[tuple[int, int, str]]:
    return [(0, int(one), "") if one.isdecimal() else (1, 0, one) for one in re.split(r"[.-]", version)]
