"""The desk of a program: it waits for all that count, and says the same whatever comes first."""

from __future__ import annotations

from collections import Counter
from datetime import date
from itertools import permutations
from random import Random
from typing import Any

import pytest

from events.messages import Counted, Send
from events.milestones import GoalProgressed, KeyDayClosed, ReviewDue
from events.outputs import AttributionDecided, Decision
from schemas.programs import Programs
from streams.agents.budgets import Budgets
from streams.agents.sums import Sums
from streams.engine.agent import Emit
from streams.engine.clock import Midnight, midnight_of
from streams.engine.state import State
from tests.scenarios.world import DictReader, World, program

TEXT = """
[program]
id = "acme"
effective_from = 2026-01-01T00:00:00Z
currency = "EUR"
home_tz = "Europe/Paris"
[markets.FR]
tz = "Europe/Paris"
[[accrual]]
id = "base"
to = "partner"
unit = "money"
rate = "0.1"
[[goal]]
id = "g"
scope = "program"
metric = "orders"
period = "month"
target = 4
[[review]]
id = "daily-enough"
cadence = "weekly"
day = 1
"""
#: With a key day on March 10, 2026.
FAIR = TEXT + '[[key_day]]\nid = "fair"\ndates = { 2026 = ["2026-03-10"] }\n'
ZONE = "Europe/Paris"
#: Monday.
DAY = date(2026, 3, 9).toordinal()


class Desk:
    """A budgets agent with one program, and what it says."""

    def __init__(self, text: str = TEXT) -> None:
        self.agent = Budgets(State(DictReader()), Programs([program(text)]))
        self.said: list[Decision] = []

    def emit(self, event: Any) -> None:
        assert isinstance(event, Decision)
        self.said.append(event)

    def tick(self, day: int) -> None:
        assert self.agent.midnight(ZONE, day, midnight_of(ZONE, day), 10, self.emit)

    def hear(self, *told: Counted) -> None:
        for one in told:
            self.agent.receive(one, self.emit)

    def goals(self) -> list[tuple[str, int]]:
        return [
            (one.data.threshold, one.data.standing.actual)
            for one in self.said
            if isinstance(one.data, GoalProgressed)
        ]

    def reached(self) -> list[tuple[str, str]]:
        """By the end of which day the goal's shares were reached."""
        return [
            (one.data.threshold, one.data.day) for one in self.said if isinstance(one.data, GoalProgressed)
        ]

    def closed(self) -> list[KeyDayClosed]:
        return [one.data for one in self.said if isinstance(one.data, KeyDayClosed)]

    def reviews(self) -> list[ReviewDue]:
        return [one.data for one in self.said if isinstance(one.data, ReviewDue)]


def told(partition: int, day: int, orders: int, *, done: bool = True, number: int = 0) -> Counted:
    """What a partition counted of the day before ``day``."""
    cells = {(day - 1, day - 1, "FR", "direct", ()): (orders, 100 * orders, 0)} if orders else {}
    return Counted("acme", "customers", partition, day, number, midnight_of(ZONE, day), done, cells)


def test_a_midnight_is_closed_when_all_that_count_have_come_to_it() -> None:
    desk = Desk()
    desk.hear(told(0, DAY - 1, 0), told(1, DAY - 1, 0))
    desk.tick(DAY)
    desk.hear(told(0, DAY, 1))
    assert desk.said == []
    desk.hear(told(1, DAY, 1))

    assert desk.goals() == [("0.5", 2)]
    assert [one.time for one in desk.said] == [midnight_of(ZONE, DAY)] * 2


def test_it_waits_for_its_own_clock_which_knows_that_nobody_else_began() -> None:
    desk = Desk()
    desk.hear(told(0, DAY - 1, 0), told(0, DAY, 2))
    assert desk.said == []
    desk.tick(DAY)

    assert desk.goals() == [("0.5", 2)]


def test_it_opens_on_the_day_that_is_counted_first_also_when_its_own_clock_was_ahead() -> None:
    desk = Desk()
    desk.tick(DAY)
    desk.hear(told(1, DAY, 0), told(0, DAY - 1, 0), told(0, DAY, 2))
    desk.tick(DAY + 1)
    desk.hear(told(0, DAY + 1, 2))
    assert desk.said[0].time == midnight_of(ZONE, DAY)
    desk.hear(told(1, DAY + 1, 0))

    assert desk.goals() == [("0.5", 2), ("0.8", 4), ("1", 4)]


