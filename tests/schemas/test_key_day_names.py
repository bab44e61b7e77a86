"""Names of key days by language: of days that there are, once each, in languages that Keyday speaks."""

# ruff: noqa: RUF001 - other languages have letters that look like others

from __future__ import annotations

import tomllib
from collections import Counter
from pathlib import Path

import pytest

from schemas.catalogue import catalogue
from schemas.key_day_names import DayName, day_name
from streams.explain.languages import LANGUAGES

FILE = Path(__file__).parents[2] / "schemas" / "key_day_names.toml"
GROUPS = tomllib.loads(FILE.read_text())["name"]
#: Days that are nearly everywhere, which every language has a word of its own for.
COMMON = (
    "black_friday",
    "christmas_day",
    "valentines_day",
    "mothers_day_fr",
    "easter_western",
    "eid_al_fitr",
)


def test_each_group_names_days_of_the_catalogue_in_languages_that_are_spoken() -> None:
    days = Counter(day for group in GROUPS for day in group["days"])

    assert set(days) <= catalogue().days.keys()
    assert {day for day, count in days.items() if count > 1} == set()
    for group in GROUPS:
        assert set(group) <= {"days", "written_in", *LANGUAGES}, group
        assert all(one.strip() == one != "" for key, one in group.items() if key != "days"), group


def test_a_day_whose_name_is_in_another_alphabet_or_language_says_so() -> None:
    foreign = {
        name
        for name, one in catalogue().days.items()
        if not one.key_day.name.isascii() and day_name("xx", name, one.key_day.name).language == "en"
    }

    assert foreign == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_days_that_are_kept_nearly_everywhere_have_a_name_in_every_language(language: str) -> None:
    for day in COMMON:
        assert day_name(language, day, catalogue().days[day].key_day.name).language == language


def test_what_has_no_name_in_a_language_keeps_the_catalogue_s_and_says_what_that_is_in() -> None:
    assert day_name("fr", "black_friday", "Black Friday") == DayName("Black Friday", "fr")
    assert day_name("uk", "black_friday", "Black Friday") == DayName("Чорна п’ятниця", "uk")
    assert day_name("en", "soldes_hiver_fr", "Soldes d'hiver") == DayName("Winter sales", "en")
    assert day_name("ar", "french_days", "French Days") == DayName("French Days", "en")
    assert day_name("ar", "mellandagsrea_se", "Mellandagsrea") == DayName("Mellandagsrea", "sv")


def test_a_name_that_the_program_gives_stays() -> None:
    assert day_name("uk", "black_friday", "Our Friday") == DayName("Our Friday", None)
    assert day_name("uk", None, "Anniversary") == DayName("Anniversary", None)
    assert day_name("uk", "gone", "Gone") == DayName("Gone", None)
