"""What evidence says, in the reader's language; what no sentence here fits stays as it was recorded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import partial
from typing import Any, Final

from msgspec import Struct

from projections.dashboard.reader import Reader
from projections.dashboard.sums import Row

#: Facts of a piece of evidence that stand elsewhere on a page.
_APART: Final = frozenset({"summary", "occurred"})
_COUNTS: Final = frozenset({"rank", "clicks", "orders", "reversed"})
_MESSAGES: Final = {
    "paid_traffic": "evidence-paid",
    "click_to_order_time": "evidence-soon",
    "disallowed_referrer": "evidence-website",
    "reversal_rate": "evidence-reversed",
}
_SHARED: Final = {
    "customer_id": "evidence-own-order",
    "device_id": "evidence-own-device",
    "ip_hash": "evidence-own-address",
}


class Sentence(Struct, frozen=True):
    """What a piece of evidence says; ``recorded`` as it was written down, in English."""

    text: str
    recorded: bool = False


class Fact(Struct, frozen=True):
    """A fact of a piece of evidence; ``is_id`` is one that reads from left to right in every language."""

    name: str
    label: str
    text: str
    is_id: bool


def sentence(reader: Reader, rule: str, piece: Row) -> Sentence:
    """A piece of evidence in a sentence."""
    message = _message(rule, piece)
    if message is None:
        return Sentence(str(piece.get("summary", "")), recorded=True)
    try:
        return Sentence(reader.say(message, **_texts(reader, rule, piece)))
    except LookupError:  # It lacks a fact that the sentence names.
        return Sentence(str(piece.get("summary", "")), recorded=True)


def facts(reader: Reader, rule: str, piece: Row) -> list[Fact]:
    """What is known of a piece of evidence."""
    texts = _texts(reader, rule, piece)
    return [
        Fact(name, reader.named("fact", name), text, is_id=text == str(piece[name]))
        for name, text in texts.items()
        if name not in _APART
    ]


def _message(rule: str, piece: Row) -> str | None:
    if rule == "brand_bidding":
        return "evidence-ad" if piece.get("matched") == piece.get("brand_term") else "evidence-ad-close"
    if rule == "self_referral":
        return _SHARED.get(str(piece.get("shared")))
    if rule == "click_flooding":
        return "evidence-few-orders" if "orders" in piece else "evidence-many-clicks"
    if rule == "market_not_agreed":
        return "evidence-market-order" if "order_id" in piece else "evidence-market-click"
    if rule == "terms_outdated":
        return "evidence-terms" if "terms_agreed" in piece else "evidence-no-terms"
    return _MESSAGES.get(rule)


def _texts(reader: Reader, rule: str, piece: Row) -> dict[str, str]:
    """The facts as the reader writes them."""
    shown: dict[str, Callable[[Any], str]] = {
        **dict.fromkeys(_COUNTS, reader.number),
        "market": reader.market,
        "markets_agreed": lambda markets: _markets(reader, markets),
        "click_to_order_ms": lambda ms: reader.seconds(Decimal(ms) / 1_000),
        "min_seconds": lambda seconds: reader.seconds(Decimal(seconds)),
        "shared": partial(reader.named, "shared"),
        "terms_due": reader.date,
        "limit": lambda limit: reader.number(Decimal(limit)),
    }
    if rule == "reversal_rate" or "orders" in piece:
        shown["limit"] = lambda share: reader.exact_percent(Decimal(share))
    return {name: shown.get(name, str)(value) for name, value in piece.items()}


def _markets(reader: Reader, markets: Sequence[str]) -> str:
    return reader.listed([reader.market(one) for one in markets]) if markets else reader.say("none")
