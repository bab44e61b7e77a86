from __future__ import annotations

import pytest

from schemas.program import PAID_PARAMS
from streams.rules.clicks import denied_host, paid_parameter

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
        ("HTTP://Toolbar.Example:8080", "toolbar.example"),
        ("https://a.b.toolbar.example./", "a.b.toolbar.example"),
        ("//bad.co.example", "bad.co.example"),
        ("toolbar.example/path", "toolbar.example"),
        ("https://me:secret@toolbar.example/", "toolbar.example"),
        ("https://mytoolbar.example/", None),
        ("https://toolbar.example.net/", None),
        ("https://shop.example/?from=toolbar.example", None),
        ("https://co.example", None),
        ("https://[", None),
        ("about:blank", None),
        ("", None),
    ],
)
def test_a_referrer_is_denied_with_its_subdomains(referrer: str, host: str | None) -> None:
    assert denied_host(referrer, HOSTS) == host
