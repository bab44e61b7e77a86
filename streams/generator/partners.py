"""The partners of a generated program: groups, markets, shares of the traffic, and their events."""

from __future__ import annotations

import random
from bisect import bisect
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Any, Final, NamedTuple

from streams.generator.event import PARTNER_EVENTS, Generated, Ids, own_customer
from streams.generator.markets import MarketFacts

#: The groups of twenty partners, by their number: what a partner is does not depend on the seed.
_GROUPS: Final = (
    "content", "influencer", "coupon", "content", "influencer", "brand_partnership", "coupon",
    "content", "influencer", "referral", "content", "coupon", "influencer", "content",
    "brand_partnership", "influencer", "content", "test", "coupon", "referral",
)  # fmt: skip
_COUPON_PREFIXES: Final = {"coupon": "SAVE", "influencer": "HELLO"}
#: Of five partners, this one has agreed to some markets only.
_RESTRICTED: Final = 3
#: From so many partners on, one of fifty is small: nobody comes to it by chance.
_QUIET_FROM: Final = 4
_QUIET_OF: Final = 50
_WEIGHT: Final = 1_000_000_000
_PAGES: Final = {
    "content": "https://magazine-{0}.example/reviews/",
    "influencer": "https://social.example/{0}/posts/",
    "coupon": "https://deals-{0}.example/codes/",
    "brand_partnership": "https://brand-{0}.example/together/",
    "referral": "https://friends-{0}.example/invite/",
    "test": "https://pilot-{0}.example/page/",
}


class Partner(NamedTuple):
    """A partner; ``markets`` None means all of the program."""

    number: int
    id: str
    group: str
    markets: tuple[str, ...] | None
    paid_search: bool
    locale: str
    page: str

    def agreed(self, market: str) -> bool:
        """Whether it may work in a market."""
        return self.markets is None or market in self.markets


def partner_id(number: int) -> str:
    """The id of the partner of a number, from 1; lower numbers are larger partners."""
    return f"partner-{number:03d}"


def coupons_of(partners: int) -> dict[str, str]:
    """The coupon codes of so many partners, with their owners."""
    found = {}
    for number in range(1, partners + 1):
        prefix = _COUPON_PREFIXES.get(_GROUPS[(number - 1) % len(_GROUPS)])
        if prefix is not None:
            found[f"{prefix}{number:03d}"] = partner_id(number)
    return found


class Roster:
    """All partners; the share of one in the traffic of a market is 1 / its number (Zipf's law).

    ``quiet`` partners get no traffic, so that what is planted at them is all there is.
    """

    def __init__(
        self, seed: int, partners: int, markets: Sequence[MarketFacts], coupons: Mapping[str, str]
    ) -> None:
        rng = random.Random(f"{seed}/partners")  # noqa: S311 -- reproducible, no secret
        quiet = max(1, partners // _QUIET_OF) if partners >= _QUIET_FROM else 0
        self.partners = tuple(
            _partner(rng, number, markets, unlimited=number > partners - quiet)
            for number in range(1, partners + 1)
        )
        self.busy = self.partners[: partners - quiet]
        self.quiet = self.partners[partners - quiet :]
        self._chosen: dict[str, tuple[list[int], list[Partner]]] = {}
        self._coupons: dict[str, list[tuple[str, Partner]]] = {}
        by_id = {partner.id: partner for partner in self.busy}
        known = [(code, by_id[owner]) for code, owner in coupons.items() if owner in by_id]
        for market in markets:
            here = [partner for partner in self.busy if partner.agreed(market.id)]
            weights = list(accumulate(_WEIGHT // partner.number for partner in here))
            self._chosen[market.id] = weights, here
            self._coupons[market.id] = [pair for pair in known if pair[1].agreed(market.id)]

    def choose(self, market: str, chance: float) -> Partner:
        """A partner of a market by its share; ``chance`` lies in [0, 1)."""
        weights, here = self._chosen[market]
        return here[bisect(weights, int(chance * weights[-1]))]

    def coupon(self, market: str, chance: float) -> str | None:
        """A coupon that somebody uses in a market, if there is one; first ones more often."""
        coupons = self._coupons[market]
        return coupons[int(chance * chance * len(coupons))][0] if coupons else None


def enrolments(roster: Roster, ids: Ids, start_ms: int, terms_version: str | None) -> Iterator[Generated]:
    """Every partner joins, one a millisecond, before anything else happens."""
    for at, partner in enumerate(roster.partners, start_ms):
        yield record(ids, partner, at, "partner.enrolled", terms_version)


def record(ids: Ids, partner: Partner, at: int, type_: str, terms_version: str | None) -> Generated:
    """The whole record of a partner, as an enrolment or an update."""
    data: dict[str, Any] = {
        "partner_id": partner.id,
        "name": f"{partner.group.replace('_', ' ').capitalize()} partner {partner.number}",
        "group": partner.group,
        "customer_ids": [own_customer(partner.number).id],
        "paid_search_allowed": partner.paid_search,
        "locale": partner.locale,
    }
    if partner.markets is not None:
        data["markets"] = list(partner.markets)
    if terms_version is not None:
        data["terms_version"] = terms_version
    return ids.event(PARTNER_EVENTS, partner.id, ids.other("partner"), type_, at, data)


def standing(ids: Ids, partner: Partner, at: int, *, suspended: bool) -> Generated:
    """A partner is suspended, or comes back."""
    type_, reason = ("partner.suspended", "review") if suspended else ("partner.reinstated", "review is over")
    data = {"partner_id": partner.id, "reason": reason, "actor": "reviewer-1"}
    return ids.event(PARTNER_EVENTS, partner.id, ids.other("standing"), type_, at, data)


def ad(ids: Ids, partner: Partner, at: int, market: str, keyword: str, rank: int) -> Generated:
    """Somebody saw an ad of a partner beside a search for ``keyword``."""
    data = {
        "partner_id": partner.id,
        "engine": "search.example",
        "keyword": keyword,
        "market": market,
        "display_url": partner.page,
        "rank": rank,
    }
    return ids.event(PARTNER_EVENTS, partner.id, ids.other("ad"), "ad.observed", at, data)


def _partner(rng: random.Random, number: int, markets: Sequence[MarketFacts], *, unlimited: bool) -> Partner:
    group = _GROUPS[(number - 1) % len(_GROUPS)]
    agreed: tuple[str, ...] | None = None
    if number % 5 == _RESTRICTED and len(markets) > 1 and not unlimited:
        count = rng.randrange(1, len(markets))
        agreed = tuple(sorted(market.id for market in rng.sample(list(markets), count)))
    return Partner(
        number=number,
        id=partner_id(number),
        group=group,
        markets=agreed,
        paid_search=group == "brand_partnership",
        locale=rng.choice(markets).locale,
        page=_PAGES[group].format(f"{number:03d}"),
    )
