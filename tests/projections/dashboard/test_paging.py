from __future__ import annotations

import pytest

from projections.dashboard.paging import paged
from tests.projections.dashboard.views import Given, view

ROWS = list(range(1_234))


def test_what_fits_one_page_has_no_ways() -> None:
    assert paged(view(Given({})), "/cases", ROWS[:50], 50) == (ROWS[:50], None)


@pytest.mark.parametrize(
    ("asked", "first", "shown", "back", "further"),
    [
        ("", 0, "1 to 50 of 1,234", None, "/cases?rule=x&from=50"),
        ("50", 50, "51 to 100 of 1,234", "/cases?rule=x", "/cases?rule=x&from=100"),
        ("1200", 1_200, "1,201 to 1,234 of 1,234", "/cases?rule=x&from=1150", None),
        ("99999", 1_200, "1,201 to 1,234 of 1,234", "/cases?rule=x&from=1150", None),
        ("-1", 0, "1 to 50 of 1,234", None, "/cases?rule=x&from=50"),
        ("\u0663", 0, "1 to 50 of 1,234", None, "/cases?rule=x&from=50"),
        ("x", 0, "1 to 50 of 1,234", None, "/cases?rule=x&from=50"),
    ],
)
def test_a_part_says_where_it_is_and_leads_to_what_is_around_it(
    asked: str, first: int, shown: str, back: str | None, further: str | None
) -> None:
    part, ways = paged(view(Given({}), rule="x", **{"from": asked}), "/cases", ROWS, 50)

    assert ways is not None
    assert part[0] == first
    assert (ways.shown, ways.back, ways.next) == (shown, back, further)
