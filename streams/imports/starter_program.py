"""A first program for somebody's own orders: points that fit the currency and the markets in them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

#: The zone of a market's key days, where people mean the whole country: its capital or largest city.
MARKET_ZONES: Final = {
    "AE": "Asia/Dubai",
    "AR": "America/Argentina/Buenos_Aires",
    "AT": "Europe/Vienna",
    "AU": "Australia/Sydney",
    "BE": "Europe/Brussels",
    "BR": "America/Sao_Paulo",
    "CA": "America/Toronto",
    "CH": "Europe/Zurich",
    "CL": "America/Santiago",
    "CN": "Asia/Shanghai",
    "CO": "America/Bogota",
    "CZ": "Europe/Prague",
    "DE": "Europe/Berlin",
    "DK": "Europe/Copenhagen",
    "ES": "Europe/Madrid",
    "FI": "Europe/Helsinki",
    "FR": "Europe/Paris",
    "GB": "Europe/London",
    "GR": "Europe/Athens",
    "HK": "Asia/Hong_Kong",
    "HU": "Europe/Budapest",
    "ID": "Asia/Jakarta",
    "IE": "Europe/Dublin",
    "IL": "Asia/Jerusalem",
    "IN": "Asia/Kolkata",
    "IT": "Europe/Rome",
    "JP": "Asia/Tokyo",
    "KR": "Asia/Seoul",
    "MX": "America/Mexico_City",
    "MY": "Asia/Kuala_Lumpur",
    "NL": "Europe/Amsterdam",
    "NO": "Europe/Oslo",
    "NZ": "Pacific/Auckland",
    "PH": "Asia/Manila",
    "PL": "Europe/Warsaw",
    "PT": "Europe/Lisbon",
    "RO": "Europe/Bucharest",
    "SA": "Asia/Riyadh",
    "SE": "Europe/Stockholm",
    "SG": "Asia/Singapore",
    "TH": "Asia/Bangkok",
    "TR": "Europe/Istanbul",
    "TW": "Asia/Taipei",
    "UA": "Europe/Kyiv",
    "US": "America/New_York",
    "VN": "Asia/Ho_Chi_Minh",
    "ZA": "Africa/Johannesburg",
}

_KEY_DAYS: Final = ("black_friday", "cyber_monday")
_DOUBLE: Final = """\
[[bonus]]
id = "{name}-double"
to = "customer"
unit = "points"
on = ["{day}"]
multiply = "2"
"""


def starter_program(currencies: Mapping[str, int], markets: Mapping[str, int]) -> str:
    """The text of a program file for orders with these currencies and markets (name → how many).

    One point per unit of the most frequent currency, doubled on Black Friday and Cyber Monday. Other
    currencies have no rate: their orders become dead letters until somebody writes one down.
    """
    currency = _most_frequent(currencies, "USD")
    home = MARKET_ZONES.get(_most_frequent(markets, "US"), "UTC")
    known = sorted(markets or {"US": 0})
    tables = "".join(
        f"\n[markets.{_text(each)}]\ntz = {_text(MARKET_ZONES.get(each, 'UTC'))}\n" for each in known
    )
    listed = ", ".join(map(_text, known))
    key_days = "\n".join(f'[[key_day]]\nuse = "{day}"\nmarkets = [{listed}]\n' for day in _KEY_DAYS)
    bonuses = "\n".join(_DOUBLE.format(day=day, name=day.replace("_", "-")) for day in _KEY_DAYS)
    return f"""\
# Written by `keyday demo` for your orders. Change the rules, then run it with --programs and this file.

[program]
id = "mine"
version = 1
effective_from = 1970-01-01T00:00:00Z
currency = {_text(currency)}
home_tz = {_text(home)}
{tables}
{key_days}
[[accrual]]
id = "points"
to = "customer"
unit = "points"
rate = "1"
basis = "net"
hold_days = 30

{bonuses}"""


def _most_frequent(counts: Mapping[str, int], otherwise: str) -> str:
    return max(counts, key=lambda each: (counts[each], each), default=otherwise)


def _text(value: str) -> str:
    """A TOML basic string; JSON's escapes are among TOML's."""
    return json.dumps(value)
