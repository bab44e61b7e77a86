from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from importlib import resources

import pytest
from fluent.runtime import FluentResource
from fluent.syntax import ast
from fluent.syntax.visitor import Visitor

from projections.dashboard.reader import form_of, messages, reader
from projections.progress import BlockerCode
from schemas.errors import Code
from streams.explain.languages import LANGUAGES

FOLDER = resources.files("projections.dashboard")
#: Messages whose names are put together from a kind and a name of the domain.
NAMED = r"(?:kind|agent|blocker|letter|fact|group|shared|rule|action|severity|state|status|channel|metric|period|span|over|problem|nav|theme)-"


class Named(Visitor):
    def __init__(self) -> None:
        self.variables: set[str] = set()
        self.variants: list[str] = []

    def visit_VariableReference(self, node: ast.VariableReference) -> None:  # noqa: N802 -- the library's name
        self.variables.add(node.id.name)

    def visit_Variant(self, node: ast.Variant) -> None:  # noqa: N802 -- the library's name
        self.variants.append(node.key.name if isinstance(node.key, ast.Identifier) else node.key.value)
        self.generic_visit(node)


def catalogue(language: str) -> dict[str, Named]:
    found = {}
    for entry in FluentResource(messages(language)).body:
        assert isinstance(entry, ast.Message | ast.Comment), (language, entry)
        if isinstance(entry, ast.Message):
            assert entry.id.name not in found
            found[entry.id.name] = Named()
            found[entry.id.name].visit(entry)
    return found


def used() -> set[str]:
    """Every message that a page or its code names in one piece."""
    names: set[str] = set()
    for file in FOLDER.joinpath("templates").iterdir():
        names |= set(re.findall(r"""\bt\(\s*["']([a-z0-9-]+)["']\s*[,)]""", file.read_text()))
    for file in FOLDER.iterdir():
        if file.name.endswith(".py"):
            names |= set(re.findall(r"""\bsay\(\s*["']([a-z0-9-]+)["']""", file.read_text()))
    return names


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_the_same_things_about_the_same_values(language: str) -> None:
    english, other = catalogue("en"), catalogue(language)

    assert other.keys() == english.keys()
    assert {name: one.variables for name, one in other.items()} == {
        name: one.variables for name, one in english.items()
    }


@pytest.mark.parametrize(
    ("language", "forms"),
    [("uk", {"one", "few", "many", "other"}), ("ar", {"zero", "one", "two", "few", "many", "other"})],
)
def test_counts_have_all_plurals_of_the_language(language: str, forms: set[str]) -> None:
    counted = ("points", "orders", "open-cases", "case-count", "evidence-count", "days")
    for name in (*counted, "problem-behind-left", "behind-notice"):
        assert set(catalogue(language)[name].variants) == forms, name


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_of_a_dead_letter_has_a_sentence_of_its_own(language: str) -> None:
    said = [reader(language).say(f"letter-{code.replace('_', '-')}") for code in Code]

    assert len(set(said)) == len(Code)
    assert {name for name in catalogue(language) if name.startswith("letter-")} == {
        f"letter-{code.replace('_', '-')}" for code in Code
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_not_to_be_ready_has_a_sentence(language: str) -> None:
    for code in BlockerCode:
        assert reader(language).say(f"blocker-{code.replace('_', '-')}", topic="rewards/0")


def test_pages_name_messages_that_exist_and_no_message_is_left_over() -> None:
    names, code = (
        set(catalogue("en")),
        "".join(file.read_text() for file in FOLDER.iterdir() if file.name.endswith(".py")),
    )

    assert used() - names == set()
    assert {name for name in names - used() if not re.match(NAMED, name) and f'"{name}"' not in code} <= {
        "seconds",
        "minutes",
        "hours",
    }


def test_numbers_are_written_as_the_reader_writes_them() -> None:
    assert reader("en").amount(123_456, "EUR/2") == "€1,234.56"
    assert reader("de").amount(123_456, "EUR/2") == "1.234,56\u00a0€"
    assert reader("de").amount(-5, "points") == "\u22125 Punkte"
    assert reader("uk").amount(2, "points") == "2 бали"
    assert reader("en").percent(Decimal("0.12345")) == "12.3%"
    assert reader("fr").percent(Decimal("0.5"), 0) == "50\u00a0%"
    assert reader("en").change(Decimal("-0.125")) == "\u221212.5%"
    assert (
        reader("en").number(None)
        == reader("en").percent(None)
        == reader("en").amount(None, "EUR/2")
        == "\u2013"
    )


def test_in_arabic_a_sign_stays_before_its_digits() -> None:
    shown = reader("ar").amount(-550, "EUR/2")

    assert shown.startswith("\u2066\u22125.50"), ascii(shown)
    assert shown.endswith("\u2069")
    assert reader("ar").direction == "rtl"


def test_days_and_times_are_those_of_the_zone() -> None:
    english = reader("en")

    assert english.date("2026-11-27") == "Nov 27, 2026"
    assert english.short_date(dt.date(2026, 11, 27)) == "Nov 27"
    assert english.month(dt.date(2026, 11, 1)) == "November 2026"
    assert english.clock(1_764_198_000_000, "Europe/Paris") == "12:00\u202fAM"
    assert reader("en_GB").clock(1_764_198_000_000, "Europe/Paris") == "00:00"
    assert reader("de").date("2026-11-27") == "27.11.2026"


def test_a_message_without_its_value_is_an_error_and_no_page() -> None:
    with pytest.raises(LookupError):
        reader("en").say("since")
    with pytest.raises(LookupError):
        reader("en").say("no-such-message")


def test_dates_and_numbers_are_those_of_the_region_that_the_browser_names() -> None:
    assert form_of("en", "en-GB,en;q=0.9") == "en_GB"
    assert form_of("de", "fr-CA, de-ch;q=0.5") == "de_CH"
    assert form_of("en", "fr-CA") == form_of("en", "en-ZZ") == form_of("en", "en-../etc") == "en"
    assert reader("en_GB").date("2026-11-03", "short") == "03/11/2026"
    assert reader("en").date("2026-11-03", "short") == "11/3/26"
    assert reader("de_CH").amount(123_456, "EUR/2") != reader("de").amount(123_456, "EUR/2")
    assert (reader("en_GB").language, reader("en_GB").say("today")) == ("en", "Today")


def test_a_week_begins_as_it_does_for_the_reader() -> None:
    assert (reader("en_US").first_weekday, reader("en_US").weekdays()[0][1]) == (6, "Sunday")
    assert (reader("en_GB").first_weekday, reader("en_GB").weekdays()[0][1]) == (0, "Monday")


def test_shares_have_as_many_digits_as_are_asked_for_or_as_they_have() -> None:
    assert reader("en").percent(Decimal("0.00054"), 2) == "0.05%"
    assert [reader("en").exact_percent(Decimal(one)) for one in ("0.4", "1", "0.375", "0.0005")] == [
        "40%",
        "100%",
        "37.5%",
        "0.05%",
    ]
    assert reader("fr").seconds(Decimal("4.507")) == "4,507\u202fs"
