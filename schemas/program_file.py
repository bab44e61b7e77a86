"""Program files, TOML or the same content as JSON, into the model; every error at once, with path and line.

What is valid and suspicious is named in the warnings.
"""

from __future__ import annotations

import json
import tomllib
from datetime import date, time
from decimal import Decimal
from math import gcd
from typing import Any, Final, Literal, cast, get_args

from msgspec import Struct

from events.currencies import SCALES
from events.money import Rounding
from events.units import POINTS
from schemas.key_day_table import read_key_days, warn_of_missing_dates
from schemas.key_days import KeyDay
from schemas.program import (
    Accrual,
    Attribution,
    Basis,
    Bonus,
    Budget,
    Cap,
    FxRate,
    Market,
    Program,
    ProgramError,
    Ratio,
    Tiers,
    To,
    When,
)
from schemas.program_compliance import read_compliance
from schemas.program_goals import read_goals, read_reviews
from schemas.program_lint import suspicions
from schemas.program_partners import MOST_COUNT, MOST_DAYS, read_budgets, read_referral, read_tiers
from schemas.program_table import Problems, Table
from schemas.toml_lines import key_lines

#: Rule ids that the ledger uses itself.
_RESERVED_RULES: Final = ("tier", "tier-points", "referral")


class Parsed(Struct, frozen=True):
    """``program`` is None exactly when there are errors; warnings are about suspicious or unused parts."""

    program: Program | None
    errors: tuple[ProgramError, ...] = ()
    warnings: tuple[ProgramError, ...] = ()


def parse_toml(text: str) -> Parsed:
    """A program file."""
    try:
        content = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        return _unreadable(f"is no TOML: {error}")
    except (ValueError, ArithmeticError, RecursionError) as error:
        return _unreadable(f"cannot be read: {error}")
    return _parse(content, key_lines(text))


def parse_json(text: bytes | str) -> Parsed:
    """The content of a program file as JSON, as it travels on the topic ``programs``.

    As in all events, fields that are not known are ignored, and named in the warnings.
    """
    try:
        content = json.loads(text, parse_float=Decimal)
    except (ValueError, ArithmeticError, RecursionError) as error:
        return _unreadable(f"is no JSON: {error}")
    return _parse(content, {}, lenient=True)


def to_json(content: Any) -> Any:
    """What a TOML document is as JSON: times and dates as text, decimals as text with all their digits."""
    match content:
        case dict():
            return {key: to_json(value) for key, value in content.items()}
        case list():
            return [to_json(value) for value in content]
        case Decimal():
            return str(content)
        case date() | time():  # a datetime is a date
            return content.isoformat()
        case _:
            return content


def _unreadable(message: str) -> Parsed:
    return Parsed(None, (ProgramError("", 0, message),))


def _parse(content: object, lines: dict[str, int], *, lenient: bool = False) -> Parsed:
    problems = Problems(lines, lenient=lenient)
    program = _Reader(problems).program(Table(content, "", problems))
    if problems.errors:
        return Parsed(None, tuple(problems.errors), tuple(problems.warnings))
    for path, message in suspicions(program, cast("dict[str, Any]", content)):
        problems.warn(path, message)
    return Parsed(program, (), tuple(problems.warnings))


