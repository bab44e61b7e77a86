"""The nine rules of the terms, checked the slow way over a whole stream in memory."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from zoneinfo import ZoneInfo

from events.inputs import (
    AdObserved,
    InputEvent,
    LinkClicked,
    OrderPlaced,
    OrderRefunded,
    PartnerEnrolled,
    PartnerRecord,
    PartnerUpdated,
)
from events.time import DAY_MS, HOUR_MS
from streams.generator.program import Rules

#: A rule, the partner who breaks it, and when.
Violation = tuple[str, str, int]

PAID = re.compile(r"[?&](gclid|gbraid|wbraid|msclkid|fbclid|ttclid)=")


def violations(facts: Iterable[InputEvent], rules: Rules) -> set[str]:
    """The case ids that the facts, by time, give rise to."""
    home = ZoneInfo(rules.home_tz)
    return {
        f"{rule}~{partner}~{dt.datetime.fromtimestamp(at // 1000, home).date()}"
        for rule, partner, at in _Check(rules).found(facts)
    }


class _Check:
    """Everything that was seen so far, by whatever a rule asks for."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.partners: dict[str, PartnerRecord] = {}
        self.owners: dict[str, str] = {}
        self.clicks: dict[str, list[LinkClicked]] = defaultdict(list)
        self.by_id: dict[str, LinkClicked] = {}
        self.owned: dict[str, list[LinkClicked]] = defaultdict(list)
        self.credited: dict[str, tuple[str, int]] = {}
        self.orders: Counter[str] = Counter()
        self.reversed: Counter[str] = Counter()
        self.refunded: Counter[str] = Counter()

    def found(self, facts: Iterable[InputEvent]) -> Iterator[Violation]:
        for fact in facts:
            match fact:
                case PartnerEnrolled() | PartnerUpdated():
                    self.partners[fact.partner_id] = fact
                    self.owners |= dict.fromkeys(fact.customer_ids, fact.partner_id)
                    if _outdated(fact, self.rules):
                        yield "terms_outdated", fact.partner_id, fact.time
                case AdObserved():
                    terms = self.rules.brand_terms[fact.market]
                    if not self.partners[fact.partner_id].paid_search_allowed and _bids(fact.keyword, terms):
                        yield "brand_bidding", fact.partner_id, fact.time
                case LinkClicked():
                    yield from self.of_click(fact)
                case OrderPlaced():
                    yield from self.of_order(fact)
                case OrderRefunded() if fact.order_id in self.credited:
                    yield from self.of_refund(fact)
                case _:
                    pass
        yield from self.unproductive()

    def of_both(self, fact: LinkClicked | OrderPlaced, to: str) -> Iterator[Violation]:
        partner = self.partners[to]
        if partner.markets is not None and fact.market not in partner.markets:
            yield "market_not_agreed", to, fact.time
        if _outdated(partner, self.rules):
            yield "terms_outdated", to, fact.time

    def of_click(self, click: LinkClicked) -> Iterator[Violation]:
        to = click.partner_id
        self.clicks[click.customer_id].append(click)
        self.by_id[click.click_id] = click
        if self.owners.get(click.customer_id) == to:
            self.owned[to].append(click)
        if PAID.search(click.url or "") and not self.partners[to].paid_search_allowed:
            yield "paid_traffic", to, click.time
        if re.split("[/:]+", click.referrer or "")[1] in self.rules.denied_hosts:
            yield "disallowed_referrer", to, click.time
        hour = [each for each in self.clicks[click.customer_id] if each.time > click.time - HOUR_MS]
        if len(hour) > 30:
            yield "click_flooding", to, click.time
        yield from self.of_both(click, to)

    def of_order(self, order: OrderPlaced) -> Iterator[Violation]:
        to, click = self.credit(order)
        if to is None:
            return
        self.credited[order.order_id] = to, order.net
        self.orders[to] += 1
        if click is not None and order.time - click.time < 5_000:
            yield "click_to_order_time", to, order.time
        if self.owners.get(order.customer_id) == to or any(
            order.device_id == each.device_id or order.ip_hash == each.ip_hash for each in self.owned[to]
        ):
            yield "self_referral", to, order.time
        yield from self.of_both(order, to)

    def of_refund(self, refund: OrderRefunded) -> Iterator[Violation]:
        to, net = self.credited[refund.order_id]
        self.refunded[refund.order_id] += refund.amount
        self.reversed[to] += self.refunded[refund.order_id] == net
        if self.orders[to] >= 50 and self.reversed[to] > 0.4 * self.orders[to]:
            yield "reversal_rate", to, refund.time

    def credit(self, order: OrderPlaced) -> tuple[str | None, LinkClicked | None]:
        """The partner of the first known coupon, else of the named or the last click."""
        for code in order.coupons:
            if code in self.rules.coupons:
                return self.rules.coupons[code], None
        touches = [each for each in self.clicks[order.customer_id] if each.time > order.time - 30 * DAY_MS]
        click = self.by_id.get(order.click_id or "") or (touches[-1] if touches else None)
        return (None, None) if click is None else (click.partner_id, click)

    def unproductive(self) -> Iterator[Violation]:
        days = Counter((each.partner_id, each.time // DAY_MS) for each in self.by_id.values())
        for (partner, day), count in days.items():
            if count >= 10_000 and self.orders[partner] < 0.0005 * count:
                yield "click_flooding", partner, day * DAY_MS


def _outdated(partner: PartnerRecord, rules: Rules) -> bool:
    return (partner.terms_version or "") < (rules.terms_version or "")


def _bids(keyword: str, terms: Iterable[str]) -> bool:
    words = _plain(keyword).split()
    for term in map(_plain, terms):
        count = len(term.split())
        for at in range(len(words) - count + 1):
            part = " ".join(words[at : at + count])
            if part == term or (len(term) >= 5 and _near(part, term)):
                return True
    return False


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(each for each in decomposed if each.isalnum() or each == " ")


def _near(one: str, other: str) -> bool:
    """Whether one letter was added, left out or replaced."""
    short, long = sorted((one, other), key=len)
    if len(long) - len(short) > 1:
        return False
    at = next((at for at, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    return short[at + (len(short) == len(long)) :] == long[at + 1 :]
