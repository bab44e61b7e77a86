"""The schema of program files knows the keys and choices that the reader knows, and takes what it takes."""

from __future__ import annotations

import copy
import json
import re
import tomllib
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from schemas import generate
from schemas.program_file import parse_json, parse_toml, to_json
from schemas.program_schema import program_schema
from schemas.program_table import Table

ROOT = Path(__file__).parents[2]
SCHEMA = program_schema()
VALIDATOR = Draft7Validator(SCHEMA, format_checker=Draft7Validator.FORMAT_CHECKER)
FILES = [
    path
    for folder in ("examples", "tests/scenarios/programs", "tests/chaos")
    for path in sorted((ROOT / folder).glob("*.toml"))
    if path.name != "pyproject.toml"
]
DOCUMENTED = re.findall(
    r"```toml\n(.*?)```", (ROOT / "docs" / "program-file.md").read_text(encoding="utf-8"), re.DOTALL
)[0]
MORE = """
[[key_day]]
id = "clearance"
name = "Clearance"
rrule = "FREQ=YEARLY;BYMONTH=5;BYDAY=1MO"
overrides = { 2027 = [] }
offset_days = -1
start = "08:00"
end = "24:00"
days = 2
tz_policy = "organiser"
tz = "Europe/Paris"
notice_days = [14, 3]

[[key_day]]
id = "spring"
easter = "western"

[[key_day]]
id = "lights"
holiday = { country = "IN", name = "Diwali" }

[[key_day]]
id = "launch"
dates = { 2026 = ["2026-06-23"] }

[[bonus]]
id = "all"
to = "partner"
unit = "money"
flat = "1.00"
share = 0.5
when = { market = ["FR"], channel = ["app"], category = ["shoes"], coupon = ["A"], key_day = ["clearance"], \
new_customer = true, partner_group = ["g"], partner_id = ["p"], tier = ["silver"] }
expires_days = 9
hold_days = 1
cap = { period = "month", amount = 9 }

[[goal]]
id = "lea"
scope = "partner"
partner_id = "lea"
metric = "orders"
period = "year"
target = 9

[[review]]
id = "monthly"
cadence = "monthly"
day = 31
""".replace("\\\n", "")


def with_numbers(text: str) -> Any:
    """What an editor makes of a file: times become text, decimals numbers."""
    return to_json(tomllib.loads(text))


def full() -> Any:
    """Content with every key of the format, but those that exclude each other."""
    text = DOCUMENTED.replace("[program]", '"$schema" = "program.json"\n[program]', 1)
    return with_numbers(text + MORE)


def wrong(content: Any) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in VALIDATOR.iter_errors(content)]


def test_it_is_a_schema_and_committed_beside_the_others() -> None:
    Draft7Validator.check_schema(SCHEMA)

    assert json.loads((generate.FOLDER / "program.json").read_text(encoding="utf-8")) == SCHEMA


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_every_program_file_of_the_repository_fits(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    assert parse_toml(text).errors == ()
    assert wrong(with_numbers(text)) == []
    assert wrong(to_json(tomllib.loads(text, parse_float=Decimal))) == []


def test_the_examples_name_the_schema_for_editors() -> None:
    for path in sorted((ROOT / "examples").glob("*.toml")):
        if path.stem == "generated":
            continue  # written beside its events, wherever those are
        directive, named = path.read_text(encoding="utf-8").split("\n", 1)[0].split(" ")

        assert directive == "#:schema"
        assert (path.parent / named).resolve() == generate.FOLDER / "program.json"


def test_a_file_with_every_key_fits() -> None:
    content = full()

    assert wrong(content) == []
    assert parse_json(json.dumps(content)).errors == ()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('id = "shop"\n', ""),
        ("version = 1", "version = 0"),
        ("version = 1", 'version = "1"'),
        ('currency = "EUR"', 'currency = "euro"'),
        ('rounding = "half_even"', 'rounding = "up"'),
        ("[markets.FR]", "[market.FR]"),
        ('tz = "Europe/Paris"                     #', 'zone = "Europe/Paris" #'),
        ('rate = "0.92"', 'rate = "0,92"'),
        ('rate = "0.05"', 'rate = "5%"'),
        ('rate = "0.05"', 'rate = "-0.05"'),
        ('rate = "0.05"', 'rate = "0.05"\nflat = "1.00"'),
        ('rate = "0.05"', ""),
        ('to = "partner"', 'to = "partners"'),
        ('to = "partner"', 'to = "customer"'),
        ('unit = "points"', 'unit = "points"\nbudget = "q4"'),
        ("hold_days = 30", "hold_day = 30"),
        ("hold_days = 30", "hold_days = -1"),
        ("hold_days = 30", 'hold_days = "30"'),
        ('partner_group = ["content"]', 'partner_group = "content"'),
        ('period = "day"', 'period = "year"'),
        ('over = "trim" }', 'over = "cut" }'),
        ('multiply = "2"                 ', 'multiply = "0.5" '),
        ('multiply = "2"                 ', "multiply = 0.5 "),
        ("alerts = [0.5, 0.8, 0.95]", "alerts = [50, 80, 95]"),
        ("alerts = [0.5, 0.8, 0.95]", 'alerts = ["0.0"]'),
        ('window = "quarter"', 'window = "week"'),
        ('window = "quarter"', "window = { rolling_days = 0 }"),
        ('id = "silver", from = "10000.00"', 'id = "silver"'),
        ("advocate_points = 500", "advocate_points = 0.5"),
        ("[referral]", "[referrals]"),
        ('id = "commission"', 'id = "tier"'),
        ('id = "commission"', 'id = "a~b"'),
        ('use = "black_friday"', 'used = "black_friday"'),
    ],
)
def test_what_is_typically_wrong_does_not_fit_and_is_an_error(old: str, new: str) -> None:
    text = DOCUMENTED.replace(old, new, 1)
    assert text != DOCUMENTED

    assert wrong(with_numbers(text))
    assert parse_toml(text).errors


