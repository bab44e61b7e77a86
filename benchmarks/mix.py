"""The load with all rules: a generated program of partners and customers, made before any clock starts.

``streams/generator`` makes it. By topic 85 % are clicks, 12 % orders with their refunds and cancels, 3 %
others (referrals, requests, partner events); the partner of rank n has a share of 1/n of the clicks; Black
Friday, Cyber Monday and Singles' Day lie in it.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from typing import Final

import msgspec
from msgspec import Struct

from events.time import DAY_MS
from streams.generator.event import CLICKS, ORDERS, Generated
from streams.generator.program import program_text, read_rules
from streams.generator.stream import Parameters, stream

MARKETS: Final = ("FR", "DE", "ES", "GB", "US")
START: Final = dt.date(2025, 11, 1)
DAYS: Final = 35
SEED: Final = 1
_NOTHING: Final = r"(?!)"
_BUDGET_LINES: Final = r"(?m)^budget = .*\n"
#: Per set of rules the tables and the lines that are left out without it.
RULE_SETS: Final = {
    "customers' accruals and bonuses": (r'\[\[(?:accrual|bonus)\]\][^\[]*?to = "customer"', _NOTHING),
    "partners' bonuses": (r'\[\[bonus\]\][^\[]*?to = "partner"', _NOTHING),
    "budgets": (r"\[\[budget\]\]", _BUDGET_LINES),
    "caps": (_NOTHING, r"(?m)^cap = .*\n"),
    "tiers": (r"\[tiers\]", _NOTHING),
    "referral": (r"\[referral\]", _NOTHING),
}
#: As in the generated program.
_LOOKBACK_MS: Final = 30 * DAY_MS


def program(partners: int) -> str:
    """The program file: several accruals and bonuses, caps, budgets, tiers, referrals, key days."""
    return program_text(MARKETS, partners, START)


def program_without(text: str, rules: str) -> str:
    """The program without one set of its rules, one of ``RULE_SETS``; what refers to them goes, too."""
    sections, lines = RULE_SETS[rules]
    # Each table begins a line with "["; the comment above it goes nowhere.
    tables = re.split(r"(?m)^(?=\[)", text)
    kept = [table for table in tables if not re.match(sections, table)]
    return re.sub(lines, "", "".join(kept))


def mix(count: int, customers: int, partners: int) -> Iterator[Generated]:
    """So many events in the order of time, the same each time."""
    parameters = Parameters(
        seed=SEED,
        events=count,
        start=START,
        days=DAYS,
        customers=customers,
        partners=partners,
        markets=MARKETS,
    )
    return stream(parameters, read_rules(program(partners)), lambda _: None)


class _Data(Struct):
    partner_id: str | None = None
    click_id: str | None = None
    coupons: tuple[str, ...] = ()


class _Event(Struct):
    type: str
    data: _Data


class Kinds:
    """Tells what each event of a mix is to the rules, by what came before it."""

    def __init__(self) -> None:
        self._decode = msgspec.json.Decoder(_Event).decode
        self._clicked: dict[bytes, int] = {}
        self._seen: set[bytes] = set()

    def of(self, event: Generated) -> str:
        """``click`` or ``order`` with what matters of its customer; else the event's type."""
        found = self._decode(event.value)
        new = event.key not in self._seen
        self._seen.add(event.key)
        if event.topic == CLICKS:
            self._clicked[event.key] = event.time
            return "click, new customer" if new else "click, known customer"
        if event.topic == ORDERS and found.type == "order.placed":
            clicked = self._clicked.get(event.key)
            touched = clicked is not None and event.time - clicked < _LOOKBACK_MS
            if found.data.coupons or found.data.partner_id or touched:
                return "order, attributed"
            return "order, unattributed"
        return found.type
