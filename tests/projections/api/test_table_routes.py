"""``GET /v1/tables/{table}``: filters, pages, order, and whose rows one sees."""

from __future__ import annotations

import asyncio
from base64 import urlsafe_b64decode
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from projections import pages
from projections.tables import TABLES
from tests.projections.api.embedded import Served, embedded_serving
from tests.projections.api.serving import LEDGER, make_token, serving
from tests.streams.test_explain import lines

BALANCES = "/v1/tables/balances"


def run(scenario: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(scenario())


def accounts(body: Any) -> list[str]:
    return [row["account"] for row in body["rows"]]


async def feed(served: Served) -> None:
    for topic in ("partner-events", "orders"):
        raw = b"\n".join(line for _, line in lines(topic)).decode()
        headers = {"Content-Type": "application/x-ndjson"}
        assert (await served.ask("/v1/events", method="POST", data=raw, headers=headers)).status == 202
    await served.settled()


def resolved(document: Any, schema: Any) -> Any:
    """What a reference to a component stands for."""
    return document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]


def test_every_table_answers_with_the_columns_that_it_declares(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with embedded_serving(tmp_path) as served:
            await feed(served)
            replies = {name: await served.ask(f"/v1/tables/{name}") for name in TABLES}
            document = (await served.ask("/openapi.json")).body

        assert {reply.status for reply in replies.values()} == {200}
        filled = {name for name, reply in replies.items() if reply.body["rows"]}
        assert filled >= {
            "balances",
            "statements",
            "partner_performance",
            "channel_performance",
            "leaderboard",
        }
        for name in filled:
            columns = {column.name for column in TABLES[name].columns}
            assert all(set(row) <= columns for row in replies[name].body["rows"])
        for name, table in TABLES.items():
            answer = document["paths"][f"/v1/tables/{name}"]["get"]["responses"]["200"]
            page = resolved(document, answer["content"]["application/json"]["schema"])
            row = resolved(document, page["properties"]["rows"]["items"])
            assert {column.name: (column.doc, column.unit) for column in table.columns} == {
                column: (one["description"], one["x-unit"]) for column, one in row["properties"].items()
            }
            assert set(row["required"]) == {column.name for column in table.columns if not column.nullable}
            schema = {**page["properties"]["rows"]["items"], "components": document["components"]}
            for found in replies[name].body["rows"]:
                jsonschema.validate(found, schema)

    run(scenario)


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_pages_together_are_the_table(tmp_path: Path, order: str) -> None:
    async def scenario() -> None:
        async with serving(tmp_path) as (ask, _):
            whole = (await ask(f"{BALANCES}?order={order}")).body
            found: list[str] = []
            after = ""
            while after is not None:
                page = (await ask(f"{BALANCES}?order={order}&limit=2{after and '&after='}{after}")).body
                found += accounts(page)
                after = page["next"]

        assert (found, whole["next"]) == (accounts(whole), None)
        assert found == sorted(found, reverse=order == "desc")
        assert len(found) == 5

    run(scenario)


def test_a_filter_asks_for_a_value_and_a_span(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with serving(tmp_path) as (ask, _):
            one = await ask(f"{BALANCES}?account=customer:ann&unit=points")
            none = await ask(f"{BALANCES}?account=customer:ann&unit=EUR/2")
            late = await ask("/v1/tables/statements?time_from=2030-01-01T00:00:00.000Z")

        assert [accounts(reply.body) for reply in (one, none, late)] == [["customer:ann"], [], []]
        assert one.body["rows"][0]["available"] == 10

    run(scenario)


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        (f"{BALANCES}?partner_id=lea", 400, "parameter_invalid"),
        (f"{BALANCES}?unit=a&unit=b", 400, "parameter_invalid"),
        (f"{BALANCES}?limit=1001", 400, "parameter_invalid"),
        (f"{BALANCES}?order=up", 400, "parameter_invalid"),
        (f"{BALANCES}?sort=colour", 400, "parameter_invalid"),
        (f"{BALANCES}?as_of=yesterday", 400, "parameter_invalid"),
        ("/v1/tables/tiers?as_of=2026-01-01T00:00:00Z", 400, "parameter_invalid"),
        (f"{BALANCES}?account={'a' * 301}", 400, "parameter_invalid"),
        (f"{BALANCES}?after=a%20b", 400, "parameter_invalid"),
        (f"{BALANCES}?after=AAAA", 422, "cursor_invalid"),
        ("/v1/tables/secrets", 404, "route_unknown"),
        ("/v1/tables", 404, "route_unknown"),
    ],
)
def test_what_cannot_be_asked_is_a_problem(tmp_path: Path, path: str, status: int, code: str) -> None:
    async def scenario() -> None:
        async with serving(tmp_path) as (ask, _):
            reply = await ask(path)

        assert (reply.status, reply.body["code"]) == (status, code)

    run(scenario)


