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


def test_due_refunds_sort_by_day_time_and_position() -> None:
    zone = "Europe/Paris"
    ordered = [
        keys.due_waiting(zone, 739_000, 5, 2, "i"),
        keys.due_waiting(zone, 739_000, 6, 1, "i"),
        keys.due_day(zone, 739_001),
        keys.due_waiting(zone, 739_001, 0, 0, "i"),
        keys.due_day("Europe/Paris2", 0),
    ]

    assert ordered == sorted(ordered)


@given(st.lists(st.integers(0, 2**32 - 1)))
def test_chunks_of_a_day_sort_by_their_number_within_the_day(numbers: list[int]) -> None:
    by_key = sorted(numbers, key=lambda number: keys.due_chunk("UTC", 739_000, number))

    assert by_key == sorted(numbers)
    assert [keys.chunk_number(keys.due_chunk("UTC", 739_000, number)) for number in numbers] == numbers
    day, after = keys.due_day("UTC", 739_000), keys.due_day("UTC", 739_001)
    assert all(day <= keys.due_chunk("UTC", 739_000, number) < after for number in numbers)


@given(st.lists(st.tuples(ids, ids), min_size=2, max_size=2, unique_by=lambda one: one[0]))
def test_devices_on_the_links_of_different_partners_never_share_a_prefix(
    pairs: list[tuple[str, str]],
) -> None:
    (one, mark), (other, _) = pairs

    assert keys.clicked_from("p", one, mark).startswith(keys.clicked_from("p", one, ""))
    assert not keys.clicked_from("p", one, mark).startswith(keys.clicked_from("p", other, ""))
