"""``POST /v1/events`` and the requests that become events, over the whole embedded Keyday."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from projections.api import bodies
from projections.api.events import BATCH, LINES, MAX_EVENTS, MAX_EVENTS_BYTES, ONE
from projections.api.intake import Intake
from projections.api.scopes import OPERATOR
from streams.engine.record import OutRecord
from streams.imports.intake import AnyProgram
from tests.projections.api.embedded import embedded_serving
from tests.projections.api.serving import make_token, serving
from tests.streams.test_explain import lines

ORDERS = [line for _, line in lines("orders")]
PARTNERS = [line for _, line in lines("partner-events")]
ANN = "/v1/accounts/customer:ada"


def run(scenario: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(scenario())


def sent(kind: str, body: bytes | str) -> dict[str, Any]:
    raw = body.encode() if isinstance(body, str) else body
    return {"method": "POST", "data": io.BytesIO(raw), "headers": {"Content-Type": kind}}


def asked(key: str | None, **body: Any) -> dict[str, Any]:
    headers = {} if key is None else {"Idempotency-Key": key}
    return {"method": "POST", "json": body, "headers": headers}


def test_events_come_one_by_one_in_batches_or_lines_and_earn_rewards(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with embedded_serving(tmp_path) as served:
            one = await served.ask("/v1/events", **sent(ONE, json.dumps(json.loads(PARTNERS[0]))))
            batch = await served.ask("/v1/events", **sent(BATCH, b"[" + b",".join(PARTNERS) + b"]"))
            rest = await served.ask("/v1/events", **sent(LINES, b"\n".join(ORDERS) + b"\n"))
            again = await served.ask("/v1/events", **sent(LINES, b"\n".join(ORDERS)))
            await served.settled()
            balances = await served.ask(f"{ANN}/balances")
            stored = [record.value for record in served.embedded.log.read("orders", 0, 0, len(ORDERS))]

        counts = [(reply.status, reply.body["accepted"]) for reply in (one, batch, rest, again)]
        assert counts == [(202, 1), (202, len(PARTNERS)), (202, len(ORDERS)), (202, len(ORDERS))]
        assert balances.status == 200
        assert stored == ORDERS

    run(scenario)


def test_an_event_that_cannot_be_read_says_why_and_others_are_taken(tmp_path: Path) -> None:
    order = json.loads(ORDERS[0])
    bad = [
        b"nonsense",
        json.dumps(order | {"type": "order.eaten"}).encode(),
        json.dumps(order | {"data": order["data"] | {"currency": "XXX"}}).encode(),
        json.dumps(order | {"data": order["data"] | {"program": "zeta"}}).encode(),
        json.dumps({key: value for key, value in order.items() if key != "time"}).encode(),
        json.dumps(order | {"data": order["data"] | {"customer_id": ""}}).encode(),
        b"[1]",
        json.dumps(order | {"dataschema": {}}).encode(),
    ]

    async def scenario() -> None:
        async with embedded_serving(tmp_path) as served:
            mixed = await served.ask("/v1/events", **sent(LINES, b"\n".join([*bad, ORDERS[0]])))
            none = await served.ask("/v1/events", **sent(LINES, b"\n".join(bad)))
            end = served.embedded.log.end_offset("orders", 0)

        codes = ["json_invalid", "type_unknown", "currency_unknown", "program_unknown"]
        codes += ["field_missing", "field_invalid", "json_invalid", "field_invalid"]
        assert (mixed.status, mixed.body["accepted"], end) == (202, 1, 1)
        assert [(one["index"], one["code"]) for one in mixed.body["refused"]] == list(enumerate(codes))
        assert mixed.body["refused"][1]["id"] == order["id"]
        assert (none.status, none.body["code"]) == (422, "events_refused")
        assert none.body["refused"] == mixed.body["refused"]

    run(scenario)


NO_BODIES: list[tuple[str, bytes, int, str]] = [
    ("application/json", ORDERS[0], 415, "media_type_unknown"),
    ("text/plain", ORDERS[0], 415, "media_type_unknown"),
    (BATCH, b"[]", 400, "body_invalid"),
    (BATCH, b"{}", 400, "body_invalid"),
    (BATCH, b"[", 400, "body_invalid"),
    (BATCH, b"\xff", 400, "body_invalid"),
    (BATCH, b"[" * 100_000, 400, "body_invalid"),
    (LINES, b"\n \n", 400, "body_invalid"),
    (LINES, b"1\n" * (MAX_EVENTS + 1), 400, "body_invalid"),
    (LINES, b" " * (MAX_EVENTS_BYTES + 1), 413, "body_too_large"),
    (ONE, b"", 422, "events_refused"),
    (ONE, b"{" * 100_000, 422, "events_refused"),
]


def test_a_body_that_is_none_is_refused_whole(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with embedded_serving(tmp_path) as served:
            for kind, body, status, code in NO_BODIES:
                reply = await served.ask("/v1/events", **sent(kind, body))
                assert (reply.status, reply.body["code"]) == (status, code), (kind, body[:20])

    run(scenario)


def test_a_packed_body_counts_unpacked(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with embedded_serving(tmp_path) as served:
            replies = []
            for packing, body in (
                ("gzip", gzip.compress(ORDERS[0])),
                ("gzip", gzip.compress(b" " * (MAX_EVENTS_BYTES + 1))),
                ("gzip", b"no gzip"),
                ("identity", ORDERS[1]),
                ("snappy", ORDERS[1]),
                ("gzip, gzip", gzip.compress(gzip.compress(ORDERS[1]))),
            ):
                more = sent(LINES, body)
                more["headers"]["Content-Encoding"] = packing
                replies.append(await served.ask("/v1/events", **more))

        assert [reply.status for reply in replies] == [202, 413, 400, 202, 415, 415]
        assert replies[-1].headers["Accept-Encoding"] == "gzip, deflate"

    run(scenario)


def test_a_body_that_does_not_come_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "BODY_S", 0.1)

    async def scenario() -> None:
        async with embedded_serving(tmp_path) as served:
            reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
            head = f"POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: {ONE}\r\nContent-Length: 9\r\n\r\n{{"
            writer.write(head.encode())
            answer = await asyncio.wait_for(reader.readuntil(b'"body_timeout"'), 20)
            writer.close()
            await writer.wait_closed()

        assert answer.startswith(b"HTTP/1.1 408")

    run(scenario)


def test_who_may_write_what_depends_on_the_scope(tmp_path: Path) -> None:
    program = json.loads(ORDERS[0]) | {"type": "program.published", "data": {"program": {"id": "acme"}}}

    async def scenario() -> None:
        async with embedded_serving(tmp_path) as served:
            scopes = ("events:write", "partner:lea", "program:acme", "operator")
            tokens = {scope: make_token(served.tokens, scope) for scope in scopes}
            orders = {s: await served.ask("/v1/events", t, **sent(ONE, ORDERS[0])) for s, t in tokens.items()}
            programs = {
                s: await served.ask("/v1/events", tokens[s], **sent(ONE, json.dumps(program)))
                for s in ("events:write", "operator")
            }
            body = asked("k", unit="points", amount=1, reason="r")
            lea = {
                s: await served.ask("/v1/accounts/partner:lea/adjustments", t, **body)
                for s, t in tokens.items()
            }
            case = {
                s: await served.ask(
                    "/v1/cases/paid_traffic~lea~2026-01-01/resolution", t, **asked(s[:3], decision="upheld")
                )
                for s, t in tokens.items()
            }

        assert [reply.status for reply in orders.values()] == [202, 403, 403, 202]
        assert programs["events:write"].body["refused"][0]["code"] == "scope_insufficient"
        assert programs["operator"].status == 202
        # The account has no entries of the program yet, so that for its token there is none.
        assert [reply.status for reply in lea.values()] == [403, 403, 404, 202]
        assert [reply.status for reply in case.values()] == [403, 403, 202, 202]

    run(scenario)


def test_a_partner_asks_for_now_and_of_its_own_programs_alone(tmp_path: Path) -> None:
    async def scenario() -> list[tuple[int, str]]:
        async with embedded_serving(tmp_path) as served:
            operator, lea = (make_token(served.tokens, scope) for scope in ("operator", "partner:lea"))
            path = "/v1/accounts/partner:lea"
            begin = asked("begin", unit="points", amount=9, reason="r")
            assert (await served.ask(f"{path}/adjustments", operator, **begin)).status == 202
            await served.settled()
            told = []
            for number, more in enumerate(
                (
                    {},
                    {"program": "acme"},
                    {"program": "zeta"},
                    {"time": "2026-01-01T00:00:00Z"},
                    {"time": "2036-01-01T00:00:00Z"},
                )
            ):
                one = asked(f"k{number}", unit="points", amount=1, **more)
                reply = await served.ask(f"{path}/redemptions", lea, **one)
                told.append((reply.status, reply.body.get("code", "")))
            return told

    refused = (403, "scope_insufficient")
    assert asyncio.run(scenario()) == [(202, ""), (202, ""), refused, refused, refused]


def test_a_request_with_the_same_key_has_one_effect(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with embedded_serving(tmp_path) as served:
            granted = asked("grant-1", unit="points", amount=500, reason="goodwill", actor="eve")
            first = [await served.ask(f"{ANN}/adjustments", **granted) for _ in range(2)]
            await served.settled()
            spent = asked("k1", unit="points", amount=200)
            second = [await served.ask(f"{ANN}/redemptions", **spent) for _ in range(2)]
            spent["json"]["amount"] = 200.0
            second.append(await served.ask(f"{ANN}/redemptions", **spent))
            other = await served.ask(f"{ANN}/redemptions", **asked("k1", unit="points", amount=201))
            much = await served.ask(f"{ANN}/redemptions", **asked("k2", unit="points", amount=301))
            elsewhere = await served.ask(
                "/v1/accounts/customer:bo/redemptions", **asked("k1", unit="points", amount=200)
            )
            await served.settled()
            balances = await served.ask(f"{ANN}/balances")
            entries = (await served.ask(f"{ANN}/statement")).body["entries"]
            dead, declined = served.topic("dead-letters"), served.topic("milestones")

        assert first[0].body == first[1].body
        assert {(reply.status, reply.body["id"]) for reply in second} == {(202, second[0].body["id"])}
        assert (other.status, other.body["code"]) == (409, "idempotency_key_reused")
        assert (balances.body["balances"][0]["available"], dead) == (300, [])
        names = [first[0].body["id"], second[0].body["id"]]
        assert [one["entry_id"] for one in entries] == [f"adjust~{names[0]}", f"redeem~{names[1]}"]
        assert {one["data"]["redemption_id"] for one in declined} == {much.body["id"], elsewhere.body["id"]}

    run(scenario)


NO_REQUESTS: list[tuple[str | None, dict[str, Any], int, str]] = [
    (None, {}, 400, "idempotency_key_invalid"),
    ("a b", {}, 400, "idempotency_key_invalid"),
    ("x" * 129, {}, 400, "idempotency_key_invalid"),
    ("k", {"amount": 0.5}, 400, "body_invalid"),
    ("k", {"amount": 1e300}, 400, "body_invalid"),
    ("k", {"amount": 10**13}, 400, "body_invalid"),
    ("k", {"unit": "gold"}, 400, "body_invalid"),
    ("k", {"spare": 1}, 400, "body_invalid"),
    ("k", {"unit": "USD/2"}, 422, "events_refused"),
    ("k", {"program": "zeta"}, 422, "events_refused"),
    ("k", {"time": "yesterday"}, 422, "events_refused"),
    ("k", {"time": ""}, 422, "events_refused"),
]


@pytest.mark.parametrize("route", ["redemptions", "adjustments"])
def test_a_request_that_cannot_be_an_event_is_refused_and_takes_no_key(tmp_path: Path, route: str) -> None:
    right = {"unit": "points", "amount": 1} | ({"reason": "r"} if route == "adjustments" else {})

    async def scenario() -> None:
        async with embedded_serving(tmp_path) as served:
            for key, body, status, code in NO_REQUESTS:
                reply = await served.ask(f"{ANN}/{route}", **asked(key, **right | body))
                assert (reply.status, reply.body["code"]) == (status, code), (key, body)
            again = await served.ask(f"{ANN}/{route}", **asked("k", **right))

        assert again.status == 202

    run(scenario)


def test_a_case_is_resolved_for_the_program_of_the_token_alone(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with embedded_serving(tmp_path) as served:
            token = make_token(served.tokens, "program:acme")
            path = "/v1/cases/paid_traffic~lea~x~2026-01-01/resolution"
            right = await served.ask(path, token, **asked("k", decision="dismissed"))
            wrong = await served.ask(path, token, **asked("k2", decision="dismissed", program="zeta"))
            none = await served.ask("/v1/cases/lea/resolution", token, **asked("k3", decision="upheld"))
            await served.settled()
            (event,) = served.topic("partner-events")

        assert (right.status, wrong.status, none.status) == (202, 403, 400)
        assert none.body["code"] == "case_invalid"
        data = event["data"]
        assert (data["partner_id"], data["program"], data["decision"]) == ("lea~x", "acme", "dismissed")
        assert data["actor"].startswith("token ")

    run(scenario)


class Recorder:
    """Takes what comes for a topic of four partitions."""

    def __init__(self) -> None:
        self.records: list[OutRecord] = []

    async def partitions(self, _: str) -> int:
        return 4

    async def end(self, _: object) -> int:
        return 0

    async def append(self, records: Any) -> None:
        self.records += records


def test_a_case_that_two_servers_are_asked_about_at_once_is_decided_once(tmp_path: Path) -> None:
    path = "/v1/cases/paid_traffic~lea~2025-03-05/resolution"
    resolution = asked("k", decision="dismissed", actor="mia")
    recorder = Recorder()

    def click(number: int) -> bytes:
        data = {"click_id": f"c{number}", "customer_id": "ada", "partner_id": "lea", "market": "FR"}
        time, url = f"2025-03-05T12:0{number}:00Z", "https://shop.example/?gclid=1"
        common = {"specversion": "1.0", "source": "shop", "id": f"c{number}", "type": "link.clicked"}
        return json.dumps(common | {"time": time, "data": data | {"url": url}}).encode()

    def at(minute: int) -> dict[str, Any]:
        return resolution | {"json": resolution["json"] | {"time": f"2025-03-05T12:{minute:02}:00Z"}}

    async def scenario() -> None:
        (tmp_path / "other").mkdir()
        async with (
            serving(tmp_path / "other", intake=Intake(recorder, AnyProgram())) as (ask, tokens),
            embedded_serving(tmp_path) as served,
        ):
            # The other server looks before the request of this one is in its tables.
            other = await ask(path, make_token(tokens, "operator"), **at(2))
            await served.ask("/v1/events", **sent(LINES, b"\n".join(PARTNERS)))
            await served.ask("/v1/events", **sent(ONE, click(0)))
            await served.settled()
            here = await served.ask(path, **at(1))
            await served.settled()
            await served.ask("/v1/events", **sent(ONE, click(3)))
            await served.settled()
            await served.worker.append([one._replace(partition=0) for one in recorder.records])
            await served.settled()
            again = await served.ask(path, **resolution)
            said = [one["id"] for one in served.topic("compliance")]
            dead = [one["id"] for one in served.topic("dead-letters")]

        assert (here.status, other.status) == (202, 202)
        assert here.body["event_id"] == other.body["event_id"]
        assert again.body == here.body
        case = "paid_traffic~lea~2025-03-05"
        assert [one for one in said if one.startswith(case)] == [case, f"{case}~resolved~1", f"{case}~2"]
        assert dead == [here.body["event_id"]]

    run(scenario)


def test_where_programs_are_not_known_units_are_left_to_the_agents() -> None:
    recorder = Recorder()
    intake = Intake(recorder, AnyProgram())

    def event(**data: Any) -> bytes:
        common = {"specversion": "1.0", "id": "1", "source": "s", "time": "2026-01-01T00:00:00Z"}
        whole = {"redemption_id": "r", "account": "customer:ann", "unit": "EUR/2", "amount": 5} | data
        return msgspec.json.encode(common | {"type": "redemption.requested", "data": whole})

    bad = [
        event(amount="5"),
        event(account=5),
        event(account="ann"),
        event(account="customer:"),
        event(unit={}),
    ]
    taken = asyncio.run(intake.take([event(), *bad], OPERATOR))

    assert [record.key for record in recorder.records] == [b"ann"]
    assert [(one.index, one.code) for one in taken.refused] == [(at, "field_invalid") for at in range(1, 6)]
