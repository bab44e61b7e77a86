"""One host has one name."""

from __future__ import annotations

import pytest

from schemas.hosts import host_name


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("Ads.Example.", "ads.example"),
        ("bücher.example", "bücher.example"),
        ("BU\u0308CHER.example", "bücher.example"),
        ("shop.XN--BCHER-KVA.example", "shop.bücher.example"),
        ("xn--strae-oqa.example", "straße.example"),
        ("strasse.example", "strasse.example"),
        ("xn--a-.example", "xn--a-.example"),
        ("xn--bü.example", "xn--bü.example"),
        ("", ""),
    ],
)
def test_a_host_has_one_name_however_its_letters_travel(host: str, name: str) -> None:
    assert host_name(host) == name
