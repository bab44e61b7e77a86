"""What a program file says of compliance, checked and read."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, cast, get_args
from zoneinfo import ZoneInfo

from events.outputs import RuleName
from events.time import parse_time
from schemas.hosts import host_name
from schemas.program import (
    PAID_PARAMS,
    SEVERITIES,
    Action,
    Compliance,
    Policy,
    Ratio,
    Severity,
)
from schemas.program_partners import MOST_COUNT
from schemas.program_table import Table

RULES: Final[tuple[RuleName, ...]] = get_args(RuleName)
#: The longest time between a click and its order that a file may call too short.
MOST_SECONDS: Final = 86_400

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MS: Final = timedelta(milliseconds=1)
#: A host as it stands in an address: no scheme, no port, no path.
_HOST: Final = re.compile(r"[^\s/:?#@]+")


def read_compliance(top: Table, home_tz: str, effective_from: int) -> Compliance:
    """``[compliance]``; terms without ``terms_due`` are due from ``effective_from`` on (milliseconds)."""
    table = top.table("compliance")
    if table is None:
        return Compliance()
    terms_version = table.maybe_text("terms_version")
    terms_due = _due(table, ZoneInfo(home_tz), effective_from)
    policies: dict[RuleName, Policy] = {}
    own: dict[str, Any] = {}
    for name in RULES:
        rule = table.table(name)
        if rule is not None:
            action = cast("Action", rule.choice("action", get_args(Action), default="flag"))
            severity = rule.choice("severity", get_args(Severity), default=SEVERITIES[name])
            policies[name] = Policy(action, cast("Severity", severity))
            own |= _OWN_KEYS.get(name, _nothing)(rule)
            rule.done()
    table.done()
    return Compliance(terms_version=terms_version, terms_due=terms_due, policies=policies, **own)


def _nothing(rule: Table) -> dict[str, Any]:
    del rule
    return {}


def _paid_traffic(rule: Table) -> dict[str, Any]:
    return {"paid_params": PAID_PARAMS | {name.lower() for name in rule.texts("params") or ()}}


def _click_to_order_time(rule: Table) -> dict[str, Any]:
    return {"min_seconds": rule.whole("min_seconds", 5, 0, MOST_SECONDS)}


def _click_flooding(rule: Table) -> dict[str, Any]:
    default = Compliance()
    return {
        "max_clicks_per_customer_hour": rule.whole(
            "max_clicks_per_customer_hour", default.max_clicks_per_customer_hour, 1, MOST_COUNT
        ),
        "min_conversion": _share(rule, "min_conversion", default.min_conversion),
        "min_clicks": rule.whole("min_clicks", default.min_clicks, 1, MOST_COUNT),
    }


def _disallowed_referrer(rule: Table) -> dict[str, Any]:
    hosts = rule.texts("hosts") or ()
    for host in hosts:
        if _HOST.fullmatch(host) is None:
            rule.wrong("hosts", f"{host} is no host, as ads.example")
    return {"hosts": frozenset(map(host_name, hosts))}


def _reversal_rate(rule: Table) -> dict[str, Any]:
    default = Compliance()
    return {
        "max_rate": _share(rule, "max_rate", default.max_rate),
        "min_orders": rule.whole("min_orders", default.min_orders, 1, MOST_COUNT),
    }


_OWN_KEYS: Final = {
    "paid_traffic": _paid_traffic,
    "click_to_order_time": _click_to_order_time,
    "click_flooding": _click_flooding,
    "disallowed_referrer": _disallowed_referrer,
    "reversal_rate": _reversal_rate,
}


def _share(rule: Table, key: str, default: Ratio) -> Ratio:
    """A share from 0 to 1."""
    share = rule.ratio(key)
    if share is not None and share.numerator > share.denominator:
        rule.wrong(key, "must be a share from 0 to 1, as 0.4")
    return share or default


def _due(table: Table, home: ZoneInfo, effective_from: int) -> int:
    """The home date of a date, or of an instant."""
    value = table.raw("terms_due")
    if value is None:
        return _home_date(effective_from, home)
    if isinstance(value, str):
        try:
            value = (
                date.fromisoformat(value) if len(value) == len("2026-01-01") else _instant(parse_time(value))
            )
        except ValueError:
            value = None
    if isinstance(value, datetime) and value.tzinfo is not None:
        return _home_date((value - _EPOCH) // _MS, home)
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.toordinal()
    table.wrong("terms_due", "must be a date, as 2026-01-01, or a time with an offset")
    return 0


def _instant(at: int) -> datetime:
    return _EPOCH + at * _MS


def _home_date(at: int, home: ZoneInfo) -> int:
    moment = _instant(at)
    try:
        return moment.astimezone(home).toordinal()
    except OverflowError:  # the first and the last day of the calendar
        return moment.toordinal()
