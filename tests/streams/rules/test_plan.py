"""A program version made ready for orders: days of holds, rates of exchange, bounds, who has rules."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.limits import AMOUNT_MAX_MINOR, GRANT_MAX
from events.time import format_time, parse_time
from streams.rules.accrual import accruals
from streams.rules.bonus import bonuses, tier_extras
from streams.rules.plan import Plan, Share, plan_of
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


def test_flat_amounts_that_a_multiplier_takes_out_of_the_range_leave_room_for_no_basis() -> None:
    enormous = rule("f", 'flat = "10000000000.00"') + bonus("x", 'multiply = "1000000"')

    assert plan(enormous).customers.largest_basis < 0


def test_tiers_multiply_what_partners_earn_and_not_what_customers_do() -> None:
    level = '[tiers]\nmetric = "orders"\nwindow = "month"\nlevels = [{ id = "a", from = "0", multiply = "1000000" }]\n'
    flat = rule("f", 'flat = "10000000000.00"')

    assert plan(flat + level).customers.largest_basis > 0
    assert plan(flat.replace('to = "customer"', 'to = "partner"') + level).partners.largest_basis < 0


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


DAYS = """
[program]
id = "p"
version = 1
effective_from = 2020-01-01T00:00:00Z
currency = "EUR"
home_tz = "Europe/Paris"
[markets.FR]
tz = "Europe/Paris"
[markets.US]
tz = "America/New_York"
[markets.IN]
tz = "Asia/Kolkata"
[[key_day]]
id = "sale"
dates = { 2026 = ["2026-03-28", "2026-03-29", "2026-11-27"] }
start = "09:30"
end = "21:45"
[[key_day]]
id = "weekend"
dates = { 2026 = ["2026-03-28"] }
days = 2
"""
DAY_PLAN = Plan(program(DAYS))
#: Clocks change in Paris on 2026-03-29, in New York on 2026-03-08.
MINUTES = st.integers(parse_time("2026-03-06T00:00:00Z"), parse_time("2026-04-01T00:00:00Z"))


@given(order=st.lists(st.tuples(st.sampled_from(["FR", "US", "IN"]), MINUTES), max_size=20))
def test_the_day_of_an_instant_does_not_depend_on_what_was_asked_before(order: list[tuple[str, int]]) -> None:
    of = Plan(DAY_PLAN.program)
    for market, at in order:
        day = of.day(market, at)
        assert day is not None
        for instant in (at, day.start, day.end - 1):
            calendar = of.calendars[market]
            assert day.home_day == of.home.ordinal(instant)
            assert day.market_day == calendar.zone.ordinal(instant)
            assert day.key_days == calendar.key_days_at(instant)
        assert day.start <= at < day.end


def test_a_day_ends_where_the_next_begins() -> None:
    at, end = parse_time("2026-03-27T00:00:00Z"), parse_time("2026-03-31T00:00:00Z")
    starts = []
    while at < end:
        day = DAY_PLAN.day("IN", at)
        assert day is not None
        assert day.start == at
        starts.append(format_time(day.start)[5:16])
        at = day.end
    # Midnights of UTC, of Paris (23:00, from the 29th on 22:00) and of India (18:30), and where key days are.
    assert starts == [
        *("03-27T00:00", "03-27T18:30", "03-27T23:00"),
        *("03-28T00:00", "03-28T04:00", "03-28T16:15", "03-28T18:30", "03-28T23:00"),
        *("03-29T00:00", "03-29T04:00", "03-29T16:15", "03-29T18:30", "03-29T22:00"),
        *("03-30T00:00", "03-30T18:30", "03-30T22:00"),
    ]


def test_an_unknown_market_has_no_days() -> None:
    assert DAY_PLAN.day("GB", 0) is None


def test_a_version_is_made_ready_once_for_all_that_ask_for_it() -> None:
    first = program(DAYS)
    second = program(DAYS.replace("version = 1", "version = 2"))
    plans = [plan_of(first), plan_of(second)]

    assert [one.program for one in plans] == [first, second]
    assert plan_of(first) is plans[0]
    assert plan_of(second) is plans[1]
    # The same version read anew, as tests do, is another program.
    again = program(DAYS)
    assert plan_of(again).program is again
