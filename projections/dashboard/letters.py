"""Dead letters as they come: each is read once, however often the page of the system is looked at."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict, deque
from itertools import chain
from typing import Final

from events.outputs import DeadLetter
from schemas.dead_letters import read_dead_letter
from streams.explain.sources import Source

TOPIC: Final = "dead-letters"
#: The newest letters that are remembered.
REMEMBERED: Final = 20


class Letters:
    """How many there are by code, and the newest ones first, since the beginning of the topic."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._newest: defaultdict[int, deque[DeadLetter]] = defaultdict(lambda: deque(maxlen=REMEMBERED))
        self._next: dict[int, int] = {}
        self._reading = threading.Lock()

    def read(self, source: Source) -> tuple[Counter[str], list[DeadLetter]]:
        """All that there are now. It blocks for as long as it takes to read what came since the last time."""
        with self._reading:
            for record in source.records(TOPIC, self._next):
                letter = read_dead_letter(record.timestamp, record.key, record.value, record.headers)
                if letter is not None:
                    self._counts[letter.code] += 1
                    self._newest[record.partition].appendleft(letter)
                self._next[record.partition] = record.offset + 1
        return self.known()

    def known(self) -> tuple[Counter[str], list[DeadLetter]]:
        """Those that were read so far."""
        with self._reading:
            # Partitions are read one after the other.
            newest = sorted(chain(*self._newest.values()), key=lambda one: one.time, reverse=True)
            return Counter(self._counts), newest[:REMEMBERED]
