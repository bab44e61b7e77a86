"""Program versions as the topic ``programs`` brings them, taken into the registry that all tasks share."""

from __future__ import annotations

import logging
from typing import Final

from msgspec import Struct

from events.inputs import ProgramPublished
from events.time import format_time
from schemas.codec import Decoder
from schemas.errors import DecodeError
from schemas.programs import Outcome, Programs
from streams.engine.record import RecordLike

logger = logging.getLogger(__name__)

#: The topic of published versions.
PROGRAMS = "programs"
#: Characters: the longest news; ids and reasons repeat what was published.
_NEWS_CHARS: Final = 2_000


class News(Struct, frozen=True):
    """What a record led to, in one line; ``refused`` says that it changed nothing."""

    text: str
    refused: bool


class Published:
    """Takes record after record into ``programs``; after what is refused the running version stays."""

    def __init__(self, programs: Programs) -> None:
        self._programs = programs
        self._decode = Decoder(programs).decode

    def take(self, record: RecordLike) -> News | None:
        """Take a version into use; ``None`` when it was in use before."""
        place = f"{record.topic}/{record.partition} at {record.offset}"
        decoded = self._decode(PROGRAMS, record.key, record.value, record.headers)
        if isinstance(decoded, DecodeError):
            return News(_line(f"{place}: a record is refused: {decoded.code} {decoded.detail}"), refused=True)
        event = decoded.event
        assert isinstance(event, ProgramPublished)  # noqa: S101  the topic has no other type
        publication = self._programs.publish(event.content)
        program = publication.program
        if publication.errors or program is None:
            reasons = "; ".join(map(str, publication.errors))
            return News(_line(f"{place}: {event.id} is refused: {reasons}"), refused=True)
        if publication.outcome is Outcome.KNOWN:
            return None
        since = format_time(program.effective_from)
        text = f"version {program.version} of {program.id} is in use for events from {since} on"
        return News(_line(text), refused=False)

    def follow(self, record: RecordLike) -> None:
        """Take a version into use, and log what became of it."""
        news = self.take(record)
        if news is not None:
            logger.log(logging.ERROR if news.refused else logging.INFO, "%s", news.text)


def _line(text: str) -> str:
    """The text on one line of bounded length: what a publisher wrote must not begin a line of its own."""
    shown = (
        one if one.isprintable() else one.encode("unicode_escape").decode() for one in text[:_NEWS_CHARS]
    )
    return "".join(shown)
