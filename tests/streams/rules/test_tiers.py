"""Tiers: which level a metric reaches, when a partner rises, and when it falls."""

from __future__ import annotations

from datetime import date
from typing import Literal

import pytest

from schemas.program import Level, Ratio, Tiers
from streams.rules.tiers import (
    Tiering,
    level_of,
    level_of_id,
    lowered,
    raised,
    reached,
    window_start,
)

Window = Literal["month", "quarter", "year"] | int
ONE = Ratio(1, 0, "1")
BRONZE, SILVER, GOLD = Level("bronze", 0, ONE), Level("silver", 100, ONE), Level("gold", 500, ONE)


def tiers(
    window: Window = "month", *levels: Level, metric: Literal["revenue", "orders"] = "revenue"
) -> Tiers:
    return Tiers(metric, window, levels or (BRONZE, SILVER, GOLD))


def ordinal(day: str) -> int:
    return date.fromisoformat(day).toordinal()


def sold(level: str | None, *credits_: tuple[str, int]) -> Tiering:
    """A partner with a level and the net of one order on each of some days."""
    tiering = Tiering(level)
    for day, net in credits_:
        tiering.count(ordinal(day), net, 1)
    return tiering


@pytest.mark.parametrize(
    ("window", "day", "first"),
    [
        ("month", "2026-05-31", "2026-05-01"),
        ("quarter", "2026-03-31", "2026-01-01"),
        ("quarter", "2026-04-01", "2026-04-01"),
        ("quarter", "2026-12-31", "2026-10-01"),
        ("year", "2026-12-31", "2026-01-01"),
        (1, "2026-05-10", "2026-05-10"),
        (90, "2026-04-01", "2026-01-02"),
    ],
)
def test_a_window_begins_with_its_month_quarter_or_year_or_so_many_days_ago(
    window: Window, day: str, first: str
) -> None:
    assert window_start(tiers(window), ordinal(day)) == ordinal(first)


def test_a_metric_reaches_the_highest_level_that_starts_at_or_below_it() -> None:
    assert [reached(tiers(), metric) for metric in (-1, 0, 99, 100, 499, 500, 10**9)] == [
        -1,
        0,
        0,
        1,
        1,
        2,
        2,
    ]


def test_reversals_take_off_the_metric_of_their_day() -> None:
    partner = sold(None, ("2026-05-01", 60), ("2026-05-02", 40))
    partner.count(ordinal("2026-05-01"), -60, -1)
    first, last = ordinal("2026-05-01"), ordinal("2026-05-02")

    assert partner.metric(tiers(), first, last) == 40
    assert partner.metric(tiers(metric="orders"), first, last) == 1
    assert partner.metric(tiers(), first, first) == 0
    assert (len(partner.revenue), len(partner.orders)) == (1, 1)


@pytest.mark.parametrize(
    ("level", "net", "to"),
    [
        (None, 99, None),
        (None, 100, SILVER),
        ("silver", 499, None),
        ("silver", 500, GOLD),
        ("gold", 100, None),
    ],
)
def test_a_partner_rises_with_the_order_that_crosses_and_never_falls_with_one(
    level: str | None, net: int, to: Level | None
) -> None:
    partner = sold(level, ("2026-05-10", net), ("2026-04-30", 1_000), ("2026-05-11", 1_000))

    assert raised(tiers(), partner, ordinal("2026-05-10")) == to


@pytest.mark.parametrize(
    ("midnight", "to"),
    [("2026-05-31", None), ("2026-06-01", "silver"), ("2026-06-02", None), ("2026-07-01", "bronze")],
)
def test_at_the_midnight_that_ends_a_window_a_partner_falls_to_what_that_window_reached(
    midnight: str, to: str | None
) -> None:
    partner = sold("gold", ("2026-04-30", 900), ("2026-05-01", 50), ("2026-05-31", 50))

    assert lowered(tiers(), partner, ordinal(midnight)) == to


def test_orders_of_the_new_window_do_not_keep_a_level_that_the_ended_one_lost() -> None:
    partner = sold("gold", ("2026-06-01", 900), ("2026-06-02", 900))

    assert lowered(tiers(), partner, ordinal("2026-06-01")) == "bronze"


@pytest.mark.parametrize(("midnight", "to"), [("2026-05-11", None), ("2026-05-12", "bronze")])
def test_a_rolling_window_moves_by_a_day_at_each_midnight(midnight: str, to: str | None) -> None:
    partner = sold("silver", ("2026-05-09", 100))

    assert lowered(tiers(3), partner, ordinal(midnight)) == to


def test_a_partner_falls_below_a_lowest_level_that_does_not_start_at_0_once() -> None:
    paid = tiers("month", SILVER, GOLD)
    midnight = ordinal("2026-06-01")

    assert lowered(paid, sold("gold"), midnight) == ""
    assert lowered(paid, sold(""), midnight) is None
    assert lowered(paid, sold(None), midnight) is None


def test_below_the_lowest_level_a_partner_has_none_until_an_order_crosses() -> None:
    paid = tiers("month", SILVER, GOLD)
    day = "2026-06-10"

    for level in ("", None):
        assert level_of(paid, sold(level)) is None
        assert raised(paid, sold(level, (day, 99)), ordinal(day)) is None
        assert raised(paid, sold(level, (day, 100)), ordinal(day)) == SILVER


def test_a_partner_that_fell_below_rises_to_a_lowest_level_that_now_starts_at_0() -> None:
    assert raised(tiers(), sold("", ("2026-06-10", 1)), ordinal("2026-06-10")) == BRONZE


def test_before_the_first_order_and_when_its_level_is_gone_a_partner_has_what_0_reaches() -> None:
    assert level_of(tiers(), sold(None)) == BRONZE
    assert level_of(tiers(), sold("platinum")) == BRONZE
    assert level_of(tiers(), sold("gold")) == GOLD
    assert level_of(None, sold("gold")) is None


def test_a_level_is_found_by_its_id() -> None:
    assert level_of_id(tiers(), "silver") == SILVER
    assert level_of_id(tiers(), "platinum") is None
    assert level_of_id(None, "silver") is None


def test_figures_are_those_of_all_days_from_the_first_to_the_last() -> None:
    tiering = Tiering()
    for day in range(9, 14):
        tiering.count(day, net=10 ** (day - 9), orders=2 ** (day - 9))
        tiering.count_new(day, 3 ** (day - 9))

    assert tiering.figures(10, 12) == (2 + 4 + 8, 10 + 100 + 1000, 3 + 9 + 27)
    assert tiering.figures(11, 11) == (4, 100, 9)
    assert tiering.figures(14, 20) == (0, 0, 0)

    tiering.count_new(11, 4)
    assert tiering.figures(11, 11) == (4, 100, 13)
    tiering.count_new(11, -13)
    assert tiering.figures(10, 12) == (2 + 4 + 8, 10 + 100 + 1000, 3 + 27)
