"""A program version made ready for orders: days of holds, rates of exchange, bounds, who has rules."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.limits import AMOUNT_MAX_MINOR, GRANT_MAX
from events.time import parse_time
from streams.rules.accrual import accruals
from streams.rules.bonus import bonuses, tier_extras
from streams.rules.plan import Plan, Share
from tests.scenarios.world import program
from tests.streams.rules.test_earning import HEAD, bonus, facts, plan, rule

FEBRUARY_27 = date(2028, 2, 27).toordinal()


@pytest.mark.parametrize(
    ("days", "on", "explain"),
    [
        (0, "2028-02-27", ()),
        (2, "2028-02-29", ("hold 2 days from 2028-02-27",)),
        (30, "2028-03-28", ("hold 30 days from 2028-02-27",)),
    ],
)
def test_a_hold_ends_so_many_home_days_later(days: int, on: str, explain: tuple[str, ...]) -> None:
    of = plan("")

    for _ in range(2):  # the second time it is remembered
        hold = of.hold(days, FEBRUARY_27)
        assert (hold.day, hold.date, hold.explain) == (FEBRUARY_27 + days, on, explain)


def test_a_hold_ends_with_the_calendar() -> None:
    assert plan("").hold(10, date(9999, 12, 30).toordinal()).date == "9999-12-31"


def test_holds_that_are_remembered_are_bounded() -> None:
    of = plan("")
    for day in range(9_000):
        assert of.hold(1, FEBRUARY_27 + day).day == FEBRUARY_27 + day + 1

    assert len(of._holds) <= 8_192


def test_the_rate_with_the_greatest_from_that_has_come_is_in_force() -> None:
    of = Plan(
        program(
            HEAD.format(settings="").replace(
                'JPY = [{ from = 2020-01-01T00:00:00Z, rate = "0.0061" }]',
                'JPY = [{ from = 2026-01-01T00:00:00Z, rate = "0.0061" }, '
                '{ from = 2026-02-01T00:00:00Z, rate = "0.0062" }]',
            )
        )
    )
    times = [
        "2025-12-31T23:59:59.999Z",
        "2026-01-01T00:00:00Z",
        "2026-01-31T23:59:59.999Z",
        "2026-02-01T00:00:00Z",
    ]
    found = [of.fx_rate("JPY", parse_time(at)) for at in times]

    assert [rate and rate.text for rate in found] == [None, "0.0061", "0.0061", "0.0062"]
    assert of.fx_rate("CHF", parse_time(times[-1])) is None


decimals = st.tuples(st.integers(0, 10**6), st.sampled_from(["", ".5", ".001"])).map(
    lambda two: f"{two[0]}{two[1]}"
)
factors = st.tuples(st.integers(1, 10**6), st.sampled_from(["", ".5"])).map(lambda two: f"{two[0]}{two[1]}")
flats = st.integers(0, 10**10).map(lambda euros: f"{euros}.00")


@given(
    st.lists(decimals, max_size=3), st.lists(flats, max_size=2), st.lists(factors, max_size=2), factors,
    st.integers(0, 10**12),
)  # fmt: skip
def test_on_no_basis_up_to_the_largest_does_a_grant_leave_the_range_of_the_ledger(
    rates: list[str], amounts: list[str], multiplies: list[str], level: str, basis: int
) -> None:
    rules = (
        "".join(rule(f"r{n}", f'rate = "{rate}"') for n, rate in enumerate(rates))
        + "".join(rule(f"f{n}", f'flat = "{amount}"') for n, amount in enumerate(amounts))
        + "".join(bonus(f"x{n}", f'multiply = "{multiply}"') for n, multiply in enumerate(multiplies))
        + f'[tiers]\nmetric = "orders"\nwindow = "month"\nlevels = [{{ id = "a", from = "0", multiply = "{level}" }}]\n'
    )
    customers, partners = plan(rules), plan(rules.replace('to = "customer"', 'to = "partner"'))
    for of, largest, partner in (
        (customers, customers.customers.largest_basis, None),
        (partners, partners.partners.largest_basis, Share("lea", {"lea": Fraction(1)}, "content", None)),
    ):
        net = min(basis, largest)
        if net >= 0:
            order = facts(of, net=net, gross=net)
            accrued = accruals(of, order, partner)
            found = accrued + bonuses(of, order, accrued, partner)
            if partner is not None and of.program.tiers is not None:
                found += tier_extras(of, of.program.tiers.levels[0], accrued)
            assert all(one.amount <= GRANT_MAX for one in found)


def test_plausible_rules_bear_any_order() -> None:
    of = plan(rule("r", 'rate = "0.2"') + rule("f", 'flat = "50.00"') + bonus("x", 'multiply = "5"'))

    assert of.customers.largest_basis >= AMOUNT_MAX_MINOR
    assert of.partners.largest_basis >= AMOUNT_MAX_MINOR


@pytest.mark.parametrize(
    ("rules", "limited"),
    [
        (rule("r", 'rate = "1"') + bonus("x", 'flat = "1.00"'), False),
        (rule("r", 'rate = "1"\ncap = { period = "day", amount = "1.00", over = "trim" }'), True),
        (rule("r", 'rate = "1"\nbudget = "q4"'), True),
        (bonus("x", 'flat = "1.00"\ncap = { period = "day", amount = "1.00", over = "trim" }'), True),
        (bonus("x", 'flat = "1.00"\nbudget = "q4"'), True),
    ],
)
def test_a_beneficiary_is_limited_by_a_cap_or_a_budget_of_any_of_its_rules(
    rules: str, *, limited: bool
) -> None:
    of = plan(rules + '[[budget]]\nid = "q4"\namount = "1.00"\nperiod = "lifetime"\n')

    assert of.customers.limited is limited
    assert not of.partners.limited


def test_shares_of_an_amount_add_up_and_the_remainder_goes_to_the_largest_fraction() -> None:
    weights = {"lea": Fraction(4, 5), "max": Fraction(1, 5)}

    assert [Share(name, weights, "content", None).of(10_001) for name in weights] == [8_001, 2_000]
