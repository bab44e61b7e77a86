"""The program of a generated stream: its text, and what the generator has to know of a program."""

from __future__ import annotations

import datetime as dt
import json
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from streams.generator.markets import EUR_RATES, MARKETS, MarketFacts
from streams.generator.partners import coupons_of

CURRENCY: Final = "EUR"
HOME_TZ: Final = "Europe/Paris"
#: The current terms, and older ones that a breach of them still has.
TERMS_VERSION: Final = "2020-01"
OLD_TERMS_VERSION: Final = "2019-01"
DENIED_HOSTS: Final = ("toolbar-rewards.example", "forced-clicks.example", "stolen-content.example")
BRAND_TERMS: Final = ("solbrook", "sol brook")
_FIRST: Final = dt.date(2020, 1, 1)


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What a stream has to fit: zones and currencies, coupons, and the terms that may be broken.

    ``brand_terms`` are those of each market. Without ``terms_version`` no partner's terms are outdated,
    without ``denied_hosts`` no referrer is disallowed.
    """

    markets: tuple[str, ...]
    home_tz: str
    currency: str
    currencies: frozenset[str]
    coupons: dict[str, str]
    brand_terms: dict[str, tuple[str, ...]]
    denied_hosts: tuple[str, ...]
    terms_version: str | None
    terms_due: dt.datetime | None

    def currency_of(self, market: MarketFacts) -> str:
        """The market's own currency where the program has a rate for it, else the program's."""
        return market.currency if market.currency in self.currencies else self.currency


def read_rules(text: str) -> Rules:
    """The rules of a program file that validates, TOML or JSON.

    Raises:
        ValueError: it can be read as neither.
    """
    content: dict[str, Any] = json.loads(text) if text.lstrip().startswith("{") else tomllib.loads(text)
    head, markets = content["program"], content.get("markets", {})
    compliance = content.get("compliance", {})
    due = compliance.get("terms_due")
    if isinstance(due, str):
        due = dt.datetime.fromisoformat(due)
    if isinstance(due, dt.date) and not isinstance(due, dt.datetime):
        due = dt.datetime.combine(due, dt.time(), dt.UTC)
    return Rules(
        markets=tuple(markets),
        home_tz=head["home_tz"],
        currency=head["currency"],
        currencies=frozenset([head["currency"], *content.get("fx", {})]),
        # Codes are written into events as they are: what would need an escape is left to others.
        coupons={code: to for code, to in content.get("coupons", {}).items() if _plain(code)},
        brand_terms={name: tuple(market.get("brand_terms", ())) for name, market in markets.items()},
        denied_hosts=tuple(compliance.get("disallowed_referrer", {}).get("hosts", ())),
        terms_version=compliance.get("terms_version"),
        terms_due=due,
    )


def program_text(markets: Sequence[str], partners: int, start: dt.date) -> str:
    """A program file for these markets and so many partners, in force from ``start`` or 2020 on.

    Raises:
        KeyError: a market is not in ``MARKETS``.
    """
    since = f"{min(start, _FIRST).isoformat()}T00:00:00Z"
    facts = [MARKETS[market] for market in markets]
    listed = ", ".join(f'"{market}"' for market in markets)
    broad = ", ".join(f'"{market.id}"' for market in facts if market.broad)
    terms = ", ".join(f'"{term}"' for term in BRAND_TERMS)
    return "\n".join(
        [
            _HEAD.format(since=since),
            *(f'[markets.{each.id}]\ntz = "{each.zone}"\nbrand_terms = [{terms}]\n' for each in facts),
            *_table("coupons", [f'{code} = "{to}"' for code, to in coupons_of(partners).items()]),
            *_table("fx", _rates(facts, since)),
            _KEY_DAYS.format(markets=broad) if broad else _NO_KEY_DAYS.format(markets=listed),
            "# Partners: a share of what they bring, by group.",
            *(
                _COMMISSION.format(id=id_, rate=rate, groups=groups) + cap
                for id_, rate, groups, cap in _COMMISSIONS
            ),
            _RULES,
            _COMPLIANCE.format(since=since, hosts=", ".join(f'"{host}"' for host in DENIED_HOSTS)),
        ]
    )


def _rates(facts: Iterable[MarketFacts], since: str) -> list[str]:
    return [
        f'{currency} = [{{ from = {since}, rate = "{EUR_RATES[currency]}" }}]'
        for currency in sorted({market.currency for market in facts} - {CURRENCY})
    ]


def _table(name: str, lines: Sequence[str]) -> list[str]:
    return [f"[{name}]", *lines, ""] if lines else []


def _plain(code: str) -> bool:
    return code.isascii() and code.replace("-", "").replace("_", "").isalnum()


_HEAD: Final = f"""\
# A program for generated events: `keyday generate` writes it beside them. It says what partners and customers
# earn, what is capped and budgeted, and which terms partners agree to.

