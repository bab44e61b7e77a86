from __future__ import annotations

import datetime as dt
from collections import Counter

import pytest

from schemas.program_file import parse_toml
from streams.generator.breaches import Truth
from streams.generator.program import program_text, read_rules
from streams.generator.stream import stream
from tests.streams.generator.streams import START, made, parameters
from tests.streams.generator.terms import violations

RULES = {
    "brand_bidding", "paid_traffic", "self_referral", "click_to_order_time", "click_flooding",
    "disallowed_referrer", "market_not_agreed", "reversal_rate", "terms_outdated",
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_truth_is_what_a_slow_check_of_the_terms_finds(seed: int) -> None:
    found = made(seed=seed, events=40_000, breaches=0.04)

    assert {truth.case_id for truth in found.truths} == violations(found.facts, found.rules)
    assert {truth.rule for truth in found.truths} == RULES


@pytest.mark.slow
@pytest.mark.parametrize("given", [{}, {"customers": 5, "days": 3}, {"partners": 1, "markets": ("AE",)}])
def test_without_breaches_nothing_looks_like_one(given: dict[str, object]) -> None:
    found = made(**given, breaches=0.0)

    assert found.truths == []
    assert violations(found.facts, found.rules) == set()


@pytest.mark.parametrize(
    "given",
    [{"days": 1}, {"days": 2, "events": 500}, {"partners": 1}, {"partners": 3, "markets": ("JP", "AE")}],
)
def test_the_truth_holds_for_odd_parameters_too(given: dict[str, object]) -> None:
    found = made(**{"events": 6_000, "breaches": 0.2} | given)

    assert {truth.case_id for truth in found.truths} == violations(found.facts, found.rules)
    assert found.truths


@pytest.mark.slow
def test_each_case_is_told_once_with_events_that_are_there() -> None:
    found = made(events=40_000, breaches=0.04)

    there = {fact.id for fact in found.facts}
    cases = Counter(truth.case_id for truth in found.truths)
    assert set(cases.values()) == {1}
    for truth in found.truths:
        assert truth.case_id == f"{truth.rule}~{truth.partner_id}~{truth.home_date}"
        assert set(truth.events) <= there


@pytest.mark.slow
def test_the_rate_is_the_share_of_events() -> None:
    plain, found = made(breaches=0.0), made(breaches=0.05)

    told = sum(len(truth.events) for truth in found.truths)
    assert len(found.events) == len(plain.events)
    assert 0.02 * len(found.events) < told <= 0.05 * len(found.events)


def test_terms_that_a_program_does_not_have_are_not_broken() -> None:
    asked = parameters(breaches=0.1)
    text = program_text(asked.markets, asked.partners, START)
    text = text[: text.index("[compliance]")].replace('brand_terms = ["solbrook", "sol brook"]', "")
    assert parse_toml(text).errors == ()
    truths: Counter[str] = Counter()

    assert list(stream(asked, read_rules(text), lambda truth: truths.update([truth.rule])))
    assert set(truths) == RULES - {"brand_bidding", "disallowed_referrer", "terms_outdated"}


def test_terms_are_not_outdated_before_they_are_due() -> None:
    asked = parameters(breaches=0.1)
    text = program_text(asked.markets, asked.partners, START)
    late = text.replace("terms_due = 2020-01-01T00:00:00Z", "terms_due = 2025-11-20")
    truths: list[Truth] = []

    assert list(stream(asked, read_rules(late), truths.append))
    dates = {dt.date.fromisoformat(each.home_date) for each in truths if each.rule == "terms_outdated"}
    assert min(dates) >= dt.date(2025, 11, 20)
