"""What a program's ``[compliance]`` says, and the texts that its rules compare (DOMAIN 9, docs/choices.md)."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date, datetime
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
#: Of rules that do not say it; others are medium.
_SEVERITIES = {
    **dict.fromkeys(("brand_bidding", "self_referral", "disallowed_referrer"), "high"),
    **dict.fromkeys(("market_not_agreed", "terms_outdated"), "low"),
}
_LETTERS_OF_A_NEAR_MISS = 5
_TRADE_MARKS = re.compile("[\u2122\u2120\u00ae\u00a9]")
#: Scripts that put no space between words: Thai, Lao, Burmese, Khmer, kana and Han.
_SPACELESS = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+")


@dataclass(frozen=True)
class Terms:
    """The settings of the rules; a rule without a table is a flag with the defaults."""

    tables: dict[str, dict[str, Any]] = field(default_factory=dict)
    version: str | None = None
    due: date = date.min
    brand_terms: dict[str, list[str]] = field(default_factory=dict)

    def action(self, rule: str) -> str:
        return str(self.tables.get(rule, {}).get("action", "flag"))

    def setting(self, rule: str, name: str, default: Any) -> Any:
        return self.tables.get(rule, {}).get(name, default)

    def severity(self, rule: str) -> str:
        return str(self.setting(rule, "severity", _SEVERITIES.get(rule, "medium")))

    def brand_term(self, market: str, keyword: str) -> str | None:
        """The first brand term of a market that a keyword holds, else the first that it nearly holds."""
        terms = self.brand_terms.get(market, [])
        for near in (False, True):
            found = next((term for term in terms if _holds(keyword, term, near=near)), None)
            if found is not None:
                return found
        return None

    def paid_by(self, url: str | None) -> str | None:
        """The first parameter in the query of a url that paid clicks carry."""
        names = {*PAID_CLICK_IDS, *(one.lower() for one in self.setting("paid_traffic", "params", []))}
        query = parse_qsl(urlsplit(url or "").query, keep_blank_values=True)
        return next((name for name, _ in query if name.lower() in names), None)

    def denied(self, referrer: str | None) -> str | None:
        """A referrer's host when it is a denied one or lies below one."""
        host = urlsplit(referrer or "").hostname
        denied = [one.lower() for one in self.setting("disallowed_referrer", "hosts", [])]
        if host is None or not any(host == one or host.endswith(f".{one}") for one in denied):
            return None
        return host

    def outdates(self, version: str | None) -> bool:
        """Whether these terms are newer than those that a partner agreed to."""
        if self.version is None:
            return False
        return version is None or _parts(version) < _parts(self.version)


def from_table(content: dict[str, Any], home: ZoneInfo) -> Terms:
    """The terms of a program file's tables."""
    table = content.get("compliance", {})
    due = table.get("terms_due", content["program"]["effective_from"])
    return Terms(
        {rule: table[rule] for rule in RULES if rule in table},
        table.get("terms_version"),
        _day(due, home),
        {name: list(one.get("brand_terms", [])) for name, one in content.get("markets", {}).items()},
    )


def _day(value: date | datetime | str, home: ZoneInfo) -> date:
    """A date, or the home date of an instant."""
    if isinstance(value, datetime):
        return local_date(milliseconds(value), home)
    if isinstance(value, str):
        return local_date(parse_time(value), home) if "T" in value else date.fromisoformat(value)
    return value


def plain(text: str, punctuation: str = "") -> str:
    """A text as brand terms are compared: NFKC, without case, accents and punctuation, one space between words."""
    text = unicodedata.normalize("NFKC", _TRADE_MARKS.sub(" ", text))
    folded = unicodedata.normalize("NFD", text.casefold())
    bare = unicodedata.normalize("NFC", "".join(one for one in folded if unicodedata.category(one) != "Mn"))
    kept = (punctuation if unicodedata.category(one)[0] in "PS" else one for one in bare)
    return " ".join("".join(kept).split())


def _holds(keyword: str, term: str, *, near: bool) -> bool:
    """Whether words of a keyword that stand together are the term, or nearly."""
    terms = {plain(term), plain(term, " ")} - {""}
    return any(_says(text, one, near=near) for text in (plain(keyword), plain(keyword, " ")) for one in terms)


def _says(text: str, term: str, *, near: bool) -> bool:
    if _SPACELESS.fullmatch(term) and term in text:
        return True
    words = text.split()
    near = near and sum(one.isalpha() for one in term) >= _LETTERS_OF_A_NEAR_MISS
    runs = {" ".join(words[start:end]) for end in range(len(words) + 1) for start in range(end)}
    return term in runs or (near and any(_one_edit(run, term) for run in runs))


def _one_edit(one: str, other: str) -> bool:
    """Whether a letter was replaced, added or left out."""
    if len(one) == len(other):
        return sum(letter != its for letter, its in zip(one, other, strict=True)) == 1
    shorter, longer = sorted((one, other), key=len)
    return shorter in (longer[:place] + longer[place + 1 :] for place in range(len(longer)))


def _parts(version: str) -> list[tuple[int, int, str]]:
    return [(0, int(one), "") if one.isdecimal() else (1, 0, one) for one in re.split(r"[.-]", version)]
