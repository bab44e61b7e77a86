"""A partner beside its group: what is compared, how, and what a partner is not to learn of another."""

from __future__ import annotations

from typing import Any

import pytest

from projections.dashboard.partner import FEWEST_PEERS, partner_page
from projections.dashboard.sums import Sums
from tests.projections.dashboard.views import Given, view


def given(count: int, **own: int) -> Given:
    """Partners of one group, the first of which brought its ``own``, all others the same."""
    names = [f"p{one}" for one in range(count)]
    members = [
        {"partner_id": one, "program": "demo", "enrolled": True, "suspended": False, "name": "", "group": "content",
         "markets": None, "tier": None}
        for one in names
    ]  # fmt: skip
    usual = {"clicks": 1_000, "orders": 100, "net": 100_000, "new_customers": 30, "reversed_orders": 5}
    sums = {one: Sums(**usual) for one in names}
    sums["p0"] = Sums(**(usual | own))
    performance = [
        {"partner_id": "p0", "program": "demo", "day": "2026-11-20", "commission": 0, **usual, **own}
    ]
    return Given({"partners": members, "partner_performance": performance}, sums)


def scorecard(data: Given, partner: str | None = None) -> dict[str, dict[str, Any]]:
    found = partner_page(view(data, partner), "p0")
    assert found is not None
    return {one["label"]: one for one in found["scorecard"]}


def test_shares_are_compared_in_percentage_points_and_the_rest_in_percent() -> None:
    lines = scorecard(given(6, orders=150, new_customers=30, reversed_orders=15, net=130_000))

    assert (lines["Conversion"]["standing"], lines["Conversion"]["tone"]) == ("+5.0 pp", "good")
    assert (lines["New-customer share"]["standing"], lines["New-customer share"]["tone"]) == (
        "\u221210.0 pp",
        "bad",
    )
    assert (lines["Reversal rate"]["standing"], lines["Reversal rate"]["tone"]) == ("+5.0 pp", "bad")
    assert (lines["Revenue"]["standing"], lines["Revenue"]["tone"]) == ("+30.0%", "good")


def test_what_is_shown_alike_is_the_same() -> None:
    lines = scorecard(given(6, new_customers=30, clicks=1_004))

    assert {lines[one]["standing"] for one in ("Conversion", "New-customer share", "Revenue")} == {"the same"}


@pytest.mark.parametrize(("count", "told"), [(FEWEST_PEERS - 1, False), (FEWEST_PEERS, True)])
def test_a_partner_learns_the_median_only_where_it_tells_nothing_of_a_single_other(
    count: int, *, told: bool
) -> None:
    data = given(count, net=120_000)

    assert (scorecard(data, "p0")["Revenue"]["median"] == "€1,000.00") == told
    assert scorecard(data)["Revenue"]["median"] != "–"  # noqa: RUF001
    page = partner_page(view(data, "p0"), "p0")
    assert page is not None
    assert bool(page["apart"]) != told
