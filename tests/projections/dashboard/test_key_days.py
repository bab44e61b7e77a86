from __future__ import annotations

from projections.dashboard.key_days import Ranks
from projections.dashboard.reader import reader


def test_past_key_days_are_ranked_within_their_market_by_what_is_known_now() -> None:
    rows = [
        {"market": "FR", "uplift": "0.5", "productivity": 100},
        {"market": "FR", "uplift": "1.5", "productivity": 90},
        {"market": "FR", "uplift": None, "productivity": 90},
        {"market": "DE", "uplift": "-0.1", "productivity": 7},
    ]
    ranks, english = Ranks(rows), reader("en")

    assert [ranks.place(english, row, "uplift") for row in rows] == ["2 of 2", "1 of 2", "", "1 of 1"]
    assert [ranks.place(english, row, "productivity") for row in rows] == [
        "1 of 3",
        "2 of 3",
        "2 of 3",
        "1 of 1",
    ]
