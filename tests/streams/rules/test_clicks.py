from __future__ import annotations

from typing import Any

import pytest

from events.inputs import LinkClicked
from events.messages import Breach, Standing
from events.outputs import Evidence
from schemas.program import PAID_PARAMS, Compliance
from streams.rules.clicks import breaches, denied_host, paid_parameter

HOSTS = frozenset({"toolbar.example", "bad.co.example"})


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://shop.example/?gclid=1", "gclid"),
        ("https://shop.example/?a=1&MsClkId=2&gclid=3", "MsClkId"),
        ("https://shop.example/?fbclid", "fbclid"),
        ("?ttclid=", "ttclid"),
        ("https://shop.example/?a=1&%67clid=2#x", "gclid"),
        ("https://shop.example/gclid=1", None),
        ("https://shop.example/?q=gclid", None),
        ("https://shop.example/?q=1#?gclid=1", None),
        ("https://shop.example/#a?gclid=1", None),
        ("https://shop.example/?q=1&a=2#&gclid=1", None),
        ("https://shop.example/?q=1#b#&gclid=1", None),
        ("https://shop.example/?q=1#b&gclid=1#c", None),
        ("https://shop.example/?gclid=1&next=/?q", "gclid"),
        ("https://shop.example/?mygclid=1&gclid2=1", None),
        ("https://shop.example/?q=%3Fgclid%3D1", None),
        ("", None),
    ],
)
def test_a_paid_click_is_known_by_the_names_in_its_query(url: str, name: str | None) -> None:
    assert paid_parameter(url, PAID_PARAMS) == name


def test_without_names_no_click_was_paid_for() -> None:
    assert paid_parameter("https://shop.example/?gclid=1", frozenset()) is None


@pytest.mark.parametrize(
    ("referrer", "host"),
    [
        ("https://toolbar.example/a?b", "toolbar.example"),
        ("https://www.toolbar.example/a/b?c=/d/e", "www.toolbar.example"),
        ("https://toolbar.example", "toolbar.example"),
        ("HTTP://Toolbar.Example:8080", "toolbar.example"),
        ("https://a.b.toolbar.example./", "a.b.toolbar.example"),
        ("//bad.co.example", "bad.co.example"),
        ("toolbar.example/path", "toolbar.example"),
        ("https://me:secret@toolbar.example/", "toolbar.example"),
        ("https://mytoolbar.example/", None),
        ("https://toolbar.example.net/", None),
        ("https://shop.example/?from=toolbar.example", None),
        ("https://co.example", None),
        ("https://example/?toolbar.example", None),
        ("https://X.toolbar.exampleX/", None),
        ("https://[", None),
        ("about:blank", None),
        ("", None),
    ],
)
def test_a_referrer_is_denied_with_its_subdomains(referrer: str, host: str | None) -> None:
    assert denied_host(referrer, HOSTS) == host


def test_a_host_of_another_script_is_denied_in_both_spellings_and_told_as_it_came() -> None:
    hosts = frozenset({"bücher.example"})

    assert denied_host("https://xn--bcher-kva.example/", hosts) == "xn--bcher-kva.example"
    assert denied_host("https://www.bücher.example/", hosts) == "www.bücher.example"
    assert denied_host("https://bucher.example/", hosts) is None


#: 2026-03-02T09:59:00Z.
AT = 1_772_445_540_000
RULES = Compliance(hosts=HOSTS, max_clicks_per_customer_hour=3)
CLEAN = "https://shop.example/"
PAID = "https://shop.example/?gclid=1"
DENIED = "https://a.toolbar.example/"


def partner(*, paid_search_allowed: bool = False, markets: tuple[str, ...] | None = None) -> Standing:
    return Standing(
        partner_id="lea",
        program="acme",
        paid_search_allowed=paid_search_allowed,
        markets=markets,
        customer_ids=(),
    )


def click(**data: Any) -> LinkClicked:
    return LinkClicked(
        source="links",
        id="e-1",
        time=AT,
        program="acme",
        click_id="k-1",
        customer_id="carl",
        partner_id="lea",
        market="FR",
        **data,
    )


def evidence(summary: str, **facts: Any) -> Evidence:
    return Evidence(
        summary=summary,
        source="links",
        id="e-1",
        occurred="2026-03-02T09:59:00.000Z",
        market="FR",
        click_id="k-1",
        customer_id="carl",
        **facts,
    )


def test_a_paid_click_is_told_with_its_page_and_where_it_came_from() -> None:
    summary = "a click was paid for: its address carries gclid, and paid search is not allowed"
    facts = {"parameter": "gclid", "url": PAID, "referrer": "https://search.example/"}

    assert breaches(RULES, partner(), click(url=PAID, referrer="https://search.example/"), 1) == [
        Breach("paid_traffic", evidence(summary, **facts))
    ]
    assert breaches(RULES, partner(paid_search_allowed=True), click(url=PAID), 1) == []


def test_the_click_that_is_one_too_many_in_its_hour_is_told_with_their_number() -> None:
    summary = "4 clicks of one customer in the hour from 2026-03-02T09:00:00.000Z, 3 are allowed"

    assert breaches(RULES, partner(), click(url=CLEAN), 4) == [
        Breach("click_flooding", evidence(summary, clicks=4, limit="3"))
    ]
    assert breaches(RULES, partner(), click(url=CLEAN), 3) == []


def test_a_click_from_a_host_that_is_not_allowed_is_told_with_both_pages() -> None:
    summary = "a click came from a.toolbar.example, which is not allowed"
    facts = {"host": "a.toolbar.example", "referrer": DENIED, "url": CLEAN}

    assert breaches(RULES, partner(), click(url=CLEAN, referrer=DENIED), 1) == [
        Breach("disallowed_referrer", evidence(summary, **facts))
    ]
    assert breaches(Compliance(), partner(), click(referrer=DENIED), 1) == []


@pytest.mark.parametrize(
    ("markets", "agreed"), [((), "none"), (("DE",), "DE"), (("DE", "ES"), "DE, ES"), (("DE", "FR"), None)]
)
def test_a_click_from_a_market_that_was_not_agreed(markets: tuple[str, ...], agreed: str | None) -> None:
    found = breaches(RULES, partner(markets=markets), click(url=CLEAN), 1)

    if agreed is None:
        assert found == []
    else:
        summary = f"a click from market FR, the markets agreed are {agreed}"
        assert found == [Breach("market_not_agreed", evidence(summary, markets_agreed=markets, url=CLEAN))]


@pytest.mark.parametrize(("length", "end"), [(500, ""), (501, "\u2026")])
def test_long_addresses_are_cut(length: int, end: str) -> None:
    url = (PAID + "x" * length)[:length]

    (breach,) = breaches(RULES, partner(), click(url=url), 1)

    assert breach.evidence.url == url[:500] + end


def test_the_breaches_of_one_click_are_in_the_order_of_the_rules() -> None:
    found = breaches(RULES, partner(markets=()), click(url=PAID, referrer=DENIED), 4)

    assert [breach.rule for breach in found] == [
        "paid_traffic",
        "click_flooding",
        "disallowed_referrer",
        "market_not_agreed",
    ]
