"""Requests that become events: redemptions, corrections of balances, resolutions of cases.

The ``Idempotency-Key`` names the request: asked for again with the same key, it is the same event, and
another request with this key is refused. What this server does not remember it looks up in the tables, once
these hold all that the partition of the event does: also after a restart, and where another server was asked.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any, Final, Literal, Protocol, TypeVar

import msgspec
from aiohttp import web
from msgspec import Meta, Struct

from events.limits import AMOUNT_MAX_MINOR, ID_MAX_CHARS
from events.time import format_time
from projections.api.accounts import ACCOUNT, Accounts
from projections.api.answers import json_answer
from projections.api.audit import audit
from projections.api.bodies import read_body
from projections.api.events import SENDING_PROBLEMS
from projections.api.intake import Intake, SinkError
from projections.api.routes import CALLER, Answer, Asked, Body, Parameter, Route
from projections.api.scopes import MANAGERS, READERS, Caller
from projections.asked import RESOLUTION, SOURCE, StoredAsked, content_of, id_of
from projections.problems import RETRY, ProblemCode, problem
from projections.progress import Source
from schemas.wire import Id, Name, Text, Time

#: Bytes of a body.
MAX_REQUEST_BYTES: Final = 65_536
#: Requests that are remembered.
REMEMBERED: Final = 100_000
#: Seconds: tables that do not hold by then what was asked before are too far behind to take a request.
BEFORE_S: Final = 5.0
#: Seconds: how often the tables are looked at meanwhile.
_LOOK_S: Final = 0.005

KEY: Final = Parameter(
    name="Idempotency-Key",
    place="header",
    type=Annotated[str, Meta(pattern="^[A-Za-z0-9._:-]{1,128}$", min_length=1, max_length=128)],
    doc="Names the request: up to 128 letters, digits and . _ : - of ASCII, such as a UUID.",
    code=ProblemCode.IDEMPOTENCY_KEY_INVALID,
    needed=True,
)
_CASE_PATTERN: Final = r"^[a-z_]+~[^\u0000-\u001f\u007f]+~[0-9-]+$"
_CASE: Final = Parameter(
    name="case_id",
    place="path",
    type=Annotated[str, Meta(pattern=_CASE_PATTERN, max_length=ID_MAX_CHARS)],
    doc="A case is <rule>~<partner>~<date>.",
    code=ProblemCode.CASE_INVALID,
)


class _Request(Struct, forbid_unknown_fields=True, kw_only=True):
    """``program`` may be left out when there is one; ``time`` is when it was asked for, else now."""

    program: Id | None = None
    time: Time | None = None


R = TypeVar("R", bound=_Request)


class Redemption(_Request, kw_only=True):
    """An owner spends ``amount`` of what is available, in the ledger's unit."""

    unit: Annotated[str, Meta(pattern="^(points|[A-Z]{3}/[0-9])$")]
    amount: Annotated[int, Meta(ge=1, le=AMOUNT_MAX_MINOR)]


class Adjustment(_Request, kw_only=True):
    """A correction of what is available, up or down; without ``actor`` the token's id is noted."""

    unit: Annotated[str, Meta(pattern="^(points|[A-Z]{3}/[0-9])$")]
    amount: Annotated[int, Meta(ge=-AMOUNT_MAX_MINOR, le=AMOUNT_MAX_MINOR)]
    reason: Text
    actor: Name | None = None


class Resolution(_Request, kw_only=True):
    """What was decided about a case; without ``actor`` the token's id is noted."""

    decision: Literal["upheld", "dismissed"]
    actor: Name | None = None


class Requested(Struct):
    """The event that the request became; ``id`` names it in the ledger and in milestones."""

    id: str
    event_id: str
    source: str
    time: Time


class _Known(Struct, frozen=True):
    """A request that came before: what it asks for, and its event, ``None`` where that is in its topic."""

    content: str
    answer: Requested
    event: bytes | None = None


class AskedTables(Protocol):
    """What is asked of the tables."""

    def asked(self, name: str) -> list[StoredAsked]: ...


class Reached(Protocol):
    """How far the tables have read."""

    def reached(self, source: Source) -> int: ...


def _body(type_: Any) -> Body:
    return Body(content={"application/json": type_}, max_bytes=MAX_REQUEST_BYTES)


_REDEMPTION: Final = _body(Redemption)
_ADJUSTMENT: Final = _body(Adjustment)
_RESOLUTION: Final = _body(Resolution)

