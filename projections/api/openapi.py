"""The OpenAPI 3.1 document, written from the declarations that the server answers by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from typing import Any, Final

import msgspec

from projections.api.model import Problem
from projections.api.routes import Parameter, Route
from projections.problems import CONTENT_TYPE, STATUS, ProblemCode

_REF: Final = "#/components/schemas/{name}"
_TAGS: Final = {
    "accounts": "Balances, statements, and why.",
    "tables": "What Keyday decided, as tables (docs/tables.md).",
    "changes": "Events and requests.",
    "operations": "How the server is.",
}
#: What may be answered to every request, to one that needs a token, to one that changes something.
_ALWAYS: Final = (
    ProblemCode.REQUEST_REFUSED,
    ProblemCode.PARAMETER_INVALID,
    ProblemCode.HOST_REFUSED,
    ProblemCode.TOO_MANY_CONNECTIONS,
    ProblemCode.INTERNAL,
)
_WITH_TOKEN: Final = (
    ProblemCode.UNAUTHORIZED,
    ProblemCode.TOKEN_EXPIRED,
    ProblemCode.TOKEN_REVOKED,
    ProblemCode.RATE_LIMITED,
    ProblemCode.SCOPE_INSUFFICIENT,
)
_OF_CHANGES: Final = (ProblemCode.ORIGIN_REFUSED,)
_OF_PATHS: Final = (ProblemCode.ROUTE_UNKNOWN,)
#: Statuses that say when to ask again, if that is known.
_RETRIED: Final = (429, 503)

Json = dict[str, Any]


def openapi(routes: Sequence[Route]) -> Json:
    """The document as JSON values."""
    schemas = _Schemas([type_ for route in routes for type_ in _types(route)])
    paths: dict[str, Json] = {}
    for route in routes:
        operations = paths.setdefault(route.path, {})
        operations[route.method.lower()] = _operation(route, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Keyday",
            "version": version("keyday"),
            "description": "Accounts and tables of partner loyalty programs; events and requests.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name, "description": doc} for name, doc in _TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": schemas.components,
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A token of keyday token create.",
                }
            },
        },
    }


class _Schemas:
    """JSON Schemas of types; structs stand among the components, under their names."""

    def __init__(self, types: Iterable[Any]) -> None:
        found: list[Any] = []
        for type_ in (Problem, *types):
            if type_ not in found:
                found.append(type_)
        schemas, self.components = msgspec.json.schema_components(found, ref_template=_REF)
        self._of = list(zip(found, schemas, strict=True))

    def __getitem__(self, type_: Any) -> Json:
        return next(schema for known, schema in self._of if known == type_)


def _types(route: Route) -> Iterable[Any]:
    yield route.answer.type
    yield from (one.type for one in route.parameters)
    if route.body is not None:
        yield from route.body.content.values()


def _operation(route: Route, schemas: _Schemas) -> Json:
    operation: Json = {
        "operationId": route.name,
        "summary": route.summary,
        "tags": [route.tag],
        "parameters": [_parameter(one, schemas) for one in route.parameters],
        "responses": _responses(route, schemas),
    }
    if route.roles is not None:
        operation["security"] = [{"bearer": []}]
        operation["description"] = f"For tokens with scope {', '.join(sorted(route.roles))}."
    if route.body is not None:
        content = {kind: {"schema": schemas[type_]} for kind, type_ in route.body.content.items()}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _parameter(one: Parameter, schemas: _Schemas) -> Json:
    schema = schemas[one.type]
    if one.default is not None:
        schema = schema | {"default": one.default}
    return {
        "name": one.name,
        "in": one.place,
        "required": one.required,
        "description": one.doc,
        "schema": schema,
    }


def _responses(route: Route, schemas: _Schemas) -> Json:
    answer = route.answer
    headers = {name: _header(doc) for name, doc in answer.headers.items()}
    if route.cached:
        headers["ETag"] = _header("Send it back as If-None-Match.")
    responses: Json = {
        str(answer.status): {
            "description": answer.doc,
            "headers": headers,
            "content": {answer.content_type: {"schema": schemas[answer.type]}},
        }
    }
    if route.cached:
        responses["304"] = {"description": "The caller has this answer already."}
    for status, codes in _problems(route).items():
        responses[str(status)] = {
            "description": f"One of {', '.join(codes)}.",
            "headers": {"Retry-After": _header("Seconds.")} if status in _RETRIED else {},
            "content": {
                CONTENT_TYPE: {
                    "schema": {"allOf": [schemas[Problem], {"properties": {"code": {"enum": list(codes)}}}]}
                }
            },
        }
    return responses


def _problems(route: Route) -> Mapping[int, Sequence[str]]:
    """The codes by status."""
    codes = {*route.problems, *_ALWAYS}
    if route.roles is not None:
        codes |= {*_WITH_TOKEN}
    if route.method == "POST":
        codes |= {*_OF_CHANGES}
    if "{" in route.path:
        codes |= {*_OF_PATHS}
    found: dict[int, list[str]] = {}
    for code in ProblemCode:
        if code in codes:
            found.setdefault(STATUS[code].value, []).append(code.value)
    return dict(sorted(found.items()))


def _header(doc: str) -> Json:
    return {"description": doc, "schema": {"type": "string"}}
