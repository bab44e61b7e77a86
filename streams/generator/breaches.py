"""Planted breaches of the terms, rule by rule in turn, with the truth about them.

Who breaks a rule with somebody's help does so with customers whom nobody else has seen, so that what is
planted never touches what is ordinary: the truth is what a perfect check finds, no more and no less.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from events.time import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from streams.generator.clicks import click
from streams.generator.event import Generated, Ids, Person, customer, own_customer, visitor
from streams.generator.markets import MarketFacts
from streams.generator.orders import Shop, refund
from streams.generator.partners import Partner, Roster, ad, record
from streams.generator.program import OLD_TERMS_VERSION, Rules

#: Clicks of one customer on one partner's links within minutes; a program allows 30 an hour by default.
FLOOD_CLICKS: Final = 40
#: Orders of one partner, and how many of them are refunded in full three days later: 26 of 55 is above 0.4.
REVERSAL_ORDERS: Final = 55
REVERSAL_REFUNDS: Final = 26
#: Each is added to the address of a click that was paid for.
PAID_CLICK_IDS: Final = ("gclid", "msclkid", "fbclid", "gbraid", "wbraid", "ttclid")
#: A term of fewer letters is only recognised as it is written.
_TYPO_LETTERS: Final = 5
_PAGES: Final = 5_000


class Truth(Struct, frozen=True):
    """A case that a check of ``rule`` should open, and the ids of the events that are its evidence."""

    rule: str
    partner_id: str
    home_date: str
    case_id: str
    events: tuple[str, ...]


class Incident(Struct, frozen=True):
    """A planted breach: its events by time, and the truth about it."""

    truth: Truth
    events: tuple[Generated, ...]


class _Planned(Struct, frozen=True):
    """``at`` is the time of the evidence that opens the case."""

    partner: Partner
    at: int
    evidence: tuple[str, ...]
    events: list[Generated]


_Plan = Callable[[Partner, int], _Planned | None]


class _Turn(Struct, frozen=True):
    """A rule, how it is broken, by whom, and how many events that has."""

    rule: str
    plan: _Plan
    partners: list[Partner]
    cost: int


class Pool:
    """Rules that take turns, and the events that they may have by now.

    Breaches of many events have a pool each: they would use up what a small stream can have of the others.
    """

    def __init__(self, turns: list[_Turn]) -> None:
        self._turns = turns
        self._turn = 0
        self.credit = 0.0

    def __bool__(self) -> bool:
        """Whether there is a rule left that can be broken."""
        return bool(self._turns)

    def cost(self) -> int:
        """How many events the next breach has."""
        return self._turns[self._turn % len(self._turns)].cost

    def next(self, at: int) -> tuple[str, _Planned | None]:
        """The rule whose turn it is, and what a partner does against it from ``at`` on."""
        round_, at_turn = divmod(self._turn, len(self._turns))
        turn = self._turns[at_turn]
        self._turn += 1
        # Each rule goes through its partners, and no two rules are at the same one.
        planned = turn.plan(turn.partners[(round_ + 5 * at_turn) % len(turn.partners)], at)
        if not turn.partners:
            del self._turns[at_turn]
        return turn.rule, planned


class Planter:
    """Plans breaches; ``limit`` is when the last event of a breach has happened, in milliseconds."""

    def __init__(
        self,
        seed: int,
        rules: Rules,
        roster: Roster,
        ids: Ids,
        markets: Sequence[MarketFacts],
        shops: Mapping[str, Shop],
        limit: int,
    ) -> None:
        self._rng = random.Random(f"{seed}/breaches")  # noqa: S311 -- reproducible, no secret
        self._rules = rules
        self._ids = ids
        self._markets = [market.id for market in markets]
        self._shops = shops
        self._limit = limit
        self._home = ZoneInfo(rules.home_tz)
        #: Cases by home date, so that each is in the truth once.
        self._cases: dict[str, set[str]] = {}
        self._quiet = list(roster.quiet)
        self._pools = self._all_pools(roster.busy)

    def earn(self, events: float) -> Pool | None:
        """So many more events may belong to breaches; returns a pool that has enough for its next one."""
        ready = None
        for pool in self._pools:
            if pool:
                pool.credit += events / len(self._pools)
                if pool.credit >= pool.cost():
                    ready = pool
        return ready

    def plan(self, pool: Pool, at: int) -> Incident | None:
        """The next breach, from ``at`` on, unless it would not end in time or its case is there already."""
        rule, planned = pool.next(at)
        pool.credit -= 1 if planned is None else len(planned.events)
        if planned is None or planned.events[-1].time >= self._limit:
            return None
        partner, home_date = planned.partner, self._date(planned.at)
        case_id = f"{rule}~{partner.id}~{home_date}"
        self._forget(self._date(at))
        cases = self._cases.setdefault(home_date, set())
        if case_id in cases:
            return None
        cases.add(case_id)
        truth = Truth(rule, partner.id, home_date, case_id, planned.evidence)
        return Incident(truth, tuple(planned.events))

    def _all_pools(self, partners: Sequence[Partner]) -> list[Pool]:
        rules, everybody = self._rules, list(partners)
        unpaid = [partner for partner in partners if not partner.paid_search]
        bidding = [partner for partner in unpaid if self._bid_on(partner)]
        limited = [partner for partner in partners if partner.markets is not None]
        # A stale record is only mended by the breach itself: the others' records are updated in between.
        outdated = [partner for partner in partners if partner.number % 2 == 0]
        turns = [
            _Turn("brand_bidding", self._brand_bidding, bidding, 1),
            _Turn("paid_traffic", self._paid_traffic, unpaid, 1),
            _Turn("self_referral", self._self_referral, everybody, 3),
            _Turn("click_to_order_time", self._click_to_order_time, everybody, 2),
            _Turn(
                "disallowed_referrer", self._disallowed_referrer, everybody if rules.denied_hosts else [], 1
            ),
            _Turn("market_not_agreed", self._market_not_agreed, limited, 1),
            _Turn("terms_outdated", self._terms_outdated, outdated if rules.terms_version else [], 3),
        ]
        flood = _Turn("click_flooding", self._click_flooding, everybody, FLOOD_CLICKS)
        cost = 2 * REVERSAL_ORDERS + REVERSAL_REFUNDS
        reversal = _Turn("reversal_rate", self._reversal_rate, self._quiet, cost)
        return [
            Pool([turn for turn in turns if turn.partners]),
            Pool([flood]),
            Pool([reversal] if self._quiet else []),
        ]

    def _brand_bidding(self, partner: Partner, at: int) -> _Planned | None:
        market = self._rng.choice(self._bid_on(partner))
        term = self._rng.choice(self._rules.brand_terms[market])
        kind = self._rng.randrange(3)
        if kind == 1 and len(term) >= _TYPO_LETTERS and term.isalpha():
            term = term[:2] + term[3:]
        keyword = f"{term.upper() if kind == 2 else term} promo"  # noqa: PLR2004 -- the third kind
        event = ad(self._ids, partner, at, market, keyword, self._rng.randrange(1, 4))
        return _Planned(partner, at, (self._ids.last,), [event])

    def _paid_traffic(self, partner: Partner, at: int) -> _Planned | None:
        name = self._rng.choice(PAID_CLICK_IDS)
        return self._one_click(partner, at, tracking=f"&{name}={self._rng.randrange(10**12)}")

    def _disallowed_referrer(self, partner: Partner, at: int) -> _Planned | None:
        return self._one_click(partner, at, referrer=f"https://{self._rng.choice(self._rules.denied_hosts)}/")

    def _market_not_agreed(self, partner: Partner, at: int) -> _Planned | None:
        market = self._rng.choice([each for each in self._markets if not partner.agreed(each)])
        return self._one_click(partner, at, market=market)

    def _self_referral(self, partner: Partner, at: int) -> _Planned | None:
        """The partner orders over its own link, or sends somebody who shares its device."""
        start = self._room(at, 20 * MINUTE_MS)
        owner, market = own_customer(partner.number), self._market(partner)
        events, evidence = [], []
        first = self._ids.click()
        events.append(self._click(first, owner, partner, market, start))
        evidence.append(first)
        buyer = owner
        if self._rng.randrange(2):
            buyer = Person(customer(self._ids.newcomer()).id, owner.device, owner.address)
            first = self._ids.click()
            events.append(self._click(first, buyer, partner, market, start + 3 * MINUTE_MS))
            evidence.append(first)
        ordered = start + 15 * MINUTE_MS
        order, placed = self._shops[market].place(
            self._rng, self._ids, buyer, market, ordered, click_id=first
        )
        return _Planned(partner, ordered, (*evidence, placed.order_id), [*events, order])

    def _click_to_order_time(self, partner: Partner, at: int) -> _Planned | None:
        start = self._room(at, 10 * SECOND_MS)
        buyer, market, click_id = customer(self._ids.newcomer()), self._market(partner), self._ids.click()
        event = self._click(click_id, buyer, partner, market, start)
        ordered = start + self._rng.randrange(300, 4_900)
        order, placed = self._shops[market].place(
            self._rng, self._ids, buyer, market, ordered, click_id=click_id
        )
        return _Planned(partner, ordered, (click_id, placed.order_id), [event, order])

    def _click_flooding(self, partner: Partner, at: int) -> _Planned | None:
        start = self._room(at, 10 * MINUTE_MS)
        clicker, market = customer(self._ids.newcomer()), self._market(partner)
        clicks = [self._ids.click() for _ in range(FLOOD_CLICKS)]
        step = 10 * MINUTE_MS // FLOOD_CLICKS
        events = [
            self._click(each, clicker, partner, market, start + number * step + self._rng.randrange(step))
            for number, each in enumerate(clicks)
        ]
        return _Planned(partner, start, tuple(clicks), events)

    def _reversal_rate(self, partner: Partner, at: int) -> _Planned | None:
        """Ordinary orders, and three days later nearly half of them come back within half an hour."""
        back = self._room(at + 3 * DAY_MS, 30 * MINUTE_MS)
        if back + HOUR_MS > self._limit:
            return None
        self._quiet.remove(partner)
        events, evidence, refunds = [], [], []
        for number in range(REVERSAL_ORDERS):
            when = at + number * 20 * MINUTE_MS
            buyer, market, click_id = customer(self._ids.newcomer()), self._market(partner), self._ids.click()
            events.append(self._click(click_id, buyer, partner, market, when))
            order, placed = self._shops[market].place(
                self._rng, self._ids, buyer, market, when + 8 * MINUTE_MS, click_id=click_id
            )
            events.append(order)
            evidence.append(placed.order_id)
            if number < REVERSAL_REFUNDS:
                refunds.append(refund(self._ids, placed, back + number * MINUTE_MS, placed.net))
                evidence.append(self._ids.last)
        return _Planned(partner, back, tuple(evidence), [*events, *refunds])

    def _terms_outdated(self, partner: Partner, at: int) -> _Planned | None:
        """The partner falls back to old terms, somebody comes, and the record is mended the same day."""
        due = self._rules.terms_due
        if due is not None and at < due.timestamp() * SECOND_MS:
            return None
        start = self._room(at, 12 * MINUTE_MS)
        stale = record(self._ids, partner, start, "partner.updated", OLD_TERMS_VERSION)
        evidence = self._ids.last
        click_id = self._ids.click()
        event = self._click(
            click_id, visitor(self._ids.clicks), partner, self._market(partner), start + 2 * MINUTE_MS
        )
        mended_at = start + 10 * MINUTE_MS
        mended = record(self._ids, partner, mended_at, "partner.updated", self._rules.terms_version)
        return _Planned(partner, start, (evidence, click_id), [stale, event, mended])

    def _one_click(
        self, partner: Partner, at: int, *, market: str | None = None, tracking: str = "", referrer: str = ""
    ) -> _Planned:
        click_id = self._ids.click()
        where = self._market(partner) if market is None else market
        event = click(
            self._ids, click_id, visitor(self._ids.clicks), partner, where, at, self._rng.randrange(_PAGES),
            tracking=tracking, referrer=referrer,
        )  # fmt: skip
        return _Planned(partner, at, (click_id,), [event])

    def _click(self, click_id: str, person: Person, partner: Partner, market: str, at: int) -> Generated:
        return click(self._ids, click_id, person, partner, market, at, self._rng.randrange(_PAGES))

    def _market(self, partner: Partner) -> str:
        return self._rng.choice([each for each in self._markets if partner.agreed(each)])

    def _bid_on(self, partner: Partner) -> list[str]:
        return [each for each in self._markets if partner.agreed(each) and self._rules.brand_terms.get(each)]

    def _room(self, at: int, span: int) -> int:
        """The first time from ``at`` on whose hour and home day hold ``span`` milliseconds after it."""
        if at % HOUR_MS + span >= HOUR_MS:
            at += HOUR_MS - at % HOUR_MS + SECOND_MS
        return at if self._date(at) == self._date(at + span) else at + span

    def _date(self, at: int) -> str:
        return dt.datetime.fromtimestamp(at // SECOND_MS, self._home).date().isoformat()

    def _forget(self, today: str) -> None:
        for date in [date for date in self._cases if date < today]:
            del self._cases[date]
