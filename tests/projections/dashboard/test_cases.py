from __future__ import annotations

from typing import Any

from projections.dashboard.cases import cases_page
from projections.dashboard.overview import overview_page
from tests.projections.dashboard.views import Given, view


def case(number: int, rule: str, severity: str, status: str = "open") -> dict[str, Any]:
    return {
        "program": "demo",
        "case_id": f"{rule}~p{number}~2026-11-20",
        "partner_id": f"p{number}",
        "rule": rule,
        "severity": severity,
        "status": status,
        "decision": "upheld" if status == "resolved" else None,
        "action": "flag",
        "day": "2026-11-20",
        "last_at": f"2026-11-20T10:00:{number:02}.000Z",
        "pieces": 1,
        "evidence": [],
    }


CASES = Given(
    {
        "compliance_cases": [
            case(1, "brand_bidding", "high"),
            case(2, "brand_bidding", "high", "resolved"),
            case(3, "paid_traffic", "medium"),
            case(4, "market_not_agreed", "low"),
        ]
    }
)


def found(**query: str) -> tuple[list[str], list[tuple[str, str]], str]:
    page = cases_page(view(CASES, **query))
    return (
        [one["id"].split("~")[1] for one in page["cases"]],
        [(one["label"], one["count"]) for one in page["rules"]],
        page["count"],
    )


def test_rules_are_counted_in_the_state_and_severity_that_are_asked_for() -> None:
    ads, paid, market = "Ads on brand terms", "Paid search traffic", "Market that was not agreed"
    assert found() == (["p4", "p3", "p1"], [(ads, "1"), (market, "1"), (paid, "1")], "3 open cases")
    assert found(state="all") == (
        ["p4", "p3", "p2", "p1"],
        [(ads, "2"), (market, "1"), (paid, "1")],
        "4 cases",
    )
    assert found(state="all", severity="high") == (["p2", "p1"], [(ads, "2")], "2 cases")
    assert found(severity="medium", rule="paid_traffic") == (["p3"], [(paid, "1")], "1 open case")


def test_the_first_page_leads_to_the_severe_ones() -> None:
    page = overview_page(view(CASES))

    assert page["open_cases"] == "3 open cases"
    assert [(text, href) for text, _, href in page["severities"]] == [
        ("high: 1", "/cases?severity=high"),
        ("medium: 1", "/cases?severity=medium"),
    ]
