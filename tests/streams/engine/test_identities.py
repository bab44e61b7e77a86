"""An identity is known from its first event on, for as long as it has to be, however many an owner has."""

from __future__ import annotations

from random import Random

import pytest

from streams.engine.identities import Identities, Verdict, identity_key
from streams.engine.limits import DAY_MS
from streams.engine.state import State
from tests.streams.engine.test_state import DictReader

DEDUPE_DAYS, LATENESS_DAYS = 45, 90


class Owner:
    """One owner's record and the identities that spill from it."""

    def __init__(self) -> None:
        self.reader = DictReader()
        self.state = State(self.reader)
        self.identities = Identities(self.state, DEDUPE_DAYS, LATENESS_DAYS)
        self.memory = b""

    def check(self, id_: str, content: int, time: int) -> Verdict:
        key = identity_key("orders", "shop", id_)
        return self.identities.check(self.memory, "ann", key, content, time)

    def remember(self, id_: str, content: int, time: int) -> None:
        key = identity_key("orders", "shop", id_)
        self.memory = self.identities.remember(self.memory, "ann", key, content, time, now=time)

    def forget(self, id_: str) -> None:
        self.memory = self.identities.forget(self.memory, "ann", identity_key("orders", "shop", id_))


def test_the_same_content_is_a_duplicate_and_other_content_a_conflict() -> None:
    owner = Owner()
    assert owner.check("e", 1, 0) is Verdict.NEW
    owner.remember("e", 1, 0)

    assert owner.check("e", 1, 0) is Verdict.DUPLICATE
    assert owner.check("e", 2, 0) is Verdict.CONFLICT
    assert owner.check("f", 1, 0) is Verdict.NEW


def test_topic_source_and_id_all_count() -> None:
    keys = {
        identity_key(*one) for one in [("a", "b", "c"), ("a", "bc", ""), ("a", "", "bc"), ("b", "b", "c")]
    }

    assert len(keys) == 4


def test_an_identity_is_known_for_the_days_after_its_first_event() -> None:
    owner = Owner()
    owner.remember("e", 1, 0)

    assert owner.check("e", 1, DEDUPE_DAYS * DAY_MS - 1) is Verdict.DUPLICATE
    assert owner.check("e", 1, DEDUPE_DAYS * DAY_MS) is Verdict.NEW


def test_an_event_that_had_no_effect_after_all_may_come_again() -> None:
    owner = Owner()
    for n in range(60):
        owner.remember(f"e{n}", n, 0)
    for n in (0, 30, 59):
        owner.forget(f"e{n}")

        assert owner.check(f"e{n}", 99, 0) is Verdict.NEW
    assert owner.check("e1", 1, 0) is Verdict.DUPLICATE


def test_a_record_stays_small_however_many_events_come() -> None:
    owner = Owner()
    for n in range(500):
        owner.remember(f"e{n}", n, n)

    assert len(owner.memory) <= 1 + 40 * 20
    assert all(owner.check(f"e{n}", n, n) is Verdict.DUPLICATE for n in range(500))


def test_what_is_too_old_makes_room_before_anything_spills() -> None:
    owner = Owner()
    for n in range(40):
        owner.remember(f"old{n}", n, 0)
    owner.remember("new", 1, (DEDUPE_DAYS + LATENESS_DAYS) * DAY_MS)

    assert owner.reader.apply(owner.state) == 0
    assert len(owner.memory) == 1 + 20


def test_a_purge_forgets_spilled_identities_in_slices_and_keeps_what_a_late_copy_needs() -> None:
    owner = Owner()
    for n in range(100):
        owner.remember(f"e{n}", n, n * DAY_MS)
    now = (DEDUPE_DAYS + LATENESS_DAYS + 10) * DAY_MS
    owner.reader.apply(owner.state)
    cursor: bytes | None = b""
    slices = 0
    while cursor is not None:
        cursor = owner.identities.purge(cursor, now, 7)
        slices += 1
        owner.reader.apply(owner.state)

    assert slices > 5
    assert owner.check("e10", 10, 10 * DAY_MS) is Verdict.NEW
    assert owner.check("e11", 11, 11 * DAY_MS) is Verdict.DUPLICATE


@pytest.mark.parametrize("seed", range(5))
def test_any_history_gives_the_verdicts_of_a_plain_dict(seed: int) -> None:
    random = Random(seed)
    owner = Owner()
    first: dict[str, int] = {}
    for now in range(600):
        id_, content = f"e{random.randrange(200)}", random.randrange(2)
        verdict = owner.check(id_, content, now)
        if id_ not in first:
            assert verdict is Verdict.NEW, f"seed {seed}"
            owner.remember(id_, content, now)
            first[id_] = content
        else:
            expected = Verdict.DUPLICATE if first[id_] == content else Verdict.CONFLICT
            assert verdict is expected, f"seed {seed}"
            if random.random() < 0.1:
                owner.forget(id_)
                del first[id_]
        if random.random() < 0.1:
            owner.reader.apply(owner.state)
