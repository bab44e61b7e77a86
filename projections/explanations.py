"""Explanations over HTTP: what ``keyday explain`` prints, from the topics themselves.

An explanation reads topics from their beginning to their end, in a thread of its own, one at a time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Annotated, Final, Literal

from aiohttp import web
from aiokafka.errors import KafkaError
from msgspec import Meta, Struct

from projections.api import model
from projections.api.answers import json_answer
from projections.api.audit import audit
from projections.api.routes import CALLER, Answer, Asked, Parameter, Route
from projections.api.scopes import READERS, Caller
from projections.api.visible import seen_by
from projections.problems import RETRY, ProblemCode, problem
from projections.threads import in_thread
from schemas.programs import Programs
from streams.explain.found import Found, find
from streams.explain.languages import LANGUAGES
from streams.explain.page import Page, tree
from streams.explain.rule_text import Versions
from streams.explain.sources import Source
from streams.explain.words import Words

#: Characters: an id of an entry or of an order that is longer is refused.
MAX_ID_CHARS: Final = 2_000
#: Explanations that may wait for the one under way.
MAX_WAITING: Final = 8
#: What is spoken to those who ask for no language that there is.
DEFAULT_LANGUAGE: Final = "en"

_ENTRY: Final = Parameter(
    name="entry_id",
    place="path",
    type=Annotated[str, Meta(min_length=1, max_length=MAX_ID_CHARS)],
    doc=f"The id of an entry or of an order, which has up to {MAX_ID_CHARS} characters.",
    code=ProblemCode.ENTRY_INVALID,
)
_LANGUAGE: Final = Parameter(
    name="lang",
    type=Literal[tuple(LANGUAGES)],
    doc=f"One of {', '.join(LANGUAGES)}; without it the best of Accept-Language is spoken.",
)

#: Opens the topics for one explanation.
OpenSource = Callable[[], AbstractContextManager[Source]]


class Explained(Struct, frozen=True):
    """What was found of an entry or an order, and the programs that it is explained by."""

    what: Found
    versions: Versions

    def lines(self, language: str) -> list[str]:
        """The lines for a person."""
        return list(Page(Words(language), self.versions).lines(self.what))


class Explanations:
    """Answers ``/v1/explain/{entry_id}``; ``programs`` is the path of program files, if there is one."""

    def __init__(self, open_source: OpenSource, programs: Path | None) -> None:
        self._open = open_source
        self._programs = programs
        self._one_at_a_time = asyncio.Lock()
        self._waiting = 0

    def routes(self) -> tuple[Route, ...]:
        """What is answered here."""
        return (
            Route(
                path="/v1/explain/{entry_id}",
                name="explain",
                summary="Why there is an entry of the ledger, or what became of an order.",
                tag="accounts",
                handler=self.explain,
                parameters=(_ENTRY, _LANGUAGE),
                answer=Answer(
                    type=model.Explanation,
                    doc="The explanation, in the language that was asked for.",
                    headers={"Content-Language": "The language that is spoken."},
                ),
                problems=(
                    ProblemCode.ENTRY_INVALID,
                    ProblemCode.PARAMETER_INVALID,
                    ProblemCode.ENTRY_UNKNOWN,
                    ProblemCode.NOT_READY,
                ),
                roles=READERS,
                cached=True,
            ),
        )

    async def explain(self, request: web.Request, asked: Asked) -> web.StreamResponse:
        """The explanation of an entry, or of all entries of an order that the caller may see."""
        wanted = asked["entry_id"]
        language = asked["lang"] or best_language(request.headers.get("Accept-Language", ""))
        if self.busy:
            return problem(ProblemCode.NOT_READY, "others wait for explanations", headers=RETRY)
        try:
            found = await self.find(wanted, request[CALLER])
        except KafkaError:
            return problem(ProblemCode.NOT_READY, "the brokers cannot be reached", headers=RETRY)
        if found is None:
            return problem(
                ProblemCode.ENTRY_UNKNOWN, "there is no entry and no order with this id", id=wanted
            )
        explained = {"lines": found.lines(language), **tree(found.what, found.versions)}
        return json_answer(
            {"id": wanted, "language": language, **explained},
            headers={"Content-Language": language, "Vary": "Accept-Language"},
        )

    @property
    def busy(self) -> bool:
        """Whether too many wait for explanations."""
        return self._waiting >= MAX_WAITING

    async def find(self, wanted: str, caller: Caller, route: str = "explain") -> Explained | None:
        """What a caller may see of an entry, or of all entries of an order; ``None`` where that is nothing.

        Each account that it tells of is written down.

        Raises:
            KafkaError: the brokers cannot be reached.
        """
        self._waiting += 1
        try:
            async with self._one_at_a_time:
                found = await in_thread(partial(self._find, wanted, caller))
        finally:
            self._waiting -= 1
        for account in [] if found is None else sorted(_accounts(found.what)):
            audit(caller, account, route, 200)
        return found

    def source(self) -> AbstractContextManager[Source]:
        """The topics, for the thread that opens them."""
        return self._open()

    def versions(self, source: Source) -> Versions:
        """The programs as files and the topic have them now."""
        versions = Versions()
        if self._programs is not None:
            programs = Programs()
            programs.load(self._programs)
            versions.load(self._programs, programs)
        # Where a file and what was published contradict each other, the file is what decided.
        versions.take(source.records("programs"))
        return versions

    def _find(self, wanted: str, caller: Caller) -> Explained | None:
        with self._open() as source:
            versions = self.versions(source)
            found = seen_by(caller, find(source, versions, wanted))
        return None if found is None else Explained(found, versions)


def _accounts(found: Found) -> set[str]:
    """The accounts that an explanation tells of."""
    entries = {one.data.account for one in (*found.entries, *found.related)}
    decided = [one.attribution for one in found.orders]
    customers = {f"customer:{one.customer_id}" for one in decided if one.customer_id}
    partners = {f"partner:{credit.partner_id}" for one in decided for credit in one.credits}
    return entries | customers | partners


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
