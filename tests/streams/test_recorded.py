"""What the ledger recorded is read back by its form, and told in every language with the same parts."""

# ruff: noqa: RUF001 - other languages have letters that look like others

from __future__ import annotations

import re
import string
import tomllib
from importlib import resources

import pytest

from streams.explain import words as catalogues
from streams.explain.recorded import FORMS, Said, read
from streams.explain.words import LANGUAGES, Words

#: Of each form a text as the rules and agents write it.
TEXTS = {
    "flat": "flat 2.50 EUR",
    "whole": "net 129.90 EUR * 0.05 = 6.4950",
    "whole_converted": "gross 100.00 USD * 0.92 = gross 92.00 EUR * 0.05 = 4.6000",
    "part": "2/5 of lines bags, shoes 100.00 EUR is 40.00 EUR; 40.00 EUR * 0.05 = 2.0000",
    "part_converted": "1/3 of net 100.00 USD * 0.92 = net 92.00 EUR is 30.67 EUR; 30.67 EUR * 0.05 = 1.5335",
    "rounded": "rounded half_even to 6.50 EUR",
    "formula": "6.50 * (2 - 1) = 6.50, rounded down to 6.50 EUR",
    "referral_day": "black_friday: 500 * 2, rounded half_even to 1000 points",
    "cap": "cap 5.00 a day: 0.20 left",
    "budget_left": "budget q4: 12.00 left",
    "tier": "tier gold in FR",
    "hold": "hold 30 days from 2026-11-27",
    "cancelled": "all of 6.50: the order was cancelled",
    "refunded": "all of 500: the order was refunded in full",
    "before": "4.33 - 2.17 reversed before, from held and available",
    "case_held": "case paid_traffic~lea~2026-11-27: held until it is resolved",
    "case_before": "case paid_traffic~lea~2026-11-27: upheld before it was granted",
    "case_back": "case reversal_rate~lea~2026-11-27: taken back",
    "case_upheld": "case paid_traffic~lea~2026-11-27: upheld by ann",
    "case_dismissed": "case paid_traffic~lea~2026-11-27: dismissed by ann: twice",
    "due": "6.50 EUR/2 due by 2026-12-27",
    "expired": "1 points expired by 2027-12-27",
    "redeemed": "5.00 of 12.00 available",
    "corrected": "by ann: 5.00 of 12.00 available",
    "not_enrolled": "partner_inactive: not enrolled",
    "suspended": "partner_inactive: suspended",
    "not_in_market": "partner_inactive: not enrolled for market FR",
    "rejected": "compliance: click_to_order_time",
    "on_key_day": "black_friday in FR",
}


def sentences(language: str) -> dict[str, str]:
    text = resources.files(catalogues).joinpath(f"{language}.toml").read_text(encoding="utf-8")
    found: dict[str, str] = tomllib.loads(text)["recorded"]
    return found


@pytest.mark.parametrize("sentence", FORMS)
def test_each_form_is_read_as_its_own_sentence(sentence: str) -> None:
    said = read(TEXTS[sentence])

    assert said is not None
    assert said.sentence == sentence


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_form_has_a_sentence_that_says_all_its_parts(language: str) -> None:
    said = {
        name: {field for _, field, _, _ in string.Formatter().parse(text)} - {None}
        for name, text in sentences(language).items()
    }

    assert said == {name: set(form.groupindex) for name, form in FORMS.items()}


def test_parts_are_what_was_recorded() -> None:
    assert read(TEXTS["part"]) == Said(
        "part",
        {
            "weight": "2/5",
            "basis": "lines bags, shoes",
            "whole": "100.00 EUR",
            "part": "40.00 EUR",
            "formula": "40.00 EUR * 0.05 = 2.0000",
        },
    )
    assert read(TEXTS["corrected"]) == Said(
        "corrected", {"actor": "ann", "reason": "5.00 of 12.00 available"}
    )


@pytest.mark.parametrize(
    ("language", "sentence", "told"),
    [
        ("en", "on_key_day", "Black Friday (France)"),
        ("fr", "on_key_day", "Black Friday (France)"),
        ("de", "part", "2/5 von Positionen bags, shoes 100.00 EUR sind 40.00 EUR; 40.00 EUR * 0.05 = 2.0000"),
        ("fr", "before", "4.33 - 2.17 repris auparavant, sur : retenu et disponible"),
        ("es", "hold", "retención de 30 días desde el 27 de noviembre de 2026"),
        ("uk", "expired", "1 бал: згоріло 27 грудня 2027 р."),
        ("en", "due", "6.50 EUR due by December 27, 2026"),
        ("en", "expired", "1 point expired by December 27, 2027"),
        ("ar", "hold", "فترة الانتظار: 30 يومًا ابتداء من 27 نوفمبر 2026"),
        ("ar", "tier", "المستوى gold in FR"),
        ("fr", "corrected", "par ann : 5.00 of 12.00 available"),
    ],
)
def test_the_reader_s_words_surround_what_was_recorded(language: str, sentence: str, told: str) -> None:
    names = {"black_friday": "Black Friday"}
    found = Words(language).retold(TEXTS[sentence], lambda day: names[day])

    assert re.sub("[\u2066-\u2069]", "", found).replace("\u202f", " ") == told


def test_what_has_no_form_stays_as_it_was_recorded() -> None:
    assert read("doubled twice") is None
    assert Words("fr").retold("doubled twice") == "doubled twice"
    assert Words("ar").retold("doubled twice") == "\u2066doubled twice\u2069"


@pytest.mark.parametrize("language", LANGUAGES)
def test_directions_that_are_set_apart_end(language: str) -> None:
    for text in TEXTS.values():
        told = Words(language).retold(text)
        assert len(re.findall("[\u2066-\u2068]", told)) == told.count("\u2069")
        assert (told.count("\u2069") > 0) <= (language == "ar")
    net = Words(language).retold("net 12.50 EUR * 1 points per 1.00 EUR = 12.5000")
    assert ("points per" in net) == (language == "en")