class _Reader:
    """Reads one file; what rules refer to (currency, markets, key days, budgets) is read before the rules."""

    def __init__(self, problems: Problems) -> None:
        self._problems = problems
        self._currency = "EUR"
        self._digits = 2
        self._money_unit = "EUR/2"
        self._markets: dict[str, Market] = {}
        self._key_days: tuple[KeyDay, ...] = ()
        self._budgets: dict[str, Budget] = {}
        self._tiers: Tiers | None = None
        self._rule_ids: set[str] = set()

    def program(self, top: Table) -> Program:
        top.maybe_text("$schema")
        head = top.table("program") or Table({}, "program", self._problems)
        self._currency = head.text("currency")
        if self._currency and self._currency not in SCALES:
            head.wrong("currency", f"{self._currency} is no ISO 4217 currency")
        self._digits = SCALES.get(self._currency, 2)
        self._money_unit = f"{self._currency}/{self._digits}"
        self._markets = self._read_markets(top)
        self._key_days = read_key_days(top, self._markets)
        self._budgets = read_budgets(top, self._digits)
        self._tiers = read_tiers(top, self._digits)
        effective_from, home_tz = head.instant("effective_from"), head.zone("home_tz")
        program = Program(
            id=head.text("id"),
            version=head.whole("version", 1, 1, MOST_COUNT),
            effective_from=effective_from,
            currency=self._currency,
            digits=self._digits,
            money_unit=self._money_unit,
            home_tz=home_tz,
            rounding=cast(
                "Rounding", head.choice("rounding", ("half_even", "half_up", "down"), default="half_even")
            ),
            bonus_stacking=cast(
                "Literal['sum', 'best']", head.choice("bonus_stacking", ("sum", "best"), default="sum")
            ),
            coupon_wins=head.flag("coupon_wins", default=True),
            lookback_days=head.whole("lookback_days", 30, 1, MOST_DAYS),
            attribution=cast(
                "Attribution", head.choice("attribution", get_args(Attribution), default="last_click")
            ),
            markets=self._markets,
            coupons=self._read_coupons(top),
            fx=self._read_fx(top),
            key_days=self._key_days,
            accruals=tuple(sorted(map(self._accrual, top.tables("accrual")), key=lambda rule: rule.id)),
            bonuses=tuple(sorted(map(self._bonus, top.tables("bonus")), key=lambda rule: rule.id)),
            budgets=self._budgets,
            tiers=self._tiers,
            referral=read_referral(top, self._digits, [entry.id for entry in self._key_days]),
            goals=read_goals(top, self._digits),
            reviews=read_reviews(top),
            compliance=read_compliance(top, home_tz, effective_from),
        )
        head.done()
        top.done()
        warn_of_missing_dates(program, self._problems)
        return program

    def _read_markets(self, top: Table) -> dict[str, Market]:
        markets = top.table("markets")
        if markets is None:
            top.wrong("markets", "is missing: a program needs a market, as [markets.FR]")
            return {}
        found = {}
        for key in markets.entries():
            market = cast("Table", markets.table(key))
            found[key] = Market(key, market.zone("tz"), market.texts("brand_terms") or ())
            market.done()
        return found

    def _read_coupons(self, top: Table) -> dict[str, str]:
        coupons = top.table("coupons")
        return {} if coupons is None else {code: coupons.text(code) for code in coupons.entries()}

    def _read_fx(self, top: Table) -> dict[str, tuple[FxRate, ...]]:
        fx = top.table("fx")
        if fx is None:
            return {}
        found = {}
        for currency in fx.entries():
            if currency not in SCALES:
                fx.wrong(currency, "is no ISO 4217 currency")
            elif currency == self._currency:
                fx.wrong(currency, "is the program's own currency")
            rates = [self._fx_rate(rate, SCALES.get(currency, 2)) for rate in fx.tables(currency)]
            rates.sort(key=lambda rate: rate.from_)
            if len({rate.from_ for rate in rates}) < len(rates):
                fx.wrong(currency, "has two rates with the same from")
            found[currency] = tuple(rates)
        return found

    def _fx_rate(self, table: Table, digits: int) -> FxRate:
        has_rate = table.has("rate")
        from_, rate = table.instant("from"), table.ratio("rate")
        table.done()
        if rate is None or rate.numerator == 0:
            if rate is not None or not has_rate:
                table.wrong("rate", "must be a decimal above 0")
            return FxRate(from_, 1, 1, "1")
        above = int(rate.numerator * 10**self._digits)
        below = int(rate.denominator * 10**digits)
        common = gcd(above, below)
        return FxRate(from_, above // common, below // common, rate.text)

    def _accrual(self, table: Table) -> Accrual:
        to = self._to(table)
        unit = table.choice("unit", ("money", POINTS))
        rate, flat = self._either(table, "rate", unit)
        basis = cast("Basis", table.choice("basis", ("net", "gross"), default="net"))
        rule = Accrual(
            id=self._rule_id(table),
            to=to,
            unit=self._ledger_unit(unit),
            rate=rate,
            flat=flat,
            basis=basis,
            when=self._when(table, to),
            priority=table.whole("priority", 0, -MOST_COUNT, MOST_COUNT),
            exclusive=table.maybe_text("exclusive"),
            hold_days=table.whole("hold_days", 0, 0, MOST_DAYS),
            expires_days=table.maybe_whole("expires_days", 0, MOST_DAYS),
            cap=self._cap(table, unit),
            budget=self._budget(table, unit),
        )
        table.done()
        return rule

    def _bonus(self, table: Table) -> Bonus:
        to = self._to(table)
        unit = table.choice("unit", ("money", POINTS))
        multiply, flat = self._either(table, "multiply", unit)
        if multiply is not None and multiply.numerator < multiply.denominator:
            table.wrong("multiply", "must be 1 or more")
        rule = Bonus(
            id=self._rule_id(table),
            to=to,
            unit=self._ledger_unit(unit),
            on=self._key_day_ids(table, "on") or (),
            multiply=multiply,
            flat=flat,
            when=self._when(table, to),
            hold_days=table.maybe_whole("hold_days", 0, MOST_DAYS),
            expires_days=table.maybe_whole("expires_days", 0, MOST_DAYS),
            cap=self._cap(table, unit),
            budget=self._budget(table, unit),
            share=self._share(table, to),
        )
        table.done()
        return rule

    def _share(self, table: Table, to: To) -> Ratio | None:
        share = table.ratio("share")
        if share is not None and not 0 < share.numerator <= share.denominator:
            table.wrong("share", "must be above 0 and up to 1, as 0.5")
        if share is not None and to == "customer":
            table.wrong("share", "is of partners: a bonus for customers runs for all of them")
        return share

    def _to(self, table: Table) -> To:
        return cast("To", table.choice("to", ("partner", "customer")))

    def _ledger_unit(self, unit: str) -> str:
        return POINTS if unit == POINTS else self._money_unit

    def _rule_id(self, table: Table) -> str:
        rule = table.text("id")
        if rule in self._rule_ids:
            table.wrong("id", f"{rule} is declared twice")
        if rule in _RESERVED_RULES or "~" in rule:
            table.wrong("id", "must not be " + ", ".join(_RESERVED_RULES) + " and must not hold ~")
        self._rule_ids.add(rule)
        return rule

    def _either(self, table: Table, key: str, unit: str) -> tuple[Ratio | None, int | None]:
        if table.has(key) == table.has("flat"):
            table.wrong(key, f"a rule has either {key} or flat")
            table.raw(key)
            table.raw("flat")
            return None, 0
        return table.ratio(key), table.amount("flat", 0 if unit == POINTS else self._digits)

    def _cap(self, table: Table, unit: str) -> Cap | None:
        cap = table.table("cap")
        if cap is None:
            return None
        period: Any = cap.choice("period", ("day", "week", "month", "lifetime"))
        amount = cap.needed_amount("amount", 0 if unit == POINTS else self._digits)
        over: Any = cap.choice("over", ("trim", "reject", "allow_last"), default="trim")
        cap.done()
        return Cap(period, amount, over)

    def _budget(self, table: Table, unit: str) -> str | None:
        budget = table.maybe_text("budget")
        if budget is not None and unit == POINTS:
            table.wrong("budget", "is money: a points rule cannot draw on one")
        elif budget is not None and budget not in self._budgets:
            table.wrong("budget", f"{budget} is not declared")
        return budget

    def _when(self, table: Table, to: To) -> When | None:
        when = table.table("when")
        if when is None:
            return None
        partner_only = [key for key in ("partner_group", "partner_id", "tier") if when.has(key)]
        if to == "customer" and partner_only:
            when.wrong(partner_only[0], "never holds for customers")
        found = When(
            market=self._market_ids(when, "market"),
            channel=_set(when.texts("channel")),
            category=_set(when.texts("category")),
            coupon=_set(when.texts("coupon")),
            key_day=self._key_day_ids(when, "key_day"),
            min_order=when.amount("min_order", self._digits),
            new_customer=when.maybe_flag("new_customer"),
            partner_group=_set(when.texts("partner_group")),
            partner_id=_set(when.texts("partner_id")),
            tier=self._level_ids(when, "tier") if to == "partner" else _set(when.texts("tier")),
        )
        when.done()
        return None if found == When() else found

    def _market_ids(self, table: Table, key: str) -> frozenset[str] | None:
        markets = table.texts(key)
        for market in markets or ():
            if market not in self._markets:
                table.wrong(key, f"market {market} is not declared")
        return _set(markets)

    def _level_ids(self, table: Table, key: str) -> frozenset[str] | None:
        names = table.texts(key)
        levels = {level.id for level in self._tiers.levels} if self._tiers else set()
        for name in names or ():
            if name not in levels:
                self._problems.warn(table.at(key), f"level {name} is not declared in [tiers]: it never holds")
        return _set(names)

    def _key_day_ids(self, table: Table, key: str) -> tuple[str, ...] | None:
        names = table.texts(key)
        for name in names or ():
            if not any(name == entry.id for entry in self._key_days):
                table.wrong(key, f"key day {name} is not declared")
        return names


def _set(values: tuple[str, ...] | None) -> frozenset[str] | None:
    return None if values is None else frozenset(values)
