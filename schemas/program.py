"""The model of a program file (DOMAIN section 3): frozen, checked, ready for the rules.

Amounts are integers in the unit of the ledger, instants are milliseconds since the epoch, rates are exact
decimal fractions. It is built by ``schemas.program_file`` alone.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from events.money import Rounding
from events.outputs import RuleName
from schemas.key_days import KeyDay

To = Literal["partner", "customer"]
Basis = Literal["net", "gross"]
Attribution = Literal["last_click", "first_click", "linear", "position"]
Action = Literal["flag", "hold", "reject", "clawback", "suspend"]
Severity = Literal["low", "medium", "high"]
#: Names of query parameters that ad networks add to clicks that were paid for, in small letters.
PAID_PARAMS = frozenset(
    {
        "gclid", "gbraid", "wbraid", "dclid", "gclsrc", "msclkid", "fbclid", "ttclid", "twclid", "li_fat_id",
        "yclid", "epik", "sccid", "rdt_cid",
    }
)  # fmt: skip


class ProgramError(Struct, frozen=True):
    """What is wrong with a program file, and where.

    ``path`` reads as ``accrual[0].rate``, ``line`` counts from 1 and is 0 when it is not known.
    """

    path: str
    line: int
    message: str
    file: str = ""

    def __str__(self) -> str:
        where = ":".join(part for part in (self.file, str(self.line) if self.line else "", self.path) if part)
        return f"{where}: {self.message}" if where else self.message


class Ratio(Struct, frozen=True):
    """An exact decimal: ``numerator / 10**scale``, and how the file wrote it."""

    numerator: int
    scale: int
    text: str

    @property
    def denominator(self) -> int:
        """The power of ten below the line."""
        return int(10**self.scale)


class Market(Struct, frozen=True):
    """A market and the zone of its key days."""

    id: str
    tz: str
    brand_terms: tuple[str, ...] = ()


class FxRate(Struct, frozen=True):
    """From an instant on, a minor unit is worth ``numerator / denominator`` of the program's minor units."""

    from_: int
    numerator: int
    denominator: int
    text: str


class When(Struct, frozen=True):
    """Conditions of a rule; ``None`` asks for nothing. ``min_order`` is in the program's minor units."""

    market: frozenset[str] | None = None
    channel: frozenset[str] | None = None
    category: frozenset[str] | None = None
    coupon: frozenset[str] | None = None
    key_day: tuple[str, ...] | None = None
    min_order: int | None = None
    new_customer: bool | None = None
    partner_group: frozenset[str] | None = None
    partner_id: frozenset[str] | None = None
    tier: frozenset[str] | None = None


class Cap(Struct, frozen=True):
    """The most that a rule grants one account in a period, in the unit of the rule."""

    period: Literal["day", "week", "month", "lifetime"]
    amount: int
    over: Literal["trim", "reject", "allow_last"]


class Accrual(Struct, frozen=True, kw_only=True):
    """What an order earns: ``rate`` of the basis or ``flat``, never both. ``unit`` is the ledger's."""

    id: str
    to: To
    unit: str
    rate: Ratio | None
    flat: int | None
    basis: Basis
    when: When | None
    priority: int
    exclusive: str | None
    hold_days: int
    expires_days: int | None
    cap: Cap | None
    budget: str | None


class Bonus(Struct, frozen=True, kw_only=True):
    """What an order earns on top: ``base * (multiply - 1)`` or ``flat``. ``on`` empty means always."""

    id: str
    to: To
    unit: str
    on: tuple[str, ...]
    multiply: Ratio | None
    flat: int | None
    when: When | None
    hold_days: int | None
    expires_days: int | None
    cap: Cap | None
    budget: str | None
    #: The stable part of the partners that get it; ``None`` is all of them.
    share: Ratio | None = None


class Budget(Struct, frozen=True):
    """What may be spent in a period, in the program's minor units; ``alerts`` ascend and are shares of it."""

    id: str
    amount: int
    period: Literal["lifetime", "month"]
    alerts: tuple[Ratio, ...]
    over: Literal["trim", "reject"]


