"""Spaces read through a cache, write once a batch and keep the books of the store."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest
from msgspec import Struct

from streams.engine.state import State, checksum


class Balance(Struct, array_like=True):
    points: int = 0


class DictReader:
    """A committed state in memory, with the books that a store keeps."""

    def __init__(self) -> None:
        self.values: dict[bytes, bytes] = {}
        self.count = 0
        self.check = 0

    def get(self, key: bytes) -> bytes | None:
        return self.values.get(key)

    def scan(self, start: bytes, stop: bytes) -> Iterator[tuple[bytes, bytes]]:
        yield from sorted((k, v) for k, v in self.values.items() if start <= k < stop)

    def apply(self, state: State) -> int:
        changes, delta = state.drain()
        for key, value in changes:
            if value is None:
                del self.values[key]
            else:
                self.values[key] = value
        self.count += delta.count
        self.check += delta.check
        return len(changes)


def test_a_value_that_did_not_change_is_not_written() -> None:
    reader = DictReader()
    state = State(reader)
    space = state.space(b"c", Balance, cache_limit=10)
    space.put(b"a", Balance(1))
    assert reader.apply(state) == 1

    assert space.get(b"a") == Balance(1)

    assert reader.apply(state) == 0


def test_many_changes_of_a_batch_are_written_once() -> None:
    reader = DictReader()
    state = State(reader)
    space = state.space(b"c", Balance, cache_limit=10)
    for points in range(5):
        space.put(b"a", Balance(points))

    assert reader.apply(state) == 1
    assert State(reader).space(b"c", Balance, cache_limit=0).get(b"a") == Balance(4)


def test_a_prefix_is_opened_once() -> None:
    state = State(DictReader())
    state.space(b"c", Balance, cache_limit=0)

    with pytest.raises(ValueError, match="taken"):
        state.space(b"c", Balance, cache_limit=0)


@pytest.mark.parametrize("cache_limit", [0, 1, 3, 1000])
@pytest.mark.parametrize("seed", range(5))
def test_a_space_behaves_like_a_dict_and_its_books_are_right(seed: int, cache_limit: int) -> None:
    random = Random(seed)
    reader = DictReader()
    state = State(reader)
    space = state.space(b"c", Balance, cache_limit=cache_limit)
    expected: dict[bytes, int] = {}
    for step in range(400):
        key = b"%02d" % random.randrange(20)
        match random.randrange(4):
            case 0:
                space.put(key, Balance(step))
                expected[key] = step
            case 1:
                space.delete(key)
                expected.pop(key, None)
            case 2:
                found = space.get(key)
                assert (found.points if found else None) == expected.get(key), f"seed {seed}"
            case 3:
                low, high = sorted(random.choices(range(21), k=2))
                scanned = [(k, v.points) for k, v in space.scan(b"%02d" % low, b"%02d" % high)]
                wanted = sorted((k, v) for k, v in expected.items() if b"%02d" % low <= k < b"%02d" % high)
                assert scanned == wanted, f"seed {seed}"
        if random.random() < 0.1:
            reader.apply(state)
    reader.apply(state)

    assert {k[1:]: v for k, v in reader.values.items()} != {}
    assert reader.count == len(reader.values) == len(expected)
    assert reader.check == sum(checksum(k, v) for k, v in reader.values.items())