def test_who_never_began_does_not_hold_it_up_and_who_began_is_waited_for() -> None:
    desk = Desk()
    desk.hear(told(0, DAY - 1, 0))
    desk.tick(DAY)
    desk.hear(told(0, DAY, 2))
    assert desk.goals() == [("0.5", 2)]
    desk.hear(told(7, DAY, 0))
    desk.tick(DAY + 1)
    desk.hear(told(0, DAY + 1, 2))
    assert len(desk.goals()) == 1
    desk.hear(told(7, DAY + 1, 0))

    assert desk.goals() == [("0.5", 2), ("0.8", 4), ("1", 4)]


def test_what_is_told_ahead_of_a_midnight_counts_with_it() -> None:
    desk = Desk()
    desk.hear(told(0, DAY - 1, 0))
    desk.hear(told(0, DAY, 1, done=False))
    desk.tick(DAY)
    desk.hear(told(0, DAY, 1, number=1))

    assert desk.goals() == [("0.5", 2)]


def test_whatever_comes_first_it_says_the_same() -> None:
    begun = [told(partition, DAY - 1, 0) for partition in range(3)]
    first = [told(partition, DAY, 1) for partition in range(3)]
    second = [told(partition, DAY + 1, partition) for partition in range(3)]
    found = set()
    for order in permutations(range(3)):
        for hurry in range(2):
            desk = Desk()
            desk.hear(*begun)
            desk.tick(DAY)
            if hurry:
                # One partition is a day ahead of the others.
                desk.hear(first[order[0]], second[order[0]])
                desk.tick(DAY + 1)
                desk.hear(*(first[one] for one in order[1:]), *(second[one] for one in order[1:]))
            else:
                desk.hear(*(first[one] for one in order))
                desk.tick(DAY + 1)
                desk.hear(*(second[one] for one in order))
            found.add(repr(desk.said))

    assert len(found) == 1
    assert desk.goals() == [("0.5", 3), ("0.8", 6), ("1", 6)]


def test_a_partition_that_begins_after_all_others_are_done_counts_late_and_nothing_is_said_twice() -> None:
    """As docs/goals.md says: history fed at once, to a worker that is up and to one that comes later."""

    def sold(partition: int, day: int, *home_days: int) -> Counted:
        cells = {(one, one, "FR", "direct", ("fair",) * (one == DAY + 1)): (1, 100, 0) for one in home_days}
        return Counted("acme", "customers", partition, day, 0, midnight_of(ZONE, day), True, cells)

    def history(partition: int) -> list[Counted]:
        """An order a day; what was read before the first tick is all told with the first midnight."""
        days = range(DAY, DAY + 5)
        return [
            told(partition, DAY, 0),
            sold(partition, DAY + 1, *days),
            *(sold(partition, 1 + one) for one in days),
        ]

    desks = [Desk(FAIR), Desk(FAIR)]
    now = DAY + 5
    for desk in desks:
        desk.hear(*history(0))
        if desk is desks[0]:
            desk.hear(told(1, DAY, 0))  # began to count: it is waited for
        desk.tick(now)
        desk.hear(*history(1))
        for day in range(now + 1, DAY + 15):
            desk.tick(day)
            desk.hear(sold(0, day), sold(1, day))
    together, apart = desks

    first, second, fourth = (date.fromordinal(DAY + number).isoformat() for number in (0, 1, 3))
    assert together.reached() == [("0.5", first), ("0.8", second), ("1", second)]
    assert apart.reached() == [("0.5", second), ("0.8", fourth), ("1", fourth)]
    assert [(one.orders, one.revenue) for one in together.closed()] == [(2, 200)]
    assert [(one.orders, one.revenue) for one in apart.closed()] == [(1, 100)]
    # A review that comes after it has all of it.
    assert [one.orders for one in together.reviews()] == [one.orders for one in apart.reviews()] == [10, 0]
    for desk in desks:
        ids = [one.id for one in desk.said]
        assert len(ids) == len(set(ids))


def test_very_much_is_told_ahead() -> None:
    sums, sent = Sums("customers", State(DictReader())), []
    emit: Emit = sent.append
    for number in range(2_500):
        sums.count_order("acme", (DAY, DAY, "FR", f"channel {number}", ()), 1, 10, 0, 0, emit)
    sums.report(Programs([program(TEXT)]), Midnight(midnight_of(ZONE, DAY + 1), ZONE, DAY + 1), emit, {})
    counted = [one.message for one in sent if isinstance(one, Send) and isinstance(one.message, Counted)]

    assert [(one.day, one.number, one.done) for one in counted] == [
        (DAY, 0, True),
        (DAY + 1, 0, False),
        (DAY + 1, 1, False),
        (DAY + 1, 2, True),
    ]
    assert sum(len(one.orders) for one in counted) == 2_500
    assert max(len(one.orders) for one in counted) <= 1_001


