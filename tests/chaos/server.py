"""``keyday serve`` that ends itself at a step of a write: ``python -m tests.chaos.server serve …``.

``CHAOS_STEP`` is ``taken`` (facts were read, nothing is folded), ``before_write`` (folded, nothing is written) or
``after_write`` (rows and positions are in the store, nobody was told); ``CHAOS_COUNT`` says which time is the last.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Any

from projections.store import Tables
from streams.cli import run
from tests.chaos.worker import last_step

STEPS = ("taken", "before_write", "after_write")


def end_at_step(env: Mapping[str, str]) -> None:
    """Let every batch of the tables go through its steps aloud."""
    on_step = last_step(env)
    applying, commit = Tables.applying, Tables._commit

    def applying_aloud(self: Tables, *batch: Any) -> Any:
        on_step("taken")
        return (yield from applying(self, *batch))

    def commit_aloud(self: Tables, *rows: Any) -> None:
        on_step("before_write")
        commit(self, *rows)
        on_step("after_write")

    Tables.applying, Tables._commit = applying_aloud, commit_aloud  # type: ignore[method-assign]


if __name__ == "__main__":
    end_at_step(os.environ)
    sys.exit(run(sys.argv[1:]))
