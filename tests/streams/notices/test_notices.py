"""Every notice in every language: complete, in the reader's own numbers and dates, and once for a cause."""

# ruff: noqa: RUF001 - other languages have letters that look like others

from __future__ import annotations

import re
from datetime import date
from importlib import resources
from typing import Any, get_args

import pytest
from fluent.syntax import FluentParser, ast
from fluent.syntax.visitor import Visitor

from events.outputs import Decision, Notice, RuleName
from schemas.decisions import encode_decision
from streams.explain.languages import LANGUAGES
from streams.notices import TEMPLATES, Money, Occasion, notice, templates

VALUES: dict[str, Any] = {
    "action": "hold",
    "after": "silver",
    "before": "bronze",
    "case": "brand_bidding~lea~2026-11-20",
    "count": 12_345,
    "date": date(2026, 11, 27),
    "day": date(2026, 11, 20),
    "days": 14,
    "direction": "up",
    "due": date(2026, 12, 1),
    "markets": frozenset({"US", "FR"}),
    "metric": "revenue",
    "name": "Black Friday",
    "reason": "fraud",
    "rule": "brand_bidding",
    "since": date(2026, 10, 1),
    "terms": ["acme", "acmé"],
    "value": Money(123_456_789, "EUR/2"),
    "version": "2.1",
}
#: The same day, amount and number, as each language writes them.
FORMS = {
    "en": ("November 27, 2026", "€1,234,567.89", "12,345"),
    "fr": ("27 novembre 2026", "1 234 567,89 €", "12 345"),
    "es": ("27 de noviembre de 2026", "1.234.567,89 €", "12.345"),
    "de": ("27. November 2026", "1.234.567,89 €", "12.345"),
    "ar": ("27 نوفمبر 2026", "1,234,567.89 €", "12,345"),
    "uk": ("27 листопада 2026 р.", "1 234 567,89 EUR", "12 345"),
}
RULES = get_args(RuleName)


def written(template: str, locale: str | None, **values: Any) -> Notice:
    found = decision(template, locale, **values).data
    assert isinstance(found, Notice)
    return found


def decision(template: str, locale: str | None, **values: Any) -> Decision:
    data = {name: value for name, value in (VALUES | values).items() if name in TEMPLATES[template]}
    return notice(template, "acme", "lea", locale, "cause", 1_000, data, name="Léa")


def text_of(one: Notice) -> str:
    """Subject and body without marks of direction, and with spaces that all look the same."""
    marked = re.sub("[\u200f\u2066-\u2069]", "", f"{one.subject}\n{one.body}")
    return re.sub("[\u00a0\u202f]", " ", marked)


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_template_is_written_in_every_language(template: str, language: str) -> None:
    one = written(template, language)

    assert (one.template, one.locale, one.partner_id, one.program) == (template, language, "lea", "acme")
    assert one.subject
    assert one.subject.count("\n") == 0
    assert "Léa" in one.body
    assert not re.search(r"[{}$]|\bcase_|_text|rule_name|brand_bidding\b(?!~)", text_of(one))
    if language != "en":
        assert one.body != written(template, "en").body
        assert one.subject != written(template, "en").subject


@pytest.mark.parametrize("language", LANGUAGES)
def test_dates_money_and_numbers_are_written_as_the_reader_does(language: str) -> None:
    day, money, number = FORMS[language]

    assert day in text_of(written("key_day_ahead", language))
    assert day in text_of(written("brand_bidding_reminder", language))
    assert day in text_of(written("terms_due", language, due=date(2026, 11, 27)))
    assert day in text_of(written("tier_changed", language, since=date(2026, 11, 27)))
    for template in (
        "case_opened",
        "case_upheld",
        "case_dismissed",
        "partner_suspended",
        "partner_reinstated",
    ):
        assert day in text_of(written(template, language, day=date(2026, 11, 27)))
    assert money in text_of(written("tier_changed", language))
    assert number in text_of(written("case_evidence_added", language))
    assert number in text_of(written("tier_changed", language, metric="orders", value=12_345))
    for template in TEMPLATES:
        assert not re.search(
            r"\d{4}-\d\d-\d\d(?<!lea~2026-11-20)|12345|123456", text_of(written(template, language))
        )


@pytest.mark.parametrize(
    ("language", "days", "subject"),
    [
        ("en", 0, "Black Friday is today"),
        ("en", 1, "Black Friday is tomorrow"),
        ("en", 2, "Black Friday is in 2 days"),
        ("fr", 0, "Black Friday, c’est aujourd’hui"),
        ("fr", 1, "Black Friday, c’est demain"),
        ("es", 1, "Black Friday es mañana"),
        ("de", 3, "Black Friday ist in 3 Tagen"),
        ("uk", 1, "Black Friday завтра"),
        ("uk", 3, "Black Friday через 3 дні"),
        ("uk", 14, "Black Friday через 14 днів"),
        ("uk", 21, "Black Friday через 21 день"),
        ("ar", 0, "Black Friday اليوم"),
        ("ar", 1, "Black Friday غدا"),
        ("ar", 2, "Black Friday بعد يومين"),
        ("ar", 3, "Black Friday بعد 3 أيام"),
        ("ar", 14, "Black Friday بعد 14 يوما"),
        ("ar", 100, "Black Friday بعد 100 يوم"),
    ],
)
def test_counts_take_the_plural_of_the_language(language: str, days: int, subject: str) -> None:
    assert text_of(written("key_day_ahead", language, days=days)).splitlines()[0] == subject


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_rule_and_action_has_words_in_every_language(language: str) -> None:
    by_rule = {text_of(written("case_opened", language, rule=rule)) for rule in RULES}
    by_action = {
        text_of(written("case_opened", language, action=action))
        for action in ("flag", "hold", "reject", "clawback", "suspend")
    }

    assert len(by_rule) == len(RULES)
    assert not [text for text, rule in zip(sorted(by_rule), sorted(RULES), strict=True) if f"{rule} " in text]
    assert len(by_action) == 5