def test_key_days_leave_reviews_after_four_hundred_days() -> None:
    """On January 1, 2028 the day is 400 days ago, and no other one was closed since."""
    dated = TEXT + '[[key_day]]\nid = "fair"\ndates = { 2026 = ["2026-11-27"] }\n'
    world = World(dated.replace('"weekly"', '"monthly"'))
    world.send("partner.enrolled", "2026-11-01T10:00:00Z", {"partner_id": "lea", "group": "content"})
    world.tick_until(midnight_of(ZONE, date(2028, 2, 1).toordinal()))
    listed = [
        [one.data.period_end, len(one.data.key_days)]
        for one in world.decisions
        if isinstance(one.data, ReviewDue) and one.data.period_end >= "2027-11-30"
    ]

    assert listed == [["2027-11-30", 1], ["2027-12-31", 0], ["2028-01-31", 0]]


def test_every_group_has_its_goal_in_a_review_also_when_it_brought_nothing() -> None:
    world = World(TEXT.replace('scope = "program"', 'scope = "group"'))
    for partner in ("lea", "max"):
        world.send("partner.enrolled", "2026-03-01T10:00:00Z", {"partner_id": partner, "group": partner[0]})
    data = {"order_id": "o1", "customer_id": "ada", "market": "FR", "currency": "EUR", "subtotal": "5.00"}
    world.send("order.placed", "2026-03-03T10:00:00Z", data | {"partner_id": "lea"})
    world.tick_until(midnight_of(ZONE, DAY))
    due = [one.data for one in world.decisions if isinstance(one.data, ReviewDue)][-1]

    assert [(one.group, one.actual, one.pace) for one in due.goals] == [("l", 1, "0.97"), ("m", 0, "0.00")]


@pytest.mark.parametrize("seed", range(8))
def test_reviews_add_up_to_what_was_attributed_less_what_was_given_back(seed: int) -> None:
    """Over random orders, refunds and cancels, by channel, by group and by partner."""
    random, world = Random(seed), World(TEXT)
    for partner in ("lea", "max", "kim"):
        world.send("partner.enrolled", "2026-03-01T10:00:00Z", {"partner_id": partner, "group": partner[0]})
    refunded: Counter[str] = Counter()
    nets: dict[str, int] = {}
    for number in range(60):
        at = f"2026-03-{2 + number // 9:02}T{8 + number % 9:02}:00:00Z"
        name, customer = f"o{number}", random.choice(("ada", "bob", "cy"))
        net = random.randrange(1, 10_000)
        data: dict[str, Any] = {"order_id": name, "customer_id": customer, "market": "FR", "currency": "EUR"}
        data["subtotal"] = f"{net // 100}.{net % 100:02}"
        data |= random.choice(({}, {"partner_id": "lea"}, {"partner_id": "max"}, {"channel": "app"}))
        world.send("order.placed", at, data)
        nets[name] = net
        if random.random() < 0.4:
            back = random.choice((net, random.randrange(1, net + 1)))
            fields = {"order_id": name, "customer_id": customer, "refund_id": f"r{number}", "currency": "EUR"}
            world.send("order.refunded", at, fields | {"amount": f"{back // 100}.{back % 100:02}"})
            refunded[name] = back
        elif random.random() < 0.2:
            world.send("order.cancelled", at, {"order_id": name, "customer_id": customer})
            refunded[name] = net
    world.tick_until(midnight_of(ZONE, DAY))
    (due,) = [one.data for one in world.decisions if isinstance(one.data, ReviewDue) and one.data.orders]

    channels: Counter[str] = Counter()
    partners: Counter[str] = Counter()
    new = orders = 0
    for one in world.decisions:
        if isinstance(one.data, AttributionDecided):
            left = nets[one.data.order_id] - refunded[one.data.order_id]
            channels[one.data.channel] += left
            partners.update({credit.partner_id: left for credit in one.data.credits})
            orders += left > 0
            new += one.data.new_customer and left > 0
    assert (due.orders, due.revenue, due.new_customers) == (orders, channels.total(), new), seed
    assert {part.name: part.revenue for part in due.channels} == dict(channels)
    assert {part.name: part.revenue for part in due.groups} == {
        partner[0]: net for partner, net in partners.items()
    }
    assert {one.partner_id: one.revenue for one in due.top_partners} == {
        partner: net for partner, net in partners.items() if net
    }
