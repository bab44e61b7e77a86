"""The input of a crash run over the whole domain: seeded, endless, in phases, with what goes wrong in real streams.

A phase is some days of clicks, orders, refunds, referrals and requests. Between two phases the harness waits until
nothing is left to do, then come the changes that partitions must not race with: partners' records and standing, ends
of months, and the large orders that lift partners to their tier. Within a phase an owner's events on different
topics keep a distance, so that their order in time is their order of arrival.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from tomllib import loads
from typing import Any

from schemas.program_file import to_json
from tests.chaos import poison
from tests.chaos.stream import Item, format_amount, format_time, midnight, tick

PROGRAM = Path(__file__).with_name("world.toml")
FIRST_DAY = date(2021, 11, 22)  # Black Friday is in the first phase, the end of the month ends the second
PHASE_DAYS = 5
SHORTEST_DAYS = 3
WARM_UP = 20  # orders before the first refund, repeat or poison
MEMORY = 400  # orders that may still be refunded, and events that may still be repeated
CUSTOMERS = 500
SAVERS = 10
TRIES = 8
#: Share of a day at either end that is left alone by what an expiry at midnight would see.
QUIET = 0.15

CONTENT = tuple(f"content{n}" for n in range(6))
UPDATED = ("updated0", "updated1", "updated2")
BRAND = ("brand0", "brand1")
RUSH = ("rush0", "rush1")
BACK = ("back0", "back1")
CAPPED = ("capped0", "capped1")
CLIMB = ("climb0", "climb1")
HELD = ("held0", "held1")
#: Customers of their own, whose orders are held until a person decides.
OWN = {partner: f"own-{partner}" for partner in HELD}
SLOW = "slow0"
LATE = "late0"
UNKNOWN = "nobody"  # never enrolled: it earns nothing, but its credits count for a tier
CLICKED = (*CONTENT, *UPDATED, *BACK, *CAPPED, LATE, UNKNOWN)
#: Their orders are never refunded.
FIRM = (*BRAND, *RUSH, *CLIMB)
COUPONS = ("CONTENT0", "CONTENT1", "BACK0", "CAPPED0")
#: Those whom a large order lifts to the highest tier each month; :data:`SLOW` every other month.
LIFTED = (*CONTENT, *UPDATED, *BRAND, *RUSH, *BACK, *CAPPED, *HELD, LATE)
LIFT = 200_000_000  # cents: more than the highest level asks for
#: Advocates with more friends than a month allows; the orders of the second one's friends are never refunded.
STARS = ("star0", "star1")
MIN_QUALIFYING = 3_000  # cents: the program's min_order


@dataclass(frozen=True)
class Order:
    """An order that was or will be placed; ``firm`` ones are not refunded."""

    order_id: str
    customer: str
    market: str
    net: int
    data: dict[str, Any] = field(default_factory=dict)
    firm: bool = False

    @property
    def currency(self) -> str:
        return "USD" if self.market == "US" else "EUR"

    @property
    def expires(self) -> bool:
        """Whether it earns something that expires, so that it matters on which side of a midnight it stands."""
        return self.data.get("channel") == "app"


@dataclass
class Returned:
    """What was asked back of an order, in its currency."""

    net: int
    refunded: int = 0
    cancelled: bool = False


@dataclass(frozen=True)
class Friend:
    """A friend whose order is still to come, and since when it may."""

    friend_id: str
    since: int
    firm: bool


class World:
    """Events of the whole domain, about ``per_day`` a day; ``distance`` in records keeps topics apart."""

    def __init__(self, seed: int, *, per_day: int = 400, distance: int = 150) -> None:
        self._rng = random.Random(seed)
        self._mean_gap_ms = 86_400_000 // per_day
        self.distance = distance
        self._count = 0
        self._orders: deque[Order] = deque(maxlen=MEMORY)
        self._promised: deque[Order] = deque()  # refunded before they were placed
        self._friends: deque[Friend] = deque()
        self._sent: deque[Item] = deque(maxlen=MEMORY)
        self._touches: dict[str, deque[tuple[int, str]]] = {}
        self._last: dict[str, tuple[str, int]] = {}
        self._phase = -1
        self._version = 1
        self._day = FIRST_DAY
        self._end = FIRST_DAY
        #: Cases that are open, by partner and home date.
        self._cases: list[tuple[str, date]] = []
        self.now = midnight(FIRST_DAY)
        #: What was asked back, by order.
        self.returned: dict[str, Returned] = {}

    def begin(self) -> list[list[Item]]:
        """What begins the next phase: lists, each to be worked off before the next is sent."""
        self._phase += 1
        ticks = list(self.closing_ticks((self._end - self._day).days))
        self._end = _end_of(self._day)
        self._set(midnight(self._day))
        changes = list(self._changes())
        lifts = list(self._lifts()) if self._phase == 0 or self._day.day == 1 else []
        return [each for each in (ticks + changes, lifts) if each]

    def items(self) -> Iterator[Item]:
        """The records of a phase in the order of time; each midnight stands before the first of its day."""
        at = max(self.now, midnight(self._day))
        while True:
            at += self._rng.randint(1, 2 * self._mean_gap_ms)
            while at >= midnight(self._day + timedelta(days=1)):
                if self._day + timedelta(days=1) == self._end:
                    return
                self._day += timedelta(days=1)
                self.now = midnight(self._day)
                yield tick(self._day)
            self._set(at)
            yield self._next()

    def closing_ticks(self, days: int) -> Iterator[Item]:
        """The midnights of the next ``days``."""
        for _ in range(days):
            self._day += timedelta(days=1)
            self.now = midnight(self._day)
            yield tick(self._day)

    def lone_orders(self, count: int) -> list[Item]:
        """Orders of customers who do nothing else."""
        return [self._place(self._plain(f"lone{self._count}")) for _ in range(count) if self._step()]

    def _set(self, at: int) -> None:
        self.now = at
        self._count += 1

    def _step(self) -> bool:
        self._set(self.now + 1)
        return True

    # What begins a phase.

    def _changes(self) -> Iterator[Item]:
        if self._phase == 0:
            for partner in (*CONTENT, *UPDATED, *BRAND, *RUSH, *BACK, *CAPPED, *CLIMB, *HELD, SLOW):
                yield self._record("partner.enrolled", partner, _group(partner))
            for partner in CONTENT:
                self._step()
                yield self._adjust(f"partner:{partner}", "EUR/2", 1_000_000)
        elif self._phase == 2:
            yield self._record("partner.enrolled", LATE, "content")
        for number, partner in enumerate(UPDATED if self._phase else ()):
            yield self._changed(partner, (self._phase + number) % 4)
        # An advocate who is known by a device before friends come with it.
        self._step()
        yield self._click(f"marked{self._phase}", UNKNOWN, device_id=f"device{self._phase}")
        if self._phase % 2 == 0:
            yield self._publish()
        yield from self.resolutions(all_of_them=False)

    def resolutions(self, *, all_of_them: bool) -> Iterator[Item]:
        """What a person decides: most cases, some twice, one that nobody opened and those that are still to come."""
        waiting = self._cases
        self._cases = [] if all_of_them else waiting[::4]
        for number, case in enumerate(one for one in waiting if one not in self._cases):
            yield self._resolve(case, "upheld" if number % 2 else "dismissed")
            if number % 3 == 0:
                yield self._resolve(case, "upheld")
        for partner in HELD:
            yield self._resolve((partner, self._day), "upheld")
            yield self._resolve((partner, FIRST_DAY - timedelta(days=1)), "dismissed")

    def _resolve(self, case: tuple[str, date], decision: str) -> Item:
        partner, day = case
        case_id = f"self_referral~{partner}~{day.isoformat()}"
        data = {"case_id": case_id, "partner_id": partner, "decision": decision, "actor": "chaos"}
        return self._partner_event("compliance.case_resolved", data)

    def _lifts(self) -> Iterator[Item]:
        for partner in (*LIFTED, *([SLOW] if self._day.month % 2 else [])):
            self._step()
            data = {"partner_id": partner}
            yield self._place(Order(f"DE-{self._count}", f"lift{self._count}", "DE", LIFT, data, firm=True))

    def _record(self, kind: str, partner: str, group: str, markets: list[str] | None = None) -> Item:
        data: dict[str, Any] = {"partner_id": partner, "group": group}
        if partner in OWN:
            data["customer_ids"] = [OWN[partner]]
        return self._partner_event(kind, data if markets is None else data | {"markets": markets})

    def _changed(self, partner: str, how: int) -> Item:
        if how == 0:
            return self._partner_event("partner.suspended", {"partner_id": partner, "actor": "chaos"})
        if how == 1:
            return self._record("partner.updated", partner, "content", ["FR"])
        if how == 2:
            return self._partner_event("partner.reinstated", {"partner_id": partner, "actor": "chaos"})
        return self._record("partner.updated", partner, "idle")

    def _partner_event(self, kind: str, data: dict[str, Any]) -> Item:
        self._step()
        return self._item("partner-events", data["partner_id"], kind, data)

    def _publish(self) -> Item:
        """The next version: it is in force from the next phase on, when every worker knows it."""
        self._step()
        self._version += 1
        content = loads(PROGRAM.read_text())
        content["program"] |= {"version": self._version, "effective_from": format_time(midnight(self._end))}
        rate = "0.06" if self._version % 2 == 0 else "0.05"
        rules = {rule["id"]: rule for rule in content["accrual"]}
        rules["content-base"]["rate"] = rate
        return self._item("programs", "chaos", "program.published", to_json(content))

    # What a phase is made of.

    def _next(self) -> Item:
        roll = self._rng.random()
        if len(self._orders) < WARM_UP:
            roll = 0.5
        if roll >= 0.96:
            return poison.record(self._rng, self._count, self.now, self._sent, self._orders)
        if roll >= 0.89:
            return self._rng.choice(self._sent)
        if roll >= 0.87:
            return poison.again(self._rng, self._count, self.now, self._sent)
        item = self._sound(roll)
        self._sent.append(item)
        return item

    def _sound(self, roll: float) -> Item:
        item: Item | None = None
        if self._promised and roll < 0.025 and self._may(self._promised[0].customer, "orders"):
            item = self._place(self._promised.popleft())
        elif roll < 0.05:
            item = self._friend_order()
        elif roll < 0.08:
            item = self._refer()
        elif roll < 0.11:
            item = self._request()
        elif roll < 0.28:
            customer = self._free("clicks")
            item = customer and self._click(customer, self._rng.choice(CLICKED))
        elif roll < 0.40:
            item = self._take_back(cancel=False)
        elif roll < 0.43:
            item = self._take_back(cancel=True)
        elif roll < 0.45 and len(self._promised) < 20:
            item = self._promise()
        return item or self._order()

    def _free(self, topic: str, name: str = "c") -> str | None:
        """A customer whose last event on another topic is far enough back."""
        for _ in range(TRIES):
            # A few customers do most: their state is the one that many batches touch.
            share = self._rng.random() ** 2
            customer = f"{name}{int((SAVERS if name == 's' else CUSTOMERS) * share)}"
            if self._may(customer, topic):
                return customer
        return None

    def _may(self, owner: str, topic: str) -> bool:
        last, count = self._last.get(owner, (topic, 0))
        return last == topic or self._count - count >= self.distance

    def _order(self) -> Item:
        partner = self._rng.choice(HELD)
        if self._rng.random() < 0.03 and self._may(OWN[partner], "orders"):
            return self._place(replace(self._plain(OWN[partner]), data={"partner_id": partner}))
        saver = self._rng.random() < 0.1 and self._awake()
        customer = (saver and self._free("orders", "s")) or self._free("orders")
        if customer is None:
            return self._place(self._plain(f"once{self._count}"))
        return self._place(self._attributed(self._plain(customer)))

    def _plain(self, customer: str, net: int | None = None) -> Order:
        market = self._rng.choice(("FR", "US"))
        return Order(f"{market}-{self._count}", customer, market, net or self._rng.randint(1, 20_000))

    def _attributed(self, order: Order) -> Order:
        """With a partner, a coupon, a click or none of them, and some by a channel of their own."""
        rng, data = self._rng, dict[str, Any]()
        how = rng.random()
        if how < 0.22:
            data["partner_id"] = rng.choice(FIRM)
        elif how < 0.24:
            return replace(order, net=1 + order.net % 100, data={"partner_id": SLOW})
        elif how < 0.32:
            data["partner_id"] = rng.choice((*CONTENT, *BACK, *CAPPED))
        elif how < 0.40:
            data["coupons"] = [rng.choice(("WELCOME", *COUPONS)), "CONTENT0"]
        elif how < 0.45 and (touches := self._touches.get(order.customer)):
            data["click_id"] = rng.choice(touches)[1]
        firm = data.get("partner_id") in FIRM
        channel = rng.random()
        if channel < 0.2 and self._awake():
            data["channel"] = "app"
        elif channel > 0.85 and order.customer[0] != "s":
            # What a budget answers late must not decide whether a saver's redemption is granted.
            data["channel"] = "club"
        return replace(order, data=data, firm=firm)

    def _awake(self) -> bool:
        """Whether midnight is far."""
        begin, end = midnight(self._day), midnight(self._day + timedelta(days=1))
        return QUIET < (self.now - begin) / (end - begin) < 1 - QUIET

    def _place(self, order: Order) -> Item:
        if not order.firm:
            self._orders.append(order)
        case = order.data.get("partner_id", ""), self._day
        if order.customer == OWN.get(case[0]) and case not in self._cases:
            self._cases.append(case)
        data = {
            "order_id": order.order_id,
            "customer_id": order.customer,
            "market": order.market,
            "currency": order.currency,
            "subtotal": format_amount(order.net + 100),
            "discount": "1.00",
            "tax": "2.50",
            "coupons": [],
        }
        return self._item("orders", order.customer, "order.placed", data | order.data)

    def _promise(self) -> Item | None:
        """A refund of an order that is still to come."""
        customer = self._free("orders")
        if customer is None:
            return None
        order = self._attributed(self._plain(customer))
        if order.firm or order.expires:
            return None
        self._promised.append(order)
        return self._refund(order)

    def _take_back(self, *, cancel: bool) -> Item | None:
        order = self._rng.choice(self._orders)
        if not self._may(order.customer, "orders") or (order.expires and not self._awake()):
            return None
        return self._cancel(order) if cancel else self._refund(order)

    def _refund(self, order: Order) -> Item:
        amount = max(1, int(order.net * self._rng.choice((0.25, 0.5, 1.0))))
        of = self.returned.setdefault(order.order_id, Returned(order.net))
        of.refunded = min(of.net, of.refunded + amount)
        data = {
            "order_id": order.order_id,
            "customer_id": order.customer,
            "refund_id": f"r{self._count}",
            "amount": format_amount(amount),
            "currency": order.currency,
        }
        return self._item("orders", order.customer, "order.refunded", data)

    def _cancel(self, order: Order) -> Item:
        self.returned.setdefault(order.order_id, Returned(order.net)).cancelled = True
        data = {"order_id": order.order_id, "customer_id": order.customer}
        return self._item("orders", order.customer, "order.cancelled", data)

    def _click(self, customer: str, partner: str, **more: str) -> Item:
        click_id = f"k{self._count}"
        self._touches.setdefault(customer, deque(maxlen=5)).append((self._count, click_id))
        data = {"click_id": click_id, "customer_id": customer, "partner_id": partner, "market": "FR"}
        return self._item("clicks", customer, "link.clicked", data | more)

    def _refer(self) -> Item | None:
        """Friends of advocates with few or many of them, and referrals that are declined."""
        how, friend, more, firm = self._rng.random(), f"f{self._count}", dict[str, str](), False
        referral, advocate = f"ref{self._count}", f"a{self._count // 100}-{self._count % 50}"
        if how < 0.35:
            advocate = self._rng.choice(STARS)
            referral, firm = f"{advocate}-{self._count}", advocate == STARS[1]
        elif how < 0.45:
            advocate, more = f"marked{self._phase}", {"device_id": f"device{self._phase}"}
        elif how < 0.55 and self._friends:
            friend = self._rng.choice(self._friends).friend_id  # who is referred already
            if not self._may(friend, "referrals"):
                return None
        elif how < 0.65:
            friend = self._rng.choice(self._orders).customer  # who ordered already
            if friend[0] not in "cs" or not self._may(friend, "referrals"):
                return None
            advocate = friend if how < 0.60 else advocate
        if friend == f"f{self._count}":
            self._friends.append(Friend(friend, self._count + self.distance, firm))
        data = {"referral_id": referral, "code": "x", "advocate_id": advocate, "friend_id": friend}
        return self._item("referrals", friend, "referral.created", data | more)

    def _friend_order(self) -> Item | None:
        """The order of a friend: some are too small, and another follows."""
        if not self._friends or self._friends[0].since > self._count:
            return None
        one = self._friends.popleft()
        if not self._may(one.friend_id, "orders"):
            self._friends.append(one)
            return None
        net = self._rng.randint(MIN_QUALIFYING, 20_000)
        if self._rng.random() < 0.2:
            net = MIN_QUALIFYING - 1
            self._friends.append(one)
        return self._place(Order(f"FR-{self._count}", one.friend_id, "FR", net, firm=one.firm))

    def _request(self) -> Item | None:
        rng = self._rng
        if rng.random() < 0.2:
            return self._redeem(f"partner:{rng.choice(CONTENT)}", "EUR/2", rng.randint(1, 500))
        customer = self._free("account-requests", "s") if self._awake() else None
        if customer is None:
            return None
        account, unit = f"customer:{customer}", rng.choice(("points", "points", "EUR/2"))
        if rng.random() < 0.4:
            return self._adjust(account, unit, rng.choice((-5, 40, 100, 300)))
        return self._redeem(account, unit, rng.choice((1, 7, 25, 60, 10**7)))

    def _adjust(self, account: str, unit: str, amount: int) -> Item:
        data = {"adjustment_id": f"adj{self._count}", "account": account, "unit": unit, "amount": amount}
        reason = {"reason": "chaos", "actor": "harness"}
        return self._item("account-requests", account, "adjustment.requested", data | reason)

    def _redeem(self, account: str, unit: str, amount: int) -> Item:
        data = {"redemption_id": f"red{self._count}", "account": account, "unit": unit, "amount": amount}
        return self._item("account-requests", account, "redemption.requested", data)

    def _item(self, topic: str, owner: str, kind: str, data: Any) -> Item:
        owner = owner.rpartition(":")[2]
        self._last[owner] = (topic, self._count)
        return Item(topic, owner.encode(), poison.event(self._count, kind, data, self.now), self.now)


def _end_of(day: date) -> date:
    """The first day after a phase, which never holds the end of a month, nor leaves too little of it."""
    month_end = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    end = day + timedelta(days=PHASE_DAYS)
    return month_end if (month_end - end).days < SHORTEST_DAYS else end


def _group(partner: str) -> str:
    return "content" if partner in UPDATED else partner[:-1]