def keys(schema: Any, path: str = "") -> Iterator[str]:
    """Every key of the schema as a path; ``*`` stands for names, list positions are left out."""
    for each in (schema, *schema.get("anyOf", ())):
        for name, value in each.get("properties", {}).items():
            yield f"{path}.{name}".removeprefix(".")
            yield from keys(value, f"{path}.{name}")
        if isinstance(each.get("additionalProperties"), dict):
            yield from keys(each["additionalProperties"], f"{path}.*")
        if "items" in each:
            yield from keys(each["items"], path)


def test_it_has_exactly_the_keys_that_the_reader_asks_for(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = set()
    raw = Table.raw
    names = {"markets": "", "coupons": "", "fx": "", "referral.key_day_multiply": ""}

    def noted(table: Table, key: str) -> Any:
        path = re.sub(r"\[\d+\]", "", table.at(key))
        for name in names:
            path = re.sub(rf"^{re.escape(name)}\.[^.]+", f"{name}.*", path)
        asked.add(path)
        return raw(table, key)

    monkeypatch.setattr(Table, "raw", noted)
    text = json.dumps(full())
    # Each reading takes another turn where a table may have two forms.
    parse_json(text.replace('"quarter"', '{"rolling_days": 9}'))
    parse_json(text)

    # Inside of these the schema does not go.
    asked = {key for key in asked if not re.match(r"key_day\.(dates|overrides|holiday)\.", key)}
    assert {key for key in asked if not key.endswith(".*")} == set(keys(SCHEMA))


def choices(schema: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], list[str]]]:
    """Where the schema offers choices: the path in ``full()``, and the choices."""
    # The settings of key days are taken and not read yet.
    if "enum" in schema and path[0] != "key_day":
        yield path, schema["enum"]
    for each in schema.get("anyOf", ()):
        yield from choices(each, path)
    for name, value in schema.get("properties", {}).items():
        yield from choices(value, (*path, name))
    if "items" in schema:
        yield from choices(schema["items"], (*path, 0))


@pytest.mark.parametrize(
    ("path", "values"), list(choices(SCHEMA)), ids=lambda value: "-".join(map(str, value))
)
def test_the_reader_knows_the_choices_of_the_schema_and_no_other(
    path: tuple[Any, ...], values: list[str]
) -> None:
    named = re.sub(r"\.(\d+)", r"[\1]", ".".join(map(str, path)))
    for value in [*values, "neither"]:
        content = copy.deepcopy(full())
        table = content
        for part in path[:-1]:
            # A table that the content does not have is made up.
            table = table[part] if isinstance(table, list) else table.setdefault(part, {})
        table[path[-1]] = value
        errors = [error for error in parse_json(json.dumps(content)).errors if error.path == named]

        assert [error.message.startswith("must be") for error in errors] == [True] * (value == "neither")
