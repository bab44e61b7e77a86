"""Who may see what: the scopes on a real server."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from projections.api.rate import Rates
from projections.api.tokens import TokenBook, TokenFile, read_tokens
from projections.guard import BindingError, Guard
from projections.http import Options
from streams.engine.logs import JsonLines
from tests.projections.api.serving import LEDGER, Reply, make_token, serving

SEEN = {
    "operator": set(LEDGER),
    "program:acme": {"partner:lea", "customer:ann", "customer:bo"},
    "program:zeta": {"partner:max", "customer:zoe", "customer:bo"},
    "program:none": set(),
    "partner:lea": {"partner:lea"},
    "partner:none": set(),
}


def run(scenario: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(scenario())


def same(one: Reply, other: Reply) -> bool:
    """Whether two answers differ in nothing but the date and the account they name."""
    left, right = dict(one.body), dict(other.body)
    left.pop("account"), right.pop("account")
    heads = [
        {k: v for k, v in reply.headers.items() if k not in {"Date", "Content-Length"}}
        for reply in (one, other)
    ]
    return one.status == other.status and left == right and heads[0] == heads[1]


@pytest.mark.parametrize("route", ["balances", "statement"])
@pytest.mark.parametrize("scope", SEEN)
def test_a_scope_sees_its_accounts_and_others_as_if_they_were_not_there(
    tmp_path: Path, scope: str, route: str
) -> None:
    async def scenario() -> None:
        async with serving(tmp_path) as (ask, tokens):
            token = make_token(tokens, scope)
            replies = {account: await ask(f"/v1/accounts/{account}/{route}", token) for account in LEDGER}
            nobody = await ask(f"/v1/accounts/partner:nobody/{route}", token)

        assert nobody.status == 404
        assert {account for account, reply in replies.items() if reply.status == 200} == SEEN[scope]
        hidden = [reply for account, reply in replies.items() if account not in SEEN[scope]]
        assert all(same(reply, nobody) for reply in hidden)

    run(scenario)


def test_a_writer_reads_nothing_whether_it_is_there_or_not(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with serving(tmp_path) as (ask, tokens):
            token = make_token(tokens, "events:write")
            replies = [
                await ask(f"/v1/accounts/{name}/balances", token) for name in ("partner:lea", "partner:x")
            ]

        assert [(reply.status, reply.body["code"]) for reply in replies] == [(403, "scope_insufficient")] * 2
        assert replies[0].body == replies[1].body

    run(scenario)


def test_what_ends_a_token_counts_from_the_next_request_on(tmp_path: Path) -> None:
    path = "/v1/accounts/partner:lea/balances"

    async def scenario() -> None:
        async with serving(tmp_path) as (ask, tokens):
            before = await ask(path)
            token, old = make_token(tokens, "operator"), make_token(tokens, "operator", now=1_000)
            without, with_one, expired = await ask(path), await ask(path, token), await ask(path, old)
            TokenFile(tokens).revoke(read_tokens(tokens)[0].id, now=1)
            revoked = await ask(path, token)
            tokens.unlink()
            gone = await ask(path)

        assert (before.status, with_one.status) == (200, 200)
        refused = [without, expired, revoked, gone]
        codes = ["unauthorized", "token_expired", "token_revoked", "unauthorized"]
        assert [(reply.status, reply.body["code"]) for reply in refused] == [(401, code) for code in codes]
        assert all(reply.headers["Content-Type"] == "application/problem+json" for reply in refused)
        assert all("Bearer" in reply.headers["WWW-Authenticate"] for reply in refused)

    run(scenario)


def test_balances_are_told_as_of_an_instant(tmp_path: Path) -> None:
    async def scenario() -> None:
        path = "/v1/accounts/partner:lea/balances?as_of="
        async with serving(tmp_path) as (ask, _):
            times = ["2030-01-01T00:00:00Z", "2020-01-01T00:00:00%2B01:00", "2020-01-01", "soon"]
            replies = [await ask(path + time) for time in times]
            nobody = await ask(path.replace("lea", "nobody") + times[0])

        assert [len(reply.body["balances"]) for reply in replies[:2]] == [1, 0]
        assert [reply.body["code"] for reply in replies[2:]] == ["parameter_invalid"] * 2
        assert (nobody.status, nobody.body["code"]) == (404, "account_unknown")

    run(scenario)


def test_a_token_that_asks_too_often_waits_and_others_do_not(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with serving(tmp_path, Options(rate=0.5)) as (ask, tokens):
            token, other = make_token(tokens, "operator"), make_token(tokens, "operator")
            path = "/v1/accounts/partner:lea/balances"
            first, second, third = await ask(path, token), await ask(path, token), await ask(path, other)

        assert (first.status, third.status) == (200, 200)
        assert (second.status, second.body["code"]) == (429, "rate_limited")
        assert second.headers["Retry-After"] in {"1", "2"}

    run(scenario)


def test_a_bucket_fills_at_its_rate() -> None:
    now = 0.0
    rates = Rates(2.0, lambda: now)

    assert [rates.wait_s("a") for _ in range(5)] == [0, 0, 0, 0, 1]
    now = 0.5
    assert [rates.wait_s("a"), rates.wait_s("a")] == [0, 1]
    now = 1_000.0
    assert [rates.wait_s("a") for _ in range(5)] == [0, 0, 0, 0, 1]
    assert {Rates(0.0).wait_s("a") for _ in range(9)} == {0}


def test_of_names_that_anybody_may_make_up_the_last_ones_are_remembered() -> None:
    rates = Rates(1.0, lambda: 0.0, burst=1, most=2)
    for name in ("a", "b", "c"):
        rates.count(name)

    assert [rates.due_s(name) for name in ("a", "b", "c")] == [0, 1, 1]


def test_each_read_of_an_account_is_a_line_without_secrets(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        with caplog.at_level(logging.INFO, "projections.api.audit"):
            async with serving(tmp_path) as (ask, tokens):
                token = make_token(tokens, "partner:lea")
                await ask("/v1/accounts/partner:lea/statement", token)
                await ask("/v1/accounts/partner:max/balances", token)
                await ask("/v1/tables/balances", token)
                name = read_tokens(tokens)[0].id
                await ask("/v1/tables/balances", make_token(tokens, "operator"))
                await ask("/v1/tables/tiers", make_token(tokens, "operator"))

        lines = [json.loads(JsonLines().format(record)) for record in caplog.records]
        for line in lines:
            del line["time"]
        logger = {"level": "info", "logger": "projections.api.audit", "message": "account read"}
        everything = lines.pop()
        assert (everything["scope"], everything["account"]) == ("operator", "*")
        common = logger | {"token": name, "scope": "partner:lea"}
        assert lines == [
            {**common, "account": "partner:lea", "route": "statement", "status": 200},
            {**common, "account": "partner:max", "route": "balances", "status": 404},
            {**common, "account": "partner:lea", "route": "tables/balances", "status": 200},
        ]
        assert token not in caplog.text

    run(scenario)


def test_beyond_loopback_a_token_that_opens_something_is_needed(tmp_path: Path) -> None:
    path = tmp_path / "tokens.json"
    guard = Guard(None, TokenBook(path))
    make_token(path, "operator", now=1_000)
    with pytest.raises(BindingError, match="keyday token create"):
        guard.check_binding("192.0.2.1")
    make_token(path, "operator")
    guard.check_binding("192.0.2.1")
    path.write_text("broken")
    with pytest.raises(BindingError, match="no file of tokens"):
        guard.check_binding("127.0.0.1")


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (None, 405),
        ("http://127.0.0.1:6066", 405),
        ("http://localhost", 405),
        ("https://evil.example", 403),
        ("null", 403),
        ("http://localhost.evil.example", 403),
    ],
)
def test_without_a_token_pages_of_other_sites_change_nothing(
    tmp_path: Path, origin: str | None, status: int
) -> None:
    async def scenario() -> None:
        headers = {} if origin is None else {"Origin": origin}
        async with serving(tmp_path) as (ask, _):
            reply = await ask("/v1/accounts/partner:lea/balances", method="POST", headers=headers)

        assert reply.status == status
        assert reply.body["code"] == ("origin_refused" if status == 403 else "method_not_allowed")

    run(scenario)


def test_who_has_an_answer_gets_it_again_only_when_it_changed(tmp_path: Path) -> None:
    async def scenario() -> None:
        path = "/v1/accounts/partner:lea/balances"
        async with serving(tmp_path) as (ask, _):
            first = await ask(path)
            tag = first.headers["ETag"]
            named = [tag, f'"x", {tag}', tag.removeprefix("W/"), "*"]
            known = [await ask(path, headers={"If-None-Match": one}) for one in named]
            other = await ask("/v1/accounts/partner:max/balances", headers={"If-None-Match": tag})
            head = await ask(path, method="HEAD")

        assert [(reply.status, reply.body, reply.headers["ETag"]) for reply in known] == [(304, b"", tag)] * 4
        assert (other.status, other.headers["ETag"] != tag) == (200, True)
        assert (head.status, head.body, head.headers["ETag"]) == (200, b"", tag)

    run(scenario)


@pytest.mark.parametrize(
    ("accepts", "packed"),
    [("gzip", True), ("br, GZIP;q=0.5", True), ("*", True), ("gzip;q=0", False), ("br", False), ("", False)],
)
def test_a_large_answer_is_packed_for_who_takes_it(tmp_path: Path, accepts: str, packed: bool) -> None:  # noqa: FBT001
    async def scenario() -> None:
        path = "/v1/accounts/customer:bo/statement"
        async with serving(tmp_path) as (ask, _):
            plain = await ask(path, headers={"Accept-Encoding": "identity"})
            reply = await ask(path, headers={"Accept-Encoding": accepts})

        assert (reply.headers.get("Content-Encoding") == "gzip") == packed
        assert reply.body == plain.body
        assert reply.headers["ETag"] == plain.headers["ETag"]
        assert reply.headers["Vary"] == "Accept-Encoding"
        assert "Content-Encoding" not in plain.headers

    run(scenario)


def test_pages_of_other_origins_ask_only_where_it_is_set(tmp_path: Path) -> None:
    asked = {"Origin": "https://shop.example", "Access-Control-Request-Method": "GET"}
    path = "/v1/accounts/partner:lea/balances"

    async def replies(folder: str, options: Options, origin: str) -> tuple[Reply, Reply]:
        async with serving(tmp_path / folder, options) as (ask, _):
            headers = asked | {"Origin": origin}
            return await ask(path, method="OPTIONS", headers=headers), await ask(path, headers=headers)

    async def scenario() -> None:
        for name, origins in (("off", ()), ("other", ("https://other.example",))):
            for reply in await replies(name, Options(cors=origins), asked["Origin"]):
                assert "Access-Control-Allow-Origin" not in reply.headers
                assert ("Origin" in reply.headers.getall("Vary", [])) == bool(origins)
        for name, origins in (("on", (asked["Origin"],)), ("all", ("*",))):
            preflight, read = await replies(name, Options(cors=origins), asked["Origin"])
            assert (preflight.status, read.status) == (204, 200)
            assert {reply.headers["Access-Control-Allow-Origin"] for reply in (preflight, read)} == {
                origins[0]
            }
            assert "Authorization" in preflight.headers["Access-Control-Allow-Headers"]

    run(scenario)