#: Where the events go, and what the audit calls the requests.
_TOPICS: Final = {
    "redemption.requested": "account-requests",
    "adjustment.requested": "account-requests",
    RESOLUTION: "partner-events",
}
_AUDITED: Final = {
    "redemption.requested": "redemptions",
    "adjustment.requested": "adjustments",
    RESOLUTION: "resolution",
}
#: What all of these routes have in common.
_PROBLEMS: Final = (
    ProblemCode.IDEMPOTENCY_KEY_INVALID,
    ProblemCode.IDEMPOTENCY_KEY_REUSED,
    *SENDING_PROBLEMS,
)
_CHANGE: Final[dict[str, Any]] = {
    "method": "POST",
    "tag": "changes",
    "answer": Answer(type=Requested, status=202, doc="It is durable; the ledger tells what became of it."),
}


class Requests:
    """Turns requests into events."""

    def __init__(
        self,
        intake: Intake,
        accounts: Accounts,
        tables: AskedTables,
        progress: Reached,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._intake = intake
        self._accounts = accounts
        self._tables = tables
        self._progress = progress
        self._now = now
        self._known: OrderedDict[str, _Known] = OrderedDict()

    def routes(self) -> tuple[Route, ...]:
        """What is answered here."""
        of_account = (ProblemCode.ACCOUNT_INVALID, ProblemCode.ACCOUNT_UNKNOWN)
        return (
            Route(
                path="/v1/accounts/{account}/redemptions",
                name="redeem",
                summary="Spend of an account.",
                handler=self.redeem,
                parameters=(ACCOUNT, KEY),
                body=_REDEMPTION,
                problems=_PROBLEMS + of_account,
                roles=READERS,
                **_CHANGE,
            ),
            Route(
                path="/v1/accounts/{account}/adjustments",
                name="adjust",
                summary="Correct the balance of an account.",
                handler=self.adjust,
                parameters=(ACCOUNT, KEY),
                body=_ADJUSTMENT,
                problems=_PROBLEMS + of_account,
                roles=MANAGERS,
                **_CHANGE,
            ),
            Route(
                path="/v1/cases/{case_id}/resolution",
                name="resolve_case",
                summary="Say what was decided about a case of compliance.",
                handler=self.resolve,
                parameters=(_CASE, KEY),
                body=_RESOLUTION,
                problems=(*_PROBLEMS, ProblemCode.CASE_INVALID),
                roles=MANAGERS,
                **_CHANGE,
            ),
        )

    async def redeem(self, request: web.Request, asked: Asked) -> web.StreamResponse:
        """``redemption.requested``."""
        account = asked["account"]
        body = self._accounts.refusal(request, account) or await _read(request, _REDEMPTION, Redemption)
        if not isinstance(body, Redemption):
            return body
        name = _name(account, asked[KEY.name])
        data = {"redemption_id": name, "account": account, "unit": body.unit, "amount": body.amount}
        return await self._ask(request, "redemption.requested", name, account, body, data)

    async def adjust(self, request: web.Request, asked: Asked) -> web.StreamResponse:
        """``adjustment.requested``."""
        account = asked["account"]
        body = self._accounts.refusal(request, account) or await _read(request, _ADJUSTMENT, Adjustment)
        if not isinstance(body, Adjustment):
            return body
        name = _name(account, asked[KEY.name])
        data = {
            "adjustment_id": name,
            "account": account,
            "unit": body.unit,
            "amount": body.amount,
            "reason": body.reason,
            "actor": _actor(body.actor, request[CALLER]),
        }
        return await self._ask(request, "adjustment.requested", name, account, body, data)

    async def resolve(self, request: web.Request, asked: Asked) -> web.StreamResponse:
        """``compliance.case_resolved``."""
        body = self._accounts.waiting() or await _read(request, _RESOLUTION, Resolution)
        if not isinstance(body, Resolution):
            return body
        case_id = asked["case_id"]
        partner = case_id.partition("~")[2].rpartition("~")[0]
        data = {
            "case_id": case_id,
            "partner_id": partner,
            "decision": body.decision,
            "actor": _actor(body.actor, request[CALLER]),
        }
        name = _name(case_id, asked[KEY.name])
        return await self._ask(request, RESOLUTION, name, f"partner:{partner}", body, data)

    async def _ask(
        self, request: web.Request, type_: str, name: str, account: str, body: _Request, data: dict[str, Any]
    ) -> web.Response:
        caller = request[CALLER]
        beyond = self._beyond(caller, account, body)
        if beyond is not None:
            response = problem(ProblemCode.SCOPE_INSUFFICIENT, beyond)
        else:
            # Who manages one program changes that one, whatever the request says.
            program = caller.program or body.program
            if program is not None:
                data["program"] = program
            response = await self._answer(caller, type_, name, account, body.time, data)
        audit(caller, account, _AUDITED[type_], response.status, change=True)
        return response

    def _beyond(self, caller: Caller, account: str, body: _Request) -> str | None:
        """What a request asks for that the caller's scope does not hold, if anything."""
        if caller.program is not None and body.program not in {None, caller.program}:
            return "the token is for another program"
        if caller.partner is None:
            return None
        # A past time would change what was already told, one to come would end days before their time.
        if body.time is not None:
            return "for partners the time is that of the request: leave it out"
        foreign = body.program is not None and body.program not in self._accounts.programs_of(account)
        return "the account has no entries in this program" if foreign else None

    async def _answer(
        self, caller: Caller, type_: str, name: str, account: str, at: str | None, data: dict[str, Any]
    ) -> web.Response:
        named = f"{type_.partition('.')[0]}.{name}"
        content = content_of(type_, data)
        try:
            known = self._known.get(named) or await self._before(named, type_, account, content)
        except SinkError as error:
            return problem(ProblemCode.NOT_READY, str(error), headers=RETRY)
        if known is None:
            known = _made(type_, named, name, self._time() if at is None else at, data, content)
            self._remember(named, known)
        elif known.content != content or at not in {None, known.answer.time}:
            detail = "another request had this key; take a new key for each request"
            return problem(ProblemCode.IDEMPOTENCY_KEY_REUSED, detail)
        answer = json_answer(msgspec.to_builtins(known.answer), status=202)
        return answer if known.event is None else await self._send(named, known.event, caller, answer)

    async def _send(self, named: str, event: bytes, caller: Caller, answer: web.Response) -> web.Response:
        try:
            taken = await self._intake.take([event], caller.scope)
        except SinkError as error:
            return problem(ProblemCode.NOT_READY, str(error), headers=RETRY)
        if taken.refused:
            self._known.pop(named, None)
            built: dict[str, Any] = msgspec.to_builtins(taken)
            return problem(ProblemCode.EVENTS_REFUSED, "the request cannot be an event", **built)
        return answer

    async def _before(self, named: str, type_: str, account: str, content: str) -> _Known | None:
        """The request as it was asked for before, here or elsewhere, if it was."""
        source, end = await self._intake.end(_TOPICS[type_], account.partition(":")[2].encode())
        try:
            async with asyncio.timeout(BEFORE_S):
                while self._progress.reached(source) < end:  # noqa: ASYNC110  they tell nobody
                    await asyncio.sleep(_LOOK_S)
        except TimeoutError:
            raise SinkError("the tables are behind the requests that came before") from None
        rows = self._tables.asked(named)
        row = next((one for one in rows if one.content == content), rows[0] if rows else None)
        # It may have been asked for here in the meantime.
        known = self._known.get(named)
        if row is None or known is not None:
            return known
        name = named.partition(".")[2]
        return _Known(row.content, Requested(name, row.id, SOURCE, row.time))

    def _time(self) -> str:
        return format_time(int(self._now() * 1_000))

    def _remember(self, named: str, known: _Known) -> None:
        self._known[named] = known
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)


