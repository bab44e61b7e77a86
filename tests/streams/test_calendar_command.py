from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import icalendar
import pytest

from streams.cli import run

Capture = pytest.CaptureFixture[str]
PROGRAM = """[program]
id = "{id}"
version = {version}
effective_from = {since}T00:00:00Z
currency = "EUR"
home_tz = "Europe/Paris"
[markets.FR]
tz = "Europe/Paris"
[markets.US]
tz = "America/New_York"
[[key_day]]
use = "black_friday"
{more}
"""


def write(folder: Path, id_: str, version: int, since: str, more: str = "") -> Path:
    file = folder / f"{id_}-{version}.toml"
    file.write_text(PROGRAM.format(id=id_, version=version, since=since, more=more))
    return file


def rows(arguments: list[str], capsys: Capture) -> list[dict[str, str]]:
    assert run(["calendar", "--json", *arguments]) == 0
    found = json.loads(capsys.readouterr().out)
    assert isinstance(found, list)
    return found


def test_json_has_local_offsets_and_an_exclusive_end(capsys: Capture) -> None:
    found = rows(["--market", "FR", "--year", "2026"], capsys)

    assert [one for one in found if one["id"] in {"black_friday", "soldes_hiver_fr", "mothers_day_fr"}] == [
        {
            "id": "soldes_hiver_fr",
            "market": "FR",
            "name": "Soldes d'hiver",
            "start": "2026-01-07T08:00:00+01:00",
            "end": "2026-02-04T00:00:00+01:00",
            "status": "computed",
        },
        {
            "id": "mothers_day_fr",
            "market": "FR",
            "name": "Fête des mères",
            "start": "2026-05-31T00:00:00+02:00",
            "end": "2026-06-01T00:00:00+02:00",
            "status": "computed",
        },
        {
            "id": "black_friday",
            "market": "FR",
            "name": "Black Friday",
            "start": "2026-11-27T00:00:00+01:00",
            "end": "2026-11-28T00:00:00+01:00",
            "status": "computed",
        },
    ]
    assert {one["market"] for one in found} == {"FR"}


def test_the_offset_changes_within_a_window(capsys: Capture) -> None:
    (found,) = [
        one for one in rows(["--market", "GB", "--year", "2025"], capsys) if one["id"] == "mothering_sunday"
    ]

    assert (found["start"], found["end"]) == ("2025-03-30T00:00:00+00:00", "2025-03-31T00:00:00+01:00")


def test_without_a_market_all_36_are_printed_in_the_year_of_today(capsys: Capture) -> None:
    found = rows([], capsys)

    assert len({one["market"] for one in found}) == 36
    assert {one["start"][:4] for one in found} == {str(datetime.now(UTC).year)}


def test_a_day_without_dates_is_a_warning_unknown_in_the_table_and_not_in_json(capsys: Capture) -> None:
    arguments = ["--market", "FR", "--market", "US", "--year", "2026"]
    assert run(["calendar", *arguments]) == 0

    said = capsys.readouterr()
    assert "warning: prime_big_deal_days has no dates for 2026 in US, FR" in said.err.splitlines()
    table = [line.split() for line in said.out.splitlines()]
    assert table[0] == ["id", "market", "name", "start", "end", "status"]
    assert ["prime_big_deal_days", "FR", "Prime", "Big", "Deal", "Days", "unknown"] in table
    assert "prime_big_deal_days" not in {one["id"] for one in rows(arguments, capsys)}


