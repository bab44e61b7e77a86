"""``GET /v1/tables/{table}``: every table, filtered, page by page, as far as the caller's scope goes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Annotated, Any, Final, Literal, Protocol

import msgspec
from aiohttp import web
from aiokafka.errors import KafkaError
from msgspec import Meta

from projections.api.accounts import AS_OF, Readiness, instant, not_ready
from projections.api.answers import json_answer
from projections.api.audit import ALL, audit
from projections.api.model import Time
from projections.api.routes import CALLER, Answer, Asked, Handler, Parameter, Route
from projections.api.scopes import READERS, Caller, Role
from projections.pages import (
    MAX_PAGE_ROWS,
    MAX_SORTED,
    PAGE_ROWS,
    WITH_PAST,
    Query,
    RowPage,
    RowRefusal,
    fits,
)
from projections.past import Pasts, RestingError
from projections.problems import RETRY, ProblemCode, problem
from projections.sorting import sortable
from projections.tables import TABLES
from projections.tables.column import Column
from projections.tables.table import Row, Table
from projections.threads import in_thread

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
    doc="The next of the page before, asked for with the same table, order, sort and as_of.",
)
_ORDER: Final = Parameter(
    name="order",
    type=Literal["asc", "desc"],
    default="asc",
    doc="asc or desc, by the key of the table or by the column sort.",
)
_AS_OF: Final = Parameter(
    name="as_of",
    type=Time,
    doc="An instant (RFC 3339 with an offset): the rows of what had occurred by then, by what is known now. "
    "When they are asked for first they are folded from the topics: not_ready is answered meanwhile.",
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

    def rows(self, table: str, query: Query) -> RowPage | RowRefusal: ...
    def programs_of(self, account: str) -> Collection[str]: ...


class TableRoutes:
    """A route for each table; without ``pasts`` only those are asked for theirs that tell it themselves."""

    def __init__(self, tables: RowTables, readiness: Readiness, pasts: Pasts | None = None) -> None:
        self._tables = tables
        self._readiness = readiness
        self._pasts = pasts
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
                parameters=(
                    *map(_filter, table.parameters),
                    *((AS_OF,) if table.name in WITH_PAST else () if self._pasts is None else (_AS_OF,)),
                    _LIMIT,
                    _AFTER,
                    _ORDER,
                    _sort(table),
                ),
                answer=Answer(
                    type=_page_type(table),
                    doc="Rows in the order of the key, or of sort. A page whose filters fit few rows may "
                    "hold fewer than limit and still have a next one.",
                ),
                problems=(ProblemCode.CURSOR_INVALID, ProblemCode.ROWS_TOO_MANY, ProblemCode.NOT_READY),
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
        at = instant(asked["as_of"]) if asked.get("as_of") is not None else None
        if isinstance(at, web.Response):
            return at
        filters = {name: asked[name] for name in table.parameters if asked[name] is not None}
        own = _own(table, caller)
        if own is None:
            detail = "the scope of the token does not hold this table"
            return problem(ProblemCode.SCOPE_INSUFFICIENT, detail)
        if any(filters.get(name, value) != value for name, value in own.items()):
            # Rows of others are, for this caller, not there.
            return json_answer({"rows": [], "next": None})
        query = Query(
            filters=filters | own,
            after=asked["after"],
            limit=asked["limit"],
            descending=asked["order"] == "desc",
            sort=asked["sort"],
            as_of=at,
            visible=self._visible(table, caller, own),
        )
        found = await self._found(table, query, caller)
        if isinstance(found, web.Response):
            return found
        _audit(table, caller, filters | own)
        return json_answer({"rows": found.rows, "next": found.next})

    async def _found(self, table: Table, query: Query, caller: Caller) -> RowPage | web.Response:
        """A page of the table, or why there is none."""
        try:
            found = await self._page(table, query, caller)
        except RestingError as resting:
            headers = {"Retry-After": str(resting.seconds)}
            detail = "tables were folded as of another instant for this token a moment ago"
            return problem(ProblemCode.RATE_LIMITED, detail, headers=headers)
        except KafkaError:
            return problem(ProblemCode.NOT_READY, "the brokers cannot be reached", headers=RETRY)
        if found is None:
            detail = "the table is still being folded as of then; ask again"
            return problem(ProblemCode.NOT_READY, detail, headers=RETRY)
        if isinstance(found, RowRefusal):
            code = ProblemCode.ROWS_TOO_MANY if found.code == "rows_too_many" else ProblemCode.CURSOR_INVALID
            return problem(code, found.detail, parameter=found.name)
        return found

    async def _page(self, table: Table, query: Query, caller: Caller) -> RowPage | RowRefusal | None:
        """A page of the table, or of its past; ``None`` while that is being folded."""
        if query.as_of is None or table.name in WITH_PAST or self._pasts is None:
            async with self._reading:
                return await in_thread(partial(self._tables.rows, table.name, query))
        who = None if caller.scope.role is Role.OPERATOR else caller.token
        async with self._pasts.at(query.as_of, who) as past:
            if past is None:
                return None
            async with self._reading:
                return await in_thread(partial(past.page, table.name, query))

    def _visible(self, table: Table, caller: Caller, own: Mapping[str, str]) -> Callable[[Row], bool] | None:
        """Which rows the caller's scope holds; ``None`` for all."""
        if own:
            return lambda row: fits(table, row, own)
        if caller.program is None:
            return None
        known: tuple[str, bool] = ("", False)

        def of_program(row: Row) -> bool:
            """Accounts belong to all programs that have entries in them, so that no column says which."""
            nonlocal known
            account = row["account"]
            if account != known[0]:
                known = account, caller.program in self._tables.programs_of(account)
            return known[1]

        return of_program


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
    """Rows of one account are a read of that account; those of a table of accounts a read of all."""
    partner = filters.get("partner_id")
    account = filters.get("account", None if partner is None else f"partner:{partner}")
    if account is None and "account" in table.filters:
        account = ALL
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


def _sort(table: Table) -> Parameter:
    return Parameter(
        name="sort",
        type=Literal[sortable(table)],
        doc=f"A column to sort by instead of the key; filters have to leave at most {MAX_SORTED:,} rows.",
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
