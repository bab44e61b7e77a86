"""Lines of progress."""

from __future__ import annotations

import sys


def report(line: str) -> None:
    """A line on stderr, at once."""
    print(f"bench: {line}", file=sys.stderr, flush=True)