def _made(type_: str, named: str, name: str, at: str, data: dict[str, Any], content: str) -> _Known:
    id_ = id_of(type_, named, at)
    event = {
        "specversion": "1.0",
        "id": id_,
        "source": SOURCE,
        "type": type_,
        "time": at,
        "data": data,
    }
    return _Known(content, Requested(name, id_, SOURCE, at), msgspec.json.encode(event))


_decode = msgspec.json.Decoder(float_hook=Decimal).decode


async def _read(request: web.Request, body: Body, type_: type[R]) -> R | web.Response:
    """The body as its type, or why it is none."""
    raw = await read_body(request, body)
    if isinstance(raw, web.Response):
        return raw
    try:
        return msgspec.convert(_whole(_decode(raw)), type_)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return problem(ProblemCode.BODY_INVALID, str(error)[:200])


def _whole(tree: Any) -> Any:
    """The same with 5.0 as 5: a whole number, to JSON Schema."""
    if not isinstance(tree, dict):
        return tree
    return {name: int(one) if _is_whole(one) else one for name, one in tree.items()}


def _is_whole(one: Any) -> bool:
    # The bound comes first: 1e999999999 is whole, too.
    return isinstance(one, Decimal) and abs(one) <= AMOUNT_MAX_MINOR and one == one.to_integral_value()


def _name(about: str, key: str) -> str:
    """The id of a request: the key, and what tells the keys of different accounts apart."""
    return f"{key}.{hashlib.sha256(about.encode()).hexdigest()[:16]}"


def _actor(given: str | None, caller: Caller) -> str:
    return f"token {caller.token}" if given is None else given
