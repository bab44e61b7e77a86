"""Balances and statements of an account."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import partial
from typing import Annotated, Any, Final, Protocol

import orjson
from aiohttp import web
from msgspec import Meta, structs

from events.time import format_time, parse_time
from projections.api.answers import json_answer
from projections.api.audit import audit
from projections.api.model import MAX_ACCOUNT_CHARS, Account, Balances, Statement, Time
from projections.api.routes import CALLER, Answer, Asked, Parameter, Route
from projections.api.scopes import READERS, Caller
from projections.balances import Balance
from projections.problems import RETRY, ProblemCode, problem
from projections.progress import Blocker
from projections.store import Page
from projections.threads import in_thread

#: Entries: the most that one page of a statement holds, and what it holds when nothing is asked.
MAX_PAGE_ENTRIES: Final = 500
PAGE_ENTRIES: Final = 100
#: The greatest seq that can be asked for.
_MAX_SEQ: Final = 10**18 - 1

_ACCOUNT: Final = re.compile(r"(?:partner|customer):[^\x00-\x1f\x7f]+")

ACCOUNT: Final = Parameter(
    name="account",
    place="path",
    type=Account,
    doc=f"An account is partner:<id> or customer:<id>, up to {MAX_ACCOUNT_CHARS} characters.",
    code=ProblemCode.ACCOUNT_INVALID,
)
LIMIT: Final = Parameter(
    name="limit",
    type=Annotated[int, Meta(ge=1, le=MAX_PAGE_ENTRIES)],
    whole=True,
    default=PAGE_ENTRIES,
    doc=f"A whole number from 1 to {MAX_PAGE_ENTRIES}: the most that the answer holds.",
)
AS_OF: Final = Parameter(
    name="as_of",
    type=Time,
    doc="An instant (RFC 3339 with an offset): what the account held then, by what is known now.",
)
_AFTER: Final = Parameter(
    name="after",
    type=Annotated[int, Meta(ge=0, le=_MAX_SEQ)],
    whole=True,
    default=0,
    doc="The seq of the last entry seen, a whole number from 0.",
)


class AccountTables(Protocol):
    """What is asked of the tables; ``None`` and none for an account without entries."""

    def balances(self, account: str, as_of: int | None = None) -> list[Balance] | None: ...
    def statement(self, account: str, after: int, limit: int) -> Page | None: ...
    def programs_of(self, account: str) -> Collection[str]: ...


class Readiness(Protocol):
    """What is asked of the tables' progress."""

    @property
    def loaded(self) -> bool: ...
    def blocker(self) -> Blocker | None: ...


class Accounts:
    """Answers about accounts to those who may see them; to others as if there were no such account."""

    def __init__(self, tables: AccountTables, readiness: Readiness) -> None:
        self._tables = tables
        self._readiness = readiness

    def routes(self) -> tuple[Route, ...]:
        """What is answered here."""
        problems = (ProblemCode.ACCOUNT_INVALID, ProblemCode.ACCOUNT_UNKNOWN, ProblemCode.NOT_READY)
        return (
            Route(
                path="/v1/accounts/{account}/balances",
                name="balances",
                summary="What an account holds, by unit.",
                tag="accounts",
                handler=self.balances,
                parameters=(ACCOUNT, AS_OF),
                answer=Answer(type=Balances, doc="Sorted by unit; none before the first entry."),
                problems=problems,
                roles=READERS,
                cached=True,
            ),
            Route(
                path="/v1/accounts/{account}/statement",
                name="statement",
                summary="The ledger entries of an account, in seq order.",
                tag="accounts",
                handler=self.statement,
                parameters=(ACCOUNT, LIMIT, _AFTER),
                answer=Answer(type=Statement, doc="Entries; a page stays as it is while others come."),
                problems=(*problems, ProblemCode.PARAMETER_INVALID),
                roles=READERS,
                cached=True,
            ),
        )

    async def balances(self, request: web.Request, asked: Asked) -> web.StreamResponse:
        """The account's balances."""
        account = asked["account"]
        refusal = self.refusal(request, account)
        if refusal is not None:
            return refusal
        rows = self._tables.balances(account)
        if rows is None:
            return unknown(request, account)
        if asked["as_of"] is not None:
            at = instant(asked["as_of"])
            if isinstance(at, web.Response):
                return at
            # Entries are counted again from the first one on, which takes its time.
            rows = await in_thread(partial(self._tables.balances, account, at)) or []
        audit(request[CALLER], account, "balances", 200)
        return json_answer({"account": account, "balances": [_balance(row) for row in rows]})

    async def statement(self, request: web.Request, asked: Asked) -> web.StreamResponse:
        """A page of the account's entries."""
        account = asked["account"]
        refusal = self.refusal(request, account)
        if refusal is not None:
            return refusal
        page = self._tables.statement(account, asked["after"], asked["limit"])
        if page is None:
            return unknown(request, account)
        audit(request[CALLER], account, "statement", 200)
        entries = [orjson.Fragment(row) for row in page.rows]
        return json_answer({"account": account, "entries": entries, "next": page.next})

    def refusal(self, request: web.Request, account: str) -> web.Response | None:
        """Why nothing is said of an account, if so."""
        if not is_account(account):
            return problem(ProblemCode.ACCOUNT_INVALID, f"account: {ACCOUNT.doc}", parameter="account")
        waiting = self.waiting()
        if waiting is not None:
            return waiting
        return None if self.may_see(request[CALLER], account) else unknown(request, account)

    def waiting(self) -> web.Response | None:
        """Why no data is told yet, if so."""
        return not_ready(self._readiness)

    def programs_of(self, account: str) -> Collection[str]:
        """The programs in which an account has entries."""
        return self._tables.programs_of(account)

    def may_see(self, caller: Caller, account: str) -> bool:
        """Whether the caller's scope holds the account; a program holds those where it has entries."""
        if caller.partner is not None:
            return account == f"partner:{caller.partner}"
        return caller.program is None or caller.program in self._tables.programs_of(account)


def instant(as_of: str) -> int | web.Response:
    """The instant of a parameter in milliseconds, or what is said of one that is none."""
    try:
        return parse_time(as_of)
    except ValueError as error:
        return problem(ProblemCode.PARAMETER_INVALID, f"as_of is {error}", parameter="as_of")


def is_account(text: str) -> bool:
    """Whether the text names an account."""
    return len(text) <= MAX_ACCOUNT_CHARS and _ACCOUNT.fullmatch(text) is not None


def not_ready(readiness: Readiness) -> web.Response | None:
    """Why no data is told yet: a wrong balance is worse than none."""
    if readiness.loaded:
        return None
    blocker = readiness.blocker()
    reason = None if blocker is None else blocker_fields(blocker)
    detail = "the tables are being filled from their topics"
    return problem(ProblemCode.NOT_READY, detail, headers=RETRY, reason=reason)


def unknown(request: web.Request, account: str) -> web.Response:
    """What is said of an account that there is not, and of one that the caller may not see."""
    audit(request[CALLER], account, request.path.rpartition("/")[2], 404)
    return problem(ProblemCode.ACCOUNT_UNKNOWN, "the account has no ledger entries", account=account)


def blocker_fields(blocker: Blocker) -> dict[str, Any]:
    """A blocker as members of an error."""
    return {name: value for name, value in structs.asdict(blocker).items() if value is not None}


def _balance(balance: Balance) -> dict[str, str | int]:
    return {**structs.asdict(balance), "as_of": format_time(balance.as_of)}
