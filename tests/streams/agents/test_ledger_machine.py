"""Whatever is done in whatever order: versions are published, events come again, midnights pass, and the books hold."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from events.time import DAY_MS, format_time
from tests.scenarios import invariants
from tests.scenarios.world import World, program
from tests.streams.agents.test_domain_properties import (
    LATER,
    START,
    Event,
    bought,
    cents,
    customers,
    enrolments,
    events,
    money,
    partners,
    programs,
    rest,
)

#: The last event comes before the first ids are forgotten, so that none comes twice with another meaning.
LAST = START + 100 * DAY_MS
#: Several orders a day, so that caps are reached.
gaps = st.sampled_from([0, 1000, 3_600_000, 3_600_000, 4 * 3_600_000, DAY_MS])
#: What an id of its own makes known: the same again is a duplicate.
KNOWN = {
    "order.placed",
    "order.refunded",
    "link.clicked",
    "redemption.requested",
    "adjustment.requested",
    "referral.created",
}


class Ledger(RuleBasedStateMachine):
    """One program with its partners; what it grants, and its limits, change with each version."""

    #: The limits of caps and budgets in the text of the first version, and the most of later ones in minor units.
    LIMITS: ClassVar = {'amount = "5.00"': 900, 'amount = "60.00"': 9_000, 'amount = "3.00"': 600}

    @initialize(text=programs)
    def enrol(self, text: str) -> None:
        # A budget that outlasts the caps now and then.
        self.text, self.version = text.replace('amount = "6.00"', 'amount = "60.00"'), 1
        self.world = World(self.text)
        self.time = START
        self.told: list[Event] = []
        for one in enrolments():
            self.tell(one)

    def tell(self, event: Event) -> str:
        time, kind, data = event
        outcome = self.world.send(kind, format_time(time), data)
        if outcome == "ok" and kind in KNOWN:
            self.told.append(event)
        return outcome

    @rule(gap=gaps, event=events())
    def something_happens(self, gap: int, event: tuple[str, dict[str, Any]]) -> None:
        self.time = min(self.time + gap, LAST)
        self.tell((self.time, *event))

    @rule(gap=gaps, customer=customers, partner=partners, amount=cents)
    def one_more_order(self, gap: int, customer: str, partner: str, amount: int) -> None:
        self.time = min(self.time + gap, LAST)
        order = bought(f"more {len(self.told)}", customer, money(amount)) | {"partner_id": partner}
        self.tell((self.time, "order.placed", order))

    @precondition(lambda self: self.told)
    @rule(which=st.integers(0, 99))
    def an_event_comes_again(self, which: int) -> None:
        world = self.world
        before = (list(world.outputs), list(world.decisions), *(dict(one.values) for one in world.readers))
        assert self.tell(self.told[which % len(self.told)]) == "duplicate"
        assert (world.outputs, world.decisions, *(one.values for one in world.readers)) == before

    @rule(days=st.integers(1, 5))
    def days_pass(self, days: int) -> None:
        self.time = min(self.time + days * DAY_MS, LAST)
        self.world.tick_until(self.time)

    @rule(
        ahead=st.sampled_from([-DAY_MS, 0, 3_600_000]), draw=st.data(), rate=st.sampled_from(["0.05", "0.2"])
    )
    def a_version_is_published(self, ahead: int, draw: st.DataObject, rate: str) -> None:
        self.version += 1
        text = self.text.replace("version = 1", f"version = {self.version}")
        text = text.replace("2026-01-01T00:00:00Z", format_time(self.time + ahead))
        text = text.replace('rate = "0.1"', f'rate = "{rate}"')
        for first, most in self.LIMITS.items():
            text = text.replace(first, f'amount = "{money(draw.draw(st.integers(100, most)))}"')
        assert self.world.programs.add(program(text)) is None

    @invariant()
    def the_books_hold(self) -> None:
        invariants.check(self.world)

    def teardown(self) -> None:
        if hasattr(self, "world"):
            rest(self.world, self.time + LATER)


TestLedger = pytest.mark.slow(Ledger.TestCase)
TestLedger.settings = settings(max_examples=30, stateful_step_count=30)
