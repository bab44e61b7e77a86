"""What a feed says is written is what is written, also when it is interrupted."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Sequence

import pytest

from streams.commands.destinations import append
from streams.engine.limits import APPEND_RECORDS
from streams.engine.record import OutRecord


class Interrupted:
    """A log that is interrupted in the middle of its second batch."""

    def __init__(self) -> None:
        self.records: list[OutRecord] = []
        self.batches = 0

    def append(self, records: Sequence[OutRecord]) -> None:
        self.batches += 1
        if self.batches == 2:
            os.kill(os.getpid(), signal.SIGINT)
        self.records += records


def test_a_batch_that_ctrl_c_meets_is_counted_before_it_ends() -> None:
    log = Interrupted()
    records = [OutRecord("orders", 0, 1, b"k", b"v")] * (3 * APPEND_RECORDS)
    counts: Counter[str] = Counter()
    before = signal.getsignal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        append(log, records, counts=counts)

    assert counts["orders"] == len(log.records) == 2 * APPEND_RECORDS
    assert signal.getsignal(signal.SIGINT) is before
