"""What people do with the dashboard, in a browser, on the demo: docs/dashboard.md says it in words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise, product
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from streams.explain.languages import LANGUAGES
from tests.browser.conftest import Demo, Guarded

pytestmark = pytest.mark.slow
# Milliseconds: a machine that does much else besides takes its time.
expect.set_options(timeout=30_000)

PAGES = ("/", "/partners", "/partners/partner-001", "/key-days", "/budgets", "/cases", "/system")
#: Seconds: from the start of the demo until there is something to see.
PATIENCE_S = 60
#: What keeps people out.
GRAVE = {"serious", "critical"}


@contextmanager
def opened(browser: Browser, url: str, **options: object) -> Iterator[Page]:
    """A page of a browser that has seen nothing; whatever it refuses or fails to load fails the test."""
    context = browser.new_context(base_url=url, viewport={"width": 1280, "height": 900}, **options)
    page, wrong = context.new_page(), []
    page.on("console", lambda message: wrong.append(message.text) if is_wrong(message) else None)
    # Who goes on to the next page does not wait for the icon of this one.
    page.on(
        "requestfailed",
        lambda request: None if request.failure == "net::ERR_ABORTED" else wrong.append(request.url),
    )
    page.on("request", lambda request: None if request.url.startswith(url) else wrong.append(request.url))
    try:
        yield page
        assert wrong == []
    finally:
        context.close()


def is_wrong(message: ConsoleMessage) -> bool:
    """Whether something went wrong, other than that nothing was found where there is nothing."""
    return message.type == "error" and "/find?q=nobody" not in message.location["url"]


#: How many controls are shown; the style of the outline of that with the focus, and its place among them.
_SHOWN = "a[href], button, input:not([type=hidden]), select, summary, [tabindex='0']"
CONTROLS = f"""() => {{
    window.shown = [...document.querySelectorAll("{_SHOWN}")].filter((one) => one.checkVisibility());
    return window.shown.length;
}}"""
FOCUSED = """() => [
    getComputedStyle(document.activeElement).outlineStyle,
    window.shown.indexOf(document.activeElement),
]"""


def go_to(page: Page, name: str) -> None:
    """Press Tab until the link with this name has the focus."""
    for _ in range(200):
        page.keyboard.press("Tab")
        if last(page) == name:
            return
    raise AssertionError(f"Tab never comes to {name}")


def last(page: Page) -> str:
    return page.evaluate("document.activeElement.innerText || document.activeElement.name")


def test_within_a_minute_every_page_has_something_to_show(browser: Browser, demo: Demo) -> None:
    with opened(browser, demo.url) as page:
        for path in PAGES:
            response = page.goto(path)
            assert response is not None
            assert response.status == 200, path
            expect(page.locator("h1")).to_be_visible()
            assert page.locator(".empty").count() == 0, f"{path}: {page.locator('.empty').all_inner_texts()}"
            assert page.locator("main td, main .gauge").count() > 0, path
        for path in ("/", "/partners", "/partners/partner-001", "/key-days"):
            page.goto(path)
            assert page.locator("figure svg rect").count() > 5, path
    assert demo.seconds < PATIENCE_S


def test_the_way_to_a_partner_s_balance_and_the_reason_of_its_last_reward(
    browser: Browser, demo: Demo
) -> None:
    with opened(browser, demo.url) as page:
        page.goto("/")
        page.get_by_role("link", name="Partners", exact=True).click()
        page.get_by_role("link", name="Influencer partner 2", exact=True).click()

        expect(page.get_by_role("heading", level=1)).to_have_text("Influencer partner 2")
        expect(page).to_have_title("Influencer partner 2 · Keyday")
        balance = page.locator("#balance-1 div", has=page.get_by_text("Pending")).locator("dd")
        expect(balance).to_have_text(re.compile(r"^€[\d,]+\.\d\d$"))
        first = page.locator("table tbody tr").first
        amount = first.locator("td.number").inner_text()

        first.get_by_role("link", name=re.compile("^Why")).click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Why this entry")
        facts = page.locator("dl.facts").first
        expect(facts).to_contain_text("partner:partner-002")
        expect(facts).to_contain_text(amount.lstrip("\u2212"))
        expect(facts).to_contain_text("Because of")
        expect(facts).to_contain_text("version 1 of season")
        page.get_by_role("link", name="Back to partner:partner-002").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Influencer partner 2")


def test_the_reason_is_told_in_the_reader_s_language(browser: Browser, demo: Demo) -> None:
    with opened(browser, demo.url, locale="de-DE") as page:
        page.goto("/partners/partner-002")
        page.locator("a.why").first.click()
        expect(page.locator("html")).to_have_attribute("lang", "de")
        expect(page.locator("dl.facts").first).to_contain_text("Betrag")
        page.get_by_role("link", name="العربية").first.click()
        expect(page.locator("html")).to_have_attribute("dir", "rtl")
        expect(page.locator("dl.facts").first).to_contain_text("partner:partner-002")


def test_an_account_is_found_by_its_id(browser: Browser, demo: Demo) -> None:
    with opened(browser, demo.url) as page:
        page.goto("/")
        page.get_by_role("searchbox").fill("partner-003")
        page.keyboard.press("Enter")
        expect(page).to_have_url(f"{demo.url}/partners/partner-003")


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_evidence_is_told_in_the_reader_s_language(browser: Browser, demo: Demo, language: str) -> None:
    with opened(browser, demo.url) as page:
        page.goto(f"/cases?state=all&lang={language}")
        assert page.locator("tbody tr").count() > 10
        assert page.locator("tbody [lang=en]").count() == 0


def test_the_figures_of_partners_fit_a_notebook(browser: Browser, demo: Demo) -> None:
    with opened(browser, demo.url) as page:
        for language in LANGUAGES:
            page.goto(f"/partners?lang={language}")
            too_wide = page.locator("main .scroll").first.evaluate("one => one.scrollWidth - one.clientWidth")
            assert too_wide <= 0, language


def test_on_a_phone_a_partner_sees_amounts_and_the_way_to_their_reason(browser: Browser, demo: Demo) -> None:
    with opened(browser, demo.url) as page:
        page.set_viewport_size({"width": 360, "height": 780})
        for language in LANGUAGES:
            page.goto(f"/partners/partner-002?lang={language}")
            for table in page.locator("main .scroll").all()[:2]:
                too_wide = table.evaluate("one => one.scrollWidth - one.clientWidth")
                assert too_wide <= 0, (language, table.get_attribute("aria-label"))


def test_a_case_shows_its_evidence(browser: Browser, demo: Demo) -> None:
    with opened(browser, demo.url) as page:
        page.goto("/cases")
        page.locator("a.case").first.click()
        expect(page.get_by_role("heading", name="Evidence")).to_be_visible()
        page.locator("details summary").first.click()
        expect(page.locator("details dl")).to_contain_text("Source")


@pytest.mark.parametrize(("scheme", "language"), list(product(("light", "dark"), LANGUAGES)))
def test_nothing_keeps_people_out(browser: Browser, demo: Demo, scheme: str, language: str) -> None:
    with opened(browser, demo.url, color_scheme=scheme) as page:
        page.goto("/partners/partner-002")
        why = page.locator("a.why").first.get_attribute("href")
        page.goto("/cases")
        case = page.locator("a.case").first.get_attribute("href")
        found = {}
        for path in (*PAGES, "/find?q=nobody", str(why), str(case)):
            page.goto(f"{path}{'&' if '?' in path else '?'}lang={language}")
            for details in page.locator("main details").all():
                details.evaluate("one => one.open = true")
            violations = Axe().run(page).response["violations"]
            found[path] = [
                (one["id"], one["nodes"][0]["html"][:200], one["nodes"][0]["failureSummary"][:300])
                for one in violations
                if one["impact"] in GRAVE
            ]
        assert {path: one for path, one in found.items() if one} == {}


#: Roles that say nothing without a name; a part that can be scrolled is a group.
NAMED_ROLES = {
    "button",
    "checkbox",
    "columnheader",
    "combobox",
    "DisclosureTriangle",
    "figure",
    "form",
    "heading",
    "image",
    "link",
    "navigation",
    "region",
    "rowheader",
    "search",
    "searchbox",
    "table",
    "textbox",
}
#: What the tree of a page does not tell: cells without a scope, texts that speak up, an order of its own for
#: Tab, and names that leave out what is to be seen (who says "click Why" is not understood).
MARKUP = """() => ({
    scope: [...document.querySelectorAll('th:not([scope])')].map((one) => one.outerHTML),
    live: [...document.querySelectorAll('[aria-live], [role=status], [role=log], [role=alert]')].length,
    order: [...document.querySelectorAll('[tabindex]')].filter((one) => one.tabIndex > 0).length,
    unseen: [...document.querySelectorAll('a[aria-label], button[aria-label], summary[aria-label]')]
        .filter((one) => !one.ariaLabel.toLowerCase().includes(one.innerText.trim().toLowerCase()))
        .map((one) => one.outerHTML),
})"""


def heard(page: Page) -> list[tuple[str, str, dict[str, Any]]]:
    """Role, name and properties of what a screen reader comes to, in its order."""
    session = page.context.new_cdp_session(page)
    nodes = {one["nodeId"]: one for one in session.send("Accessibility.getFullAXTree")["nodes"]}
    session.detach()
    found = []

    def walk(node: dict[str, Any]) -> None:
        if not node["ignored"]:
            properties = {one["name"]: one["value"].get("value") for one in node.get("properties", [])}
            found.append((node["role"]["value"], node.get("name", {}).get("value", "").strip(), properties))
        for child in node.get("childIds", []):
            if child in nodes:
                walk(nodes[child])

    walk(next(one for one in nodes.values() if "parentId" not in one))
    return found


@pytest.mark.parametrize("language", ["en", "ar"])
def test_who_listens_to_a_page_hears_what_there_is_and_in_which_order(
    browser: Browser, demo: Demo, language: str
) -> None:
    with opened(browser, demo.url) as page:
        page.goto("/partners/partner-002")
        why = page.locator("a.why").first.get_attribute("href")
        page.goto("/cases?state=all")
        case = page.locator("a.case").first.get_attribute("href")
        for path in (*PAGES, "/find?q=nobody", str(why), str(case), "/customers/customer-1"):
            page.goto(f"{path}{'&' if '?' in path else '?'}lang={language}")
            for details in page.locator("main details").all():
                details.evaluate("one => one.open = true")
            nodes = heard(page)
            roles = Counter(role for role, _, _ in nodes)
            levels = [properties["level"] for role, _, properties in nodes if role == "heading"]
            regions = Counter(name for role, name, _ in nodes if role in {"region", "navigation"})

            assert [(role, path) for role, name, _ in nodes if role in NAMED_ROLES and not name] == []
            assert [name for _, name, properties in nodes if properties.get("focusable") and not name] in (
                [],
                [""],
            )
            assert (roles["main"], roles["banner"]) == (1, 1), path
            assert [levels[0], levels.count(1)] == [1, 1], path
            assert all(after <= before + 1 for before, after in pairwise(levels)), (path, levels)
            assert [name for name, count in regions.items() if count > 1] == [], path
            assert page.evaluate(MARKUP) == {"scope": [], "live": 0, "order": 0, "unseen": []}, path
        page.goto(f"/system?lang={language}")
        raw = page.locator("tbody code[dir=ltr]")
        assert raw.count() > 0
        assert {one.get_attribute("lang") for one in raw.all()} == {"en"}


def test_the_keyboard_is_enough(browser: Browser, demo: Demo) -> None:
    with opened(browser, demo.url) as page:
        page.goto("/")
        page.keyboard.press("Tab")
        assert last(page) == "Skip to the content"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"
        page.keyboard.press("Tab")
        assert last(page) == "q"

        page.goto("/")
        for _ in range(4):
            page.keyboard.press("Tab")
        assert last(page) == "Partners"
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid"
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Partners")


def test_the_way_to_the_reason_of_a_reward_is_walked_with_the_keyboard_alone(
    browser: Browser, demo: Demo
) -> None:
    with opened(browser, demo.url) as page:
        page.goto("/")
        for name in ("Partners", "Influencer partner 2"):
            go_to(page, name)
            page.keyboard.press("Enter")
            expect(page.get_by_role("heading", level=1)).to_have_text(name)
        go_to(page, "Why")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Why this entry")


def test_every_control_of_every_page_is_reached_with_tab_and_seen(browser: Browser, demo: Demo) -> None:
    with opened(browser, demo.url) as page:
        page.goto("/cases")
        case = page.locator("a.case").first.get_attribute("href")
        for path in (*PAGES, str(case)):
            page.goto(path)
            there = page.evaluate(CONTROLS)
            assert there > 10
            reached = 0
            for reached in range(1, there + 1):
                page.keyboard.press("Tab")
                outline, place = page.evaluate(FOCUSED)
                assert outline == "solid", (path, place)
                assert place == reached - 1, (path, place, reached)
            assert reached == there, path


def test_light_and_dark_follow_the_device_until_the_reader_chooses(browser: Browser, demo: Demo) -> None:
    paper = "getComputedStyle(document.body).backgroundColor"
    with opened(browser, demo.url, color_scheme="dark") as page:
        page.goto("/")
        dark = page.evaluate(paper)
        page.get_by_role("link", name="Light", exact=True).first.click()
        light = page.evaluate(paper)
        assert light != dark
        page.goto("/partners")
        assert page.evaluate(paper) == light


@pytest.mark.parametrize("language", ["en", "ar"])
def test_on_a_narrow_screen_nothing_sticks_out(browser: Browser, demo: Demo, language: str) -> None:
    with opened(browser, demo.url) as page:
        page.goto("/cases")
        case = page.locator("a.case").first.get_attribute("href")
        page.goto("/partners/partner-002")
        why = page.locator("a.why").first.get_attribute("href")
        page.set_viewport_size({"width": 360, "height": 740})
        for path in (*PAGES, str(case), str(why), "/customers/customer-1"):
            page.goto(f"{path}{'&' if '?' in path else '?'}lang={language}")
            width = page.evaluate("document.documentElement.scrollWidth")
            assert width <= 360, path


def test_an_order_of_a_statement_leads_to_all_that_it_brought(browser: Browser, demo: Demo) -> None:
    with opened(browser, demo.url) as page:
        page.goto("/partners/partner-002")
        order = page.locator("tbody td a bdi.id").first.inner_text()
        page.locator("tbody td a:has(bdi.id)").first.click()
        expect(page.get_by_role("heading", level=1)).to_have_text("What this order brought")
        expect(page.get_by_role("heading", level=2).first).to_have_text(order)
        assert page.locator("section.card").count() > 1


def test_on_paper_it_is_black_on_white_and_nothing_is_left_out(browser: Browser, demo: Demo) -> None:
    with opened(browser, demo.url, color_scheme="dark") as page:
        page.set_viewport_size({"width": 720, "height": 1_000})
        page.goto("/partners/partner-002?theme=dark")
        page.emulate_media(media="print", color_scheme="dark")
        for what in ("h1", ".totals dd", "td.number", ".figures dd.value"):
            color = page.locator(what).first.evaluate("one => getComputedStyle(one).color")
            assert all(int(one) < 100 for one in re.findall(r"\d+", color)[:3]), (what, color)
        assert page.locator("th.wide").first.is_visible()
        assert not page.locator(".side").is_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 720


def test_where_colours_are_the_reader_s_own_what_is_chosen_and_marked_is_still_seen(
    browser: Browser, demo: Demo
) -> None:
    with opened(browser, demo.url, forced_colors="active") as page:
        page.goto("/partners")
        for current in page.locator("main a[aria-current], .side nav a[aria-current]").all():
            assert current.evaluate("one => getComputedStyle(one).textDecorationLine") == "underline"
        page.goto("/key-days")
        for marked in (".month .key", ".month .today", ".badge"):
            border = page.locator(marked).first.evaluate("one => getComputedStyle(one).borderTopStyle")
            assert border == "solid", marked


def test_a_calendar_says_its_key_days_without_a_pointer(browser: Browser, demo: Demo) -> None:
    with opened(browser, demo.url) as page:
        page.goto("/key-days")
        marked = page.locator(".month .key").count()
        assert marked > 0
        assert page.locator(".months li").first.is_visible()


def test_an_address_that_is_none_is_a_page_in_the_reader_s_language(browser: Browser, demo: Demo) -> None:
    context = browser.new_context(base_url=demo.url, locale="uk-UA")
    page = context.new_page()
    response = page.goto("/partnerz")
    assert response is not None
    assert response.status == 404
    expect(page.locator("html")).to_have_attribute("lang", "uk")
    expect(page.get_by_role("navigation").first).to_be_visible()
    violations = Axe().run(page).response["violations"]
    assert [one["id"] for one in violations if one["impact"] in GRAVE] == []
    context.close()


def test_a_partner_signs_in_and_sees_its_page_alone(browser: Browser, guarded: Guarded) -> None:
    context = browser.new_context(base_url=guarded.url)
    page = context.new_page()
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    page.get_by_label("Token").fill("not a token")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    violations = Axe().run(page).response["violations"]
    assert [one["id"] for one in violations if one["impact"] in GRAVE] == []

    page.get_by_label("Token").fill(guarded.partner)
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{guarded.url}/partners/partner-001")
    expect(page.get_by_role("navigation", name="Pages").get_by_role("link")).to_have_count(1)
    (cookie,) = [one for one in context.cookies() if one["name"] == "keyday_token"]
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
    page.locator("a.why").first.click()
    expect(page.locator("dl.facts").first).to_contain_text("partner:partner-001")
    assert "partner-002" not in page.content()
    for path in (*PAGES[1:2], *PAGES[3:], "/partners/partner-002", "/customers/customer-1"):
        response = page.goto(path)
        assert response is not None
        assert response.status == 404, path

    page.get_by_role("button", name="Sign out").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    page.goto("/partners/partner-001")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    page.get_by_label("Token").fill(guarded.operator)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Content partner 1")
    page.goto("/partners/partner-002")
    expect(page.get_by_role("heading", level=1)).to_have_text("Influencer partner 2")
    context.close()
