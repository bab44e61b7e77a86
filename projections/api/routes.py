"""The declaration of a route: what is asked for, who may ask, and what is answered.

The server reads requests by it and the OpenAPI document is written from it, so that they cannot differ.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, Literal

import msgspec
from aiohttp import web
from msgspec import Struct

from projections.api.scopes import Caller, Role
from projections.problems import ProblemCode, problem

#: What a request asks for: its parameters by name, read and checked.
Asked = Mapping[str, Any]
Handler = Callable[[web.Request, Asked], Awaitable[web.StreamResponse]]

#: Where a request carries who asks.
CALLER: Final = web.RequestKey("caller", Caller)

_WHOLE: Final = re.compile(r"-?[0-9]{1,18}")


class Parameter(Struct, frozen=True, kw_only=True):
    """One parameter; ``type`` is what msgspec checks it by, ``doc`` what it is and, refused, should be."""

    name: str
    type: Any
    doc: str
    place: Literal["path", "query", "header"] = "query"
    whole: bool = False
    default: Any = None
    code: ProblemCode = ProblemCode.PARAMETER_INVALID
    needed: bool = False

    @property
    def required(self) -> bool:
        """Whether a request without it is refused; parts of a path are always there."""
        return self.needed or self.place == "path"


class Body(Struct, frozen=True, kw_only=True):
    """What a request carries: its type by media type."""

    content: Mapping[str, Any]
    max_bytes: int


class Answer(Struct, frozen=True, kw_only=True):
    """What is answered when all is well; ``headers`` are names with what they say."""

    type: Any
    doc: str
    status: int = 200
    content_type: str = "application/json"
    headers: Mapping[str, str] = {}


class Route(Struct, frozen=True, kw_only=True):
    """One request that is answered; ``roles`` are those that may ask, ``None`` is everybody.

    ``cached`` answers carry an ETag, and are not sent again to who has them.
    """

    path: str
    name: str
    summary: str
    handler: Handler
    answer: Answer
    tag: str
    method: Literal["GET", "POST"] = "GET"
    parameters: tuple[Parameter, ...] = ()
    body: Body | None = None
    problems: tuple[ProblemCode, ...] = ()
    roles: frozenset[Role] | None = None
    cached: bool = False
    head: bool = True


def read_parameters(request: web.Request, parameters: tuple[Parameter, ...]) -> Asked | web.Response:
    """The parameters of a request, or what is wrong with the first that is not as declared."""
    known = {one.name for one in parameters if one.place == "query"}
    for name in request.query:
        if name not in known:
            return problem(
                ProblemCode.PARAMETER_INVALID, "there is no such parameter here", parameter=_shown(name)
            )
    asked: dict[str, Any] = {}
    for one in parameters:
        values = _values(request, one)
        if not values and not one.needed:
            asked[one.name] = one.default
            continue
        try:
            asked[one.name] = _read(one, values)
        except ValueError:
            return problem(one.code, f"{one.name}: {one.doc}", parameter=one.name)
    return asked


def _values(request: web.Request, one: Parameter) -> list[str]:
    match one.place:
        case "path":
            return [request.match_info[one.name]]
        case "query":
            return request.query.getall(one.name, [])
        case "header":
            return request.headers.getall(one.name, [])


def _read(one: Parameter, values: list[str]) -> Any:
    """The value of a parameter; ``ValueError`` where it is given twice or is none."""
    if len(values) != 1:
        raise ValueError(one.name)
    text = values[0]
    text.encode()  # bytes that are no UTF-8 arrive as surrogates, which cannot be encoded
    if not one.whole:
        return msgspec.convert(text, one.type)
    if not _WHOLE.fullmatch(text):
        raise ValueError(one.name)
    return msgspec.convert(int(text), one.type)


def _shown(name: str) -> str:
    return name.encode(errors="replace").decode()[:100]
