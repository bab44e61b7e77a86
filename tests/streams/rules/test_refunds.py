from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.money import Rounding
from streams.rules.refunds import ROUNDINGS, target

AMOUNTS = st.integers(0, 10**12)


@pytest.mark.parametrize(
    ("granted", "refunded", "net", "rounding", "wanted"),
    [
        (650, 4330, 12990, "half_even", 217),
        (650, 12990, 12990, "half_even", 650),
        (650, 99999, 12990, "half_even", 650),
        (5, 50, 100, "half_even", 2),
        (5, 50, 100, "half_up", 3),
        (5, 50, 100, "down", 2),
        (650, 10, 0, "half_even", 0),
    ],
)
def test_target(granted: int, refunded: int, net: int, rounding: Rounding, wanted: int) -> None:
    assert target(granted, refunded, net, rounding) == wanted


@given(AMOUNTS, AMOUNTS, AMOUNTS, st.integers(1, 10**12), st.sampled_from(ROUNDINGS))
def test_more_refunded_never_means_less_reversed(
    granted: int, one: int, other: int, net: int, rounding: Rounding
) -> None:
    small, large = sorted((one, other))

    assert 0 <= target(granted, small, net, rounding) <= target(granted, large, net, rounding) <= granted


@given(AMOUNTS, st.integers(1, 10**12), st.sampled_from(ROUNDINGS))
def test_a_full_refund_is_the_whole_grant(granted: int, net: int, rounding: Rounding) -> None:
    assert target(granted, net, net, rounding) == granted
