"""Channels, groups and partners beside each other."""

from __future__ import annotations

from fractions import Fraction

import pytest

from events.messages import Figures, PartnerLine
from events.milestones import Part, Place, ReviewedPartner
from streams.rules.comparison import benchmarks, falling, parts, quarter, quartiles, top


def line(partner: str, revenue: int, before: int = 0, *, market: str = "FR", orders: int = 2) -> PartnerLine:
    now: dict[str, Figures] = {market: (orders, revenue, 0)} if revenue else {}
    return PartnerLine("r", partner, "content", now, {market: (1, before, 0)} if before else {})


def test_channels_stand_beside_each_other_by_revenue() -> None:
    partner, direct, gone = parts(
        {"direct": (4, 1_000, 1), "partner": (2, 3_000, 2)}, {"partner": (1, 500, 0), "gone": (1, 100, 0)}
    )

    assert (partner.name, partner.average_order, partner.new_customer_share) == ("partner", 1_500, "1.0000")
    assert (partner.revenue_share, partner.revenue_before) == ("0.7500", 500)
    assert (direct.name, direct.average_order, direct.new_customer_share) == ("direct", 250, "0.2500")
    assert (gone.name, gone.orders, gone.average_order, gone.revenue_before) == ("gone", 0, None, 100)


def test_a_part_is_told_whole_and_has_shares_of_the_smallest_sum() -> None:
    (part,) = parts({"direct": (2, 1, 1)}, {"direct": (1, 7, 0)})

    assert part == Part(
        name="direct",
        orders=2,
        revenue=1,
        new_customers=1,
        average_order=0,
        new_customer_share="0.5000",
        revenue_share="1.0000",
        revenue_before=7,
    )


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([7], (7, 7, 7)),
        ([1, 2], (Fraction(5, 4), Fraction(3, 2), Fraction(7, 4))),
        ([3, 1, 2], (Fraction(3, 2), 2, Fraction(5, 2))),
        ([40, 10, 30, 20, 50], (20, 30, 40)),
    ],
)
def test_quartiles_are_exact(values: list[int], expected: tuple[Fraction, ...]) -> None:
    assert quartiles(values) == expected


def test_a_partner_is_in_a_quarter_of_its_group() -> None:
    bounds = quartiles([10, 20, 30, 40, 50])

    assert [quarter(value, bounds) for value in (50, 40, 39, 30, 29, 20, 19)] == [1, 1, 2, 2, 3, 3, 4]


def test_the_average_order_of_a_benchmark_is_rounded_once() -> None:
    (average, _, _) = benchmarks([line("a", 100, orders=3), line("b", 201)])

    assert (average.metric, average.q1, average.median, average.q3) == (
        "average_order",
        "50.12",
        "66.92",
        "83.71",
    )


def test_benchmarks_count_who_brought_orders_in_the_market() -> None:
    found = benchmarks([line("a", 1_000), line("b", 3_000), line("c", 0), line("d", 5_000, market="US")])

    assert [(one.market, one.metric, one.partners, one.q1, one.median, one.q3) for one in found] == [
        ("FR", "average_order", 2, "750.00", "1000.00", "1250.00"),
        ("FR", "orders", 2, "2.00", "2.00", "2.00"),
        ("FR", "revenue", 2, "1500.00", "2000.00", "2500.00"),
        ("US", "average_order", 1, "2500.00", "2500.00", "2500.00"),
        ("US", "orders", 1, "2.00", "2.00", "2.00"),
        ("US", "revenue", 1, "5000.00", "5000.00", "5000.00"),
    ]


def test_top_and_falling_partners_are_ten_at_most_ties_by_id() -> None:
    lines = [line(f"p{number:02}", 100, 100 + number) for number in range(12)]

    assert [one.partner_id for one in top(lines)] == [f"p{number:02}" for number in range(10)]
    assert [one.partner_id for one in falling(lines)] == [f"p{number:02}" for number in range(11, 1, -1)]


def test_who_brought_nothing_is_falling_and_not_on_top() -> None:
    (fallen,) = falling([line("lea", 0, 700)])

    assert (fallen.revenue, fallen.change, fallen.places) == (0, -700, ())
    assert top([line("lea", 0, 700)]) == ()


def test_a_reviewed_partner_is_told_whole_and_only_where_it_brought_orders() -> None:
    now: dict[str, Figures] = {"US": (3, 600, 1), "FR": (1, 40, 1), "DE": (0, 5, 0)}
    before: dict[str, Figures] = {"US": (9, 100, 8), "FR": (1, 30, 0)}

    lea = PartnerLine("r", "lea", "content", now, before)
    (found,) = top([lea])

    assert {one.market for one in benchmarks([lea])} == {"FR", "US"}
    assert found == ReviewedPartner(
        partner_id="lea",
        group="content",
        orders=4,
        revenue=645,
        new_customers=2,
        revenue_before=130,
        change=515,
        places=(Place("FR", 1, 40, 1), Place("US", 3, 600, 1)),
    )


def test_free_orders_count_for_benchmarks_and_a_cent_is_enough_for_the_top() -> None:
    free, cent = PartnerLine("r", "free", "content", {"FR": (1, 0, 0)}, {}), line("cent", 1)

    assert next((one.metric, one.partners) for one in benchmarks([free, cent])) == ("average_order", 2)
    assert [one.partner_id for one in top([free, cent])] == ["cent"]
