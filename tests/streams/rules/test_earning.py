"""Accruals and bonuses of one order, as (rule, amount) in the order in which they are posted."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from events.currencies import SCALES
from events.inputs import Line, OrderPlaced
from events.time import parse_time
from schemas.program import Level, Ratio
from streams.rules.accrual import Granted, accruals
from streams.rules.attribution import attribute
from streams.rules.bonus import best_of, bonuses, tier_extras
from streams.rules.plan import OrderFacts, Plan, Share
from tests.scenarios.world import program

HEAD = """
[program]
id = "p"
version = 1
effective_from = 2020-01-01T00:00:00Z
currency = "EUR"
home_tz = "Europe/Paris"
{settings}
[markets.FR]
tz = "Europe/Paris"
[markets.DE]
tz = "Europe/Berlin"
[coupons]
LEA10 = "lea"
[fx]
JPY = [{{ from = 2020-01-01T00:00:00Z, rate = "0.0061" }}]
KWD = [{{ from = 2020-01-01T00:00:00Z, rate = "3" }}]
[[key_day]]
use = "black_friday"
[[key_day]]
use = "cyber_monday"
"""
SHOES = (Line("1", "s", "shoes", 1, 4000), Line("2", "h", "hats", 2, 1000), Line("3", "s", "shoes", 1, 500))


def plan(rules: str, settings: str = "") -> Plan:
    return Plan(program(HEAD.format(settings=settings) + rules))


def facts(of: Plan, at: str = "2026-03-01T12:00:00Z", *, new: bool = False, **fields: Any) -> OrderFacts:
    net = fields.pop("net", 10_000)
    fields = {"market": "FR", "currency": "EUR", "gross": net + 2_000} | fields
    order = OrderPlaced(
        source="s", id="e", time=parse_time(at), program="p", order_id="o", customer_id="c",
        subtotal=net, net=net, **fields,
    )  # fmt: skip
    fx = None if order.currency == "EUR" else of.fx_rate(order.currency, order.time)
    return OrderFacts(
        order,
        of.converted(order.net, fx),
        of.converted(order.gross, fx),
        fx,
        SCALES[order.currency],
        of.home.ordinal(order.time),
        of.calendars[order.market].key_days_at(order.time),
        order.channel or ("partner" if attribute(of.program, order, ()).weights else "direct"),
        new,
    )


def earned(of: Plan, order: OrderFacts) -> list[tuple[str, int]]:
    granted = accruals(of, order)
    extra = bonuses(of, order, granted)
    return [(one.rule, one.amount) for one in granted + (best_of(extra) if of.best_bonus else extra)]


def rule(id_: str, more: str, unit: str = "money") -> str:
    return f'[[accrual]]\nid = "{id_}"\nto = "customer"\nunit = "{unit}"\n{more}\n'


def bonus(id_: str, more: str, unit: str = "money") -> str:
    return f'[[bonus]]\nid = "{id_}"\nto = "customer"\nunit = "{unit}"\n{more}\n'


def when(condition: str) -> Plan:
    return plan(rule("r", f'rate = "0.1"\nwhen = {{ {condition} }}'))


@pytest.mark.parametrize(
    ("rounding", "net", "amount"),
    [
        ("half_even", 12_990, 650),
        ("half_even", 12_970, 648),
        ("half_even", 12_950, 648),
        ("half_up", 12_970, 649),
        ("half_up", 12_989, 649),
        ("down", 12_999, 649),
    ],
)
def test_a_rate_is_rounded_once(rounding: str, net: int, amount: int) -> None:
    of = plan(rule("r", 'rate = "0.05"'), f'rounding = "{rounding}"')

    assert earned(of, facts(of, net=net)) == [("r", amount)]


@pytest.mark.parametrize(
    ("more", "unit", "amount"),
    [
        ('rate = "0.05"', "money", 500),
        ('rate = "0.05"\nbasis = "gross"', "money", 600),
        ('flat = "2.50"', "money", 250),
        ('rate = "1.5"', "points", 150),
        ('flat = "25"', "points", 25),
    ],
)
def test_what_a_rule_grants(more: str, unit: str, amount: int) -> None:
    of = plan(rule("r", more, unit))

    assert earned(of, facts(of)) == [("r", amount)]


@pytest.mark.parametrize(
    ("currency", "net", "points"),
    [("JPY", 10_000, 61), ("KWD", 10_000, 30), ("EUR", 10_000, 100)],
)
def test_points_are_per_unit_of_program_currency(currency: str, net: int, points: int) -> None:
    of = plan(rule("r", 'rate = "1"', "points"))

    assert earned(of, facts(of, currency=currency, net=net)) == [("r", points)]


@pytest.mark.parametrize(
    ("condition", "fitting", "other"),
    [
        ('market = ["FR"]', {}, {"market": "DE"}),
        ('channel = ["app"]', {"channel": "app"}, {}),
        ('channel = ["direct"]', {}, {"channel": "app"}),
        ('channel = ["partner"]', {"partner_id": "lea"}, {}),
        ('channel = ["partner"]', {"coupons": ("X", "LEA10")}, {"coupons": ("lea10",)}),
        ('min_order = "100.00"', {"net": 10_000}, {"net": 9_999}),
        ("new_customer = true", {"new": True}, {}),
        ("new_customer = false", {}, {"new": True}),
        ('coupon = ["A", "B"]', {"coupons": ("X", "B")}, {"coupons": ("b",)}),
        ('key_day = ["black_friday"]', {"at": "2026-11-27T12:00:00Z"}, {"at": "2026-11-30T12:00:00Z"}),
        ('category = ["hats", "bags"]', {"lines": SHOES}, {"lines": SHOES[:1]}),
    ],
)
def test_conditions(condition: str, fitting: dict[str, Any], other: dict[str, Any]) -> None:
    of = when(condition)

    assert [name for name, _ in earned(of, facts(of, **fitting))] == ["r"]
    assert earned(of, facts(of, **other)) == []


def test_the_basis_of_a_category_is_its_lines() -> None:
    of = when('category = ["shoes"], min_order = "100.00"')

    assert earned(of, facts(of, lines=SHOES)) == [("r", 450)]
    assert earned(of, facts(of, lines=SHOES, net=9_999)) == []


def test_min_order_of_a_gross_rule_is_compared_with_gross() -> None:
    of = plan(rule("r", 'rate = "0.1"\nbasis = "gross"\nwhen = { min_order = "100.00" }'))

    assert earned(of, facts(of, net=8_000)) == [("r", 1_000)]
    assert earned(of, facts(of, net=7_999)) == []


def test_of_exclusive_rules_the_highest_priority_stays_over_all_units() -> None:
    of = plan(
        rule("c", 'flat = "3.00"\nexclusive = "x"\npriority = 2')
        + rule("b", 'flat = "2"\nexclusive = "x"\npriority = 2', "points")
        + rule("a", 'flat = "1.00"\nexclusive = "x"\npriority = 1')
        + rule("d", 'flat = "4.00"\nexclusive = "y"\npriority = -1')
        + rule("e", 'flat = "5.00"')
    )

    assert earned(of, facts(of)) == [("b", 2), ("d", 400), ("e", 500)]


def test_an_exclusive_winner_wins_after_its_conditions_and_also_with_nothing() -> None:
    of = plan(
        rule("big", 'flat = "9.00"\nexclusive = "x"\npriority = 9\nwhen = { market = ["DE"] }')
        + rule("none", 'rate = "0"\nexclusive = "x"\npriority = 5')
        + rule("small", 'flat = "1.00"\nexclusive = "x"')
    )

    assert earned(of, facts(of)) == []
    assert earned(of, facts(of, market="DE")) == [("big", 900)]


def test_rules_are_posted_by_ascending_id_accruals_first() -> None:
    of = plan(bonus("a", 'flat = "1.00"') + rule("z", 'flat = "2.00"') + rule("b", 'flat = "3.00"'))

    assert earned(of, facts(of)) == [("b", 300), ("z", 200), ("a", 100)]


def test_a_bonus_multiplies_the_base_of_its_unit_on_its_key_days() -> None:
    of = plan(
        rule("cash", 'rate = "0.01"')
        + rule("more", 'flat = "0.50"')
        + rule("points", 'rate = "1"', "points")
        + bonus("x", 'multiply = "2.5"\non = ["cyber_monday", "black_friday"]')
    )
    on_the_day = facts(of, at="2026-11-27T12:00:00Z")

    assert earned(of, on_the_day) == [("cash", 100), ("more", 50), ("points", 100), ("x", 225)]
    assert [name for name, _ in earned(of, facts(of))] == ["cash", "more", "points"]
    assert bonuses(of, on_the_day, accruals(of, on_the_day))[0].key_day == "black_friday"


def test_a_flat_bonus_needs_no_base() -> None:
    of = plan(bonus("x", 'flat = "1.00"\nwhen = { category = ["hats"] }'))

    assert earned(of, facts(of, lines=SHOES)) == [("x", 100)]
    assert earned(of, facts(of)) == []


def test_the_best_bonus_of_each_unit_stays() -> None:
    rules = (
        rule("cash", 'rate = "0.10"')
        + rule("points", 'rate = "1"', "points")
        + bonus("small", 'flat = "1.00"')
        + bonus("b-large", 'flat = "10.00"')
        + bonus("a-large", 'multiply = "2"')
        + bonus("p", 'flat = "5"', "points")
    )
    best, all_ = plan(rules, 'bonus_stacking = "best"'), plan(rules)

    assert earned(best, facts(best)) == [("cash", 1000), ("points", 100), ("a-large", 1000), ("p", 5)]
    assert len(earned(all_, facts(all_))) == 6


def holds_of(of: Plan) -> list[tuple[str, int]]:
    granted = accruals(of, facts(of))
    every: list[Granted] = granted + bonuses(of, facts(of), granted)
    return [(one.rule, one.hold_days) for one in every]


def test_a_bonus_without_hold_days_takes_the_longest_of_the_accruals_posted_in_its_unit() -> None:
    of = plan(
        rule("a", 'flat = "1.00"\nhold_days = 10')
        + rule("b", 'flat = "1.00"')
        + rule("nothing", 'rate = "0"\nhold_days = 90')
        + rule("points", 'flat = "1"\nhold_days = 60', "points")
        + bonus("own", 'flat = "1.00"\nhold_days = 3')
        + bonus("taken", 'multiply = "2"')
    )

    assert holds_of(of) == [("a", 10), ("b", 0), ("points", 60), ("own", 3), ("taken", 10)]


def test_a_bonus_alone_is_not_held() -> None:
    of = plan(bonus("alone", 'flat = "1.00"'))

    assert holds_of(of) == [("alone", 0)]


def test_rules_for_partners_grant_customers_nothing() -> None:
    of = plan('[[accrual]]\nid = "r"\nto = "partner"\nunit = "money"\nrate = "0.1"\n')

    assert earned(of, facts(of)) == []


def test_an_explanation_names_the_numbers() -> None:
    of = plan(rule("r", 'rate = "0.05"') + bonus("x", 'multiply = "2"\non = ["black_friday"]'))
    order = facts(of, at="2026-11-27T12:00:00Z", currency="JPY", net=21_295)
    granted = accruals(of, order)

    assert granted[0].explain == (
        "net 21295 JPY * 0.0061 = net 129.90 EUR * 0.05 = 6.4950",
        "rounded half_even to 6.50 EUR",
    )
    assert bonuses(of, order, granted)[0].explain == (
        "black_friday in FR",
        "6.50 * (2 - 1) = 6.50, rounded half_even to 6.50 EUR",
    )


BLACK_FRIDAY, CYBER_MONDAY = "2026-11-27T12:00:00Z", "2026-11-30T12:00:00Z"
SILVER = Level("silver", 0, Ratio(15, 1, "1.5"))


def partner(rules: str, settings: str = "") -> Plan:
    """The rules of a customer as those of partners."""
    return plan(rules.replace('to = "customer"', 'to = "partner"'), settings)


def lea(weight: Fraction = Fraction(1), group: str = "content") -> Share:
    """Lea's share of an order whose rest is Max's."""
    weights = {"lea": weight} | ({} if weight == 1 else {"max": 1 - weight})
    return Share("lea", weights, group, None)


def explained(granted: list[Granted]) -> list[tuple[str, ...]]:
    return [one.explain for one in granted]


def test_a_rule_says_what_it_looked_at() -> None:
    of = plan(
        rule("a", 'rate = "0.1"\nbasis = "gross"')
        + rule("b", 'rate = "0.1"\nwhen = { category = ["shoes", "hats"] }')
        + rule("c", 'rate = "1.5"', "points")
        + rule("d", 'flat = "2.50"')
        + rule("e", 'flat = "25"', "points")
    )

    assert explained(accruals(of, facts(of, lines=SHOES))) == [
        ("gross 120.00 EUR * 0.1 = 12.000", "rounded half_even to 12.00 EUR"),
        ("lines hats, shoes 55.00 EUR * 0.1 = 5.500", "rounded half_even to 5.50 EUR"),
        ("net 100.00 EUR * 1.5 points per 1.00 EUR = 150.000", "rounded half_even to 150 points"),
        ("flat 2.50 EUR",),
        ("flat 25 points",),
    ]


def test_a_partner_earns_on_its_share_and_is_told_which() -> None:
    of = partner(rule("r", 'rate = "0.1"'))
    (granted,) = accruals(of, facts(of, net=10_001), lea(Fraction(4, 5)))

    assert granted.amount == 800
    assert granted.explain == (
        "4/5 of net 100.01 EUR is 80.01 EUR; 80.01 EUR * 0.1 = 8.001",
        "rounded half_even to 8.00 EUR",
    )


def test_orders_of_the_same_worth_are_each_explained_in_their_own_currency() -> None:
    of = plan(rule("r", 'rate = "0.1"'))
    orders = [("EUR", 12_990), ("JPY", 21_295), ("KWD", 43_300)]
    granted = [accruals(of, facts(of, currency=currency, net=net))[0] for currency, net in orders]

    assert [one.amount for one in granted] == [1_299] * 3
    assert [one.explain[0] for one in granted] == [
        "net 129.90 EUR * 0.1 = 12.990",
        "net 21295 JPY * 0.0061 = net 129.90 EUR * 0.1 = 12.990",
        "net 43.300 KWD * 3 = net 129.90 EUR * 0.1 = 12.990",
    ]


def test_an_order_does_not_earn_what_another_with_the_same_net_did() -> None:
    of = plan(
        rule("a", 'rate = "0.1"\nwhen = { category = ["hats"] }')
        + rule("b", 'rate = "1"\nbasis = "gross"', "points")
        + rule("c", 'rate = "0.1"\nwhen = { key_day = ["black_friday", "cyber_monday"] }')
    )
    plain = facts(of, gross=12_000, lines=SHOES)

    assert earned(of, plain) == [("a", 100), ("b", 120)]
    assert earned(of, facts(of, gross=13_000, lines=SHOES[:1])) == [("b", 130)]
    assert earned(of, facts(of, gross=12_000, lines=SHOES[1:2] * 2)) == [("a", 200), ("b", 120)]
    for at, key_day in ((BLACK_FRIDAY, "black_friday"), (CYBER_MONDAY, "cyber_monday")):
        assert accruals(of, facts(of, at=at, gross=12_000))[-1].key_day == key_day


def test_min_order_of_points_on_gross_is_compared_with_gross() -> None:
    of = plan(rule("r", 'rate = "1"\nbasis = "gross"\nwhen = { min_order = "100.00" }', "points"))

    assert earned(of, facts(of, net=8_000)) == [("r", 100)]
    assert earned(of, facts(of, net=7_999)) == []


def test_exclusive_rules_do_not_touch_those_before_them() -> None:
    of = plan(
        rule("a", 'flat = "1.00"')
        + rule("b", 'flat = "2.00"\nexclusive = "x"')
        + rule("c", 'flat = "3.00"\nexclusive = "x"\npriority = 1')
    )

    assert earned(of, facts(of)) == [("a", 100), ("c", 300)]


def test_a_key_day_of_a_rule_is_the_first_that_it_asks_for() -> None:
    of = plan(
        rule("a", 'flat = "1.00"')
        + rule("b", 'flat = "1.00"\nwhen = { key_day = ["cyber_monday", "black_friday"] }')
        + rule("c", 'flat = "1.00"\nwhen = { market = ["FR"] }')
    )

    granted = accruals(of, facts(of, at=BLACK_FRIDAY))
    assert [(one.rule, one.key_day) for one in granted] == [("a", None), ("b", "black_friday"), ("c", None)]


@pytest.mark.parametrize("other", ["2026-03-01T12:00:00Z", CYBER_MONDAY])
def test_a_bonus_of_another_day_does_not_stop_those_after_it(other: str) -> None:
    of = plan(bonus("a", 'flat = "1.00"\non = ["black_friday"]') + bonus("b", 'flat = "2.00"'))

    assert earned(of, facts(of, at=other)) == [("b", 200)]
    assert earned(of, facts(of, at=BLACK_FRIDAY)) == [("a", 100), ("b", 200)]


def test_a_bonus_that_does_not_match_does_not_stop_those_after_it() -> None:
    of = plan(bonus("a", 'flat = "1.00"\nwhen = { market = ["DE"] }') + bonus("b", 'flat = "2.00"'))

    assert earned(of, facts(of)) == [("b", 200)]


def test_a_bonus_asks_for_the_group_of_a_partner() -> None:
    of = partner(bonus("x", 'flat = "1.00"\nwhen = { partner_group = ["content"] }'))

    assert [one.rule for one in bonuses(of, facts(of), [], lea())] == ["x"]
    assert bonuses(of, facts(of), [], lea(group="coupon")) == []


def test_a_flat_bonus_of_nothing_is_not_granted() -> None:
    of = plan(bonus("x", 'flat = "0.00"'))

    assert earned(of, facts(of)) == []


@pytest.mark.parametrize(("rounding", "amount"), [("half_even", 2), ("half_up", 3), ("down", 2)])
def test_extras_are_rounded_as_the_program_says(rounding: str, amount: int) -> None:
    of = partner(rule("r", 'flat = "0.05"') + bonus("x", 'multiply = "1.5"'), f'rounding = "{rounding}"')
    accrued = accruals(of, facts(of), lea())

    assert [one.amount for one in bonuses(of, facts(of), accrued, lea())] == [amount]
    assert [one.amount for one in tier_extras(of, SILVER, accrued)] == [amount]


def test_extras_say_what_was_multiplied_in_their_unit() -> None:
    of = partner(
        rule("a", 'flat = "2.50"')
        + rule("b", 'flat = "25"', "points")
        + bonus("c", 'multiply = "1.5"')
        + bonus("d", 'multiply = "1.5"', "points")
        + bonus("e", 'flat = "1.00"')
        + bonus("f", 'flat = "7"', "points")
    )
    accrued = accruals(of, facts(of), lea())
    money, points = (
        "2.50 * (1.5 - 1) = 1.250, rounded half_even to 1.25 EUR",
        "25 * (1.5 - 1) = 12.5, rounded half_even to 12 points",
    )

    assert explained(bonuses(of, facts(of), accrued, lea())) == [
        (money,),
        (points,),
        ("flat 1.00 EUR",),
        ("flat 7 points",),
    ]
    assert [(one.rule, one.amount, one.explain) for one in tier_extras(of, SILVER, accrued)] == [
        ("tier", 125, ("tier silver", money)),
        ("tier-points", 12, ("tier silver", points)),
    ]


@pytest.mark.parametrize(
    ("expiries", "taken"),
    [((10, 365, 30), 365), ((10, None, 365), None), ((0,), 0), ((), None)],
)
def test_extras_last_as_long_as_the_longest_accrual_of_their_unit(
    expiries: tuple[int | None, ...], taken: int | None
) -> None:
    rules = "".join(
        rule(f"r{n}", 'flat = "1.00"' + ("" if days is None else f"\nexpires_days = {days}"))
        for n, days in enumerate(expiries)
    )
    of = partner(rules + bonus("own", 'flat = "1.00"\nexpires_days = 3') + bonus("taken", 'flat = "1.00"'))
    accrued = accruals(of, facts(of), lea())

    found = {one.rule: one.expires_days for one in bonuses(of, facts(of), accrued, lea())}
    assert found == {"own": 3, "taken": taken}
    assert [one.expires_days for one in tier_extras(of, SILVER, accrued)] == [taken] * bool(expiries)


def test_a_partner_without_a_level_and_one_that_multiplies_by_1_get_no_extra() -> None:
    of = partner(rule("a", 'flat = "2.50"'))
    accrued = accruals(of, facts(of), lea())

    assert tier_extras(of, None, accrued) == []
    assert tier_extras(of, Level("bronze", 0, Ratio(10, 1, "1.0")), accrued) == []
