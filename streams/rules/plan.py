"""A program version made ready for orders: what would otherwise be worked out for each of them."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Final

from msgspec import Struct

from events.currencies import SCALES
from events.inputs import Line, OrderPlaced
from events.limits import GRANT_MAX
from events.money import Rounding, round_ratio, split
from events.time import DAY_MS
from events.units import POINTS
from schemas.program import Accrual, Bonus, FxRate, Program, Ratio, To
from streams.rules.calendar import MarketCalendar
from streams.rules.home_days import HomeDays, clamp_day, home_days, iso_date
from streams.rules.refunds import ROUNDINGS
from streams.rules.text import decimal_text

#: Program versions that are kept ready in a process.
_MOST_PLANS: Final = 256
#: Pairs of a hold and a home day that are remembered per plan.
_REMEMBERED_HOLDS: Final = 8_192


class RateRule(Struct, frozen=True):
    """An accrual rule with its rate as ``numerator / denominator`` from minor units to the rule's unit."""

    rule: Accrual
    numerator: int
    denominator: int
    #: Digits of ``basis * numerator`` as a decimal in the rule's unit.
    scale: int
    #: What is said about the rate, and about the unit of the result.
    rate_text: str
    unit_text: str
    unit_scale: int
    #: Whether it asks for nothing, and whether its basis is gross.
    always: bool
    of_gross: bool
    #: Whether orders with the same basis in program currency earn the same, and what those seen earn.
    repeats: bool
    memo: dict[int, Any]


class Hold(Struct, frozen=True, gc=False):
    """When a grant becomes available: the home day as ordinal and as date, and how that is explained."""

    day: int
    date: str
    explain: tuple[str, ...]


class Share(Struct, frozen=True, gc=False):
    """A credited partner as the rules see it; ``weights`` are those of all credited partners."""

    partner_id: str
    weights: dict[str, Fraction]
    group: str
    tier: str | None

    def of(self, whole: int) -> int:
        """The partner's part of an amount that is split between all."""
        weights = self.weights
        return whole if len(weights) == 1 else split(whole, weights)[self.partner_id]


class RuleSet(Struct, frozen=True):
    """The rules for one kind of beneficiary, by ascending id."""

    accruals: tuple[RateRule, ...]
    bonuses: tuple[Bonus, ...]
    exclusive: bool
    #: Whether a grant may have to ask somebody: a cap, or a budget.
    limited: bool
    #: On no basis up to this, in program currency, does a grant leave the range of the ledger.
    largest_basis: int


class Day(Struct, frozen=True, gc=False):
    """A span of milliseconds in a market, ``end`` exclusive, in which no day begins or ends: its ordinals."""

    start: int
    end: int
    home_day: int
    market_day: int
    key_days: tuple[str, ...]


class OrderFacts(Struct, gc=False):
    """What the rules look at: an order in program currency, at home and in its market."""

    order: OrderPlaced
    net: int
    gross: int
    #: The rate that was used, ``None`` for orders in program currency.
    fx: FxRate | None
    #: Digits of the order's currency.
    own_digits: int
    home_day: int
    key_days: tuple[str, ...]
    channel: str
    new_customer: bool


class Plan:
    """The rules for customers of one program version, and the days that they count in."""

    __slots__ = (
        "_days",
        "_holds",
        "best_bonus",
        "calendars",
        "customers",
        "home",
        "partners",
        "program",
        "rounding",
        "rounding_index",
        "source",
        "zone_key",
    )

    def __init__(self, program: Program) -> None:
        self.program = program
        self.rounding: Rounding = program.rounding
        self.rounding_index = ROUNDINGS.index(program.rounding)
        self.home: HomeDays = home_days(program.home_tz)
        #: The account that grants come from.
        self.source = f"program:{program.id}"
        self.zone_key = program.home_tz.encode()
        self.calendars = {market: MarketCalendar(program, market) for market in program.markets}
        self.customers = _rule_set(program, "customer")
        self.partners = _rule_set(program, "partner")
        self.best_bonus = program.bonus_stacking == "best"
        self._holds: dict[tuple[int, int], Hold] = {}
        self._days: dict[str, Day] = {}

    def day(self, market: str, at: int) -> Day | None:
        """The day of an instant in a market; ``None`` when the program has no such market."""
        day = self._days.get(market)
        if day is not None and day.start <= at < day.end:
            return day
        calendar = self.calendars.get(market)
        if calendar is None:
            return None
        # Events come in the order of time, nearly: the last day of a market is mostly the one of the next.
        first = at - at % DAY_MS
        last = first + DAY_MS
        edges = [*self.home.midnights(at), *calendar.zone.midnights(at), *calendar.edges(at)]
        day = self._days[market] = Day(
            max((edge for edge in edges if first < edge <= at), default=first),
            min((edge for edge in edges if at < edge < last), default=last),
            self.home.ordinal(at),
            calendar.zone.ordinal(at),
            calendar.key_days_at(at),
        )
        return day

    def hold(self, days: int, home_day: int) -> Hold:
        """What a hold of so many days means for a grant of a home day."""
        key = (days, home_day)
        known = self._holds.get(key)
        if known is None:
            if len(self._holds) >= _REMEMBERED_HOLDS:
                self._holds.clear()
            day = clamp_day(home_day + days)
            explain = (f"hold {days} days from {iso_date(home_day)}",) if days else ()
            known = self._holds[key] = Hold(day, iso_date(day), explain)
        return known

    def fx_rate(self, currency: str, at: int) -> FxRate | None:
        """The rate with the greatest ``from`` ≤ time; ``None`` when there is none."""
        for rate in reversed(self.program.fx.get(currency, ())):
            if rate.from_ <= at:
                return rate
        return None

    def converted(self, amount: int, fx: FxRate | None) -> int:
        """Minor units of the program currency, rounded once."""
        if fx is None:
            return amount
        return round_ratio(amount * fx.numerator, fx.denominator, self.rounding)


