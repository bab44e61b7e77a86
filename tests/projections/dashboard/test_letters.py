from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from events.outputs import DeadLetter
from projections.dashboard.letters import REMEMBERED, Letters
from schemas.dead_letters import dead_letter_headers
from streams.engine.record import Record, RecordLike


class Topic:
    """A topic of dead letters in two partitions that counts how many of them were read."""

    place, has_input = "here", True

    def __init__(self) -> None:
        self.letters: tuple[list[DeadLetter], ...] = ([], [])
        self.read = 0

    def records(self, topic: str, starts: Mapping[int, int] = MappingProxyType({})) -> Iterator[RecordLike]:
        for partition, letters in enumerate(self.letters):
            for at in range(starts.get(partition, 0), len(letters)):
                self.read += 1
                one = letters[at]
                yield Record(topic, partition, at, one.time, one.key, one.value, dead_letter_headers(one))

    def add(self, code: str, *times: int, partition: int = 0) -> None:
        letters = self.letters[partition]
        letters += [DeadLetter(code, "why", "orders", 0, at, at, None, b"{}") for at in times]


def test_each_letter_is_read_once_and_counted_once() -> None:
    topic, letters = Topic(), Letters()
    topic.add("json_invalid", *range(30))
    counts, newest = letters.read(topic)
    assert (dict(counts), len(newest), newest[0].time) == ({"json_invalid": 30}, REMEMBERED, 29)

    topic.add("too_late", 30, 31)
    counts, newest = letters.read(topic)
    assert dict(counts) == {"json_invalid": 30, "too_late": 2}
    assert [one.time for one in newest[:3]] == [31, 30, 29]
    assert letters.read(topic)[0] == counts
    assert topic.read == 32


def test_the_newest_are_those_of_all_partitions() -> None:
    topic = Topic()
    topic.add("json_invalid", *range(100, 150), partition=0)
    topic.add("too_late", *range(30), 149, partition=1)

    _, newest = Letters().read(topic)

    assert [one.time for one in newest[:3]] == [149, 149, 148]
    assert {one.code for one in newest} == {"json_invalid", "too_late"}
