"""The oracle's compliance against cases that were worked out by hand from DOMAIN 9 and 14 and docs/choices.md."""

from __future__ import annotations

from typing import Any

import pytest

from tests.oracle.model import Result
from tests.oracle.terms import Terms, plain
from tests.oracle.test_oracle import TO_PARTNER, Story, program, shown

HOLD = "hold_days = 10\n"


def terms(**tables: Any) -> Terms:
    return Terms(tables, brand_terms={"FR": ["acme", "Brandy", "Ёлкин", "O'Neil & Co", "Coca-Cola", "商标"]})


def told(result: Result) -> list[str]:
    names = {"compliance.violation_detected": "new", "compliance.evidence_added": "more"}
    return [
        f"{names.get(one['type'], one.get('reason'))} {one['case_id']}"
        for one in result.cases
        if one["type"] in names or "reason" in one
    ]


def caught(*, buyer: str = "ada") -> Story:
    """A partner whose own customer orders over its link at noon and at four."""
    story = Story().enrol("lea", customer_ids=[buyer]).click("c1", "2026-03-02T10:00:00Z", "lea")
    story.order("o1", "2026-03-02T11:00:00Z", "100.00")
    return story.order("o2", "2026-03-02T15:00:00Z", "50.00")


def resolve(story: Story, case_id: str, decision: str, time: str) -> Story:
    data = {"case_id": case_id, "partner_id": case_id.split("~")[1], "decision": decision, "actor": "ann"}
    return story.add("partner-events", "compliance.case_resolved", time, **data)


def rule(name: str, action: str, more: str = "") -> str:
    return f'[compliance.{name}]\naction = "{action}"\n{more}\n'


SELF = "self_referral~lea~2026-03-02"


# Actions


def test_held_grants_go_back_to_pending_and_are_released_at_the_next_midnight() -> None:
    story = resolve(caught(), SELF, "dismissed", "2026-03-20T00:00:00Z")
    result = story.run(
        program(TO_PARTNER + HOLD, rule("self_referral", "hold")), until="2026-03-21T12:00:00Z"
    )

    assert shown(result) == [
        "o1~base~partner:lea 500",
        f"hold~{SELF}~o1~base~partner:lea 500",
        "o2~base~partner:lea 250",
        f"hold~{SELF}~o2~base~partner:lea 250",
        f"unhold~{SELF}~o1~base~partner:lea 500",
        f"unhold~{SELF}~o2~base~partner:lea 250",
        "release~partner:lea~EUR/2~2026-03-21 750",
    ]
    assert told(result) == [f"new {SELF}", f"more {SELF}"]


def test_what_is_upheld_is_reversed_as_far_as_it_is_held_and_decided_once() -> None:
    story = caught().refund("f1", "o1", "2026-03-03T00:00:00Z", "40.00")
    resolve(story, SELF, "upheld", "2026-03-04T00:00:00Z")
    resolve(story, SELF, "dismissed", "2026-03-05T00:00:00Z")
    resolve(story, "self_referral~max~2026-03-02", "dismissed", "2026-03-05T00:00:00Z")
    result = story.run(program(TO_PARTNER, rule("self_referral", "hold")))

    assert shown(result)[4:] == [
        "f1~o1~base~partner:lea 200",
        f"{SELF}~o1~base~partner:lea 300",
        f"{SELF}~o2~base~partner:lea 250",
    ]
    assert result.entries[4]["postings"] == [("partner:lea:held", "program:acme", 200)]
    assert told(result)[2:] == [f"case_resolved {SELF}", "case_unknown self_referral~max~2026-03-02"]


def test_a_debt_is_paid_before_the_rest_is_held() -> None:
    story = caught().adjust("j1", "2026-03-02T10:30:00Z", -400, account="partner:lea")
    result = story.run(program(TO_PARTNER, rule("self_referral", "hold")))

    assert shown(result)[1:3] == ["o1~base~partner:lea 500", f"hold~{SELF}~o1~base~partner:lea 100"]


def test_new_evidence_opens_a_resolved_case_for_the_new_order_alone() -> None:
    story = resolve(caught(), SELF, "dismissed", "2026-03-02T12:00:00Z")
    result = story.run(program(TO_PARTNER, rule("self_referral", "hold")))

    assert told(result) == [f"new {SELF}", f"new {SELF}"]
    assert shown(result)[-1] == f"hold~{SELF}~o2~base~partner:lea 250"
    assert [one["held"] for one in result.balances] == [250]


def test_a_rejection_wins_over_a_hold_and_leaves_the_attribution() -> None:
    story = caught()
    result = story.run(
        program(
            TO_PARTNER,
            rule("self_referral", "hold"),
            rule("click_to_order_time", "reject", "min_seconds = 3601"),
        )
    )

    assert shown(result) == ["o2~base~partner:lea 250", f"hold~{SELF}~o2~base~partner:lea 250"]
    assert [one["credits"][0]["partner_id"] for one in result.attributions] == ["lea", "lea"]


def test_clawback_takes_all_of_the_day_and_suspension_all_that_comes() -> None:
    story = caught().click("c2", "2026-03-02T12:00:00Z", "lea", url="https://a.example/?gclid=1")
    clawed = story.run(program(TO_PARTNER, rule("paid_traffic", "clawback")))
    stopped = story.run(program(TO_PARTNER, rule("paid_traffic", "suspend")))

    assert shown(clawed) == [
        "o1~base~partner:lea 500",
        "paid_traffic~lea~2026-03-02~o1~base~partner:lea 500",
        "o2~base~partner:lea 250",
    ]
    assert shown(stopped) == ["o1~base~partner:lea 500"]
    assert [one["credits"][0].get("click_id") for one in stopped.attributions] == ["c1", "c2"]


