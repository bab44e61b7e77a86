"""Rules of compliance that count: reversed orders, days of clicks without orders; and what they quote."""

from __future__ import annotations

from typing import Final

from events.inputs import AdObserved
from events.messages import Origin, Returned
from events.outputs import Evidence
from events.time import format_time
from schemas.program import Compliance
from streams.rules.ads import BrandMatch
from streams.rules.home_days import iso_date

#: Home dates over which reversed orders are counted.
RATE_DAYS: Final = 30


def is_above(reversed_: int, orders: int, rules: Compliance) -> bool:
    """Whether too many of the credited orders were reversed, and there are enough to tell."""
    most = rules.max_rate
    return orders >= rules.min_orders and reversed_ * most.denominator > orders * most.numerator


def is_fruitless(orders: int, clicks: int, rules: Compliance) -> bool:
    """Whether a day's clicks led to too few orders, and there are enough of them to tell."""
    least = rules.min_conversion
    return clicks >= rules.min_clicks and orders * least.denominator < clicks * least.numerator


def reversal_rate(returned: Returned, reversed_: int, orders: int, rules: Compliance) -> Evidence:
    """What is said of reversed orders, by the refund that was one too many."""
    what = "cancelled" if returned.cancelled else "refunded in full"
    most = rules.max_rate.text
    return Evidence(
        summary=(
            f"order {returned.order_id} was {what}: {reversed_} of {orders} orders of {RATE_DAYS} days "
            f"are reversed, a share of {most} is allowed"
        ),
        source=returned.origin.source,
        id=returned.origin.id,
        occurred=format_time(returned.origin.time),
        order_id=returned.order_id,
        refund_id=returned.refund_id,
        orders=orders,
        reversed=reversed_,
        limit=most,
    )


def fruitless(orders: int, clicks: int, day: int, zone: str, at: int, rules: Compliance) -> Evidence:
    """What is said of a day that ended with too few orders."""
    least, date = rules.min_conversion.text, iso_date(day)
    return Evidence(
        summary=(
            f"orders for the {clicks} clicks on {date}: {orders}; at least {least} a click are expected"
        ),
        source="keyday/clock",
        id=f"{zone}/{iso_date(day + 1)}",
        occurred=format_time(at),
        clicks=clicks,
        orders=orders,
        limit=least,
    )


def terms_outdated(agreed: str | None, rules: Compliance, origin: Origin) -> Evidence:
    """What is said of a partner's terms."""
    due = iso_date(rules.terms_due)
    has = "no terms" if agreed is None else f"terms {agreed}"
    return Evidence(
        summary=f"the partner has agreed to {has}, version {rules.terms_version} is due since {due}",
        source=origin.source,
        id=origin.id,
        occurred=format_time(origin.time),
        terms_agreed=agreed,
        terms_due=due,
    )


def brand_bidding(ad: AdObserved, match: BrandMatch) -> Evidence:
    """What is said of an ad."""
    how = "holds" if match.exact else f"holds {match.matched}, which is close to"
    rank = "" if ad.rank is None else f" at rank {ad.rank}"
    return Evidence(
        summary=(
            f"an ad{rank} on {ad.engine} in {ad.market} beside the keyword {ad.keyword!r}, "
            f"which {how} the brand term {match.term!r}"
        ),
        source=ad.source,
        id=ad.id,
        occurred=format_time(ad.time),
        market=ad.market,
        engine=ad.engine,
        keyword=ad.keyword,
        brand_term=match.term,
        matched=match.matched,
        display_url=ad.display_url,
        destination=ad.destination,
        ad_copy=ad.ad_copy,
        rank=ad.rank,
        evidence_url=ad.evidence_url,
    )