#: By program and version.
_plans: dict[tuple[str, int], Plan] = {}


def plan_of(program: Program) -> Plan:
    """A program version made ready, once for all tasks of a process: what one looked up the others know."""
    key = program.id, program.version
    plan = _plans.get(key)
    if plan is None or plan.program is not program:
        if len(_plans) >= _MOST_PLANS:
            _plans.clear()
        plan = _plans[key] = Plan(program)
    return plan


def lines_of(order: OrderPlaced, categories: frozenset[str]) -> list[Line]:
    """The lines of the order that are in one of the categories."""
    return [line for line in order.lines if line.category in categories]


def order_facts(
    plan: Plan,
    order: OrderPlaced,
    home_day: int,
    key_days: tuple[str, ...],
    channel: str,
    *,
    new_customer: bool,
) -> OrderFacts | None:
    """The order as the rules see it; ``None`` when no rate to the program currency is in force."""
    fx, own_digits = None, plan.program.digits
    net, gross, time = order.net, order.gross, order.time
    if order.currency != plan.program.currency:
        fx = plan.fx_rate(order.currency, time)
        if fx is None:
            return None
        net, gross, own_digits = plan.converted(net, fx), plan.converted(gross, fx), SCALES[order.currency]
    return OrderFacts(order, net, gross, fx, own_digits, home_day, key_days, channel, new_customer)


def _largest_basis(accruals: tuple[RateRule, ...], multiplies: list[Ratio]) -> int:
    """Below 0 when flat amounts alone may be too much; all rules are taken to match."""
    multiply = max((one.numerator // one.denominator + 1 for one in multiplies), default=1)
    left = GRANT_MAX // multiply - sum(one.rule.flat or 0 for one in accruals)
    return left // (sum(one.numerator // one.denominator for one in accruals) + len(accruals) + 1)


def _rule_set(program: Program, to: To) -> RuleSet:
    accruals = tuple(_rate_rule(program, rule) for rule in program.accruals if rule.to == to)
    bonuses = tuple(rule for rule in program.bonuses if rule.to == to)
    multiplies = [rule.multiply for rule in bonuses if rule.multiply is not None]
    if to == "partner" and program.tiers is not None:
        multiplies += [level.multiply for level in program.tiers.levels]
    return RuleSet(
        accruals,
        bonuses,
        any(one.rule.exclusive is not None for one in accruals),
        any(one.rule.cap is not None or one.rule.budget is not None for one in accruals)
        or any(rule.cap is not None or rule.budget is not None for rule in bonuses),
        _largest_basis(accruals, multiplies),
    )


def _rate_rule(program: Program, rule: Accrual) -> RateRule:
    rate = rule.rate
    repeats = rule.when is None or (rule.when.category is None and rule.when.key_day is None)
    numerator, scale, text = (0, 0, "0") if rate is None else (rate.numerator, rate.scale, rate.text)
    if rule.unit == POINTS:
        return RateRule(
            rule,
            numerator,
            10 ** (scale + program.digits),
            scale + program.digits,
            f"{text} points per {decimal_text(10**program.digits, program.digits)} {program.currency}",
            POINTS,
            0,
            rule.when is None,
            rule.basis == "gross",
            repeats,
            {},
        )
    return RateRule(
        rule,
        numerator,
        10**scale,
        scale + program.digits,
        text,
        program.currency,
        program.digits,
        rule.when is None,
        rule.basis == "gross",
        repeats,
        {},
    )
