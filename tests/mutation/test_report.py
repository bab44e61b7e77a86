from __future__ import annotations

import pytest

from tests.mutation.report import (
    Change,
    Report,
    Row,
    change,
    explanations,
    function_of,
    report,
    results,
    table,
)

RESULTS = """
    streams.rules.caps.x_spent__mutmut_1: killed
    streams.rules.caps.x_spent__mutmut_2: survived
    streams.rules.caps.x__by_month__mutmut_1: no tests
    streams.rules.tiers.xǁTieringǁcount__mutmut_12: timeout
"""
SHOWN = """\
# streams.rules.caps.x_spent__mutmut_2: survived
--- streams/rules/caps.py
+++ streams/rules/caps.py
@@ -1,3 +1,3 @@
 def spent(owner, program, rule, period):
-    first, last = period
+    first, last = None
     return sum(
"""
SPENT = Change("caps.spent", "first, last = period", "first, last = None")
BY_MONTH = Change("caps._by_month", "key = day", "key = None")
GONE = Change("caps.spent", "a", "b")
ELSEWHERE = Change("ledger.expire", "a", "b")


@pytest.mark.parametrize(
    ("mutant", "function"),
    [
        ("streams.rules.caps.x_spent__mutmut_1", "caps.spent"),
        ("streams.rules.key_day_dates.x__within__mutmut_20", "key_day_dates._within"),
        ("streams.rules.tiers.xǁTieringǁcount__mutmut_3", "tiers.Tiering.count"),
        ("streams.rules.calendar.xǁKeyDayCalendarǁ_look_up__mutmut_3", "calendar.KeyDayCalendar._look_up"),
    ],
)
def test_a_mutant_is_of_a_function(mutant: str, function: str) -> None:
    assert function_of(mutant) == function


def test_a_mutant_is_known_by_what_it_changes_wherever_that_stands() -> None:
    assert change("streams.rules.caps.x_spent__mutmut_2", SHOWN) == SPENT


def judged(*explained: Change) -> Report:
    survivors = {
        "streams.rules.caps.x_spent__mutmut_2": SPENT,
        "streams.rules.caps.x__by_month__mutmut_1": BY_MONTH,
    }
    return report(results(RESULTS), survivors, explained)


def test_what_no_test_reaches_has_survived_and_what_never_ends_is_killed() -> None:
    found = judged()

    assert found.rows == [Row("caps", 1, 0, 2), Row("tiers", 1, 0, 0)]
    assert found.unexplained == [BY_MONTH, SPENT]
    assert not found.good


def test_nine_of_ten_have_to_be_killed_or_explained_in_every_module() -> None:
    assert not judged(SPENT).good
    assert judged(SPENT, BY_MONTH) == Report([Row("caps", 1, 2, 0), Row("tiers", 1, 0, 0)], [], [])
    assert judged(SPENT, BY_MONTH).good
    assert Report([Row("caps", 80, 10, 10)], [], []).good
    assert not Report([Row("caps", 80, 9, 11), Row("tiers", 900, 0, 0)], [], []).good
    assert not Report([], [], []).good


def test_an_explanation_that_no_survivor_needs_is_noticed() -> None:
    found = judged(SPENT, BY_MONTH, GONE, ELSEWHERE)

    # Modules that were not tried say nothing of their explanations.
    assert found.stale == [GONE]
    assert not found.good


def test_explanations_give_one_reason_for_the_changes_of_a_line() -> None:
    entry = '[[explained]]\nwhere = "caps.spent"\nwas = "a"\nnow = ["b", "c"]\nwhy = "Because."\n'

    assert list(explanations(entry)) == [GONE, Change("caps.spent", "a", "c")]
    with pytest.raises(ValueError, match="explained twice"):
        list(explanations(entry * 2))
    with pytest.raises(ValueError, match="no reason"):
        list(explanations(entry.replace("Because.", " ")))


def test_the_table_ends_with_all_modules_and_rounds_shares_down() -> None:
    assert table([Row("caps", 1, 1, 1), Row("tiers", 8, 0, 0)]).splitlines() == [
        "| module | killed | explained | survived | share |",
        "| --- | ---: | ---: | ---: | ---: |",
        "| caps | 1 | 1 | 1 | 66.6 % |",
        "| tiers | 8 | 0 | 0 | 100.0 % |",
        "| all | 9 | 1 | 1 | 90.9 % |",
    ]
