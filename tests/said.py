"""What is logged while a test runs."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager

from streams.engine.logs import set_up


@contextmanager
def logged(level: str, form: str = "json") -> Iterator[io.StringIO]:
    """Its lines from a level on; the handlers of the test run come back afterwards."""
    root = logging.getLogger()
    before, at = root.handlers[:], root.level
    stream = io.StringIO()
    set_up(form, level, stream=stream)
    try:
        yield stream
    finally:
        root.handlers[:] = before
        root.setLevel(at)
