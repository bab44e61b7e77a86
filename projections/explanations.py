"""Explanations over HTTP: what ``keyday explain`` prints, from the topics themselves.

An explanation reads topics from their beginning to their end, in a thread of its own, one at a time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any, Final

from aiohttp import web
from aiokafka.errors import KafkaError
from msgspec import Struct

from projections.problems import RETRY, ProblemCode, problem
from projections.threads import in_thread
from schemas.programs import Programs
from streams.explain.found import find
from streams.explain.languages import LANGUAGES
from streams.explain.page import Page, tree
from streams.explain.rule_text import Versions
from streams.explain.sources import Source
from streams.explain.words import Words

#: Characters: an id of an entry or of an order that is longer is refused.
MAX_ID_CHARS: Final = 2_000
#: What is spoken to those who ask for no language that there is.
DEFAULT_LANGUAGE: Final = "en"

#: Opens the topics for one explanation.
OpenSource = Callable[[], AbstractContextManager[Source]]


class Explanation(Struct, frozen=True):
    """The lines for a person, in a language, and the same for machines."""

    lines: list[str]
    tree: dict[str, Any]


class Explanations:
    """Answers ``/v1/explain/{entry_id}``; ``programs`` is the path of program files, if there is one."""

    def __init__(self, open_source: OpenSource, programs: Path | None) -> None:
        self._open = open_source
        self._programs = programs
        self._one_at_a_time = asyncio.Lock()

    async def explain(self, request: web.Request) -> web.StreamResponse:
        """The explanation of an entry, or of all entries of an order."""
        wanted = request.match_info["entry_id"]
        if len(wanted) > MAX_ID_CHARS:
            detail = f"the id of an entry or of an order has up to {MAX_ID_CHARS} characters"
            return problem(ProblemCode.ENTRY_INVALID, detail)
        language = language_of(request)
        if language is None:
            detail = f"lang is one of {', '.join(LANGUAGES)}"
            return problem(ProblemCode.PARAMETER_INVALID, detail, parameter="lang")
        try:
            async with self._one_at_a_time:
                found = await in_thread(partial(self._explanation, wanted, language))
        except KafkaError:
            return problem(ProblemCode.NOT_READY, "the brokers cannot be reached", headers=RETRY)
        if found is None:
            return problem(
                ProblemCode.ENTRY_UNKNOWN, "there is no entry and no order with this id", id=wanted
            )
        return web.json_response(
            {"id": wanted, "language": language, "lines": found.lines, **found.tree},
            headers={"Content-Language": language, "Vary": "Accept-Language"},
        )

    def _explanation(self, wanted: str, language: str) -> Explanation | None:
        versions = Versions()
        if self._programs is not None:
            programs = Programs()
            programs.load(self._programs)
            versions.load(self._programs, programs)
        with self._open() as source:
            # Where a file and what was published contradict each other, the file is what decided.
            versions.take(source.records("programs"))
            found = find(source, versions, wanted)
        if found is None:
            return None
        return Explanation(list(Page(Words(language), versions).lines(found)), tree(found, versions))


def language_of(request: web.Request) -> str | None:
    """The language of ``?lang``, which must be known, else the best of ``Accept-Language``."""
    asked = request.query.getall("lang", [])
    if asked:
        return asked[0] if len(asked) == 1 and asked[0] in LANGUAGES else None
    return best_language(request.headers.get("Accept-Language", ""))


def best_language(header: str) -> str:
    """The known language that an ``Accept-Language`` header likes best, the first of equal ones."""
    best, greatest = DEFAULT_LANGUAGE, 0.0
    for part in header.split(","):
        tag, _, parameter = part.partition(";")
        language = tag.strip().lower().partition("-")[0]
        quality = _quality(parameter)
        if language in LANGUAGES and quality > greatest:
            best, greatest = language, quality
    return best


def _quality(parameter: str) -> float:
    name, _, value = parameter.partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
