"""The dashboard over real HTTP: who may see what, in which language, and what a browser is told about it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
from aiohttp import web
from aiokafka.errors import KafkaConnectionError
from msgspec.structs import replace
from prometheus_client import CollectorRegistry
from yarl import URL

from projections import http
from projections.api import bodies
from projections.api.rate import Rates
from projections.api.scopes import parse_scope
from projections.api.tokens import TokenBook, TokenFile
from projections.dashboard import site
from projections.dashboard.data import Data
from projections.dashboard.pulse import Pulse
from projections.dashboard.site import Dashboard
from projections.guard import Guard
from projections.progress import Progress
from projections.store import Tables
from schemas.programs import Programs
from tests.projections.ledgers import entry
from tests.streams.processes import EXAMPLES

OWN = "partner:lea"
OTHER = "partner:max"
PAGES = ("/", "/partners", "/key-days", "/budgets", "/cases", "/system")
GOALS = """
[[goal]]
id = "sold"
scope = "program"
metric = "revenue"
period = "month"
target = "500.00"

[[goal]]
id = "own"
scope = "partner"
partner_id = "lea"
metric = "orders"
period = "week"
target = 40

[[goal]]
id = "content"
scope = "group"
group = "content"
metric = "orders"
period = "week"
target = 30

[[budget]]
id = "untouched"
amount = "1000.00"
period = "month"
over = "trim"
"""
#: What browsers call a form.
FORM = "application/x-www-form-urlencoded"
Ask = Callable[..., Awaitable[tuple[int, str, dict[str, str]]]]


@asynccontextmanager
async def serving(
    tmp_path: Path,
    *scopes: str,
    lag: int | None = 0,
    programs: Programs | None = None,
    progress: Progress | None = None,
) -> AsyncIterator[tuple[Ask, list[str]]]:
    """A server over real tables with an entry of two partners and a customer; a token for each scope."""
    tables = Tables(tmp_path)
    tables.apply(
        [
            entry(account, 1, "accrued", 250, [("program:acme", "available", 250)], unit="EUR/2")
            for account in (OWN, OTHER, "customer:ann", "customer:<b>&'é")
        ],
        {("rewards", 0): 4},
    )
    file, book = TokenFile(tmp_path / "tokens"), TokenBook(tmp_path / "tokens")
    tokens = [file.create(parse_scope(scope), now=0, lifetime_s=None)[0] for scope in scopes]
    progress = progress or Progress()
    progress.restart([("rewards", 0)])
    if lag is not None:
        progress.report("rewards", 0, lag)
    registry, guard = CollectorRegistry(), Guard(None, book)
    data = Data(tables, None)
    data.programs = programs or Programs()
    dashboard = Dashboard(data, progress, guard, Pulse(registry))
    app = http.make_app(tables, progress, registry, guard, dashboard=dashboard)
    runner, port = await http.start(app, guard, "127.0.0.1", 0)
    async with aiohttp.ClientSession(
        f"http://127.0.0.1:{port}", cookie_jar=aiohttp.DummyCookieJar()
    ) as session:

        async def ask(
            path: str, method: str = "GET", form: Any = None, **headers: str
        ) -> tuple[int, str, dict[str, str]]:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            url = URL(path, encoded=True)
            async with session.request(
                method, url, headers=named, data=form, allow_redirects=False
            ) as answer:
                return answer.status, await answer.text(), dict(answer.headers)

        try:
            yield ask, tokens
        finally:
            await runner.cleanup()
            tables.close()


def run(scenario: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(scenario())


def signed(token: str) -> dict[str, str]:
    return {"Cookie": f"keyday_token={token}"}


def test_without_tokens_every_page_opens_on_this_machine_also_when_there_is_nothing_to_show(
    tmp_path: Path,
) -> None:
    async def scenario() -> None:
        async with serving(tmp_path) as (ask, _):
            for path in (*PAGES, "/customers/ann", "/partners/lea"):
                status, text, headers = await ask(path)

                assert (status, path) == (200, path), text
                assert headers["Content-Type"].startswith("text/html")
                assert 'class="empty"' in text or path in {"/system", "/customers/ann"}, path
            status, _, _ = await ask("/", Host="rebound.example")
            assert status == 421

    run(scenario)


def test_pages_hold_no_script_and_no_style_and_load_from_here_alone(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with serving(tmp_path) as (ask, _):
            for path in (*PAGES, "/partners/lea", "/nowhere-to-find", "/find?q=nobody"):
                _, text, headers = await ask(path)
                if path != "/nowhere-to-find":
                    policy = headers["Content-Security-Policy"]
                    assert "default-src 'none'" in policy
                    assert "unsafe" not in policy
                assert not re.search(
                    r"<script|<style|\sstyle=|\son[a-z]+=|javascript:|https?://(?!www\.w3\.org)", text
                )
            _, text, _ = await ask("/")
            for address in re.findall(r'(?:src|href)="(/assets/[^"]+)"', text):
                status, _, headers = await ask(address)
                assert (status, "immutable" in headers["Cache-Control"]) == (200, True)

    run(scenario)


def test_with_tokens_a_page_asks_to_sign_in_and_then_goes_on(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with serving(tmp_path, "operator", "events:write") as (ask, (token, writer)):
            status, _, headers = await ask("/partners?days=7")
            assert (status, headers["Location"]) == (303, "/sign-in?to=%2Fpartners%3Fdays%3D7")

            for wrong in ("", "wrong", "wr\u00f6ng", writer, f"{token}x"):
                status, text, headers = await ask("/sign-in", "POST", {"token": wrong})
                assert (status, "Set-Cookie" in headers) == (403, False)
                assert 'role="alert"' in text

            status, _, headers = await ask("/sign-in?to=%2Fpartners%3Fdays%3D7", "POST", {"token": token})
            assert (status, headers["Location"]) == (303, "/partners?days=7")
            cookie = headers["Set-Cookie"]
            assert cookie.startswith(f"keyday_token={token};")
            assert "HttpOnly" in cookie
            assert "SameSite=Strict" in cookie

            assert (await ask("/system", **signed(token)))[0] == 200
            assert (await ask("/system", Authorization=f"Bearer {token}"))[0] == 200
            assert (await ask("/system", **signed(writer)))[0] == 303
            status, _, headers = await ask("/sign-out", "POST", **signed(token))
            assert (status, 'keyday_token=""' in headers["Set-Cookie"]) == (303, True)

    run(scenario)


@pytest.mark.parametrize(
    "to", ["//evil.example", "https://evil.example", "/\\evil.example", "/a%0d%0ab", "x"]
)
def test_signing_in_never_leads_to_another_site(tmp_path: Path, to: str) -> None:
    async def scenario() -> None:
        async with serving(tmp_path, "operator") as (ask, (token,)):
            path = f"/sign-in?to={quote(to, safe='%')}"
            _, _, headers = await ask(path, "POST", {"token": token})
            assert headers["Location"] == "/"
            status, _, headers = await ask(path, "POST", {"token": token}, Sec_Fetch_Site="cross-site")
            assert (status, "Set-Cookie" in headers) == (403, False)

    run(scenario)


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({"Content-Type": "multipart/form-data"}, b"x", 415),
        ({"Content-Type": "multipart/form-data; boundary=x"}, b"--x\r\nno part", 415),
        ({"Content-Type": FORM + "; charset=no-such"}, b"token=x", 403),
        ({"Content-Type": FORM}, b"token=\xff%ff", 403),
        ({"Content-Type": FORM}, b"x" * 5_000, 413),
        ({"Content-Type": FORM, "Content-Encoding": "gzip"}, b"no gzip", 400),
        ({"Content-Type": FORM, "Content-Encoding": "snappy"}, b"token=x", 415),
        ({"Content-Type": "text/plain"}, b"", 415),
    ],
)
def test_whatever_is_sent_as_a_form_is_refused_and_no_fault_of_the_server(
    tmp_path: Path, headers: dict[str, str], body: bytes, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> int:
        async with serving(tmp_path, "operator") as (ask, _):
            return (await ask("/sign-in", "POST", body, **headers))[0]

    assert asyncio.run(scenario()) == status
    assert not caplog.records


def test_a_form_that_does_not_come_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "BODY_S", 0.05)

    async def slowly() -> AsyncIterator[bytes]:
        yield b"token="
        await asyncio.sleep(60)

    async def scenario() -> int:
        async with serving(tmp_path, "operator") as (ask, _):
            return (await ask("/sign-in", "POST", slowly(), Content_Type=FORM))[0]

    assert asyncio.run(asyncio.wait_for(scenario(), 20)) == 408


@pytest.mark.parametrize(
    ("named", "status"),
    [
        ({"Origin": "http://keyday.example:6066"}, 303),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "https://proxied.example", "Sec-Fetch-Site": "same-origin"}, 303),
        ({"Origin": "http://keyday.example:6066", "Sec-Fetch-Site": "cross-site"}, 403),
    ],
)
def test_a_page_of_another_site_signs_nobody_in_or_out(
    tmp_path: Path, named: dict[str, str], status: int
) -> None:
    async def scenario() -> list[tuple[int, bool]]:
        async with serving(tmp_path, "operator") as (ask, (token,)):
            headers = {"Host": "keyday.example:6066", **named}
            answers = [await ask("/sign-in", "POST", {"token": token}, **headers)]
            answers.append(await ask("/sign-out", "POST", **headers))
            return [(one[0], "Set-Cookie" in one[2]) for one in answers]

    assert asyncio.run(scenario()) == [(status, status == 303)] * 2


@pytest.mark.parametrize(("origin", "secure"), [("https://localhost", True), ("http://localhost", False)])
def test_a_cookie_that_was_got_over_tls_never_goes_without_it(
    tmp_path: Path,
    origin: str,
    secure: bool,  # noqa: FBT001
) -> None:
    async def scenario() -> str:
        async with serving(tmp_path, "operator") as (ask, (token,)):
            named = {"Host": "localhost", "Origin": origin}
            return (await ask("/sign-in", "POST", {"token": token}, **named))[2]["Set-Cookie"]

    assert ("; Secure" in asyncio.run(scenario())) is secure


def test_a_partner_sees_its_own_page_and_nothing_else(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with serving(tmp_path, "partner:lea") as (ask, (token,)):
            status, _, headers = await ask("/", **signed(token))
            assert (status, headers["Location"]) == (303, "/partners/lea")
            status, text, _ = await ask("/partners/lea", **signed(token))
            assert (status, "€2.50" in text) == (200, True)
            assert re.findall(r'<li><a href="([^"]+)" aria-current="page"', text) == ["/partners/lea"]
            assert 'role="search"' not in text

            _, nobody, _ = await ask("/partners/nobody", **signed(token))
            for path in (
                *PAGES[1:],
                "/partners/max",
                "/partners/lea%2F..%2Fmax",
                "/partners/%6Dax",
                "/customers/ann",
                "/customers/lea",
                "/find?q=partner:max",
                "/case?partner=max&id=x",
                "/why?entry=e1~base~partner:max",
            ):
                status, text, _ = await ask(path, **signed(token))
                assert (status, path) == (404, path)
                assert "€2.50" not in text
            # Another's page looks like one that is not there.
            _, other, _ = await ask("/partners/max", **signed(token))
            assert other.replace("max", "nobody") == nobody

    run(scenario)


def test_of_all_addresses_a_partner_is_given_its_own_alone(tmp_path: Path) -> None:
    registry, guard = CollectorRegistry(), Guard(None, TokenBook(tmp_path / "none"))
    app = web.Application()
    Dashboard(Data(Tables(tmp_path / "none"), None), Progress(), guard, Pulse(registry)).add_to(
        app, Rates(0.0)
    )
    paths = {one.resource.canonical for one in app.router.routes() if one.method == "GET" and one.resource}
    public = {"/sign-in", "/assets/{digest}/{name}"}
    own = {"/", "/partners/{id}"}
    ids = ("lea", "max", "ann", "nobody", "LEA", "lea%20", "lea%00", "partner:lea", "partner:max", "..%2Flea")
    rests = ("", "?program=acme", "?q=max", "?q=partner%3Amax", "?partner=max&id=x", "?partner=lea&id=x")
    rests += ("?entry=e1~base~partner:max", "?partner=lea&partner=max&id=x", "?days=7&market=FR&sort=net")

    async def scenario() -> None:
        async with serving(tmp_path / "tables", "partner:lea") as (ask, (token,)):
            tried = 0
            for path in sorted(paths - public):
                for id_ in ids if "{id}" in path else ("",):
                    for rest in rests:
                        address = path.replace("{id}", id_) + rest
                        status, text, headers = await ask(address, **signed(token))
                        tried += 1
                        if path in own and id_ in {"", "lea"}:
                            assert status == (303 if path == "/" else 200), address
                            assert headers.get("Location", "/partners/lea") == "/partners/lea"
                        else:
                            assert (status, address) == (404, address)
                            assert "€2.50" not in text
            assert tried >= 9 * (len(paths - public) + 2 * len(ids) - 2)

    run(scenario)


def test_a_program_sees_accounts_with_its_entries_and_not_the_system(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with serving(tmp_path, "program:acme", "program:other") as (ask, (own, other)):
            assert (await ask("/customers/ann", **signed(own)))[0] == 200
            assert (await ask("/customers/ann", **signed(other)))[0] == 404
            assert (await ask("/partners/lea", **signed(other)))[0] == 404
            assert (await ask("/find?q=ann", **signed(own)))[2]["Location"] == "/customers/ann"
            for wanted in ("ann", "customer:ann", "lea", "partner:lea"):
                status, text, _ = await ask(f"/find?q={wanted}", **signed(other))
                nobody, none, _ = await ask("/find?q=nobody", **signed(other))
                assert (status, text.replace(quote(wanted, safe=""), "nobody").replace(wanted, "nobody")) == (
                    nobody,
                    none,
                )
            assert [(await ask("/system", **signed(one)))[0] for one in (own, other)] == [404, 404]

    run(scenario)


def test_an_id_of_odd_characters_is_shown_as_it_is(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with serving(tmp_path) as (ask, _):
            path = "/customers/" + quote("<b>&'é", safe="")
            status, text, _ = await ask(path)
            assert (status, "&lt;b&gt;&amp;&#39;é" in text, "<b>" in text) == (200, True, False)
            status, _, headers = await ask("/find?q=" + quote("<b>&'é"))
            assert (status, headers["Location"]) == (303, path)
            assert (await ask("/customers/a%00b"))[0] == 404
            assert (await ask("/customers/" + "a" * 400))[0] == 404

    run(scenario)


def test_the_language_is_the_address_s_then_the_chosen_one_then_the_browser_s(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with serving(tmp_path) as (ask, _):

            async def spoken(path: str, **headers: str) -> str:
                _, text, _ = await ask(path, **headers)
                return re.findall(r'<html lang="(\w\w)" dir="(\w+)"', text)[0]

            assert await spoken("/") == ("en", "ltr")
            assert await spoken("/", Accept_Language="nl, ar;q=0.8, de;q=0.5") == ("ar", "rtl")
            assert await spoken("/", Accept_Language="de", Cookie="keyday_lang=fr") == ("fr", "ltr")
            assert await spoken("/?lang=uk", Cookie="keyday_lang=fr") == ("uk", "ltr")
            assert await spoken("/?lang=xx", Cookie="keyday_lang=../etc") == ("en", "ltr")
            _, text, headers = await ask("/?lang=ar&theme=dark")
            assert 'data-theme="dark"' in text
            assert "keyday_theme=dark" in headers["Set-Cookie"] or "keyday_lang=ar" in headers["Set-Cookie"]
            assert "Accept-Language" in headers["Vary"]

    run(scenario)


def test_a_device_stays_signed_in_only_if_it_is_asked_to(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with serving(tmp_path, "operator") as (ask, (token,)):
            _, _, headers = await ask("/sign-in", "POST", {"token": token})
            assert "Max-Age" not in headers["Set-Cookie"]
            assert "expires" not in headers["Set-Cookie"].lower()
            _, _, headers = await ask("/sign-in", "POST", {"token": token, "remember": "1"})
            assert "Max-Age=2592000" in headers["Set-Cookie"]
            assert "HttpOnly" in headers["Set-Cookie"]
            _, _, headers = await ask("/sign-out", "POST", **signed(token))
            assert "Max-Age=0" in headers["Set-Cookie"]

    run(scenario)


def test_who_fails_to_sign_in_again_and_again_waits(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with serving(tmp_path, "operator") as (ask, (token,)):
            right = await ask("/sign-in", "POST", {"token": token})
            wrong = [await ask("/sign-in", "POST", {"token": "x"}) for _ in range(site.FAILED_AT_ONCE)]
            status, _, headers = await ask("/sign-in", "POST", {"token": token})
            signed_in, _, _ = await ask("/", **signed(token))

        assert right[0] == 303
        assert {one[0] for one in wrong} == {403}
        assert (status, signed_in) == (429, 200)
        assert 0 < int(headers["Retry-After"]) <= 1 / site.FAILED_RATE
        assert "Set-Cookie" not in headers

    run(scenario)


def test_goals_and_budgets_that_nothing_happened_to_are_shown_at_nothing(tmp_path: Path) -> None:
    programs = Programs()
    file = tmp_path / "program.toml"
    file.write_text((EXAMPLES / "demo.toml").read_text() + GOALS)
    assert not programs.load(file).errors

    async def scenario() -> None:
        async with serving(tmp_path / "tables", programs=programs) as (ask, _):
            _, text, _ = await ask("/")
            assert "0 of 40" in text
            assert "€0.00 of €500.00" in text
            assert "0 of 30" in text
            assert text.count('class="meter"') == 3
            _, text, _ = await ask("/budgets")
            assert "€0.00 of €1,000.00" in text

    run(scenario)


def test_dates_are_written_as_in_the_region_that_the_browser_names(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with serving(tmp_path) as (ask, _):
            months = []
            for named in ("en-US", "en-GB", "de-AT"):
                _, text, _ = await ask("/key-days", Accept_Language=named)
                months.append(re.findall(r'<th scope="col" aria-label="(\w+)">', text)[0])
            assert months == ["Sunday", "Monday", "Montag"]

    run(scenario)


def test_until_the_tables_are_complete_no_figure_is_shown(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with serving(tmp_path, lag=None) as (ask, _):
            for path in (*PAGES[:-1], "/customers/ann", "/why?entry=x", "/find?q=ann"):
                status, text, _ = await ask(path)
                assert (status, "€2.50" in text) == (503, False)

    run(scenario)


def test_until_then_the_page_says_how_much_is_left_and_leads_to_another_try(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with serving(tmp_path, lag=5_000) as (ask, _):
            status, text, headers = await ask("/partners?days=7", Accept_Language="fr")
            assert (status, headers["Retry-After"]) == (503, "5")
            assert 'href="/partners?days=7">Réessayer' in text
            assert "5\u202f000 enregistrements restent à lire" in text
            assert 'role="search"' not in text

    run(scenario)


def test_how_the_system_is_doing_is_told_also_while_the_tables_are_being_filled(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with serving(tmp_path / "one", lag=5_000) as (ask, _):
            status, text, _ = await ask("/system", Accept_Language="de")
            assert (status, "€2.50" in text) == (200, False)
            assert "Es sind noch Datensätze zu lesen" in text
        async with serving(tmp_path / "two", lag=None) as (ask, _):
            status, text, _ = await ask("/system")
            assert (status, "Nothing is known of the topics yet" in text) == (200, True)
        progress = Progress(stale_after_s=-1.0)
        async with serving(tmp_path / "three", progress=progress) as (ask, _):
            _, text, _ = await ask("/system")
            assert "Nothing was heard of rewards/0 for a while" in text

    run(scenario)


def test_brokers_that_are_silent_take_nothing_from_a_page_that_needs_nothing_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = Programs()
    assert not programs.load(EXAMPLES / "demo.toml").errors

    def silent(_: Data) -> None:
        raise KafkaConnectionError

    monkeypatch.setattr(Data, "refresh", silent)
    monkeypatch.setattr(Data, "is_fresh", False)

    async def scenario() -> None:
        async with serving(tmp_path / "known", programs=programs) as (ask, _):
            for path in PAGES:
                assert (await ask(path))[0] == 200, path
        async with serving(tmp_path / "unknown") as (ask, _):
            status, text, headers = await ask("/budgets")
            assert (status, headers["Retry-After"]) == (503, "5")
            assert "The brokers do not answer" in text

    run(scenario)


def test_figures_that_fell_behind_say_so_on_every_page(tmp_path: Path) -> None:
    progress = Progress()

    async def scenario() -> None:
        async with serving(tmp_path, progress=progress) as (ask, _):
            _, text, _ = await ask("/")
            assert 'class="alert"' not in text
            progress.report("rewards", 0, 5_000)
            for path in (*PAGES, "/partners/lea", "/customers/ann"):
                status, text, _ = await ask(path, Accept_Language="de")
                assert (status, path) == (200, path)
                assert "im Rückstand: 5.000 Datensätze fehlen noch" in text, path
            progress.restart([("rewards", 0)])
            assert "These figures may be old" in (await ask("/"))[1]

    run(scenario)


BROWSER = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"


def test_browsers_are_shown_a_page_in_their_language_where_there_is_none(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with serving(tmp_path) as (ask, _):
            for path in ("/nowhere", "/partners/lea/more", "/sign-out"):
                status, text, headers = await ask(path, Accept=BROWSER, Accept_Language="uk")
                assert (status, path) == (404, path)
                assert headers["Content-Type"].startswith("text/html"), path
                assert 'lang="uk"' in text
            for path, accept in (("/nowhere", "application/json"), ("/nowhere", "*/*"), ("/v1/no", BROWSER)):
                status, text, headers = await ask(path, Accept=accept)
                assert (status, headers["Content-Type"]) == (404, "application/problem+json")
            status, text, _ = await ask("/", Accept=BROWSER, Host="rebound.example", Accept_Language="es")
            assert (status, "no responde a este nombre" in text) == (421, True)
            assert "/partners" not in text

    run(scenario)


def test_who_is_not_signed_in_learns_of_no_address_whether_it_is_one(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with serving(tmp_path, "operator", "partner:lea") as (ask, (operator, partner)):
            status, _, headers = await ask("/nowhere", Accept=BROWSER)
            assert (status, headers["Location"]) == (303, "/sign-in?to=%2Fnowhere")
            for token in (operator, partner):
                status, text, _ = await ask("/nowhere", Accept=BROWSER, **signed(token))
                assert (status, "There is no such page" in text) == (404, True)

    run(scenario)


def test_whose_token_is_over_is_told_when_asked_to_sign_in_again(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with serving(tmp_path, "operator") as (ask, (token,)):
            status, _, headers = await ask("/system", **signed(token + "x"))
            assert (status, headers["Location"]) == (303, "/sign-in?to=%2Fsystem")
            _, text, _ = await ask("/sign-in?to=%2Fsystem", **signed(token + "x"))
            assert "your token has expired or was revoked" in text
            _, text, _ = await ask("/sign-in?to=%2Fsystem")
            assert "your token has expired" not in text

    run(scenario)


def test_several_programs_are_looked_at_one_by_one(tmp_path: Path) -> None:
    programs = Programs()
    assert not programs.load(EXAMPLES / "demo.toml").errors
    for program in programs.all():
        programs.add(replace(program, id="second"))

    async def scenario() -> None:
        scopes = ("operator", "program:demo", "program:other", "partner:lea")
        async with serving(tmp_path, *scopes, programs=programs) as (ask, (operator, *others)):
            _, text, _ = await ask("/partners?program=second", **signed(operator))
            listed = re.findall(r'href="/\?program=(\w+)"( aria-current="true")?><bdi>', text)
            assert listed[:2] == [("demo", ""), ("second", ' aria-current="true"')]
            assert 'href="/budgets?program=second"' in text
            assert (await ask("/key-days?program=../x", **signed(operator)))[0] == 200
            for token in others:
                for path in ("/partners/lea?program=second", "/key-days?program=second"):
                    _, text, _ = await ask(path, **signed(token))
                    assert "<bdi>second</bdi>" not in text

    run(scenario)
