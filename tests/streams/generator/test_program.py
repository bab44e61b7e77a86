from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from schemas.program_file import parse_toml
from streams.commands.generate import MARKETS as DEFAULTS
from streams.generator.markets import EUR_RATES, MARKETS, decimal, money
from streams.generator.program import program_text, read_rules
from tests.streams.generator.streams import START

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "generated.toml"


@pytest.mark.parametrize(
    ("markets", "partners", "start"),
    [
        (tuple(MARKETS), 120, START),
        (("AE", "SA"), 1, dt.date(2015, 3, 1)),
        (("FR",), 3, dt.date(2026, 1, 1)),
    ],
)
def test_a_written_program_validates(markets: tuple[str, ...], partners: int, start: dt.date) -> None:
    parsed = parse_toml(program_text(markets, partners, start))

    assert parsed.errors == ()
    assert parsed.program is not None
    assert set(parsed.program.markets) == set(markets)
    assert {MARKETS[each].currency for each in markets} <= {*parsed.program.fx, "EUR"}
    assert parsed.warnings == ()


def test_the_example_is_the_program_of_the_defaults() -> None:
    assert EXAMPLE.read_text() == program_text(DEFAULTS, 40, START)


def test_a_program_that_says_little_is_read_too() -> None:
    rules = read_rules('{"program": {"home_tz": "UTC", "currency": "USD"}, "markets": {"FR": {"tz": "UTC"}}}')

    assert rules.currency_of(MARKETS["FR"]) == "USD"
    assert (rules.coupons, rules.terms_version, rules.denied_hosts) == ({}, None, ())
    assert rules.brand_terms == {"FR": ()}


def test_coupon_codes_that_need_escapes_are_left_out() -> None:
    text = '[program]\nhome_tz = "UTC"\ncurrency = "EUR"\n[coupons]\n\'A"B\' = "x"\nA-1_b = "y"\n'

    assert read_rules(text).coupons == {"A-1_b": "y"}


@pytest.mark.parametrize(
    ("minor", "scale", "text"), [(5, 0, "5"), (5, 2, "0.05"), (1234, 2, "12.34"), (1234, 3, "1.234")]
)
def test_minor_units_are_written_with_the_digits_of_the_currency(minor: int, scale: int, text: str) -> None:
    assert decimal(minor, scale) == text


def test_prices_are_worth_the_same_everywhere() -> None:
    assert money("EUR").hundred_euros == 10_000
    assert money("JPY").hundred_euros == 16_393
    assert money("KWD").hundred_euros == 100_000
    assert {market.currency for market in MARKETS.values()} <= set(EUR_RATES)
