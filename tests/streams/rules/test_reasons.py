"""Why a rule granted nothing: the first condition that fails, with what is asked and what is so."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.inputs import Line, OrderPlaced
from schemas.program import When
from streams.rules.accrual import accruals
from streams.rules.bonus import bonuses
from streams.rules.conditions import holds
from streams.rules.plan import OrderFacts, Share
from streams.rules.reasons import Unmet, first_unmet, why_not
from tests.streams.rules.test_earning import bonus, facts, plan, rule

NAMES = ("a", "b", "c")


def order_facts(**fields: Any) -> OrderFacts:
    known = {
        "market": "a", "coupons": ("a",), "categories": ("a",), "net": 1000, "channel": "a",
        "key_days": ("a",), "new_customer": False,
    } | fields  # fmt: skip
    order = OrderPlaced(
        source="s", id="e", time=0, program="p", order_id="o", customer_id="c", currency="EUR",
        subtotal=known["net"], net=known["net"], gross=known["net"], market=known["market"],
        coupons=known["coupons"],
        lines=tuple(Line(str(n), "s", name, 1, 100) for n, name in enumerate(known["categories"])),
    )  # fmt: skip
    return OrderFacts(
        order, order.net, order.gross, None, 2, 1, known["key_days"], known["channel"], known["new_customer"]
    )


def share(group: str = "a", partner: str = "a", tier: str | None = "a") -> Share:
    return Share(partner, {partner: Fraction(1)}, group, tier)


@pytest.mark.parametrize(
    ("when", "condition", "asked", "actual"),
    [
        (When(min_order=1001), "min_order", 1001, 1000),
        (When(market=frozenset("cb")), "market", ("b", "c"), ("a",)),
        (When(channel=frozenset("b")), "channel", ("b",), ("a",)),
        (When(new_customer=True), "new_customer", True, False),
        (When(coupon=frozenset("b")), "coupon", ("b",), ("a",)),
        (When(category=frozenset("b")), "category", ("b",), ("a",)),
        (When(key_day=("c", "b")), "key_day", ("c", "b"), ("a",)),
        (When(partner_group=frozenset("b")), "partner_group", ("b",), ("a",)),
        (When(partner_id=frozenset("b")), "partner_id", ("b",), ("a",)),
        (When(tier=frozenset("b")), "tier", ("b",), ("a",)),
    ],
)
def test_every_condition_says_what_it_asks_for_and_what_is_so(
    when: When, condition: str, asked: Any, actual: Any
) -> None:
    assert first_unmet(when, order_facts(), 1000, share()) == Unmet(condition, asked, actual)


def test_the_first_condition_that_fails_is_named() -> None:
    when = When(min_order=1000, market=frozenset("b"), tier=frozenset("b"))

    assert first_unmet(when, order_facts(), 1000, share()) == Unmet("market", ("b",), ("a",))


def test_a_minimum_that_is_exceeded_is_no_reason() -> None:
    when = When(min_order=999, market=frozenset("b"))

    assert first_unmet(when, order_facts(), 1000, share()) == Unmet("market", ("b",), ("a",))


def test_what_a_customer_lacks_is_nothing() -> None:
    assert first_unmet(When(partner_group=frozenset("a")), order_facts(), 1000) == Unmet(
        "partner_group", ("a",), ()
    )
    assert first_unmet(When(tier=frozenset("a")), order_facts(), 1000, share(tier=None)) == Unmet(
        "tier", ("a",), ()
    )


sets = st.none() | st.frozensets(st.sampled_from(NAMES), min_size=1)
lists = st.lists(st.sampled_from(NAMES), unique=True).map(tuple)
name = st.sampled_from(NAMES)


@given(
    st.builds(
        When,
        market=sets, channel=sets, category=sets, coupon=sets, key_day=st.none() | lists.filter(bool),
        min_order=st.none() | st.sampled_from([999, 1000, 1001]), new_customer=st.none() | st.booleans(),
        partner_group=sets, partner_id=sets, tier=sets,
    ),
    st.builds(
        order_facts,
        market=name, coupons=lists, categories=lists, channel=name, key_days=lists, new_customer=st.booleans(),
    ),
    st.none() | st.builds(share, name, name, st.none() | name),
)  # fmt: skip
def test_there_is_a_reason_exactly_when_the_conditions_do_not_hold(
    when: When, order: OrderFacts, partner: Share | None
) -> None:
    assert (first_unmet(when, order, 1000, partner) is None) == holds(when, order, 1000, partner)


def reasons(
    rules: str, granted: dict[str, int], settings: str = "", partner: Share | None = None, **fields: Any
) -> list[tuple[Any, ...]]:
    """Of rules for customers, or of the same for a partner."""
    of = plan(rules if partner is None else rules.replace('to = "customer"', 'to = "partner"'), settings)
    found = why_not(of, facts(of, **fields), granted, partner)
    return [(one.rule.id, one.why, one.winner if one.unmet is None else one.unmet.condition) for one in found]


def test_a_rule_that_another_one_beats_names_the_winner() -> None:
    rules = rule("high", 'rate = "1"\nexclusive = "x"\npriority = 2') + rule(
        "low", 'rate = "2"\nexclusive = "x"'
    )

    assert reasons(rules, {"high": 10_000}) == [("low", "exclusive", "high")]


def test_what_matched_and_was_not_granted_came_to_nothing_or_met_a_limit() -> None:
    cap = 'cap = { period = "day", amount = "1.00", over = "trim" }'
    budget = '[[budget]]\nid = "q4"\namount = "1.00"\nperiod = "lifetime"\n'
    rules = (
        rule("a-zero", 'rate = "0.00001"')
        + rule("b-cap", f'rate = "1"\n{cap}')
        + rule("c-budget", 'rate = "1"\nbudget = "q4"')
        + rule("d-both", f'rate = "1"\nbudget = "q4"\n{cap}')
        + bonus("e-none", 'multiply = "2"')
        + budget
    )

    assert reasons(rules, {}) == [
        ("a-zero", "zero", None),
        ("b-cap", "cap", None),
        ("c-budget", "budget", None),
        ("d-both", "cap_or_budget", None),
        ("e-none", "zero", None),
    ]


def test_a_rule_that_ought_to_have_granted_is_not_explained_away() -> None:
    assert reasons(rule("base", 'rate = "1"'), {}) == [("base", "unknown", None)]


def test_a_bonus_needs_its_key_day_and_where_only_one_counts_the_largest() -> None:
    rules = (
        rule("base", 'rate = "1"')
        + bonus("friday", 'on = ["black_friday"]\nmultiply = "2"')
        + bonus("large", 'multiply = "3"')
        + bonus("small", 'multiply = "2"')
    )

    assert reasons(rules, {"base": 10_000, "large": 20_000}, 'bonus_stacking = "best"') == [
        ("friday", "unmet", "on"),
        ("small", "not_largest", "large"),
    ]


def test_what_the_rules_granted_has_no_reason() -> None:
    of = plan(rule("base", 'rate = "1"') + bonus("twice", 'multiply = "2"\nwhen = { min_order = "10.00" }'))
    order = facts(of)
    accrued = accruals(of, order)
    granted = {one.rule: one.amount for one in accrued + bonuses(of, order, accrued)}

    assert sorted(granted) == ["base", "twice"]
    assert why_not(of, order, granted) == []


def test_a_rule_that_did_not_match_says_which_condition_failed_and_how() -> None:
    of = plan(
        rule("a", 'rate = "1"\nwhen = { market = ["DE"] }')
        + rule("b", 'rate = "1"\nbasis = "gross"\nwhen = { min_order = "121.00" }')
        + bonus("c", 'flat = "1.00"\nwhen = { min_order = "110.00" }')
        + bonus("d", 'flat = "1.00"\non = ["black_friday"]')
    )
    order = facts(of, net=10_000, gross=12_000, at="2026-11-30T12:00:00Z")
    found = why_not(of, order, {})

    assert [(one.rule.id, one.why, one.winner, one.unmet) for one in found] == [
        ("a", "unmet", None, Unmet("market", ("DE",), ("FR",))),
        ("b", "unmet", None, Unmet("min_order", 12_100, 12_000)),
        ("c", "unmet", None, Unmet("min_order", 11_000, 10_000)),
        ("d", "unmet", None, Unmet("on", ("black_friday",), ("cyber_monday",))),
    ]


def test_minimums_that_are_reached_by_gross_or_by_net_are_no_reason() -> None:
    rules = (
        rule("a", 'rate = "0.0000001"\nbasis = "gross"\nwhen = { min_order = "120.00" }')
        + bonus("b", 'multiply = "2"\nwhen = { min_order = "100.00" }')
        + bonus("c", 'flat = "1.00"\nwhen = { market = ["FR"] }\non = ["black_friday"]')
    )

    assert reasons(rules, {}, net=10_000, gross=12_000, at="2026-11-27T12:00:00Z") == [
        ("a", "zero", None),
        ("b", "zero", None),
        ("c", "unknown", None),
    ]


FOR_CONTENT = 'when = { partner_group = ["content"] }'


def test_a_partner_is_told_what_kept_rules_from_it() -> None:
    rules = (
        rule("a", f'rate = "1"\n{FOR_CONTENT}')
        + rule("b", f'rate = "1"\nexclusive = "x"\npriority = 2\n{FOR_CONTENT}')
        + rule("c", 'rate = "1"\nexclusive = "x"')
        + bonus("d", f'flat = "1.00"\n{FOR_CONTENT}')
    )

    assert reasons(rules, {}, partner=share("coupon")) == [
        ("a", "unmet", "partner_group"),
        ("b", "unmet", "partner_group"),
        ("c", "unknown", None),
        ("d", "unmet", "partner_group"),
    ]
    assert reasons(rules, {"b": 1, "d": 1}, partner=share("content")) == [
        ("a", "unknown", None),
        ("c", "exclusive", "b"),
    ]
    assert reasons(rules, {"a": 1, "b": 1}, partner=share("content")) == [
        ("c", "exclusive", "b"),
        ("d", "unknown", None),
    ]


def test_a_bonus_of_a_partner_is_worked_out_on_what_was_granted() -> None:
    rules = rule("a", f'rate = "1"\n{FOR_CONTENT}') + bonus("b", f'multiply = "1.5"\n{FOR_CONTENT}')

    assert reasons(rules, {"a": 10}, partner=share("content")) == [("b", "unknown", None)]
    # Of 1 minor unit that a cap left, half is rounded to nothing.
    assert reasons(rules, {"a": 1}, partner=share("content")) == [("b", "zero", None)]


def test_the_best_bonus_that_met_its_limit_is_beaten_by_none() -> None:
    rules = (
        bonus("a", 'flat = "2.00"\nbudget = "q4"')
        + bonus("b", 'flat = "3"', "points")
        + '[[budget]]\nid = "q4"\namount = "1.00"\nperiod = "lifetime"\n'
    )

    assert reasons(rules, {"b": 3}, 'bonus_stacking = "best"') == [("a", "budget", None)]


def test_a_bonus_for_a_share_of_the_partners_is_not_for_the_others() -> None:
    rules = bonus("trial", 'flat = "1.00"\nshare = 0.5')

    assert reasons(rules, {}, partner=share(partner="lea")) == [("trial", "not_chosen", None)]
    assert reasons(rules, {"trial": 100}, partner=share(partner="max")) == []
