"""A task's typed state: spaces of entities, read through a bounded cache, written once a batch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Generic, Protocol, TypeVar

import msgspec

T = TypeVar("T")

Change = tuple[bytes, bytes | None]


class Reader(Protocol):
    """Where the spaces read committed values: a RocksDB store, or a dict in a test."""

    def get(self, key: bytes) -> bytes | None: ...
    def scan(self, start: bytes, stop: bytes) -> Iterator[tuple[bytes, bytes]]: ...


class Space(Generic[T]):
    """Entities of one type under one key prefix.

    Values may be mutated in place; ``put`` says that this was done. A value is encoded once a batch,
    however often it changed, and not at all when it did not change.
    """

    __slots__ = ("_cache", "_cache_limit", "_decode", "_dirty", "_encode", "_prefix", "_reader")

    def __init__(self, reader: Reader, prefix: bytes, type_: Any, cache_limit: int) -> None:
        self._reader = reader
        self._prefix = prefix
        self._cache: dict[bytes, T | None] = {}
        self._dirty: set[bytes] = set()
        self._cache_limit = cache_limit
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(type_).decode

    def get(self, key: bytes) -> T | None:
        """The entity, or ``None`` when there is none."""
        cache = self._cache
        if key in cache:
            return cache[key]
        raw = self._reader.get(self._prefix + key)
        value: T | None = None if raw is None else self._decode(raw)
        if self._cache_limit:
            cache[key] = value
        return value

    def put(self, key: bytes, value: T) -> None:
        """Store the entity, or mark it as changed."""
        self._cache[key] = value
        self._dirty.add(key)

    def delete(self, key: bytes) -> None:
        """Remove the entity."""
        self._cache[key] = None
        self._dirty.add(key)

    def scan(self, start: bytes, stop: bytes) -> Iterator[tuple[bytes, T]]:
        """Entities with start <= key < stop in key order, what this batch changed included."""
        prefix, size = self._prefix, len(self._prefix)
        fresh = sorted(k for k in self._dirty if start <= k < stop)
        position = 0
        for raw_key, raw in self._reader.scan(prefix + start, prefix + stop):
            key = raw_key[size:]
            while position < len(fresh) and fresh[position] < key:
                value = self._cache[fresh[position]]
                if value is not None:
                    yield fresh[position], value
                position += 1
            if position < len(fresh) and fresh[position] == key:
                continue
            cached = self._cache.get(key)
            yield key, cached if cached is not None else self._decode(raw)
        for key in fresh[position:]:
            value = self._cache[key]
            if value is not None:
                yield key, value

    def drain(self, changes: list[Change]) -> None:
        """Append what changed since the last drain, encoded, and trim the cache to its limit."""
        prefix, cache, encode = self._prefix, self._cache, self._encode
        for key in self._dirty:
            value = cache[key]
            changes.append((prefix + key, None if value is None else encode(value)))
        if not self._cache_limit:
            cache.clear()
        elif len(cache) > self._cache_limit:
            # Oldest first: dicts keep insertion order. Half at once keeps the cost per event flat.
            for key in list(cache)[: len(cache) - self._cache_limit // 2]:
                del cache[key]
        self._dirty.clear()


class State:
    """All spaces of one task. ``drain`` gives the batch's changes for the store and the changelog."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._spaces: dict[bytes, Space[Any]] = {}

    def space(self, prefix: bytes, type_: Any, *, cache_limit: int) -> Space[Any]:
        """Open the space under a one-byte ``prefix``; each prefix is opened once."""
        if len(prefix) != 1 or prefix in self._spaces:
            raise ValueError(f"space prefix {prefix!r} is taken or not one byte")
        space: Space[Any] = Space(self._reader, prefix, type_, cache_limit)
        self._spaces[prefix] = space
        return space

    def drain(self) -> list[Change]:
        """What changed since the last drain: (key, value), value ``None`` for a delete."""
        changes: list[Change] = []
        for space in self._spaces.values():
            space.drain(changes)
        return changes
