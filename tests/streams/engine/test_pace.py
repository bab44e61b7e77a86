from __future__ import annotations

import pytest

from streams.engine.pace import Pace

pytestmark = pytest.mark.timeout(20)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def leave(pace: Pace, clock: Clock, seconds: float) -> int:
    """How many records leave within so many seconds."""
    end, count = clock.now + seconds, 0
    while clock.now < end:
        if delay := pace.delay():
            clock.now += delay
        else:
            count += 1
    return count


@pytest.mark.parametrize("rate", [0.5, 3, 1_000, 20_000])
def test_on_average_so_many_leave_a_second(rate: float) -> None:
    clock = Clock()

    assert leave(Pace(rate, clock), clock, 20) == pytest.approx(20 * rate, rel=0.05, abs=1)


def test_they_leave_in_handfuls() -> None:
    clock = Clock()
    pace = Pace(1_000, clock)
    waits = 0
    for _ in range(1_000):
        while delay := pace.delay():
            clock.now += delay
            waits += 1

    assert 9 <= waits <= 11


def test_what_was_not_used_is_not_made_up_for() -> None:
    clock = Clock()
    pace = Pace(1_000, clock)
    clock.now += 3_600

    assert leave(pace, clock, 1) == pytest.approx(1_050, abs=52)
