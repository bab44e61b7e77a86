"""``GET /v1/tables/{table}``: every table, filtered, page by page, as far as the caller's scope goes."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from functools import partial
from typing import Annotated, Any, Final, Literal, Protocol

import msgspec
from aiohttp import web
from msgspec import Meta

from projections.api.accounts import Readiness, not_ready
from projections.api.answers import json_answer
from projections.api.audit import audit
from projections.api.routes import CALLER, Answer, Asked, Handler, Parameter, Route
from projections.api.scopes import READERS, Caller
from projections.pages import MAX_PAGE_ROWS, RowPage, RowRefusal
from projections.problems import ProblemCode, problem
from projections.tables import TABLES
from projections.tables.column import Column
from projections.tables.table import Table
from projections.threads import in_thread

#: Rows of a page when nothing is asked.
PAGE_ROWS: Final = 100
#: Pages that are read at once: each may look at many rows.
MAX_READERS: Final = 2
#: Characters of a filter and of a cursor.
_FILTER_CHARS: Final = 300
_CURSOR_CHARS: Final = 4_000

_LIMIT: Final = Parameter(
    name="limit",
    type=Annotated[int, Meta(ge=1, le=MAX_PAGE_ROWS)],
    whole=True,
    default=PAGE_ROWS,
    doc=f"A whole number from 1 to {MAX_PAGE_ROWS}: the most that the answer holds.",
)
_AFTER: Final = Parameter(
    name="after",
    type=Annotated[str, Meta(pattern="^[A-Za-z0-9_-]+$", max_length=_CURSOR_CHARS)],
    doc="The next of the page before, asked for with the same table and order.",
)
_ORDER: Final = Parameter(
    name="order",
    type=Literal["asc", "desc"],
    default="asc",
    doc="asc or desc, by the key of the table.",
)
_TYPES: Final[Mapping[str, Any]] = {
    "string": str,
    "integer": int,
    "boolean": bool,
    "decimal": str,
    "array": list[Any],
    "object": dict[str, Any],
}


class RowTables(Protocol):
    """What is asked of the tables."""

    def rows(
        self,
        table: str,
        *,
        filters: Mapping[str, str] | None = None,
        after: str | None = None,
        limit: int = 100,
        descending: bool = False,
    ) -> RowPage | RowRefusal: ...
    def programs_of(self, account: str) -> Collection[str]: ...


class TableRoutes:
    """A route for each table."""

    def __init__(self, tables: RowTables, readiness: Readiness) -> None:
        self._tables = tables
        self._readiness = readiness
        self._reading = asyncio.Semaphore(MAX_READERS)

    def routes(self) -> tuple[Route, ...]:
        """What is answered here."""
        return tuple(
            Route(
                path=f"/v1/tables/{table.name}",
                name=f"table_{table.name}",
                summary=table.doc,
                tag="tables",
                handler=self._handler(table),
                parameters=(*map(_filter, table.parameters), _LIMIT, _AFTER, _ORDER),
                answer=Answer(
                    type=_page_type(table),
                    doc="Rows in the order of the key. A page whose filters fit few rows may hold fewer than "
                    "limit and still have a next one.",
                ),
                problems=(ProblemCode.CURSOR_INVALID, ProblemCode.NOT_READY),
                roles=READERS,
                cached=True,
            )
            for table in TABLES.values()
        )

    def _handler(self, table: Table) -> Handler:
        async def answer(request: web.Request, asked: Asked) -> web.StreamResponse:
            return await self._rows(request, table, asked)

        return answer

    async def _rows(self, request: web.Request, table: Table, asked: Asked) -> web.StreamResponse:
        caller = request[CALLER]
        waiting = not_ready(self._readiness)
        if waiting is not None:
            return waiting
        filters = {name: asked[name] for name in table.parameters if asked[name] is not None}
        own = _own(table, caller)
        if own is None:
            detail = "the scope of the token does not hold this table"
            return problem(ProblemCode.SCOPE_INSUFFICIENT, detail)
        if any(filters.get(name, value) != value for name, value in own.items()):
            # Rows of others are, for this caller, not there.
            return json_answer({"rows": [], "next": None})
        read = partial(
            self._page, table, caller, filters | own, asked["after"], asked["limit"], asked["order"] == "desc"
        )
        async with self._reading:
            found = await in_thread(read)
        if isinstance(found, RowRefusal):
            return problem(ProblemCode.CURSOR_INVALID, found.detail, parameter="after")
        _audit(table, caller, filters | own)
        return json_answer({"rows": found.rows, "next": found.next})

    def _page(
        self,
        table: Table,
        caller: Caller,
        filters: Mapping[str, str],
        after: str | None,
        limit: int,
        descending: bool,  # noqa: FBT001  as it is read
    ) -> RowPage | RowRefusal:
        found = self._tables.rows(
            table.name, filters=filters, after=after, limit=limit, descending=descending
        )
        if isinstance(found, RowRefusal) or caller.program is None or "program" in table.filters:
            return found
        # Accounts belong to all programs that have entries in them, so that no column says which.
        seen = [row for row in found.rows if caller.program in self._tables.programs_of(row["account"])]
        return RowPage(seen, found.next)


def _own(table: Table, caller: Caller) -> dict[str, str] | None:
    """What the caller's scope filters a table by; ``None`` where it holds none of its rows."""
    if caller.partner is not None:
        if "account" in table.filters:
            return {"account": f"partner:{caller.partner}"}
        return {"partner_id": caller.partner} if "partner_id" in table.filters else None
    if caller.program is None:
        return {}
    if "program" in table.filters:
        return {"program": caller.program}
    return {} if "account" in table.filters else None


def _audit(table: Table, caller: Caller, filters: Mapping[str, str]) -> None:
    """Rows of one account are a read of that account."""
    partner = filters.get("partner_id")
    account = filters.get("account", None if partner is None else f"partner:{partner}")
    if account is not None:
        audit(caller, account, f"tables/{table.name}", 200)


def _filter(name: str) -> Parameter:
    column, _, end = name.rpartition("_")
    doc = {"from": f"Rows whose {column} is this or later.", "to": f"Rows whose {column} is this or earlier."}
    return Parameter(
        name=name,
        type=Annotated[str, Meta(max_length=_FILTER_CHARS)],
        doc=f"{doc.get(end, f'Rows whose {name} is this.')} Up to {_FILTER_CHARS} characters.",
    )


def _page_type(table: Table) -> Any:
    """The answer as a type, for the OpenAPI document."""
    name = "".join(part.capitalize() for part in table.name.split("_"))
    row = msgspec.defstruct(f"{name}Row", [_field(column) for column in table.columns], kw_only=True)
    return msgspec.defstruct(f"{name}Page", [("rows", list[row]), ("next", str | None)])  # type: ignore[valid-type]


def _field(column: Column) -> tuple[str, Any] | tuple[str, Any, None]:
    meta = Meta(description=column.doc, extra_json_schema={"x-unit": column.unit})
    type_: Any = _TYPES[column.type]
    if column.nullable:
        # What is null may be left out.
        return column.name, Annotated[type_ | None, meta], None
    return column.name, Annotated[type_, meta]