def test_ical_can_be_read_back(capsys: Capture) -> None:
    assert run(["calendar", "--market", "US", "--market", "AE", "--year", "2027", "--ical"]) == 0

    out = capsys.readouterr().out
    events = {
        (str(event["summary"]), str(event["status"])): (event["dtstart"].dt, event["dtend"].dt)
        for event in icalendar.Calendar.from_ical(out).walk("VEVENT")
    }
    assert events["Black Friday (US)", "CONFIRMED"] == (
        datetime(2027, 11, 26, 5, tzinfo=UTC),
        datetime(2027, 11, 27, 5, tzinfo=UTC),
    )
    assert events["Eid al-Fitr (AE)", "TENTATIVE"] == (
        datetime(2027, 3, 8, 20, tzinfo=UTC),
        datetime(2027, 3, 11, 20, tzinfo=UTC),
    )
    uids = [str(event["uid"]) for event in icalendar.Calendar.from_ical(out).walk("VEVENT")]
    assert len(set(uids)) == len(uids)


def test_programs_print_their_own_days_of_the_version_in_force_at_the_years_end(
    tmp_path: Path, capsys: Capture
) -> None:
    own = '[[key_day]]\nid = "birthday"\nname = "Our birthday"\ndates = { 2027 = ["2027-05-01"] }\n'
    write(tmp_path, "a", 1, "2026-01-01")
    write(tmp_path, "a", 2, "2027-06-01", own)
    write(tmp_path, "b", 1, "2026-01-01")
    write(tmp_path, "c", 1, "2028-01-01")
    arguments = ["--programs", str(tmp_path), "--market", "FR"]

    assert [one["id"] for one in rows([*arguments, "--year", "2026"], capsys)] == ["black_friday"]
    assert [
        (one["id"], one["name"], one["status"]) for one in rows([*arguments, "--year", "2027"], capsys)
    ] == [
        ("birthday", "Our birthday", "announced"),
        ("black_friday", "Black Friday", "computed"),
    ]
    assert run(["calendar", *arguments, "--year", "2027"]) == 0
    assert capsys.readouterr().err == "warning: c is not in force before the end of 2027\n"


def test_names_of_the_catalogue_are_told_in_a_language_and_those_of_programs_stay(
    tmp_path: Path, capsys: Capture
) -> None:
    own = '[[key_day]]\nid = "birthday"\nname = "Our birthday"\ndates = { 2026 = ["2026-05-01"] }\n'
    file = write(tmp_path, "a", 1, "2026-01-01", own)
    arguments = ["--market", "FR", "--year", "2026", "--lang", "uk"]

    catalogue = {one["id"]: one["name"] for one in rows(arguments, capsys)}
    assert (catalogue["black_friday"], catalogue["mothers_day_fr"]) == ("Чорна п\u2019ятниця", "День матері")
    assert catalogue["prime_day"] == "Amazon Prime Day"
    assert [one["name"] for one in rows([*arguments, "--programs", str(file)], capsys)] == [
        "Our birthday",
        "Чорна п\u2019ятниця",
    ]


def test_ical_says_which_language_a_name_is_in(capsys: Capture) -> None:
    assert run(["calendar", "--market", "FR", "--year", "2026", "--lang", "fr", "--ical"]) == 0

    out = capsys.readouterr().out
    assert "SUMMARY;LANGUAGE=fr:Fête des mères (FR)\r\n" in out
    assert "SUMMARY;LANGUAGE=en:Amazon Prime Day (FR)\r\n" in out


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["--market", "XX"], "there is no market XX: there are AE, AR,"),
        (["--year", "1969"], "1969"),
        (["--json", "--ical"], "--json and --ical are two formats: choose one"),
        (["--programs", "no-such-file.toml"], "no-such-file.toml"),
    ],
)
def test_wrong_use_is_one_line_and_status_2(arguments: list[str], error: str, capsys: Capture) -> None:
    assert run(["calendar", *arguments]) == 2

    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("keyday calendar: ")
    assert error in said.err
    assert len(said.err.splitlines()) == 1


def test_a_program_that_does_not_validate_is_status_1(tmp_path: Path, capsys: Capture) -> None:
    file = write(tmp_path, "a", 1, "2026-01-01", "days = 0")

    assert run(["calendar", "--programs", str(file)]) == 1
    assert f"{file}:13:key_day[0].days: must be a whole number from 1 to 366" in capsys.readouterr().err