@pytest.mark.parametrize(
    ("language", "name"),
    [("en", "Black Friday"), ("fr", "Black Friday"), ("ar", "الجمعة السوداء"), ("uk", "Чорна п’ятниця")],
)
def test_a_key_day_has_its_name_in_the_language_and_machines_that_of_the_program(
    language: str, name: str
) -> None:
    for template in ("key_day_ahead", "brand_bidding_reminder"):
        one = written(template, language, name=Occasion("black_friday", "Black Friday"))

        assert name in one.subject
        assert name in one.body
        assert one.data["name"] == "Black Friday"
        own = written(template, language, name=Occasion("black_friday", "Our Friday"))
        assert "Our Friday" in own.subject


def test_arabic_goes_from_right_to_left_and_sets_apart_what_does_not() -> None:
    one = written("key_day_ahead", "ar")

    assert all(line.startswith("\u200f") for line in [one.subject, *one.body.splitlines()] if line)
    assert "\u2068Black Friday\u2069" in one.body
    assert one.body.count("\u2068") == one.body.count("\u2069")
    for language in LANGUAGES:
        if language != "ar":
            assert not re.search("[\u200f\u2066-\u2069]", written("key_day_ahead", language).body)


@pytest.mark.parametrize(
    ("locale", "language", "day"),
    [
        (None, "en", "November 27, 2026"),
        ("", "en", "November 27, 2026"),
        ("nl-NL", "en", "November 27, 2026"),
        ("tlh", "en", "November 27, 2026"),
        ("en-GB", "en", "27 November 2026"),
        ("fr_CA", "fr", "27 novembre 2026"),
        ("FR", "fr", "27 novembre 2026"),
        ("de-XX-nonsense", "de", "27. November 2026"),
        ("x" * 1_000, "en", "November 27, 2026"),
    ],
)
def test_who_speaks_another_language_reads_english(locale: str | None, language: str, day: str) -> None:
    one = written("key_day_ahead", locale)

    assert one.locale == language
    assert day in text_of(one)


def test_the_region_writes_numbers_its_own_way() -> None:
    assert "EUR 1’234’567.89" in text_of(written("tier_changed", "de-CH"))
    assert "KWD 1.500" in text_of(written("tier_changed", "en", value=Money(1_500, "KWD/3")))


def test_a_suspension_without_a_reason_names_none() -> None:
    assert "Reason: ads on brand terms" in written("partner_suspended", "en").body
    assert "Reason: fraud" in written("partner_suspended", "en", rule="none").body
    assert "Reason" not in written("partner_suspended", "en", rule="none", reason="none").body


def test_one_cause_makes_one_id() -> None:
    first, again = decision("case_opened", "fr"), decision("case_opened", "fr")

    assert encode_decision(first) == encode_decision(again)
    assert (first.topic, first.type, first.key) == ("notices", "notice.issued", "lea")
    assert (first.id, first.subject) == ("notice~case_opened~cause~lea", "partner:lea")
    assert decision("case_upheld", "fr").id == "notice~case_upheld~cause~lea"


def test_the_values_stand_beside_the_words() -> None:
    assert written("tier_changed", "ar").data == {
        "cause": "cause",
        "direction": "up",
        "before": "bronze",
        "after": "silver",
        "metric": "revenue",
        "value": 123_456_789,
        "value_unit": "EUR/2",
        "since": "2026-10-01",
    }
    assert written("brand_bidding_reminder", "ar").data == {
        "cause": "cause",
        "name": "Black Friday",
        "date": "2026-11-27",
        "markets": ["FR", "US"],
        "terms": ["acme", "acmé"],
    }


def test_a_notice_that_lacks_something_is_refused() -> None:
    with pytest.raises(LookupError, match="notice case_opened needs action, rule"):
        notice("case_opened", "acme", "lea", "fr", "c", 0, {"case": "c", "day": date(2026, 1, 1)})
    with pytest.raises(LookupError):
        notice("no_such_template", "acme", "lea", "fr", "c", 0, {})


class Named(Visitor):  # type: ignore[misc]  # the parser has no types
    """What a template takes: variables, and other messages."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def visit_VariableReference(self, node: Any) -> None:  # noqa: N802 - the visitor's way
        self.names.add(f"${node.id.name}")

    def visit_MessageReference(self, node: Any) -> None:  # noqa: N802 - the visitor's way
        self.names.add(node.id.name)


def taken(language: str) -> dict[str, set[str]]:
    """What each message and attribute of a language takes."""
    path = resources.files(templates.__package__ or "").joinpath("languages", f"{language}.ftl")
    found = {}
    for entry in FluentParser().parse(path.read_text(encoding="utf-8")).body:
        assert isinstance(entry, ast.Message), f"{language}: {entry}"
        parts = {entry.id.name: entry.value} | {
            f"{entry.id.name}.{one.id.name}": one.value for one in entry.attributes
        }
        for name, pattern in parts.items():
            named = Named()
            if pattern is not None:
                named.visit(pattern)
            found[name] = named.names
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_language_lacks_a_message_or_anything_that_it_says(language: str) -> None:
    english = taken("en")

    assert taken(language) == english
    for template in TEMPLATES:
        assert {f"{template}.subject", f"{template}.body"} <= set(english)
