"""A whole program as one stream of events, by time, the same for the same parameters.

Each hour has a share of all events, by the rhythm of its markets. What follows from earlier events (orders
after clicks, refunds) happens when it is due and counts towards the hour's share; clicks and whatever else
comes of itself fill it up. Memory holds what is due later, and two numbers per customer.
"""

from __future__ import annotations

import datetime as dt
import random
from array import array
from bisect import bisect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import accumulate, islice, pairwise
from typing import Any, Final

from events.time import DAY_MS, HOUR_MS, MINUTE_MS
from events.units import POINTS, money_unit
from streams.generator.breaches import Planter, Pool, Truth
from streams.generator.clicks import CATEGORIES, click
from streams.generator.event import Generated, Ids, customer, visitor
from streams.generator.markets import MARKETS, MarketFacts, money
from streams.generator.orders import Placed, Shop, cancel, refund
from streams.generator.partners import Roster, ad, enrolments, record, standing
from streams.generator.program import Rules
from streams.generator.referrals import referral
from streams.generator.requests import adjustment, redemption
from streams.generator.rhythm import Rhythm

#: What comes of itself, added up: clicks, orders without one, referrals, requests, ads, updates; the rest
#: are suspensions.
_CLICK: Final = 0.9175
_ORDER: Final = 0.9705
_REFERRAL: Final = 0.9815
_REQUEST: Final = 0.9935
_AD: Final = 0.9975
_UPDATE: Final = 0.9995
#: The share of events that come of themselves.
_OF_ITSELF: Final = 0.93
#: How many of the clicks come from customers whom the shop knows, and how many of these order.
_KNOWN: Final = 0.6
_CONVERSION: Final = 0.11
#: How many of the orders after a click name it and how many bring a coupon along; how many others do.
_CLICK_KNOWN: Final = 0.8
_COUPON_TOO: Final = 0.08
_COUPON_ALONE: Final = 0.25
#: What becomes of orders, added up: called off, refunded in full or in part; how many of these in full later.
_CANCELLED: Final = 0.02
_REFUNDED_WHOLE: Final = 0.055
_AFTERMATH: Final = 0.09
_REST_TOO: Final = 0.2
#: How many friends order, and what requests are, added up; how many corrections take away.
_FRIEND_ORDERS: Final = 0.6
_ADJUSTMENT: Final = 0.1
_PAYOUT: Final = 0.2
_NEGATIVE: Final = 0.2
#: The longest time from a click to its order, and from a referral to the friend's order.
_CONVERSION_MS: Final = 3 * DAY_MS
_FRIEND_MS: Final = 20 * DAY_MS
_SUSPENSION_MS: Final = 2 * DAY_MS
#: Orders come no sooner than this after a click of the same customer: people have to type.
_TYPING_MS: Final = MINUTE_MS
#: Clicks of one customer in one hour; who would click more often is somebody else.
_HOURLY_CLICKS: Final = 12
#: What is left of the last events for breaches to end in, as a divisor.
_RESERVE: Final = 50
_PAGES: Final = 5_000

#: What is due later.
_READY, _LATER_ORDER, _REFUND, _CANCEL = range(4)

_MOST_DAYS: Final = 3_660
_MOST_BREACHES: Final = 0.2


class ParametersError(ValueError):
    """The parameters fit no stream; one line that says what to do."""


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """What a stream is a function of, together with its rules.

    ``breaches`` is the share of events that belong to planted breaches, from 0 to 0.2. ``start`` is a
    midnight in UTC.

    Raises:
        ParametersError: they contradict each other.
    """

    seed: int
    events: int
    start: dt.date
    days: int
    customers: int
    partners: int
    markets: tuple[str, ...]
    breaches: float = 0.0

    def __post_init__(self) -> None:
        unknown = [market for market in self.markets if market not in MARKETS]
        if unknown or not self.markets:
            raise ParametersError(f"markets are some of {', '.join(MARKETS)}; {', '.join(unknown)} is none")
        if len(set(self.markets)) < len(self.markets):
            raise ParametersError("a market is named twice")
        if self.customers < len(self.markets):
            raise ParametersError("there are fewer customers than markets")
        if not 1 <= self.partners <= self.events:
            raise ParametersError("there must be at least one partner, and an event for each")
        if not 1 <= self.days <= _MOST_DAYS:
            raise ParametersError(f"a stream has from 1 to {_MOST_DAYS} days")
        if not 0 <= self.breaches <= _MOST_BREACHES:
            raise ParametersError(f"the share of breaches lies between 0 and {_MOST_BREACHES}")


