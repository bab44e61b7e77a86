"""A task's typed state: spaces of entities, read through a bounded cache, written once a batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
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


class Cells(dict[bytes, list[Any]]):
    """The cells of a space by key; one that is not there is read from the store.

    A cell is ``[value, checksum, dirty, full key]``: the value is ``None`` when there is none, the checksum
    is that of the committed value, 0 when there is none.
    """

    __slots__ = ("_decode", "_prefix", "_read")

    def __init__(self, read: Callable[[bytes], bytes | None], prefix: bytes, type_: Any) -> None:
        self._read = read
        self._prefix = prefix
        self._decode = msgspec.msgpack.Decoder(type_).decode

    def __missing__(self, key: bytes) -> list[Any]:
        full = self._prefix + key
        raw = self._read(full)
        cell = (
            [None, 0, False, full] if raw is None else [self._decode(raw), checksum(full, raw), False, full]
        )
        self[key] = cell
        return cell

    def decode(self, raw: bytes) -> Any:
        """A value as it is stored."""
        return self._decode(raw)


class Space(Generic[T]):
    """Entities of one type under one key prefix.

    Values may be mutated in place; ``put`` says that this was done. A value is encoded once a batch,
    however often it changed, and not at all when it did not change. Where each look-up counts, ``cells``
    and ``write`` do the same as ``get`` and ``put`` with one look-up for both.
    """

    __slots__ = ("_books", "_cache_limit", "_dirty", "_encode", "_prefix", "_reader", "cells")

    def __init__(self, reader: Reader, books: Delta, prefix: bytes, type_: Any, cache_limit: int) -> None:
        self._reader = reader
        self._books = books
        self._prefix = prefix
        self.cells = Cells(reader.get, prefix, type_)
        self._dirty: list[list[Any]] = []
        self._cache_limit = cache_limit
        self._encode = msgspec.msgpack.Encoder().encode

    def get(self, key: bytes) -> T | None:
        """The entity, or ``None`` when there is none."""
        value: T | None = self.cells[key][0]
        return value

    def put(self, key: bytes, value: T | None) -> None:
        """Store the entity, or mark it as changed."""
        self.write(self.cells[key], value)

    def write(self, cell: list[Any], value: T | None) -> None:
        """Store the entity of a cell, or mark it as changed."""
        cell[0] = value
        if not cell[2]:
            cell[2] = True
            self._dirty.append(cell)

    def delete(self, key: bytes) -> None:
        """Remove the entity."""
        self.put(key, None)

    def scan(self, start: bytes, stop: bytes) -> Iterator[tuple[bytes, T]]:
        """Entities with start <= key < stop in key order, what this batch changed included.

        What is changed while the scan is under way is seen as it was when the scan began.
        """
        size = len(self._prefix)
        low, high = self._prefix + start, self._prefix + stop
        dirty = {cell[3][size:]: cell[0] for cell in self._dirty if low <= cell[3] < high}
        fresh = sorted(dirty)
        position = 0
        for raw_key, raw in self._reader.scan(low, high):
            key = raw_key[size:]
            while position < len(fresh) and fresh[position] <= key:
                value = dirty[fresh[position]]
                if value is not None:
                    yield fresh[position], value
                position += 1
            if key not in dirty:
                cell = self.cells.get(key)
                yield key, self.cells.decode(raw) if cell is None else cell[0]
        for key in fresh[position:]:
            value = dirty[key]
            if value is not None:
                yield key, value

    def drain(self, changes: list[Change]) -> None:
        """Append what changed since the last drain, encoded, and trim the cache to its limit."""
        encode, append = self._encode, changes.append
        count = check = 0
        for cell in self._dirty:
            value, old, _, full = cell
            cell[2] = False
            if value is not None:
                raw = encode(value)
                # `checksum`, written out: this runs for every change of every batch.
                new = cell[1] = crc32(raw, crc32(full)) + 1
                append((full, raw))
                check += new - old
                if not old:
                    count += 1
            elif old:
                append((full, None))
                cell[1] = 0
                check -= old
                count -= 1
        self._books.count += count
        self._books.check += check
        self._dirty.clear()
        self._trim()

    def _trim(self) -> None:
        cells, limit = self.cells, self._cache_limit
        if limit == 0:
            cells.clear()
        elif len(cells) > limit:
            # Oldest first: dicts keep insertion order. Half at once keeps the cost per event flat.
            for key in list(cells)[: len(cells) - limit // 2]:
                del cells[key]


class State:
    """All spaces of one task. ``drain`` gives the batch's changes for the store and the changelog."""

    def __init__(self, reader: Reader, partition: int = 0, partitions: int = 1) -> None:
        self._reader = reader
        #: How many tasks each agent has.
        self.partitions = partitions
        #: The task's partition, for those who wait for an answer.
        self.partition = partition
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
