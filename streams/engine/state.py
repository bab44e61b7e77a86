"""A task's typed state: spaces of entities, read through a bounded cache, written once a batch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Generic, Protocol, TypeVar
from zlib import crc32

import msgspec

T = TypeVar("T")

#: A key and its new value, ``None`` for a delete.
Change = tuple[bytes, bytes | None]


class Reader(Protocol):
    """Where the spaces read committed values: a RocksDB store, or a dict in a test."""

    def get(self, key: bytes) -> bytes | None: ...
    def scan(self, start: bytes, stop: bytes) -> Iterator[tuple[bytes, bytes]]: ...


class Delta(msgspec.Struct):
    """How changes move a store's count and check value."""

    count: int = 0
    check: int = 0


def checksum(key: bytes, value: bytes) -> int:
    """The contribution of one key and value to a store's check value; never 0, which means no value."""
    return crc32(value, crc32(key)) + 1


class Space(Generic[T]):
    """Entities of one type under one key prefix.

    Values may be mutated in place; ``put`` says that this was done. A value is encoded once a batch,
    however often it changed, and not at all when it did not change.
    """

    __slots__ = (
        "_books",
        "_cache",
        "_cache_limit",
        "_decode",
        "_dirty",
        "_encode",
        "_prefix",
        "_read",
        "_reader",
    )

    def __init__(self, reader: Reader, books: Delta, prefix: bytes, type_: Any, cache_limit: int) -> None:
        self._reader = reader
        self._read = reader.get
        self._books = books
        self._prefix = prefix
        #: Per key: the value (``None`` when there is none), the checksum of the committed value (0 when
        #: there is none), and whether it is dirty. One lookup and no method calls for each use.
        self._cache: dict[bytes, list[Any]] = {}
        self._dirty: list[tuple[bytes, list[Any]]] = []
        self._cache_limit = cache_limit
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(type_).decode

    def get(self, key: bytes) -> T | None:
        """The entity, or ``None`` when there is none."""
        entry = self._cache.get(key)
        if entry is None:
            entry = self._load(key)
        value: T | None = entry[0]
        return value

    def put(self, key: bytes, value: T | None) -> None:
        """Store the entity, or mark it as changed."""
        entry = self._cache.get(key)
        if entry is None:
            entry = self._load(key)
        entry[0] = value
        if not entry[2]:
            entry[2] = True
            self._dirty.append((key, entry))

    def delete(self, key: bytes) -> None:
        """Remove the entity."""
        self.put(key, None)

    def _load(self, key: bytes) -> list[Any]:
        full = self._prefix + key
        raw = self._read(full)
        entry = [None, 0, False] if raw is None else [self._decode(raw), checksum(full, raw), False]
        self._cache[key] = entry
        return entry

    def scan(self, start: bytes, stop: bytes) -> Iterator[tuple[bytes, T]]:
        """Entities with start <= key < stop in key order, what this batch changed included.

        What is changed while the scan is under way is seen as it was when the scan began.
        """
        prefix, size = self._prefix, len(self._prefix)
        dirty = {key: entry[0] for key, entry in self._dirty if start <= key < stop}
        fresh = sorted(dirty)
        position = 0
        for raw_key, raw in self._reader.scan(prefix + start, prefix + stop):
            key = raw_key[size:]
            while position < len(fresh) and fresh[position] <= key:
                value = dirty[fresh[position]]
                if value is not None:
                    yield fresh[position], value
                position += 1
            if key not in dirty:
                cached = self._cache.get(key)
                yield key, self._decode(raw) if cached is None else cached[0]
        for key in fresh[position:]:
            value = dirty[key]
            if value is not None:
                yield key, value

    def drain(self, changes: list[Change]) -> None:
        """Append what changed since the last drain, encoded, and trim the cache to its limit."""
        prefix, encode, append = self._prefix, self._encode, changes.append
        count = check = 0
        for key, entry in self._dirty:
            value, old, _ = entry
            full = prefix + key
            entry[2] = False
            if value is not None:
                raw = encode(value)
                # `checksum`, written out: this runs for every change of every batch.
                new = crc32(raw, crc32(full)) + 1
                append((full, raw))
                entry[1] = new
                check += new - old
                if not old:
                    count += 1
            elif old:
                append((full, None))
                entry[1] = 0
                check -= old
                count -= 1
        self._books.count += count
        self._books.check += check
        self._dirty.clear()
        self._trim()

    def _trim(self) -> None:
        cache, limit = self._cache, self._cache_limit
        if limit == 0:
            cache.clear()
        elif len(cache) > limit:
            # Oldest first: dicts keep insertion order. Half at once keeps the cost per event flat.
            for key in list(cache)[: len(cache) - limit // 2]:
                del cache[key]


class State:
    """All spaces of one task. ``drain`` gives the batch's changes for the store and the changelog."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._books = Delta()
        self._spaces: dict[bytes, Space[Any]] = {}

    def space(self, prefix: bytes, type_: Any, *, cache_limit: int) -> Space[Any]:
        """Open the space under a one-byte ``prefix``; each prefix is opened once."""
        if len(prefix) != 1 or prefix in self._spaces:
            raise ValueError(f"space prefix {prefix!r} is taken or not one byte")
        space: Space[Any] = Space(self._reader, self._books, prefix, type_, cache_limit)
        self._spaces[prefix] = space
        return space

    def drain(self) -> tuple[list[Change], Delta]:
        """What changed since the last drain, and how that moves the store's count and check value."""
        changes: list[Change] = []
        for space in self._spaces.values():
            space.drain(changes)
        delta = Delta(self._books.count, self._books.check)
        self._books.count = self._books.check = 0
        return changes, delta
