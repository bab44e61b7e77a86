"""When a try that failed is made again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

#: Seconds: the longest time for which an endpoint can ask to be left alone.
MOST_RETRY_AFTER_S: Final = 86_400.0
#: Doublings: beyond these every span is the longest one.
_MOST_DOUBLINGS: Final = 40


def delay_s(tries: int, first_s: float, longest_s: float, random: Callable[[], float]) -> float:
    """Seconds until the next try after so many: exponential with full jitter.

    ``random`` gives numbers from 0 up to 1.
    """
    return random() * min(longest_s, first_s * 2.0 ** min(tries - 1, _MOST_DOUBLINGS))


def retry_after_s(header: str | None, now_s: float) -> float | None:
    """Seconds that a ``Retry-After`` header asks for, at most a day; ``None`` where it says nothing."""
    text = (header or "").strip()
    if not text:
        return None
    if text.isascii() and text.isdigit():
        return min(float(text[:10]), MOST_RETRY_AFTER_S)
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    wait = (at - datetime.fromtimestamp(now_s, tz=UTC)).total_seconds()
    return min(max(0.0, wait), MOST_RETRY_AFTER_S)
