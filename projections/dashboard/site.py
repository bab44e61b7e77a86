"""The dashboard over HTTP: which page an address is, who may see it, and what surrounds every page.

Pages hold no script and no style of their own, and load nothing but from here.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from functools import cache, partial
from http import HTTPStatus
from importlib import resources
from ipaddress import ip_network
from typing import Any, Final
from urllib.parse import parse_qsl, quote, urlencode

import jinja2
from aiohttp import web
from aiokafka.errors import KafkaError
from msgspec import Struct, structs

from projections.api.accounts import Readiness, is_account
from projections.api.audit import audit
from projections.api.bodies import read_body
from projections.api.middleware import own_guard
from projections.api.rate import Rates
from projections.api.routes import Body
from projections.api.scopes import READERS, Caller, Role
from projections.dashboard.accounts import account_page
from projections.dashboard.budgets import budgets_page
from projections.dashboard.cases import case_page, cases_page
from projections.dashboard.data import Data
from projections.dashboard.key_days import key_days_page
from projections.dashboard.lost import shown_to_browsers
from projections.dashboard.overview import overview_page
from projections.dashboard.partner import partner_page
from projections.dashboard.partners import partners_page
from projections.dashboard.pulse import Pulse
from projections.dashboard.reader import Reader, form_of, reader
from projections.dashboard.system import system_page
from projections.dashboard.view import Context, View
from projections.dashboard.why import why_page
from projections.explanations import Explanations, best_language
from projections.guard import Guard
from projections.problems import RETRY
from projections.progress import BlockerCode
from projections.threads import in_thread
from streams.engine.store import StoreCorruptError
from streams.explain.languages import LANGUAGES

#: Characters: an id in an address that is longer is none.
MAX_ID_CHARS: Final = 2_000
#: Days that a device stays signed in, if the reader asks for it and the token lives as long.
REMEMBERED_DAYS: Final = 30
THEMES: Final = ("auto", "light", "dark")
#: Cookies: the token, which only this server sees again, and what the reader likes.
TOKEN: Final = "keyday_token"  # noqa: S105  the name of the cookie
LANGUAGE: Final = "keyday_lang"
THEME: Final = "keyday_theme"
#: Answers that another try may change.
_PASSING: Final = frozenset(
    {HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.INTERNAL_SERVER_ERROR}
)
_YEAR_S: Final = 31_536_000
_DAY_S: Final = 86_400

#: What the form to sign in sends.
_FORM: Final = Body(content={"application/x-www-form-urlencoded": str}, max_bytes=1_024)
#: Failed sign-ins: a second from one address, at once, and the addresses that are remembered.
FAILED_RATE: Final = 1 / 6
FAILED_AT_ONCE: Final = 10
_FAILED_ADDRESSES: Final = 10_000

POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
_HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    # A form of this server has to say where it is from, also where no-referrer would hide it.
    "Referrer-Policy": "same-origin",
    "Vary": "Accept-Language, Cookie",
    "X-Frame-Options": "DENY",
}
_ASSETS: Final = {"style.css": "text/css", "icon.svg": "image/svg+xml"}

log = logging.getLogger(__name__)

Answer = Callable[[web.Request, "Visit"], Awaitable[web.StreamResponse]]
Make = Callable[[View], Context | None]


class Place(Struct, frozen=True):
    """A page of the navigation."""

    name: str
    path: str


_PLACES: Final = (
    Place("overview", "/"),
    Place("partners", "/partners"),
    Place("key-days", "/key-days"),
    Place("budgets", "/budgets"),
    Place("cases", "/cases"),
    Place("system", "/system"),
)
#: The page of all that is not of one program.
_OPERATORS: Final = "system"


class Visit(Struct, frozen=True):
    """Who asks for a page, in which language and appearance."""

    caller: Caller | None
    reader: Reader
    theme: str

    @property
    def partner(self) -> str | None:
        """The partner whose page alone may be seen."""
        return None if self.caller is None else self.caller.partner


class Dashboard:
    """All pages. ``add_to`` an application whose guard lets ``own_guard`` handlers decide themselves."""

    def __init__(
        self,
        data: Data,
        readiness: Readiness,
        guard: Guard,
        pulse: Pulse,
        explanations: Explanations | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._data = data
        self._readiness = readiness
        self._guard = guard
        self._pulse = pulse
        self._explanations = explanations
        self._now = now
        self._rates = Rates(0.0)
        self._refreshing: asyncio.Task[None] | None = None
        self._failed = Rates(FAILED_RATE, burst=FAILED_AT_ONCE, most=_FAILED_ADDRESSES)
        self._templates = jinja2.Environment(
            loader=jinja2.PackageLoader("projections.dashboard"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )

    def add_to(self, app: web.Application, rates: Rates) -> None:
        """Add every page; ``rates`` say how often a token may ask."""
        self._rates = rates
        pages: dict[str, Answer] = {
            "/": self._page("overview", "nav-overview", overview_page),
            "/partners": self._page("partners", "nav-partners", partners_page),
            "/key-days": self._page("key-days", "nav-key-days", key_days_page),
            "/budgets": self._page("budgets", "nav-budgets", budgets_page),
            "/cases": self._page("cases", "nav-cases", cases_page),
            "/system": self._page("system", "nav-system", self._system),
            "/case": self._case,
            "/find": self._find,
            "/why": self._why,
            "/partners/{id}": self._partner,
            "/customers/{id}": self._customer,
        }
        for path, answer in pages.items():
            app.router.add_get(path, own_guard(self._answering(answer)))
        app.router.add_get("/sign-in", own_guard(self._answering(self._sign_in_form, public=True)))
        app.router.add_post("/sign-in", own_guard(self._sign_in))
        app.router.add_post("/sign-out", own_guard(self._sign_out))
        app.router.add_get("/assets/{digest}/{name}", own_guard(_asset))

    def middleware(self) -> Any:
        """Shows browsers a page where there is none, and where they ask by a name that is refused."""

        async def lost(request: web.Request, visit: Visit) -> web.StreamResponse:
            return self._problem(request, visit, "unknown", HTTPStatus.NOT_FOUND)

        async def misnamed(request: web.Request) -> web.StreamResponse:
            # Who is asked by a foreign name may be asked by a foreign page: it learns nothing of the caller.
            visit = structs.replace(self._visit(request), caller=None)
            return self._problem(request, visit, "host", HTTPStatus.MISDIRECTED_REQUEST)

        return shown_to_browsers(self._answering(lost), misnamed)

    def _answering(self, answer: Answer, *, public: bool = False) -> Any:
        """The page as aiohttp calls it: who asks, in which language, and what goes wrong."""

        async def respond(request: web.Request) -> web.StreamResponse:
            visit = self._visit(request)
            if visit.caller is None and not public:
                return _redirect(
                    f"/sign-in?{urlencode({'to': request.path_qs})}" if request.path != "/" else "/sign-in"
                )
            if visit.caller is not None and self._guard.needs_token:
                wait_s = self._rates.wait_s(visit.caller.token)
                if wait_s:
                    return self._too_often(request, visit, wait_s)
            try:
                response = await answer(request, visit)
            except KafkaError:
                response = self._problem(request, visit, "silent", HTTPStatus.SERVICE_UNAVAILABLE)
            except StoreCorruptError:
                response = self._problem(request, visit, "behind", HTTPStatus.SERVICE_UNAVAILABLE)
            except Exception:
                log.exception("a page failed")
                response = self._problem(request, visit, "failed", HTTPStatus.INTERNAL_SERVER_ERROR)
            _remember(request, response)
            return response

        return respond

    def _visit(self, request: web.Request) -> Visit:
        token = request.cookies.get(TOKEN)
        headers = request.headers.getall("Authorization", [] if token is None else [f"Bearer {token}"])
        caller = self._guard.identify(headers)
        return Visit(
            caller if isinstance(caller, Caller) and caller.scope.role in READERS else None,
            reader(form_of(_language(request), request.headers.get("Accept-Language", ""))),
            _chosen(request, "theme", THEME, THEMES) or THEMES[0],
        )

    async def _view(self, request: web.Request, visit: Visit, here: str = "") -> View | None:
        """What pages are made of; ``None`` while the tables are not complete.

        How the system is doing is told then, too: it is then that operators ask.
        """
        if not self._readiness.loaded and here != _OPERATORS:
            return None
        if not self._data.programs.ids():
            await in_thread(self._data.refresh)
        elif not self._data.is_fresh and (self._refreshing is None or self._refreshing.done()):
            # A page does not wait for the brokers as long as there is something to show.
            self._refreshing = asyncio.create_task(self._refresh())
        now = int(self._now() * 1_000)
        ids = self._programs(visit)
        asked = request.query.get("program")
        chosen = asked if asked in ids else next(iter(ids), None)
        program = None if chosen is None else self._data.program(chosen, now)
        return View(visit.reader, self._data, now, program, dict(request.query), visit.partner)

    async def _refresh(self) -> None:
        try:
            await in_thread(self._data.refresh)
        except KafkaError as error:
            log.warning("what is published could not be read: %s", error)
        except Exception:
            log.exception("what is published could not be read")

    def _programs(self, visit: Visit) -> list[str]:
        """The programs that a caller may look at; of a partner those where it has entries or is enrolled."""
        ids, caller = self._data.programs.ids(), visit.caller
        if caller is None:
            return []
        if caller.program is not None:
            return [one for one in ids if one == caller.program]
        if caller.partner is not None:
            known = set(self._data.tables.programs_of(f"partner:{caller.partner}"))
            return [one for one in ids if one in known or self._data.member(one, caller.partner)]
        return ids

    def _page(self, name: str, title: str, make: Make) -> Answer:
        """A page of the navigation, which partners do not see."""

        async def answer(request: web.Request, visit: Visit) -> web.StreamResponse:
            if visit.partner is not None:
                if name == "overview":
                    return _redirect(f"/partners/{quote(visit.partner, safe='')}")
                return self._problem(request, visit, "unknown", HTTPStatus.NOT_FOUND)
            if name == _OPERATORS and (visit.caller is None or visit.caller.scope.role is not Role.OPERATOR):
                return self._problem(request, visit, "unknown", HTTPStatus.NOT_FOUND)
            return await self._made(request, visit, name, f"{name}.html", visit.reader.say(title), make)

        return answer

    async def _made(
        self, request: web.Request, visit: Visit, here: str, template: str, title: str, make: Make
    ) -> web.StreamResponse:
        """A page made in a thread, or the reason why there is none."""
        view = await self._view(request, visit, here)
        if view is None:
            return self._problem(request, visit, "behind", HTTPStatus.SERVICE_UNAVAILABLE)

        def work() -> str | None:
            found = make(view)
            if found is None:
                return None
            return self._render(request, visit, template, here=here, view=view, **{"title": title, **found})

        text = await in_thread(work)
        if text is None:
            return self._problem(request, visit, "unknown", HTTPStatus.NOT_FOUND)
        return _html(text)

    def _system(self, view: View) -> Context:
        return system_page(view, self._pulse, self._readiness.blocker())

    async def _partner(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        name = request.match_info["id"]
        if not self._may_see(visit, f"partner:{name}"):
            return self._problem(request, visit, "unknown", HTTPStatus.NOT_FOUND)
        here = "partner" if visit.partner is not None else "partners"
        return await self._made(
            request, visit, here, "partner.html", name, partial(partner_page, partner_id=name)
        )

    def _may_see(self, visit: Visit, account: str) -> bool:
        """Whether the caller's scope holds an account; every question is written down."""
        if visit.caller is None or not is_account(account):
            return False
        allowed = self._holds(visit.caller, account)
        audit(visit.caller, account, "page", HTTPStatus.OK if allowed else HTTPStatus.NOT_FOUND)
        return allowed

    def _holds(self, caller: Caller, account: str) -> bool:
        """Whether the scope of a caller holds an account."""
        if caller.partner is not None:
            return account == f"partner:{caller.partner}"
        if caller.program is None:
            return True
        kind, _, name = account.partition(":")
        enrolled = kind == "partner" and self._data.member(caller.program, name) is not None
        return enrolled or caller.program in self._data.tables.programs_of(account)

    async def _customer(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        name = request.match_info["id"]
        if not self._may_see(visit, f"customer:{name}"):
            return self._problem(request, visit, "unknown", HTTPStatus.NOT_FOUND)
        make = partial(account_page, account=f"customer:{name}")
        return await self._made(request, visit, "", "account.html", name, make)

    async def _case(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        partner, case = request.query.get("partner", ""), request.query.get("id", "")
        if not self._may_see(visit, f"partner:{partner}"):
            return self._problem(request, visit, "unknown", HTTPStatus.NOT_FOUND)
        here = "partner" if visit.partner is not None else "cases"
        make = partial(case_page, partner_id=partner, case_id=case)
        return await self._made(request, visit, here, "case.html", case, make)

    async def _why(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        wanted = request.query.get("entry", "")
        view = await self._view(request, visit)
        if view is None:
            return self._problem(request, visit, "behind", HTTPStatus.SERVICE_UNAVAILABLE)
        found = None
        if self._explanations is not None and visit.caller is not None and 0 < len(wanted) <= MAX_ID_CHARS:
            if self._explanations.busy:
                return self._problem(request, visit, "busy", HTTPStatus.SERVICE_UNAVAILABLE)
            found = await self._explanations.find(wanted, visit.caller, "page")
        if found is None:
            return self._problem(request, visit, "why", HTTPStatus.NOT_FOUND)
        here = "partner" if visit.partner is not None else "partners"
        title = visit.reader.say("why-title")
        return await self._made(request, visit, here, "why.html", title, partial(why_page, explained=found))

    async def _find(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        wanted = request.query.get("q", "").strip()
        view = await self._view(request, visit)
        if view is None:
            return self._problem(request, visit, "behind", HTTPStatus.SERVICE_UNAVAILABLE)
        if visit.caller is None or visit.partner is not None or not 0 < len(wanted) <= MAX_ID_CHARS:
            return self._problem(request, visit, "unknown", HTTPStatus.NOT_FOUND)
        kind, _, name = wanted.partition(":")
        kinds = (kind,) if kind in {"partner", "customer"} and name else ("partner", "customer")
        name = name if kind in {"partner", "customer"} and name else wanted
        for each in kinds:
            account = f"{each}:{name}"
            there = is_account(account) and bool(self._data.tables.programs_of(account))
            there = there or (each == "partner" and self._data.member(view.name, name) is not None)
            # Of others' accounts not even that they are there is told.
            if there and self._holds(visit.caller, account):
                return _redirect(view.to_account(account))
        return self._problem(request, visit, "find", HTTPStatus.NOT_FOUND, name=wanted)

    async def _sign_in_form(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        if visit.caller is not None:
            return _redirect("/")
        # The cookie of a token that is not valid any more.
        over = TOKEN in request.cookies
        return self._form(request, visit, "", note=visit.reader.say("token-over") if over else "")

    async def _sign_in(self, request: web.Request) -> web.StreamResponse:
        visit = self._visit(request)
        if _is_foreign(request):
            return self._problem(request, visit, "unknown", HTTPStatus.FORBIDDEN)
        address = _address(request)
        wait_s = self._failed.due_s(address)
        if wait_s:
            return self._too_often(request, visit, wait_s)
        body = await read_body(request, _FORM)
        if isinstance(body, web.Response):
            return body
        form = dict(parse_qsl(body.decode(errors="replace")))
        token = form.get("token", "").strip()
        caller = self._guard.identify([f"Bearer {token}"])
        if not token.isascii() or not isinstance(caller, Caller) or caller.scope.role not in READERS:
            self._failed.count(address)
            return self._form(request, visit, visit.reader.say("token-wrong"), HTTPStatus.FORBIDDEN)
        response = _redirect(_local(request.query.get("to", "/")))
        # Without an end it is gone when the browser is closed.
        age = REMEMBERED_DAYS * _DAY_S if form.get("remember") else None
        response.set_cookie(
            TOKEN, token, max_age=age, httponly=True, samesite="Strict", path="/", secure=_is_secure(request)
        )
        return response

    async def _sign_out(self, request: web.Request) -> web.StreamResponse:
        if _is_foreign(request):
            return self._problem(request, self._visit(request), "unknown", HTTPStatus.FORBIDDEN)
        response = _redirect("/sign-in")
        response.del_cookie(TOKEN, path="/", httponly=True, samesite="Strict")
        return response

    def _form(
        self,
        request: web.Request,
        visit: Visit,
        error: str,
        status: HTTPStatus = HTTPStatus.OK,
        *,
        note: str = "",
    ) -> web.Response:
        to = request.query.get("to")
        action = "/sign-in" if to is None else f"/sign-in?{urlencode({'to': to})}"
        title = visit.reader.say("sign-in")
        text = self._render(
            request,
            visit,
            "sign-in.html",
            title=title,
            here="",
            error=error,
            note=note,
            action=action,
            days=REMEMBERED_DAYS,
        )
        return _html(text, status)

    def _too_often(self, request: web.Request, visit: Visit, wait_s: int) -> web.Response:
        page = self._problem(request, visit, "often", HTTPStatus.TOO_MANY_REQUESTS)
        page.headers["Retry-After"] = str(wait_s)
        return page

    def _problem(
        self, request: web.Request, visit: Visit, what: str, status: HTTPStatus, **values: str
    ) -> web.Response:
        say = visit.reader.say
        title, text = {
            "why": ("why-none", ""),
            "find": ("find-nothing", "find-nothing-text"),
        }.get(what, (f"problem-{what}", f"problem-{what}-text"))
        page = self._render(
            request,
            visit,
            "problem.html",
            title=say(title, **values),
            here="",
            text=say(text) if text else "",
            left=self._left(visit) if what == "behind" and visit.caller is not None else "",
            again=request.path_qs if status in _PASSING and request.method == "GET" else None,
        )
        headers = RETRY if status is HTTPStatus.SERVICE_UNAVAILABLE else {}
        return _html(page, status, headers)

    def _left(self, visit: Visit) -> str:
        """How much is still to be read until the tables are complete."""
        blocker = self._readiness.blocker()
        if blocker is None or not blocker.lag_records:
            return ""
        count = blocker.lag_records
        return visit.reader.say("problem-behind-left", count=count, shown=visit.reader.number(count))

    def _notice(self, visit: Visit) -> str:
        """What to know of figures that do not hold all that came in, or that may not."""
        blocker = self._readiness.blocker() if self._readiness.loaded else None
        if blocker is None or visit.caller is None:
            return ""
        count = blocker.lag_records
        if blocker.code is BlockerCode.CATCHING_UP and count:
            return visit.reader.say("behind-notice", count=count, shown=visit.reader.number(count))
        return visit.reader.say("stale-notice")

    def _render(self, request: web.Request, visit: Visit, template: str, **values: Any) -> str:
        say = visit.reader.say
        return self._templates.get_template(template).render(
            t=say,
            r=visit.reader,
            theme=visit.theme,
            languages=[reader(one) for one in LANGUAGES],
            pages=_places(visit),
            home="/",
            asset=asset,
            here_with=partial(_here_with, request),
            signed_in=self._guard.needs_token and visit.caller is not None,
            search=visit.caller is not None and visit.partner is None,
            program=request.query.get("program"),
            programs_seen=self._programs(visit),
            notice=self._notice(visit),
            **values,
        )


def asset(name: str) -> str:
    """The address of a file of the dashboard, which changes with its content."""
    return f"/assets/{_content(name)[1]}/{name}"


@cache
def _content(name: str) -> tuple[bytes, str]:
    content = resources.files(__package__ or __name__).joinpath(name).read_bytes()
    return content, hashlib.sha256(content).hexdigest()[:12]


async def _asset(request: web.Request) -> web.StreamResponse:
    name = request.match_info["name"]
    if name not in _ASSETS or request.match_info["digest"] != _content(name)[1]:
        raise web.HTTPNotFound
    headers = {**_HEADERS, "Cache-Control": f"public, max-age={_DAY_S}, immutable"}
    return web.Response(body=_content(name)[0], content_type=_ASSETS[name], charset="utf-8", headers=headers)


def _places(visit: Visit) -> tuple[Place, ...]:
    """The pages that a caller may see."""
    if visit.caller is None:
        return ()
    if visit.partner is not None:
        return (Place("partner", f"/partners/{quote(visit.partner, safe='')}"),)
    if visit.caller.scope.role is Role.OPERATOR:
        return _PLACES
    return tuple(one for one in _PLACES if one.name != _OPERATORS)


def _language(request: web.Request) -> str:
    chosen = _chosen(request, "lang", LANGUAGE, LANGUAGES)
    return chosen or best_language(request.headers.get("Accept-Language", ""))


def _chosen(request: web.Request, parameter: str, cookie: str, known: tuple[str, ...]) -> str | None:
    """What the address asks for, else what was chosen before."""
    for asked in (request.query.get(parameter), request.cookies.get(cookie)):
        if asked in known:
            return asked
    return None


def _remember(request: web.Request, response: web.StreamResponse) -> None:
    """Keep what the address chose."""
    for parameter, cookie, known in (("lang", LANGUAGE, LANGUAGES), ("theme", THEME, THEMES)):
        asked = request.query.get(parameter, "")
        if asked in known:
            response.set_cookie(cookie, asked, max_age=_YEAR_S, httponly=True, samesite="Lax", path="/")


def _here_with(request: web.Request, **changes: str) -> str:
    path = request.path if request.method == "GET" else "/"
    return f"{quote(path)}?{urlencode({**request.query, **changes})}"


def _address(request: web.Request) -> str:
    """Whose connection it is; of IPv6 the network, since who has one address has all of it."""
    address = request.remote or ""
    return address if ":" not in address else str(ip_network(f"{address.partition('%')[0]}/64", strict=False))


def _is_foreign(request: web.Request) -> bool:
    """Whether a page of another site sent a form; without TLS browsers name its origin alone."""
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site is not None:
        return site not in {"same-origin", "none"}
    return origin is not None and origin.partition("://")[2] != request.headers.get("Host")


def _is_secure(request: web.Request) -> bool:
    """Whether a form came over TLS, to this server or to a proxy before it, which its origin tells."""
    return request.secure or request.headers.get("Origin", "").startswith("https://")


def _local(path: str) -> str:
    """A path of this server; the first page for what leads elsewhere."""
    plain = path.startswith("/") and not path.startswith("//") and path.isprintable() and "\\" not in path
    return path if plain else "/"


def _redirect(path: str) -> web.Response:
    return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": path, **_HEADERS})


def _html(
    text: str, status: HTTPStatus = HTTPStatus.OK, headers: Mapping[str, str] | None = None
) -> web.Response:
    return web.Response(
        text=text, status=status, content_type="text/html", headers={**_HEADERS, **(headers or {})}
    )
