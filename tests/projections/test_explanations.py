"""``GET /v1/explain/{entry_id}``: what the command prints, over a real server and a real embedded log."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiokafka.errors import KafkaConnectionError
from prometheus_client import CollectorRegistry
from yarl import URL

from projections import http
from projections.api.tokens import TokenBook
from projections.explanations import MAX_ID_CHARS, Explanations, OpenSource, best_language
from projections.guard import Guard
from projections.kafka_source import TopicsSilentError
from projections.progress import Progress
from projections.store import Tables
from schemas.programs import Programs
from streams.app import build_embedded
from streams.cli import run
from streams.engine.embedded import Embedded
from streams.engine.record import OutRecord
from streams.engine.settings import Settings
from streams.explain.sources import EmbeddedLog, Source
from tests.projections.api.serving import make_token
from tests.streams.test_explain import CONTENT, POINTS, PROGRAM, lines

TOKEN = "correct-horse-battery"
Answer = tuple[int, dict[str, Any], dict[str, str]]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An embedded log with the events of an order and what they led to; the program lies beside it."""
    folder = tmp_path_factory.mktemp("explanations")
    (folder / "acme.toml").write_text(PROGRAM)
    programs = Programs()
    assert not programs.load(folder / "acme.toml").errors
    embedded = build_embedded(Settings(data=folder / "data"), programs)
    assert isinstance(embedded, Embedded)
    for topic, key in (("partner-events", b"lea"), ("orders", b"ada")):
        embedded.append([OutRecord(topic, 0, time, key, line, []) for time, line in lines(topic)])
    embedded.catch_up()
    embedded.close()
    return folder / "data"


@asynccontextmanager
async def asking(
    tmp_path: Path, open_source: OpenSource, programs: Path | None, token: str | None = None
) -> AsyncIterator[Any]:
    tables, guard = Tables(tmp_path), Guard(token, TokenBook(tmp_path / "tokens.json"))
    explanations = Explanations(open_source, programs)
    app = http.make_app(tables, Progress(), CollectorRegistry(), guard, explanations)
    runner, port = await http.start(app, guard, "127.0.0.1", 0)
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:

        async def ask(path: str, **headers: str) -> Answer:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            async with session.get(URL(path, encoded=True), headers=named) as response:
                return response.status, await response.json(content_type=None), dict(response.headers)

        try:
            yield ask
        finally:
            await runner.cleanup()
            tables.close()


def ask_log(tmp_path: Path, data: Path, *asked: tuple[str, dict[str, str]], token: str | None = None) -> Any:
    """The answers of a server over the log, which no other process may use meanwhile."""

    async def scenario() -> list[Answer]:
        embedded = build_embedded(Settings(data=data), Programs())
        assert isinstance(embedded, Embedded)

        @contextmanager
        def source() -> Iterator[Source]:
            yield EmbeddedLog(embedded.log, "the log")

        try:
            async with asking(tmp_path, source, data.parent / "acme.toml", token) as ask:
                return [await ask(path, **headers) for path, headers in asked]
        finally:
            embedded.close()

    return asyncio.run(scenario())


def printed(data: Path, wanted: str, lang: str, capsys: pytest.CaptureFixture[str]) -> list[str]:
    capsys.readouterr()
    programs = str(data.parent / "acme.toml")
    assert run(["explain", wanted, "--data", str(data), "--programs", programs, "--lang", lang]) == 0
    return capsys.readouterr().out.splitlines()


