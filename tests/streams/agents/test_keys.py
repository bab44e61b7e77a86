from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from streams.agents import keys

#: Ids made of what keys are joined with.
ids = st.text(alphabet="a1\x00\x01é", min_size=1, max_size=4)
times = st.integers(-62_135_596_800_000, 253_402_300_799_999)
offsets = st.integers(0, 2**63 - 1)


@given(st.lists(st.tuples(ids, ids), min_size=2, max_size=2, unique=True))
def test_refunds_that_wait_for_different_orders_never_share_a_span(pairs: list[tuple[str, str]]) -> None:
    one, other = (keys.waiting_prefix("p", order, customer) for order, customer in pairs)

    assert not other.startswith(one)
    assert not one.startswith(other)


@given(st.lists(st.tuples(ids, ids), min_size=2, max_size=2, unique=True))
def test_refund_keys_are_unique(pairs: list[tuple[str, str]]) -> None:
    one, other = (keys.refund_key(customer, refund) for customer, refund in pairs)

    assert one != other


@given(st.lists(st.tuples(times, offsets), min_size=2, max_size=2))
def test_waiting_refunds_sort_by_time_and_position(positions: list[tuple[int, int]]) -> None:
    prefix = keys.waiting_prefix("p", "o", "c")
    by_key = sorted(positions, key=lambda one: keys.waiting_key(prefix, one[0], one[1], "i"))

    assert by_key == sorted(positions)
    assert all(prefix <= keys.waiting_key(prefix, *one, "i") < keys.beyond(prefix) for one in positions)


def test_due_entries_sort_by_day_then_waiting_then_account_and_unit() -> None:
    zone = "Europe/Paris"
    ordered = [
        keys.due_waiting(zone, 739_000, 5, 2, "i"),
        keys.due_waiting(zone, 739_000, 6, 1, "i"),
        keys.due_release(zone, 739_000, "ad", "points"),
        keys.due_release(zone, 739_000, "ada", "EUR/2"),
        keys.due_release(zone, 739_000, "ada", "points"),
        keys.due_release(zone, 739_000, "b", "EUR/2"),
        keys.due_day(zone, 739_001),
        keys.due_waiting(zone, 739_001, 0, 0, "i"),
        keys.due_day("Europe/Paris2", 0),
    ]

    assert ordered == sorted(ordered)


@given(ids, st.sampled_from(["points", "EUR/2"]))
def test_a_due_release_is_read_back(customer: str, unit: str) -> None:
    kind, rest = keys.due_parts("UTC", keys.due_release("UTC", 739_000, customer, unit))

    assert kind == keys.RELEASE
    assert rest.decode().rpartition("\0")[::2] == (customer, unit)