def test_a_scope_sees_its_own_rows_alone(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with serving(tmp_path) as (ask, tokens):
            lea, acme, writer = (
                make_token(tokens, scope) for scope in ("partner:lea", "program:acme", "events:write")
            )
            own = await ask(BALANCES, lea)
            other = await ask(f"{BALANCES}?account=partner:max", lea)
            nobody = await ask(f"{BALANCES}?account=partner:nobody", lea)
            program = await ask(BALANCES, acme)
            entries = await ask("/v1/tables/statements", acme)
            theirs = await ask("/v1/tables/statements?program=zeta", acme)
            refused = [await ask("/v1/tables/budgets", lea), await ask(BALANCES, writer)]

        assert accounts(own.body) == ["partner:lea"]
        assert other.body == nobody.body == {"rows": [], "next": None}
        assert accounts(program.body) == ["customer:ann", "customer:bo", "partner:lea"]
        assert {row["program"] for row in entries.body["rows"]} == {"acme"}
        assert theirs.body == {"rows": [], "next": None}
        assert [(reply.status, reply.body["code"]) for reply in refused] == [(403, "scope_insufficient")] * 2

    run(scenario)


def test_a_cursor_of_somebody_else_shows_nothing_of_theirs(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with serving(tmp_path) as (ask, tokens):
            operator, lea = make_token(tokens, "operator"), make_token(tokens, "partner:lea")
            seen: list[str] = []
            for order in ("asc", "desc"):
                after = ""
                while after is not None:
                    query = f"order={order}&limit=1{after and '&after='}{after}"
                    after = (await ask(f"{BALANCES}?{query}", operator)).body["next"]
                    reply = await ask(f"{BALANCES}?order={order}&after={after}", lea)
                    seen += accounts(reply.body) if reply.status == 200 else []

        assert set(seen) <= {"partner:lea"}

    run(scenario)


@pytest.mark.parametrize("query", ["", "&order=desc", "&sort=unit", "&as_of=2030-01-01T00:00:00Z"])
@pytest.mark.parametrize("table", ["balances", "statements"])
@pytest.mark.parametrize("looked_at", [1, 2, 20_000])
def test_a_cursor_names_nobody_whom_the_token_does_not_see(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, looked_at: int, table: str, query: str
) -> None:
    monkeypatch.setattr(pages, "MAX_LOOKED_AT", looked_at)

    async def scenario() -> None:
        async with serving(tmp_path) as (ask, tokens):
            for scope, own in [("program:acme", {"ann", "bo", "lea"}), ("partner:lea", {"lea"})]:
                token, after = make_token(tokens, scope), ""
                seen: list[str] = []
                while after is not None:
                    path = f"/v1/tables/{table}?limit=1{query}{after and '&after='}{after}"
                    page = (await ask(path, token)).body
                    after = page["next"]
                    seen += accounts(page)
                    told = urlsafe_b64decode((after or "") + "===")
                    assert not [name for name in LEDGER if name.encode() in told and name not in seen]

                assert {account.partition(":")[2] for account in seen} == own
                assert len(seen) == len(own) or table == "statements"

    run(scenario)


def test_rows_are_sorted_by_a_column_and_told_as_of_an_instant(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with serving(tmp_path) as (ask, _):
            ranked = await ask(f"{BALANCES}?sort=available&order=desc&limit=2")
            behind = await ask(f"{BALANCES}?sort=available&order=desc&after={ranked.body['next']}")
            before = await ask(f"{BALANCES}?as_of=2000-01-01T00:00:00Z")

        assert [row["account"] for row in ranked.body["rows"]] == ["customer:bo", "partner:max"]
        assert accounts(behind.body) == ["partner:lea", "customer:zoe", "customer:ann"]
        assert before.body == {"rows": [], "next": None}

    run(scenario)


def test_every_table_can_be_asked_as_of_a_past_instant(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with embedded_serving(tmp_path) as served:
            await feed(served)
            now = (await served.ask("/v1/tables/partner_performance")).body["rows"]
            whole = (await served.ask("/v1/tables/partner_performance?as_of=2100-01-01T00:00:00Z")).body[
                "rows"
            ]
            time = sorted(one["time"] for one in served.topic("attributions"))[-2]
            path = f"/v1/tables/partner_performance?as_of={time}"
            first = (await served.ask(f"{path}&limit=1")).body
            rest = (await served.ask(f"{path}&after={first['next']}")).body
            replies = {name: await served.ask(f"/v1/tables/{name}?as_of={time}") for name in TABLES}
            stranger = await served.ask("/v1/tables/tiers?after=" + first["next"] + f"&as_of={time}")
            lea = make_token(served.tokens, "partner:lea")
            own = await served.ask(path, lea)
            none = await served.ask(path + "&partner_id=max", lea)

        assert whole == now
        assert {reply.status for reply in replies.values()} == {200}
        then = replies["partner_performance"].body["rows"]
        assert [*first["rows"], *rest["rows"]] == then
        assert 0 < sum(row["orders"] for row in then) < sum(row["orders"] for row in now)
        assert (stranger.status, stranger.body["code"]) == (422, "cursor_invalid")
        assert own.body["rows"] == [row for row in then if row["partner_id"] == "lea"]
        assert none.body["rows"] == []

    run(scenario)


def test_a_past_that_is_still_folded_is_asked_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        async with embedded_serving(tmp_path) as served:
            monkeypatch.setattr("projections.past.PATIENCE_S", 0)
            waits = await served.ask("/v1/tables/tiers?as_of=2026-01-01T00:00:00Z")
            monkeypatch.setattr("projections.past.PATIENCE_S", 60)
            told = await served.ask("/v1/tables/tiers?as_of=2026-01-01T00:00:00Z")

        assert (waits.status, waits.body["code"]) == (503, "not_ready")
        assert int(waits.headers["Retry-After"]) > 0
        assert (told.status, told.body["rows"]) == (200, [])

    run(scenario)


def test_one_token_does_not_keep_the_past_from_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        monkeypatch.setattr("projections.past.REST", 1_000)
        async with embedded_serving(tmp_path) as served:
            lea, operator = (make_token(served.tokens, scope) for scope in ("partner:lea", "operator"))
            path = "/v1/tables/tiers?as_of=2026-01-0{}T00:00:00Z"
            first = await served.ask(path.format(1), lea)
            second = await served.ask(path.format(2), lea)
            others = [await served.ask(path.format(day), operator) for day in (2, 3)]

        assert [reply.status for reply in (first, second, *others)] == [200, 429, 200, 200]
        assert second.body["code"] == "rate_limited"
        assert int(second.headers["Retry-After"]) > 1

    run(scenario)
