"""Who a bonus for a share of the partners runs for, and what difference it makes."""

from __future__ import annotations

from fractions import Fraction
from hashlib import sha256
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.messages import PartnerLine
from schemas.program import Bonus, Ratio, When
from streams.rules.chosen import is_chosen
from streams.rules.innovation import effect, innovations
from tests.scenarios.world import program

TEXT = """
[program]
id = "acme"
effective_from = 2026-01-01T00:00:00Z
currency = "EUR"
home_tz = "UTC"
[markets.FR]
tz = "UTC"
[[accrual]]
id = "base"
to = "partner"
unit = "money"
rate = "0.1"
[[bonus]]
id = "trial"
to = "partner"
unit = "money"
multiply = "2"
share = 0.5
when = { partner_group = ["content"] }
"""


def bonus(share: Ratio | None, id_: str = "trial") -> Bonus:
    return Bonus(
        id=id_,
        to="partner",
        unit="EUR/2",
        on=(),
        multiply=None,
        flat=100,
        when=When(),
        hold_days=None,
        expires_days=None,
        cap=None,
        budget=None,
        share=share,
    )


@given(st.text(min_size=1, max_size=20), st.integers(1, 1_000))
def test_the_choice_is_the_hash_against_the_share(partner: str, thousandths: int) -> None:
    point = Fraction(int.from_bytes(sha256(f"trial~{partner}".encode()).digest()[:8]), 2**64)

    chosen = is_chosen(bonus(Ratio(thousandths, 3, "")), partner)
    assert chosen is (point < Fraction(thousandths, 1_000))


@pytest.mark.parametrize(
    ("partner", "chosen"), [("lea", False), ("max", True), ("kim", False), ("ann", True)]
)
def test_the_choice_never_changes(partner: str, *, chosen: bool) -> None:
    assert is_chosen(bonus(Ratio(5, 1, "0.5")), partner) is chosen


def test_a_half_is_about_half_and_another_bonus_chooses_others() -> None:
    partners = [f"p{number}" for number in range(2_000)]
    half = Ratio(5, 1, "0.5")
    first = {one for one in partners if is_chosen(bonus(half), one)}
    second = {one for one in partners if is_chosen(bonus(half, "other"), one)}

    assert 900 < len(first) < 1_100
    assert 400 < len(first & second) < 600
    assert all(is_chosen(bonus(Ratio(1, 0, "1")), one) and is_chosen(bonus(None), one) for one in partners)


def test_the_interval_is_the_one_of_the_textbook() -> None:
    """Welch by hand: means 3 and 6, variances 2.5 and 2.5 of 5 each, 8 degrees, t 2.306, half width 2.306."""
    found = effect("orders", [1, 2, 3, 4, 5], [4, 5, 6, 7, 8])

    assert found is not None
    assert (found.mean_with, found.mean_without, found.difference) == ("3.00", "6.00", "-3.00")
    assert (found.low, found.high) == ("-5.31", "-0.69")


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_the_interval_is_the_one_of_the_library(seed: int) -> None:
    from scipy.stats import ttest_ind  # noqa: PLC0415 - it takes seconds to load

    random = Random(seed)
    sides = [[random.randrange(100_000) for _ in range(random.randrange(2, 40))] for _ in range(2)]
    found, wanted = effect("revenue", *sides), ttest_ind(*sides, equal_var=False).confidence_interval()

    assert found is not None
    assert (found.low, found.high) == (f"{wanted.low:.2f}", f"{wanted.high:.2f}")


def test_a_side_without_partners_has_no_effect_and_one_partner_no_bounds() -> None:
    assert effect("orders", [], [1]) is None
    alone = effect("orders", [3], [1, 2])
    assert alone is not None
    assert (alone.difference, alone.low, alone.high) == ("1.50", None, None)


def test_partners_who_are_all_alike_are_sure() -> None:
    alike = effect("orders", [3, 3], [1, 1])

    assert alike is not None
    assert (alike.low, alike.high) == ("2.00", "2.00")


def test_only_partners_that_the_bonus_is_meant_for_are_compared() -> None:
    lines = [
        PartnerLine("r", name, group, {"FR": (1, amount, 0)}, {})
        for name, group, amount in (
            ("lea", "content", 100),
            ("max", "content", 300),
            ("ann", "content", 500),
            ("tom", "coupon", 9_000),
        )
    ]
    (found,) = innovations(program(TEXT), lines)

    assert (found.bonus_id, found.share, found.partners_with, found.partners_without) == (
        "trial",
        "0.5",
        2,
        1,
    )
    assert [(one.metric, one.mean_with, one.mean_without) for one in found.effects] == [
        ("orders", "1.00", "1.00"),
        ("revenue", "400.00", "100.00"),
    ]


def test_a_bonus_that_names_partners_is_compared_among_these() -> None:
    lines = [PartnerLine("r", name, "content", {"FR": (1, 100, 0)}, {}) for name in ("lea", "max", "ann")]
    named = TEXT.replace('partner_group = ["content"]', 'partner_id = ["lea", "max"]')
    (found,) = innovations(program(named), lines)

    assert (found.partners_with, found.partners_without) == (1, 1)


def test_a_partner_without_a_record_is_on_neither_side() -> None:
    stray = PartnerLine("r", "stray", "", {"FR": (1, 9_000, 0)}, {}, enrolled=False)
    open_to_all = TEXT.replace('when = { partner_group = ["content"] }\n', "")
    lines = [PartnerLine("r", name, "content", {"FR": (1, 100, 0)}, {}) for name in ("lea", "max")]

    for text in (TEXT, open_to_all):
        (found,) = innovations(program(text), [*lines, stray])
        assert (found.partners_with, found.partners_without) == (1, 1)