def test_a_rejected_click_is_no_touch() -> None:
    story = Story().enrol("lea", "max").click("c1", "2026-03-02T10:00:00Z", "max")
    story.click("c2", "2026-03-02T10:30:00Z", "lea", referrer="https://www.deals.example/")
    story.order("o1", "2026-03-02T11:00:00Z", "100.00", click_id="c2")
    denied = rule("disallowed_referrer", "reject", 'hosts = ["deals.example"]')

    assert story.run(program(denied)).attributions[0]["credits"][0]["click_id"] == "c1"


# Rules


def test_every_click_of_an_hour_above_the_most_is_evidence() -> None:
    story = Story().enrol("lea")
    for number, time in enumerate(("10:00:00", "10:30:00", "10:59:59.999", "11:00:00")):
        story.click(f"c{number}", f"2026-03-02T{time}Z", "lea")
    result = story.run(program(rule("click_flooding", "flag", "max_clicks_per_customer_hour = 1")))

    assert told(result) == ["new click_flooding~lea~2026-03-02", "more click_flooding~lea~2026-03-02"]


@pytest.mark.parametrize(("least", "fires"), [("0.5", False), ("0.51", True)])
def test_the_conversion_of_a_day_is_looked_at_at_its_end(least: str, *, fires: bool) -> None:
    story = Story().enrol("lea").click("c1", "2026-03-02T10:00:00Z", "lea")
    story.click("c2", "2026-03-02T12:00:00Z", "lea").order("o1", "2026-03-02T22:59:59Z", "100.00")
    flooding = rule("click_flooding", "clawback", f'min_clicks = 2\nmin_conversion = "{least}"')
    result = story.run(program(TO_PARTNER, flooding), until="2026-03-04T00:00:00Z")

    assert told(result) == (["new click_flooding~lea~2026-03-02"] if fires else [])
    assert len(result.entries) == (2 if fires else 1)


def test_the_reversal_rate_is_that_of_thirty_days() -> None:
    story = Story().enrol("lea").click("c1", "2026-02-20T10:00:00Z", "lea")
    for number, day in enumerate(("02-20T11", "03-10T11", "03-11T11")):
        story.order(f"o{number}", f"2026-{day}:00:00Z", "100.00")
    story.refund("f1", "o0", "2026-03-21T00:00:00Z", "100.00").cancel("o1", "2026-03-22T12:00:00Z")
    limits = "max_rate = 0.4\nmin_orders = 2"
    result = story.run(program(TO_PARTNER, rule("reversal_rate", "clawback", limits)))

    assert told(result) == ["new reversal_rate~lea~2026-03-22"]
    assert shown(result)[-1] == "reversal_rate~lea~2026-03-22~o2~base~partner:lea 500"


def test_outdated_terms_are_told_once_when_they_are_due_and_of_later_records_at_once() -> None:
    head = '[compliance]\nterms_version = "1.10"\nterms_due = 2026-03-01\n'
    story = Story().enrol("lea", terms_version="1.9").enrol("max", terms_version="1.10")
    for partner in ("lea", "leo"):
        story.add("partner-events", "partner.updated", "2026-03-05T00:00:00Z", partner_id=partner, group="x")
    result = story.run(program(head), until="2026-04-01T00:00:00Z")

    assert told(result) == ["new terms_outdated~lea~2026-03-01", "new terms_outdated~leo~2026-03-05"]


@pytest.mark.parametrize(
    ("keyword", "fires"),
    [
        ("buy ACMÉ shoes", True),
        ("ac-me shop", True),
        ("acm", False),
        ("acne", False),  # too short a term for a near miss
        ("brand", True),
        ("brandi", True),
        ("brzandy", True),
        ("brnady", False),
        ("елкин", True),
        ("купить ЕЛКИ", True),
        ("oneil  co", True),
        ("acmeshoes", False),
        ("acme\u2122", True),
        ("buy coca cola", True),
        ("coca colas", True),
        ("买商标网", True),
        ("", False),
    ],
)
def test_brand_terms_are_found_in_many_disguises(keyword: str, *, fires: bool) -> None:
    assert (terms().brand_term("FR", keyword) is not None) is fires


def test_compatibility_forms_case_accents_and_punctuation_go() -> None:
    assert plain("  \uff21cmé\u2013\ufb01rm's  Straße ") == "acmefirms strasse"
    assert plain("Й") == "и"


@pytest.mark.parametrize(
    ("url", "fires"),
    [
        ("https://a.example/?x=1&GCLID=", True),
        ("https://a.example/?gclid", True),
        ("https://a.example/#gclid=1", False),
        ("https://a.example/?gclids=1", False),
        ("https://a.example/?Paid=1", True),
        (None, False),
    ],
)
def test_paid_clicks_are_known_by_their_parameters(url: str | None, *, fires: bool) -> None:
    assert (terms(paid_traffic={"params": ["paid"]}).paid_by(url) is not None) is fires


@pytest.mark.parametrize(
    ("older", "newer"), [("1.9", "1.10"), ("2026-02", "2026-10"), ("1", "1.1"), ("2.a", "2.b"), (None, "0")]
)
def test_terms_are_compared_part_by_part(older: str | None, newer: str) -> None:
    assert Terms(version=newer).outdates(older)
    assert not Terms(version=older or "0").outdates(newer)
