"""Requests that become events: redemptions, corrections of balances, resolutions of cases.

The ``Idempotency-Key`` names the request: asked for again with the same key, it has no second effect. The
server remembers the last requests, so that a second one is the same event, byte for byte, and dropped as a
duplicate; one that it has forgotten, or another server has seen, has the same ids and no effect either.
"""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any, Final, Literal, TypeVar

import msgspec
from aiohttp import web
from msgspec import Meta, Struct

from events.limits import AMOUNT_MAX_MINOR, ID_MAX_CHARS
from events.time import format_time
from projections.api.accounts import ACCOUNT, Accounts
from projections.api.answers import json_answer
from projections.api.audit import audit
from projections.api.bodies import read_body
from projections.api.intake import Intake, SinkError
from projections.api.routes import CALLER, Answer, Asked, Body, Parameter, Route
from projections.api.scopes import MANAGERS, READERS, Caller
from projections.problems import RETRY, ProblemCode, problem
from schemas.wire import Id, Name, Text, Time

#: What the events say that they come from.
SOURCE: Final = "keyday/http"
#: Bytes of a body.
MAX_REQUEST_BYTES: Final = 65_536
#: Requests that are remembered.
REMEMBERED: Final = 100_000

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
    """A request that came before: what it was made of, and its event."""

    content: bytes
    event: bytes
    answer: Requested


def _body(type_: Any) -> Body:
    return Body(content={"application/json": type_}, max_bytes=MAX_REQUEST_BYTES)


_REDEMPTION: Final = _body(Redemption)
_ADJUSTMENT: Final = _body(Adjustment)
_RESOLUTION: Final = _body(Resolution)


class Requests:
    """Turns requests into events."""

    def __init__(self, intake: Intake, accounts: Accounts, now: Callable[[], float] = time.time) -> None:
        self._intake = intake
        self._accounts = accounts
        self._now = now
        self._known: OrderedDict[str, _Known] = OrderedDict()

    def routes(self) -> tuple[Route, ...]:
        """What is answered here."""
        common = (
            ProblemCode.IDEMPOTENCY_KEY_INVALID,
            ProblemCode.IDEMPOTENCY_KEY_REUSED,
            ProblemCode.BODY_INVALID,
            ProblemCode.BODY_TOO_LARGE,
            ProblemCode.BODY_TIMEOUT,
            ProblemCode.MEDIA_TYPE_UNKNOWN,
            ProblemCode.EVENTS_REFUSED,
            ProblemCode.NOT_READY,
        )
        of_account = (*common, ProblemCode.ACCOUNT_INVALID, ProblemCode.ACCOUNT_UNKNOWN)
        answer = Answer(type=Requested, status=202, doc="It is durable; the ledger tells what became of it.")
        return (
            Route(
                path="/v1/accounts/{account}/redemptions",
                name="redeem",
                summary="Spend of an account.",
                method="POST",
                tag="changes",
                handler=self.redeem,
                parameters=(ACCOUNT, KEY),
                body=_REDEMPTION,
                answer=answer,
                problems=of_account,
                roles=READERS,
            ),
            Route(
                path="/v1/accounts/{account}/adjustments",
                name="adjust",
                summary="Correct the balance of an account.",
                method="POST",
                tag="changes",
                handler=self.adjust,
                parameters=(ACCOUNT, KEY),
                body=_ADJUSTMENT,
                answer=answer,
                problems=of_account,
                roles=MANAGERS,
            ),
            Route(
                path="/v1/cases/{case_id}/resolution",
                name="resolve_case",
                summary="Say what was decided about a case of compliance.",
                method="POST",
                tag="changes",
                handler=self.resolve,
                parameters=(_CASE, KEY),
                body=_RESOLUTION,
                answer=answer,
                problems=(*common, ProblemCode.CASE_INVALID),
                roles=MANAGERS,
            ),
        )

    async def redeem(self, request: web.Request, asked: Asked) -> web.StreamResponse:
        """``redemption.requested``."""
        account = asked["account"]
        refusal = self._accounts.refusal(request, account)
        if refusal is not None:
            return refusal
        body = await _read(request, _REDEMPTION, Redemption)
        if not isinstance(body, Redemption):
            return body
        name = _name(account, asked[KEY.name])
        data = {"redemption_id": name, "account": account, "unit": body.unit, "amount": body.amount}
        response = await self._ask(request, "redemption.requested", name, body, data)
        audit(request[CALLER], account, "redemptions", response.status, change=True)
        return response

    async def adjust(self, request: web.Request, asked: Asked) -> web.StreamResponse:
        """``adjustment.requested``."""
        account = asked["account"]
        refusal = self._accounts.refusal(request, account)
        if refusal is not None:
            return refusal
        body = await _read(request, _ADJUSTMENT, Adjustment)
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
        response = await self._ask(request, "adjustment.requested", name, body, data)
        audit(request[CALLER], account, "adjustments", response.status, change=True)
        return response

    async def resolve(self, request: web.Request, asked: Asked) -> web.StreamResponse:
        """``compliance.case_resolved``."""
        body = await _read(request, _RESOLUTION, Resolution)
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
        response = await self._ask(request, "compliance.case_resolved", name, body, data)
        audit(request[CALLER], f"partner:{partner}", "resolution", response.status, change=True)
        return response

    async def _ask(
        self, request: web.Request, type_: str, name: str, body: _Request, data: dict[str, Any]
    ) -> web.Response:
        caller = request[CALLER]
        # Who manages one program changes that one, whatever the request says.
        program = caller.program or body.program
        if caller.program is not None and body.program not in {None, caller.program}:
            return problem(ProblemCode.SCOPE_INSUFFICIENT, "the token is for another program")
        if program is not None:
            data["program"] = program
        event_id = f"{type_.partition('.')[0]}.{name}"
        content = msgspec.json.encode([type_, data, body.time])
        known = self._known.get(event_id)
        if known is None:
            at = format_time(int(self._now() * 1_000)) if body.time is None else body.time
            known = self._known[event_id] = _event(type_, event_id, name, at, data, content)
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        elif known.content != content:
            detail = "another request had this key; take a new key for each request"
            return problem(ProblemCode.IDEMPOTENCY_KEY_REUSED, detail)
        try:
            taken = await self._intake.take([known.event], caller.scope)
        except SinkError as error:
            return problem(ProblemCode.NOT_READY, str(error), headers=RETRY)
        if taken.refused:
            del self._known[event_id]
            built: dict[str, Any] = msgspec.to_builtins(taken)
            return problem(ProblemCode.EVENTS_REFUSED, "the request cannot be an event", **built)
        return json_answer(msgspec.to_builtins(known.answer), status=202)


def _event(type_: str, event_id: str, name: str, at: str, data: dict[str, Any], content: bytes) -> _Known:
    event = {
        "specversion": "1.0",
        "id": event_id,
        "source": SOURCE,
        "type": type_,
        "time": at,
        "data": data,
    }
    return _Known(content, msgspec.json.encode(event), Requested(name, event_id, SOURCE, at))


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