@pytest.mark.parametrize(("wanted", "lang"), [(POINTS, "en"), ("o1", "uk"), ("o1", "ar")])
def test_an_answer_says_what_the_command_prints(
    tmp_path: Path, data: Path, wanted: str, lang: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ((status, body, headers),) = ask_log(tmp_path, data, (f"/v1/explain/{wanted}?lang={lang}", {}))

    assert status == 200
    assert body["lines"] == printed(data, wanted, lang, capsys)
    assert (body["id"], body["language"], headers["Content-Language"]) == (wanted, lang, lang)
    assert headers["Cache-Control"] == "private, no-cache"


def test_each_account_that_an_explanation_tells_of_is_a_line(
    tmp_path: Path, data: Path, caplog: pytest.LogCaptureFixture
) -> None:
    lea = make_token(tmp_path / "tokens.json", "partner:lea")
    with caplog.at_level("INFO", "projections.api.audit"):
        ask_log(tmp_path, data, ("/v1/explain/o1", {"Authorization": f"Bearer {TOKEN}"}), token=TOKEN)
        ask_log(tmp_path, data, ("/v1/explain/o1", {"Authorization": f"Bearer {lea}"}))
        ask_log(tmp_path, data, ("/v1/explain/none", {"Authorization": f"Bearer {lea}"}))

    fields = ("scope", "account", "route", "status")
    assert [tuple(record.__dict__[one] for one in fields) for record in caplog.records] == [
        ("operator", "customer:ada", "explain", 200),
        ("operator", "partner:lea", "explain", 200),
        ("partner:lea", "partner:lea", "explain", 200),
    ]


def test_entries_and_orders_are_told_to_machines_as_the_ledger_has_them(tmp_path: Path, data: Path) -> None:
    ((_, body, _),) = ask_log(tmp_path, data, (f"/v1/explain/{POINTS}", {}))

    (entry,), (order,) = body["entries"], body["orders"]
    assert (entry["entry_id"], entry["amount"], entry["unit"]) == (POINTS, 130, "points")
    assert order["attribution"]["order_id"] == "o1"


def test_the_language_is_that_of_the_address_or_else_of_the_reader(tmp_path: Path, data: Path) -> None:
    answers = ask_log(
        tmp_path,
        data,
        ("/v1/explain/o1", {"Accept_Language": "pt, fr-CH;q=0.8, de;q=0.9"}),
        ("/v1/explain/o1?lang=es", {"Accept_Language": "de"}),
        ("/v1/explain/o1", {}),
        ("/v1/explain/o1?lang=pt", {}),
        ("/v1/explain/o1?lang=es&lang=de", {}),
    )

    assert [body.get("language") for _, body, _ in answers] == ["de", "es", "en", None, None]
    assert {headers.get("Vary") for _, _, headers in answers[:3]} == {"Accept-Language, Accept-Encoding"}
    for status, body, _ in answers[3:]:
        assert (status, body["code"], body["parameter"]) == (400, "parameter_invalid", "lang")


def test_what_is_not_there_or_too_long_is_a_problem(tmp_path: Path, data: Path) -> None:
    unknown, long = ask_log(
        tmp_path, data, ("/v1/explain/o9%2F1", {}), (f"/v1/explain/{'x' * (MAX_ID_CHARS + 1)}", {})
    )

    assert (unknown[0], unknown[1]["code"], unknown[1]["id"]) == (404, "entry_unknown", "o9/1")
    assert unknown[2]["Content-Type"] == "application/problem+json"
    assert (long[0], long[1]["code"]) == (400, "entry_invalid")


def test_explanations_need_the_token_like_all_account_data(tmp_path: Path, data: Path) -> None:
    without, with_it = ask_log(
        tmp_path,
        data,
        ("/v1/explain/o1", {}),
        ("/v1/explain/o1", {"Authorization": f"Bearer {TOKEN}"}),
        token=TOKEN,
    )

    assert (without[0], without[1]["code"]) == (401, "unauthorized")
    assert with_it[0] == 200


@pytest.mark.parametrize(
    ("scope", "wanted", "entries"),
    [
        ("partner:lea", CONTENT, [CONTENT]),
        ("partner:lea", "o1", [CONTENT, f"r1~{CONTENT}"]),
        ("partner:lea", POINTS, None),
        ("partner:max", CONTENT, None),
        ("partner:max", "o1", None),
        ("program:zeta", "o1", None),
        ("program:acme", POINTS, [POINTS]),
    ],
)
def test_who_may_see_a_part_is_told_that_part_and_others_nothing(
    tmp_path: Path, data: Path, scope: str, wanted: str, entries: list[str] | None
) -> None:
    bearer = {"Authorization": f"Bearer {make_token(tmp_path / 'tokens.json', scope)}"}
    told, nothing = ask_log(
        tmp_path, data, (f"/v1/explain/{wanted}", bearer), (f"/v1/explain/{wanted}x", bearer)
    )

    if entries is None:
        assert told[0] == 404
        assert told[1] == nothing[1] | {"id": wanted}
    else:
        assert [one["entry_id"] for one in told[1]["entries"]] == entries
        assert ("ada" in str(told[1])) == (scope != "partner:lea")


@pytest.mark.parametrize("error", [KafkaConnectionError("no broker"), TopicsSilentError("programs", 120.0)])
def test_brokers_that_are_away_are_no_fault_of_the_reader(tmp_path: Path, error: Exception) -> None:
    @contextmanager
    def away() -> Iterator[Source]:
        raise error
        yield

    async def scenario() -> Answer:
        async with asking(tmp_path, away, None) as ask:
            answer: Answer = await ask("/v1/explain/o1")
            return answer

    status, body, headers = asyncio.run(scenario())
    assert (status, body["code"], headers["Retry-After"]) == (503, "not_ready", "5")


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("*", "en"),
        ("UK", "uk"),
        ("fr;q=0, es;q=0.1", "es"),
        ("fr;q=x, es;q=0.1", "es"),
        ("de ; q=0.5 , ar ; q=0.5", "de"),
        ("pt-BR,pt", "en"),
    ],
)
def test_a_header_is_read_as_browsers_write_it(header: str, language: str) -> None:
    assert best_language(header) == language