[program]
id = "generated"
version = 1
effective_from = {{since}}
currency = "{CURRENCY}"
home_tz = "{HOME_TZ}"
rounding = "half_even"
bonus_stacking = "sum"
lookback_days = 30
attribution = "last_click"
coupon_wins = true
"""

_SINGLES_DAY: Final = """\
[[key_day]]
use = "singles_day"
markets = [{markets}]
"""

_KEY_DAYS: Final = (
    """\
[[key_day]]
use = "black_friday"
markets = [{markets}]

[[key_day]]
use = "cyber_monday"
markets = [{markets}]

"""
    + _SINGLES_DAY
)

# The rules below name these days; where no market keeps Black Friday, two days of sales stand in for it.
_NO_KEY_DAYS: Final = (
    """\
[[key_day]]
id = "black_friday"
rrule = "FREQ=YEARLY;BYMONTH=11;BYDAY=4TH"
offset_days = 1
markets = [{markets}]

[[key_day]]
id = "cyber_monday"
rrule = "FREQ=YEARLY;BYMONTH=11;BYDAY=4TH"
offset_days = 4
markets = [{markets}]

"""
    + _SINGLES_DAY
)

_COMMISSION: Final = """\
[[accrual]]
id = "{id}"
to = "partner"
unit = "money"
rate = "{rate}"
when = {{ partner_group = [{groups}] }}
exclusive = "commission"
priority = 10
hold_days = 30
"""

_COMMISSIONS: Final = (
    ("content", "0.06", '"content", "brand_partnership"', ""),
    ("influencer", "0.08", '"influencer"', 'cap = { period = "day", amount = "500.00", over = "trim" }\n'),
    ("coupon", "0.02", '"coupon"', 'cap = { period = "month", amount = "2000.00", over = "allow_last" }\n'),
)

_RULES: Final = """\
[[accrual]]
id = "other-partners"
to = "partner"
unit = "money"
rate = "0.03"
exclusive = "commission"
hold_days = 30

[[bonus]]
id = "new-customer"
to = "partner"
unit = "money"
flat = "5.00"
when = { new_customer = true, min_order = "30.00" }
budget = "launch"

[[bonus]]
id = "black-friday-partners"
to = "partner"
unit = "money"
on = ["black_friday", "cyber_monday"]
multiply = "1.5"
budget = "november"

# Customers: a point per euro, more of them on key days, and something back on shoes.
[[accrual]]
id = "points"
to = "customer"
unit = "points"
rate = "1"
hold_days = 14
expires_days = 365

[[accrual]]
id = "shoes-cashback"
to = "customer"
unit = "money"
rate = "0.01"
when = { category = ["shoes"], min_order = "100.00" }
hold_days = 14

[[bonus]]
id = "black-friday-double"
to = "customer"
unit = "points"
on = ["black_friday"]
multiply = "2"

[[bonus]]
id = "singles-day"
to = "customer"
unit = "points"
on = ["singles_day"]
flat = "111"

[[budget]]
id = "november"
amount = "2000.00"
period = "month"
alerts = [0.5, 0.8, 0.95]
over = "trim"

[[budget]]
id = "launch"
amount = "5000.00"
period = "lifetime"
alerts = [0.5, 0.8, 0.95]
over = "reject"

[tiers]
metric = "revenue"
window = "quarter"
levels = [
    { id = "bronze", from = "0" },
    { id = "silver", from = "2000.00", multiply = "1.1" },
    { id = "gold", from = "10000.00", multiply = "1.25" },
]

[referral]
window_days = 30
min_order = "30.00"
advocate_points = 500
friend_points = 250
key_day_multiply = { black_friday = "2" }
cap_per_month = 10
"""

_COMPLIANCE: Final = f"""\
[compliance]
terms_version = "{TERMS_VERSION}"
terms_due = {{since}}
brand_bidding = {{{{ action = "flag" }}}}
paid_traffic = {{{{ action = "reject" }}}}
self_referral = {{{{ action = "hold" }}}}
click_to_order_time = {{{{ action = "reject", min_seconds = 5 }}}}
click_flooding = {{{{ action = "reject", max_clicks_per_customer_hour = 30 }}}}
disallowed_referrer = {{{{ action = "reject", hosts = [{{hosts}}] }}}}
market_not_agreed = {{{{ action = "flag" }}}}
reversal_rate = {{{{ action = "flag", max_rate = 0.4, min_orders = 50 }}}}
terms_outdated = {{{{ action = "flag" }}}}
"""
