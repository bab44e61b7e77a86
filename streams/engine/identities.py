"""Which events a task has seen: the identity (source, id) per topic and owner, for ``dedupe_days``.

An owner's newest identities lie in the owner's own record, which an event reads and writes anyway. Where
they become too many, the older half moves to entries of their own, and the record says so.
"""

from __future__ import annotations

from enum import Enum
from hashlib import blake2b
from struct import Struct as Layout
from typing import Final

from msgspec import Struct
from xxhash import xxh3_64_digest

from streams.engine.limits import DAY_MS
from streams.engine.state import Space, State

#: The engine's own prefix in a task's state.
_PREFIX: Final = b"i"
_KEY_BYTES: Final = 8
_CONTENT_MASK: Final = 0xFFFF_FFFF
#: Identity, the low bits of the content digest, time of the first event. An owner has few identities and an
#: identity few contents, so that no more bits are needed to tell them apart.
_ENTRY: Final = Layout(f">{_KEY_BYTES}sIq")
_TAIL: Final = Layout(">Iq")
#: Identities that an owner's record holds at the most.
_INLINE: Final = 40
_INLINE_BYTES: Final = 1 + _INLINE * _ENTRY.size
#: First byte of what a record holds: whether older identities lie in entries of their own.
_WHOLE: Final = b"\x00"
_SPILLED: Final = b"\x01"


class Seen(Struct, array_like=True, gc=False):
    """The content digest of the first event of an identity, and when it occurred."""

    content: int
    time: int


class Verdict(Enum):
    """What an identity says about an event, in order of precedence."""

    NEW = "new"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"


#: Looked up once: a member of an enumeration is a call, and nearly all events are new.
NEW: Final = Verdict.NEW


def identity_key(topic: str, source: str, id_: str) -> bytes:
    """8 bytes that stand for an identity of one owner; a length keeps ("a", "bc") and ("ab", "c") apart."""
    text = f"{topic}\0{len(source)}\0{source}{id_}"
    return xxh3_64_digest(text.encode("utf-8", "surrogatepass"))


class Identities:
    """The identities of one task's owners. ``memory`` is what the owner's record holds, at first ``b""``."""

    def __init__(self, state: State, dedupe_days: int, max_lateness_days: int) -> None:
        self._spilled: Space[Seen] = state.space(_PREFIX, Seen, cache_limit=0)
        self._memory_ms = dedupe_days * DAY_MS
        # What is late by as much as intake allows must still find what it would have found in time.
        self._keep_ms = (dedupe_days + max_lateness_days) * DAY_MS

    def check(self, memory: bytes, owner: str, key: bytes, content: int, time: int) -> Verdict:
        """Compare an event with the first one of its identity."""
        at = _find(memory, key)
        if at < 0:
            if memory[:1] != _SPILLED:
                return NEW
            seen = self._spilled.get(_entry_key(owner, key))
            if seen is None:
                return NEW
            first_content, first_time = seen.content, seen.time
        else:
            first_content, first_time = _TAIL.unpack_from(memory, at + _KEY_BYTES)
        if time >= first_time + self._memory_ms:
            return NEW
        return Verdict.DUPLICATE if first_content == content & _CONTENT_MASK else Verdict.CONFLICT

    def remember(self, memory: bytes, owner: str, key: bytes, content: int, time: int, *, now: int) -> bytes:
        """Note the first event of an identity that took effect; returns what the record is to hold.

        ``now`` is the task's stream time in milliseconds.
        """
        if memory.find(key) >= 0:
            memory = self.forget(memory, owner, key)
        entry = _ENTRY.pack(key, content & _CONTENT_MASK, time)
        if len(memory) < _INLINE_BYTES:
            return (memory or _WHOLE) + entry
        return self._make_room(memory, owner, now) + entry

    def forget(self, memory: bytes, owner: str, key: bytes) -> bytes:
        """The event of an identity had no effect after all; returns what the record is to hold."""
        if memory[:1] == _SPILLED:
            self._spilled.delete(_entry_key(owner, key))
        at = _find(memory, key)
        return memory if at < 0 else memory[:at] + memory[at + _ENTRY.size :]

    def purge(self, cursor: bytes, now: int, limit: int) -> bytes | None:
        """Forget spilled identities that are too old, looking at ``limit`` of them from ``cursor`` on.

        Returns where to go on, or ``None`` when all were looked at.
        """
        oldest = now - self._keep_ms
        for looked_at, (key, seen) in enumerate(self._spilled.scan(cursor, b"\xff" * 33)):
            if looked_at == limit:
                return key
            if seen.time <= oldest:
                self._spilled.delete(key)
        return None

    def _make_room(self, memory: bytes, owner: str, now: int) -> bytes:
        """Drop what is too old; if that is not enough, move the older half to entries of their own."""
        oldest = now - self._keep_ms
        entries = list(_ENTRY.iter_unpack(memory[1:]))
        kept = [entry for entry in entries if entry[2] > oldest]
        flag = memory[:1]
        if len(kept) == _INLINE:
            for key, content, time in kept[: _INLINE // 2]:
                self._spilled.put(_entry_key(owner, key), Seen(content, time))
            kept = kept[_INLINE // 2 :]
            flag = _SPILLED
        return flag + b"".join(_ENTRY.pack(*entry) for entry in kept)


def _find(memory: bytes, key: bytes) -> int:
    """Where the entry of a key begins, or -1; a match across two entries is none."""
    # Not "in", which asks first whether the key is a number.
    at = memory.find(key)
    while at >= 0 and (at - 1) % _ENTRY.size:
        at = memory.find(key, at + 1)
    return at


def _entry_key(owner: str, key: bytes) -> bytes:
    """The key of a spilled identity; the owner as a digest, so that all keys have one length."""
    return blake2b(owner.encode("utf-8", "surrogatepass"), digest_size=16).digest() + key
