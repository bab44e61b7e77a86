from __future__ import annotations

from msgspec.structs import replace

from projections.dashboard.key_days import Ranks, key_days_page
from projections.dashboard.reader import NOTHING, reader
from tests.projections.dashboard.views import Given, view


def test_past_key_days_are_ranked_within_their_market_by_what_is_known_now() -> None:
    rows = [
        {"market": "FR", "uplift": "0.5", "productivity": 100},
        {"market": "FR", "uplift": "1.5", "productivity": 90},
        {"market": "FR", "uplift": None, "productivity": 90},
        {"market": "DE", "uplift": "-0.1", "productivity": 7},
    ]
    ranks, english = Ranks(rows), reader("en")

    assert [ranks.place(english, row, "uplift") for row in rows] == ["2 of 2", "1 of 2", NOTHING, "1 of 1"]
    assert [ranks.place(english, row, "productivity") for row in rows] == [
        "1 of 3",
        "2 of 3",
        "2 of 3",
        "1 of 1",
    ]


def test_the_calendar_marks_and_names_every_day_of_a_window() -> None:
    page = key_days_page(view(Given({})))

    november = page["months"][0]
    named = [(days, name.text) for days, name in november["named"]]
    assert ("27", "Black Friday") in named
    marked = [day["number"] for week in november["weeks"] for day in week if day and day["names"]]
    assert len(marked) == len(set(marked)) >= len(named)


def test_a_window_of_several_days_is_marked_whole_and_named_once() -> None:
    several = view(Given({}))
    assert several.program is not None
    days = tuple(
        replace(one, days=3) if one.use == "black_friday" else one for one in several.program.key_days
    )
    several = replace(several, program=replace(several.program, key_days=days))

    november = key_days_page(several)["months"][0]
    marked = {day["number"]: day["names"] for week in november["weeks"] for day in week if day}
    assert all("Black Friday" in marked[day] for day in ("27", "28", "29"))
    assert ("27\u201329", "Black Friday") in [(days, name.text) for days, name in november["named"]]
