"""Inputs of a task are merged by record time, ties by the order of the inputs."""

from __future__ import annotations

from random import Random

import pytest

from streams.engine.merge import Merger
from streams.engine.record import Record


def record(topic: str, offset: int, timestamp: int) -> Record:
    return Record(topic, 0, offset, timestamp, None, b"")


def test_the_earlier_record_comes_first_whatever_input_it_is_on() -> None:
    merger = Merger(["clicks", "orders"], lambda _: False)
    merger.add("orders", [record("orders", 0, 10), record("orders", 1, 30)])
    merger.add("clicks", [record("clicks", 0, 20)])

    assert [r.timestamp for r in merger.take(10)] == [10, 20, 30]
    assert not merger.waiting()


def test_equal_times_go_by_the_order_of_the_inputs() -> None:
    merger = Merger(["clock", "orders"], lambda _: False)
    merger.add("orders", [record("orders", 0, 10)])
    merger.add("clock", [record("clock", 0, 10)])

    assert [r.topic for r in merger.take(10)] == ["clock", "orders"]


def test_nothing_is_handed_out_while_an_empty_input_is_behind() -> None:
    merger = Merger(["clicks", "orders"], lambda topic: topic == "clicks")
    merger.add("orders", [record("orders", 0, 10)])

    assert merger.take(10) == []
    assert merger.waiting()
    assert [r.offset for r in merger.take(10, patient=False)] == [0]


def test_the_merge_stops_where_an_input_runs_out_but_has_more_to_read() -> None:
    merger = Merger(["clicks", "orders"], lambda topic: topic == "clicks")
    merger.add("clicks", [record("clicks", 0, 5)])
    merger.add("orders", [record("orders", 0, 10), record("orders", 1, 11)])

    assert [r.topic for r in merger.take(10)] == ["clicks"]
    assert merger.buffered("orders") == 2


def test_offsets_of_one_input_stay_in_order_also_when_its_times_do_not() -> None:
    merger = Merger(["clicks", "orders"], lambda _: False)
    merger.add("orders", [record("orders", 0, 50), record("orders", 1, 10)])
    merger.add("clicks", [record("clicks", 0, 20)])

    taken = merger.take(10)

    assert [r.offset for r in taken if r.topic == "orders"] == [0, 1]
    assert [r.topic for r in taken] == ["clicks", "orders", "orders"]


@pytest.mark.parametrize("seed", range(20))
def test_any_slicing_gives_the_same_order_as_one_stable_merge(seed: int) -> None:
    random = Random(seed)
    topics = ["clock", "clicks", "orders"]
    merger = Merger(topics, lambda _: False)
    everything = []
    for rank, topic in enumerate(topics):
        times = sorted(random.randrange(100) for _ in range(random.randrange(40)))
        records = [record(topic, offset, time) for offset, time in enumerate(times)]
        everything += [(r.timestamp, rank, r.offset) for r in records]
        while records:
            size = random.randrange(1, 10)
            merger.add(topic, records[:size])
            records = records[size:]

    taken: list[tuple[int, int, int]] = []
    while merger.waiting():
        taken += [(r.timestamp, topics.index(r.topic), r.offset) for r in merger.take(random.randrange(1, 7))]

    assert taken == sorted(everything), f"seed {seed}"
