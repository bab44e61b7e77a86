"""Which rules a click breaks (DOMAIN section 9): looked at in their order, for a partner with a record."""

from __future__ import annotations

from functools import lru_cache
from typing import Final
from urllib.parse import unquote, urlsplit

from events.inputs import LinkClicked
from events.messages import Breach, Standing
from events.outputs import Evidence
from events.time import HOUR_MS, format_time
from schemas.hosts import host_name
from schemas.program import Compliance

#: Addresses that are quoted in evidence are cut to so many characters.
_QUOTED: Final = 500
#: Hosts that are remembered with whether they are denied.
_REMEMBERED_HOSTS: Final = 1_024
_SCHEMES: Final = ("https://", "http://")


def hour_of(time: int) -> int:
    """The whole hour UTC that a time lies in."""
    return time // HOUR_MS


def breaches(rules: Compliance, partner: Standing, click: LinkClicked, in_hour: int) -> list[Breach]:
    """What the click breaks; it is the customer's ``in_hour``-th on the partner's links in its hour."""
    found = []
    url, referrer = click.url, click.referrer
    if url is not None and not partner.paid_search_allowed:
        parameter = paid_parameter(url, rules.paid_params)
        if parameter is not None:
            found.append(Breach("paid_traffic", _paid_traffic(click, parameter)))
    if in_hour > rules.max_clicks_per_customer_hour:
        found.append(Breach("click_flooding", _flooding(click, in_hour, rules)))
    if referrer is not None and rules.hosts:
        host = denied_host(referrer, rules.hosts)
        if host is not None:
            found.append(Breach("disallowed_referrer", _disallowed(click, host)))
    if partner.markets is not None and click.market not in partner.markets:
        found.append(Breach("market_not_agreed", _not_agreed(click, partner.markets)))
    return found


def paid_parameter(url: str, names: frozenset[str]) -> str | None:
    """The first parameter of the query that only paid clicks carry, as it is written there."""
    if "#" in url:
        url = url.partition("#")[0]
    for part in url.partition("?")[2].split("&"):
        name = part.partition("=")[0]
        if "%" in name:
            name = unquote(name)
        if name.lower() in names:
            return name
    return None


def denied_host(referrer: str, hosts: frozenset[str]) -> str | None:
    """The host of a referrer when it is one of ``hosts`` or a subdomain of one."""
    if referrer.startswith(_SCHEMES):
        # Pages are many and hosts are few: what follows the host tells nothing of it.
        referrer = referrer.split("/", 3)[2]
    return _denied(referrer, hosts)


@lru_cache(maxsize=_REMEMBERED_HOSTS)
def _denied(referrer: str, hosts: frozenset[str]) -> str | None:
    host = _host(referrer)
    name = host_name(host)
    while name:
        if name in hosts:
            return host
        name = name.partition(".")[2]
    return None


def _host(referrer: str) -> str:
    """Without port, in small letters; "" when there is none."""
    text = referrer if "//" in referrer else f"//{referrer}"
    try:
        return (urlsplit(text).hostname or "").rstrip(".")
    except ValueError:  # brackets that hold no IPv6 address
        return ""


def _evidence(click: LinkClicked, summary: str, **facts: object) -> Evidence:
    return Evidence(
        summary=summary,
        source=click.source,
        id=click.id,
        occurred=format_time(click.time),
        market=click.market,
        click_id=click.click_id,
        customer_id=click.customer_id,
        **facts,  # type: ignore[arg-type]  # fields of the rule, by their names
    )


def _paid_traffic(click: LinkClicked, parameter: str) -> Evidence:
    summary = f"a click was paid for: its address carries {parameter}, and paid search is not allowed"
    return _evidence(click, summary, parameter=parameter, url=_cut(click.url), referrer=_cut(click.referrer))


def _flooding(click: LinkClicked, in_hour: int, rules: Compliance) -> Evidence:
    most = rules.max_clicks_per_customer_hour
    start = format_time(hour_of(click.time) * HOUR_MS)
    summary = f"{in_hour} clicks of one customer in the hour from {start}, {most} are allowed"
    return _evidence(click, summary, clicks=in_hour, limit=str(most))


def _disallowed(click: LinkClicked, host: str) -> Evidence:
    summary = f"a click came from {host}, which is not allowed"
    return _evidence(click, summary, host=host, referrer=_cut(click.referrer), url=_cut(click.url))


def _not_agreed(click: LinkClicked, markets: tuple[str, ...]) -> Evidence:
    agreed = ", ".join(markets) or "none"
    summary = f"a click from market {click.market}, the markets agreed are {agreed}"
    return _evidence(click, summary, markets_agreed=markets, url=_cut(click.url))


def _cut(text: str | None) -> str | None:
    return text if text is None or len(text) <= _QUOTED else f"{text[:_QUOTED]}\u2026"