class Level(Struct, frozen=True):
    """A tier and what the metric has to reach for it: minor units of revenue, or orders."""

    id: str
    from_: int
    multiply: Ratio


class Tiers(Struct, frozen=True):
    """The tiers of partners. ``window`` is a calendar period or a number of rolling days; levels ascend."""

    metric: Literal["revenue", "orders"]
    window: Literal["month", "quarter", "year"] | int
    levels: tuple[Level, ...]


class Referral(Struct, frozen=True, kw_only=True):
    """What a referral grants, in points; ``min_order`` is in the program's minor units."""

    window_days: int
    min_order: int
    advocate_points: int
    friend_points: int
    key_day_multiply: dict[str, Ratio]
    cap_per_month: int | None
    hold_days: int
    expires_days: int | None


class Goal(Struct, frozen=True, kw_only=True):
    """What is to be reached in a calendar period: minor units of revenue, or a count.

    ``of`` is the group or the partner of the scope; ``None`` sets the goal to each of them.
    """

    id: str
    scope: Literal["program", "group", "partner"]
    of: str | None
    metric: Literal["revenue", "orders", "new_customers"]
    period: Literal["week", "month", "quarter", "year"]
    target: int


class Review(Struct, frozen=True):
    """When the program is looked at: the day of the week (1 is Monday), the month or the quarter."""

    id: str
    cadence: Literal["weekly", "monthly", "quarterly"]
    day: int


class Policy(Struct, frozen=True):
    """What is done when a rule of compliance fires, and how serious that is."""

    action: Action
    severity: Severity


#: How serious a rule is where the file does not say.
SEVERITIES: dict[RuleName, Severity] = {
    "brand_bidding": "high",
    "paid_traffic": "medium",
    "self_referral": "high",
    "click_to_order_time": "medium",
    "click_flooding": "medium",
    "disallowed_referrer": "high",
    "market_not_agreed": "low",
    "reversal_rate": "medium",
    "terms_outdated": "low",
}


class Compliance(Struct, frozen=True, kw_only=True):
    """The terms of a program. ``terms_due`` is a home date as an ordinal, ``hosts`` are ``host_name``s.

    Rules that are not among the ``policies`` are flagged.
    """

    terms_version: str | None = None
    terms_due: int = 0
    policies: dict[RuleName, Policy] = {}
    paid_params: frozenset[str] = PAID_PARAMS
    hosts: frozenset[str] = frozenset()
    min_seconds: int = 5
    max_clicks_per_customer_hour: int = 30
    min_conversion: Ratio = Ratio(5, 4, "0.0005")
    min_clicks: int = 10_000
    max_rate: Ratio = Ratio(4, 1, "0.4")
    min_orders: int = 50

    def policy(self, rule: RuleName) -> Policy:
        """What the file says of a rule, else a flag."""
        return self.policies.get(rule) or Policy("flag", SEVERITIES[rule])


class Program(Struct, frozen=True, kw_only=True):
    """One version of a program. Rules are sorted by id; ``fx`` rates by their start."""

    id: str
    version: int
    effective_from: int
    currency: str
    digits: int
    money_unit: str
    home_tz: str
    rounding: Rounding
    bonus_stacking: Literal["sum", "best"]
    coupon_wins: bool
    lookback_days: int = 30
    attribution: Attribution = "last_click"
    markets: dict[str, Market]
    coupons: dict[str, str]
    fx: dict[str, tuple[FxRate, ...]]
    key_days: tuple[KeyDay, ...]
    accruals: tuple[Accrual, ...]
    bonuses: tuple[Bonus, ...]
    budgets: dict[str, Budget] = {}
    tiers: Tiers | None = None
    referral: Referral | None = None
    goals: tuple[Goal, ...] = ()
    reviews: tuple[Review, ...] = ()
    compliance: Compliance = Compliance()
