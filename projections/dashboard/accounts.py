"""The page of an account: what it holds, and each entry of its statement with the reason."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote

from events.time import parse_time
from events.units import POINTS
from projections.dashboard.view import Context, View

#: Entries on one page of a statement.
ENTRIES: Final = 20
#: Buckets and totals of a balance, in the order in which they are shown.
_TOTALS: Final = ("earned", "redeemed", "expired", "reversed")
#: What an entry does to what its owner has: these take away.
_TAKES: Final = frozenset({"reversed", "expired", "redeemed"})


def account_page(view: View, account: str) -> Context | None:
    """Balances and statement; ``None`` for an account without entries."""
    balances = view.data.tables.balances(account)
    if balances is None:
        return None
    return {"name": account.partition(":")[2], **holdings(view, account)}


def holdings(view: View, account: str) -> Context:
    """Balances by unit and a page of the statement."""
    reader = view.reader
    balances = view.data.tables.balances(account) or []
    asked = view.asked("before")
    before = int(asked) if asked and asked.isdigit() else None
    entries, older = view.data.newest(account, before, ENTRIES)
    path = _path(account)
    return {
        "balances": [
            {
                "unit": reader.say("unit-points") if one.unit == POINTS else one.unit.partition("/")[0],
                "available": reader.amount(one.available, one.unit),
                "pending": reader.amount(one.pending, one.unit),
                "held": reader.amount(one.held, one.unit),
                "totals": [
                    (reader.say(name), reader.amount(getattr(one, name), one.unit)) for name in _TOTALS
                ],
            }
            for one in balances
        ],
        "as_of": reader.time(max(one.as_of for one in balances), view.zone) if balances else "",
        "entries": [_entry(view, entry) for entry in entries],
        "older": view.again(path, before=entries[-1]["seq"]) if older else None,
        "newest": view.again(path, before=None) if before is not None else None,
    }


def _entry(view: View, entry: dict[str, Any]) -> Context:
    reader, kind = view.reader, entry["kind"]
    amount = -entry["amount"] if kind in _TAKES else entry["amount"]
    return {
        "time": reader.time(parse_time(entry["time"]), view.zone, "short"),
        "iso": entry["time"],
        "kind": reader.named("kind", kind),
        "takes": amount < 0,
        "rule": entry.get("rule", ""),
        "order": entry.get("order_id", ""),
        "order_href": view.link("/why", entry=entry["order_id"]) if entry.get("order_id") else None,
        "amount": reader.amount(amount, entry["unit"]),
        "why": view.link("/why", entry=entry["entry_id"]),
    }


def _path(account: str) -> str:
    kind, _, name = account.partition(":")
    return f"/{kind}s/{quote(name, safe='')}"