def stream(parameters: Parameters, rules: Rules, plant: Callable[[Truth], None]) -> Iterator[Generated]:
    """The events of a program, exactly as many as the parameters ask for; ``plant`` is told of each breach.

    Raises:
        ParametersError: the program lacks a market.
    """
    missing = [market for market in parameters.markets if market not in rules.markets]
    if missing:
        raise ParametersError(f"the program has no market {', '.join(missing)}")
    return islice(_Stream(parameters, rules, plant).events(), parameters.events)


class _Stream:
    def __init__(self, parameters: Parameters, rules: Rules, plant: Callable[[Truth], None]) -> None:
        seed = parameters.seed
        self._parameters = parameters
        self._rules = rules
        self._plant = plant
        self._rng = random.Random(f"{seed}/stream")  # noqa: S311 -- reproducible, no secret
        self._markets = [MARKETS[market] for market in parameters.markets]
        self._rhythm = Rhythm(parameters.start, parameters.days, self._markets)
        self._end = self._rhythm.end_ms
        self._ids = Ids(seed, parameters.customers)
        self._roster = Roster(seed, parameters.partners, self._markets, rules.coupons)
        self._shops = _shops(self._markets, rules)
        limit = self._end - HOUR_MS
        self._planter = Planter(seed, rules, self._roster, self._ids, self._markets, self._shops, limit)
        self._customers = _customers(self._markets, parameters.customers)
        #: By number: when a customer clicked last, and its clicks in the newest hour.
        self._clicked = array("q", bytes(8 * (parameters.customers + 1)))
        self._hourly = array("q", bytes(8 * (parameters.customers + 1)))
        self._later: list[tuple[int, int, int, Any]] = []
        self._serial = 0
        self._emitted = 0
        #: How many events are due in an hour that has not begun.
        self._due: dict[int, int] = {}

    def events(self) -> Iterator[Generated]:
        """At least as many events as were asked for."""
        rhythm, later, chance = self._rhythm, self._later, self._rng.random
        enrolled = enrolments(self._roster, self._ids, rhythm.start_ms, self._rules.terms_version)
        for self._emitted, event in enumerate(enrolled, 1):
            yield event
        first = rhythm.start_ms + self._emitted
        # Events that fall due earn nothing, so what comes of itself earns for them.
        planting = self._parameters.breaches / _OF_ITSELF
        for hour in range(rhythm.hours):
            start = rhythm.start_ms + hour * HOUR_MS
            shares = rhythm.shares(hour)
            target = rhythm.target(self._parameters.events, hour)
            count = max(0, target - self._emitted - self._due.pop(hour, 0))
            for number in range(count):
                # One in each part of the hour: ascending, and no list of times is needed.
                at = max(first, start + (number * HOUR_MS + int(chance() * HOUR_MS)) // count)
                if later and later[0][0] <= at:
                    yield from self._fall_due(at)
                self._emitted += 1
                yield self._happen(at, bisect(shares, int(chance() * shares[-1])))
                if planting and (pool := self._planter.earn(planting)) is not None:
                    self._breach(pool, at)
            yield from self._fall_due(start + HOUR_MS - 1)

    def _fall_due(self, until: int) -> Iterator[Generated]:
        """What is due until a time, inclusive."""
        while self._later and self._later[0][0] <= until:
            event = self._next_due()
            if event is not None:
                self._emitted += 1
                yield event

    def _happen(self, at: int, market: int) -> Generated:
        """An event that comes of itself."""
        what = self._rng.random()
        if what < _CLICK:
            return self._click(at, market)
        if what < _ORDER:
            return self._order(at, market)
        if what < _REFERRAL:
            return self._referral(at, market)
        if what < _REQUEST:
            return self._request(at, market)
        return self._of_partners(at, market, what)

    def _click(self, at: int, market: int) -> Generated:
        chance = self._rng.random
        where = self._markets[market].id
        partner = self._roster.choose(where, chance())
        page = int(chance() * _PAGES)
        click_id = self._ids.click()
        if chance() >= _KNOWN:
            return click(self._ids, click_id, visitor(self._ids.clicks), partner, where, at, page)
        number = self._customer(market)
        hour = at // HOUR_MS
        before = self._hourly[number]
        clicks = before % 16 + 1 if before // 16 == hour else 1
        if clicks > _HOURLY_CLICKS:
            return click(self._ids, click_id, visitor(self._ids.clicks), partner, where, at, page)
        self._hourly[number] = hour * 16 + clicks
        self._clicked[number] = at
        if chance() < _CONVERSION:
            delay = chance() * chance()
            due = at + _TYPING_MS + int(delay * delay * _CONVERSION_MS)
            # Some shops lose the click on the way, some customers have a coupon as well.
            known = click_id if chance() < _CLICK_KNOWN else None
            coupon = self._roster.coupon(where, chance()) if chance() < _COUPON_TOO else None
            self._push(due, _LATER_ORDER, (number, market, known, coupon))
        return click(self._ids, click_id, customer(number), partner, where, at, page)

    def _order(self, at: int, market: int) -> Generated:
        """An order that no click led to, a quarter of them with a coupon."""
        number = self._customer(market)
        if self._clicked[number] > at - _TYPING_MS:
            return self._visit(at, market)
        where = self._markets[market].id
        coupon = (
            self._roster.coupon(where, self._rng.random()) if self._rng.random() < _COUPON_ALONE else None
        )
        return self._place(at, number, market, None, coupon)

    def _place(
        self, at: int, number: int, market: int, click_id: str | None, coupon: str | None
    ) -> Generated:
        where = self._markets[market].id
        event, placed = self._shops[where].place(
            self._rng, self._ids, customer(number), where, at, click_id=click_id, coupon=coupon
        )
        self._aftermath(at, placed)
        return event

    def _aftermath(self, at: int, placed: Placed) -> None:
        """Refunds of all or a part, sometimes the rest later, and cancels."""
        chance = self._rng.random()
        if chance >= _AFTERMATH:
            return
        if chance < _CANCELLED:
            self._push(at + int(self._rng.random() * DAY_MS / 2), _CANCEL, placed)
            return
        due = at + HOUR_MS + int(self._rng.random() * 13 * DAY_MS)
        if chance < _REFUNDED_WHOLE:
            self._push(due, _REFUND, (placed, placed.net))
            return
        part = placed.net // (2 + int(self._rng.random() * 3))
        self._push(due, _REFUND, (placed, part))
        if self._rng.random() < _REST_TOO:
            self._push(due + DAY_MS, _REFUND, (placed, placed.net - part))

    def _referral(self, at: int, market: int) -> Generated:
        """A customer brings a friend, who orders more often than not."""
        advocate, number = customer(self._customer(market)), self._ids.newcomer()
        if self._rng.random() < _FRIEND_ORDERS:
            delay = self._rng.random()
            due = at + HOUR_MS + int(delay * delay * _FRIEND_MS)
            self._push(due, _LATER_ORDER, (number, market, None, None))
        return referral(self._ids, advocate, customer(number), at)

    def _request(self, at: int, market: int) -> Generated:
        """Mostly customers who spend points; a few partners who are paid, and corrections."""
        ids, chance = self._ids, self._rng.random
        owner, kind, size = customer(self._customer(market)).id, chance(), chance()
        if kind < _ADJUSTMENT:
            return adjustment(ids, owner, POINTS, -50 if size < _NEGATIVE else 100, at)
        if kind < _PAYOUT:
            partner = self._roster.choose(self._markets[market].id, chance())
            unit = money_unit(self._rules.currency)
            return redemption(ids, "partner", partner.id, unit, 1_000 + int(size * 9_000), at)
        return redemption(ids, "customer", owner, POINTS, 100 + 50 * int(size * 5), at)

    def _of_partners(self, at: int, market: int, what: float) -> Generated:
        """Ads for things, never for the brand; records that are updated; small partners under review."""
        chance = self._rng.random
        partner = self._roster.choose(self._markets[market].id, chance())
        if what < _AD:
            keyword = f"{CATEGORIES[int(chance() * len(CATEGORIES))]} sale"
            return ad(self._ids, partner, at, self._markets[market].id, keyword, 1 + int(chance() * 4))
        if what < _UPDATE and partner.number % 2:
            return record(self._ids, partner, at, "partner.updated", self._rules.terms_version)
        busy = self._roster.busy
        small = busy[len(busy) // 2 + int(chance() * (len(busy) - len(busy) // 2))]
        if what < _UPDATE or at + _SUSPENSION_MS >= self._end:
            return self._visit(at, market)
        self._push_ready(standing(self._ids, small, at + _SUSPENSION_MS, suspended=False))
        return standing(self._ids, small, at, suspended=True)

    def _visit(self, at: int, market: int) -> Generated:
        """A click of somebody who is not seen again."""
        chance = self._rng.random
        where = self._markets[market].id
        partner, click_id = self._roster.choose(where, chance()), self._ids.click()
        page = int(chance() * _PAGES)
        return click(self._ids, click_id, visitor(self._ids.clicks), partner, where, at, page)

    def _customer(self, market: int) -> int:
        """A customer of a market; the product of two chances favours low numbers."""
        low, count = self._customers[market]
        return low + int(count * self._rng.random() * self._rng.random())

    def _breach(self, pool: Pool, at: int) -> None:
        """Plant a breach if there is room for its events beside those that are due later."""
        most = self._parameters.events
        if self._emitted + len(self._later) + pool.cost() > most - most // _RESERVE:
            return
        incident = self._planter.plan(pool, at + 1)
        if incident is None:
            return
        for event in incident.events:
            self._push_ready(event)
        self._plant(incident.truth)

    def _push_ready(self, event: Generated) -> None:
        self._push(event.time, _READY, event)

    def _push(self, due: int, kind: int, what: Any) -> None:
        """Remember what is due before the end; what is due later does not happen."""
        if due >= self._end:
            return
        hour = (due - self._rhythm.start_ms) // HOUR_MS
        self._due[hour] = self._due.get(hour, 0) + 1
        self._serial += 1
        heappush(self._later, (due, self._serial, kind, what))

    def _next_due(self) -> Generated | None:
        """What is due next; None when it is put off."""
        at, _, kind, what = heappop(self._later)
        if kind == _READY:
            event: Generated = what
            return event
        if kind == _LATER_ORDER:
            number, market, click_id, coupon = what
            # Friends and newcomers have higher numbers and never click.
            clicked = self._clicked[number] if number < len(self._clicked) else 0
            if clicked <= at - _TYPING_MS:
                return self._place(at, number, market, click_id, coupon)
            if clicked + _TYPING_MS >= self._end:
                return self._visit(at, market)
            self._push(clicked + _TYPING_MS, _LATER_ORDER, what)
            return None
        if kind == _REFUND:
            placed, amount = what
            return refund(self._ids, placed, at, amount)
        return cancel(self._ids, what, at)


def _shops(markets: list[MarketFacts], rules: Rules) -> dict[str, Shop]:
    return {market.id: Shop(money(rules.currency_of(market))) for market in markets}


def _customers(markets: list[MarketFacts], customers: int) -> list[tuple[int, int]]:
    """The first number and the count of each market's customers, at least one, by the market's size."""
    spare = customers - len(markets)
    until = [0, *accumulate(market.size for market in markets)]
    edges = [1 + at + spare * size // until[-1] for at, size in enumerate(until)]
    return [(low, high - low) for low, high in pairwise(edges)]
