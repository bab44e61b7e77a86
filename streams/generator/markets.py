"""The markets that can be generated: their currency, language, size, and what a price is there."""

from __future__ import annotations

from typing import Final, NamedTuple

from events.currencies import SCALES
from streams.imports.starter_program import MARKET_ZONES


class MarketFacts(NamedTuple):
    """``size`` is relative to other markets; ``broad`` markets keep the shopping days of November."""

    id: str
    zone: str
    currency: str
    locale: str
    size: int
    broad: bool


_FACTS: Final = """
    AE AED ar 4 -  AR ARS es 6 b  AT EUR de 6 b  AU AUD en 9 b  BE EUR fr 6 b  BR BRL pt 12 b
    CA CAD en 12 b  CH CHF de 6 b  CL CLP es 5 b  CN CNY zh 30 b  CO COP es 5 b  CZ CZK cs 5 b
    DE EUR de 25 b  DK DKK da 4 b  ES EUR es 15 b  FI EUR fi 4 b  FR EUR fr 22 b  GB GBP en 24 b
    GR EUR el 4 -  HK HKD zh 5 b  HU HUF hu 4 -  ID IDR id 8 b  IE EUR en 4 b  IL ILS he 4 -
    IN INR en 14 b  IT EUR it 15 b  JP JPY ja 20 b  KR KRW ko 12 b  MX MXN es 10 b  MY MYR ms 6 b
    NL EUR nl 9 b  NO NOK no 4 b  NZ NZD en 3 b  PH PHP en 6 b  PL PLN pl 9 b  PT EUR pt 5 b
    RO RON ro 4 b  SA SAR ar 4 -  SE SEK sv 6 b  SG SGD en 4 b  TH THB th 6 b  TR TRY tr 8 b
    TW TWD zh 6 b  UA UAH uk 5 b  US USD en 40 b  VN VND vi 6 b  ZA ZAR en 5 b
"""


def _facts() -> dict[str, MarketFacts]:
    words = _FACTS.split()
    rows = zip(*(words[at::5] for at in range(5)), strict=True)
    return {
        id_: MarketFacts(id_, MARKET_ZONES[id_], currency, locale, int(size), broad == "b")
        for id_, currency, locale, size, broad in rows
    }


MARKETS: Final[dict[str, MarketFacts]] = _facts()

#: What one unit is worth in euros, as a decimal; plausible, not of any day.
EUR_RATES: Final = {
    "AED": "0.25", "ARS": "0.0009", "AUD": "0.60", "BRL": "0.17", "CAD": "0.67", "CHF": "1.05",
    "CLP": "0.001", "CNY": "0.13", "COP": "0.00022", "CZK": "0.04", "DKK": "0.134", "EUR": "1",
    "GBP": "1.17", "HKD": "0.118", "HUF": "0.0025", "IDR": "0.000057", "ILS": "0.25", "INR": "0.011",
    "JPY": "0.0061", "KRW": "0.00067", "MXN": "0.05", "MYR": "0.2", "NOK": "0.086", "NZD": "0.55",
    "PHP": "0.016", "PLN": "0.23", "RON": "0.2", "SAR": "0.245", "SEK": "0.088", "SGD": "0.69",
    "THB": "0.026", "TRY": "0.025", "TWD": "0.028", "UAH": "0.022", "USD": "0.92", "VND": "0.000036",
    "ZAR": "0.05",
}  # fmt: skip


class Money(NamedTuple):
    """A currency, its digits after the point, and what a hundred euros are in its minor units."""

    currency: str
    scale: int
    hundred_euros: int


def money(currency: str) -> Money:
    """The money of a currency; one without a known rate counts like the euro."""
    scale = SCALES[currency]
    whole, _, decimals = EUR_RATES.get(currency, "1").partition(".")
    return Money(currency, scale, 100 * 10**scale * 10 ** len(decimals) // int(whole + decimals))


def decimal(minor: int, scale: int) -> str:
    """Minor units as a decimal string with the digits of the currency."""
    if scale == 0:
        return str(minor)
    whole, part = divmod(minor, 10**scale)
    return f"{whole}.{part:0{scale}d}"
