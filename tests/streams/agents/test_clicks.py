from __future__ import annotations

import random
from pathlib import Path

import pytest

from events.time import DAY_MS, HOUR_MS, format_time, parse_time
from streams.agents.keys import clicks_of
from streams.agents.marks import has_marks
from streams.rules.home_days import home_days
from streams.rules.state import Customer
from tests.scenarios.world import World

ACME = (Path(__file__).parents[2] / "scenarios" / "programs" / "acme.toml").read_text()
REFERRAL = "\n[referral]\nwindow_days = 30\nadvocate_points = 5\nfriend_points = 5\n"
START = parse_time("2026-03-01T12:00:00Z")


def click(world: World, time: int, click_id: str, **more: str) -> str:
    data = {"click_id": click_id, "customer_id": "ada", "partner_id": "lea", "market": "FR"} | more
    return world.send("link.clicked", format_time(time), data, id_=f"{click_id}@{time}")


def ada(world: World) -> Customer:
    customer = world.agent.entities.get(b"ada")
    assert customer is not None
    return customer


@pytest.mark.parametrize("seed", range(5))
def test_click_ids_are_known_for_their_memory_whether_or_not_their_touch_is_kept(seed: int) -> None:
    print(f"seed {seed}")
    rng = random.Random(seed)
    world = World(ACME, memory_days=3)
    first: dict[str, int] = {}
    touches: list[tuple[int, str]] = []
    for number in range(400):
        # Half an hour on, and now and then some days late: most of 300 ids lose their touch before they come again.
        late = rng.randrange(5) * DAY_MS if rng.random() < 0.1 else 0
        time = START + number * HOUR_MS // 2 - late
        click_id = f"c{rng.randrange(300)}"
        known = click_id in first and time - first[click_id] <= 3 * DAY_MS
        if not known:
            first[click_id] = max(time, first.get(click_id, time))
            touches = sorted([*touches, (time, click_id)])[-50:]

        assert click(world, time, click_id) == ("duplicate" if known else "ok")
    assert [(one.time, one.click_id) for one in ada(world).touches["acme"]] == touches


def test_a_click_writes_its_customers_record_and_counts_for_its_partners_day_alone() -> None:
    world = World(ACME + REFERRAL)
    of_the_day = b"n" + clicks_of("acme", home_days("Europe/Paris").ordinal(START), "lea")
    for number in range(50):
        click(world, START + number, f"c{number}", device_id="d", ip_hash="i")

    assert sorted(world.reader.values) == [b"cada", of_the_day]

    click(world, START + 50, "c50", device_id="d", ip_hash="i")

    assert sorted(world.reader.values) == [b"cada", of_the_day, b"x3\x00adac0"]


def test_marks_are_remembered_also_where_the_record_has_no_room() -> None:
    world = World(ACME + REFERRAL)
    for number in range(20):
        click(world, START + number, f"c{number}", device_id=f"d{number}")
    customer, state = ada(world), world.agent._state

    assert len(customer.marks) == 16
    assert all(has_marks(state, "ada", customer, [f"device d{number}"]) for number in range(20))
    assert not has_marks(state, "ada", customer, ["device d20", "address d1"])


def test_marks_are_kept_also_where_no_program_grants_referrals_yet() -> None:
    world = World(ACME)
    click(world, START, "c1", device_id="d", ip_hash="i")

    assert ada(world).marks == ["device d", "address i"]
