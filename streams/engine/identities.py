"""Which events a task has seen: the identity (source, id) per topic and owner, for ``dedupe_days``."""

from __future__ import annotations

from enum import Enum
from hashlib import blake2b

from msgspec import Struct

from streams.engine.limits import DAY_MS
from streams.engine.state import State

#: The engine's own prefix in a task's state.
_PREFIX = b"i"


class Seen(Struct, array_like=True, gc=False):
    """The content digest of the first event of an identity, and when it occurred."""

    content: int
    time: int


class Verdict(Enum):
    """What an identity says about an event, in order of precedence."""

    NEW = "new"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"


def identity_key(topic: str, owner: str, source: str, id_: str) -> bytes:
    """16 bytes that stand for an identity; lengths keep ("a", "bc") and ("ab", "c") apart."""
    text = f"{topic}\0{len(owner)}\0{len(source)}\0{owner}{source}{id_}"
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


class Identities:
    """The memory of identities of one task, bounded by purging what is too old in slices."""

    def __init__(self, state: State, dedupe_days: int) -> None:
        # No cache beyond the batch: an identity is asked for once, and a miss costs a bloom filter.
        self._seen = state.space(_PREFIX, Seen, cache_limit=0)
        self._memory_ms = dedupe_days * DAY_MS

    def check(self, key: bytes, content: int, time: int) -> Verdict:
        """Compare an event with the first one of its identity."""
        seen: Seen | None = self._seen.get(key)
        if seen is None or time >= seen.time + self._memory_ms:
            return Verdict.NEW
        return Verdict.DUPLICATE if seen.content == content else Verdict.CONFLICT

    def remember(self, key: bytes, content: int, time: int) -> None:
        """Note the first event of an identity that took effect."""
        self._seen.put(key, Seen(content, time))

    def forget(self, key: bytes) -> None:
        """The event of an identity had no effect after all."""
        self._seen.delete(key)

    def purge(self, cursor: bytes, now: int, limit: int) -> bytes | None:
        """Forget what is too old at ``now``, looking at ``limit`` identities from ``cursor`` on.

        Returns where to go on, or ``None`` when all were looked at.
        """
        oldest = now - self._memory_ms
        for looked_at, (key, seen) in enumerate(self._seen.scan(cursor, b"\xff" * 17)):
            if looked_at == limit:
                return key
            if seen.time <= oldest:
                self._seen.delete(key)
        return None
