from __future__ import annotations

from projections.progress import Blocker, BlockerCode, Progress

REWARDS, CLICKS = ("rewards", 0), ("clicks", 3)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_tables_are_ready_once_every_source_was_heard_of_and_is_near_its_end() -> None:
    progress = Progress(max_lag=10, now=Clock())
    assert progress.blocker() == Blocker(BlockerCode.STARTING)

    progress.restart([REWARDS, CLICKS])
    progress.report(*REWARDS, 0)
    assert progress.blocker() == Blocker(BlockerCode.STARTING, *CLICKS)
    progress.report(*CLICKS, 11)
    assert progress.blocker() == Blocker(BlockerCode.CATCHING_UP, lag_records=11)
    progress.report(*CLICKS, 10)

    assert (progress.blocker(), progress.lag, progress.caught_up) == (None, 10, True)


def test_lag_is_that_of_all_sources_together() -> None:
    progress = Progress(max_lag=10, now=Clock())
    progress.restart([REWARDS, CLICKS])
    progress.report(*REWARDS, 6)
    progress.report(*CLICKS, 5)

    assert progress.blocker() == Blocker(BlockerCode.CATCHING_UP, lag_records=11)


def test_a_source_that_is_silent_for_longer_than_it_may_be_is_named() -> None:
    clock = Clock()
    progress = Progress(stale_after_s=30, now=clock)
    progress.restart([REWARDS, CLICKS])
    progress.report(*CLICKS, 2)
    clock.now += 5
    progress.report(*REWARDS, 1)
    clock.now += 25
    assert progress.blocker() is None
    clock.now += 0.1

    assert progress.blocker() == Blocker(BlockerCode.STALE, *CLICKS, lag_records=3)


def test_what_was_complete_once_stays_so_until_the_tables_are_emptied() -> None:
    progress = Progress(max_lag=0, now=Clock())
    progress.restart([REWARDS])
    progress.report(*REWARDS, 1)
    assert not progress.loaded
    progress.report(*REWARDS, 0)
    progress.reach(*REWARDS, 7)
    progress.report(*REWARDS, 5)
    assert (progress.loaded, progress.caught_up, progress.reached(REWARDS)) == (True, False, 7)

    progress.forget()

    assert (progress.loaded, progress.reached(REWARDS)) == (False, 0)
    assert progress.blocker() == Blocker(BlockerCode.STARTING, *REWARDS)
