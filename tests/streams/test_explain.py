"""`keyday explain` over a replayed ledger and an embedded log, in every language."""

from __future__ import annotations

import json
import re
import string
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from msgspec import structs

from events.time import parse_time
from schemas.key_day_names import day_name
from schemas.program import When
from schemas.programs import Programs
from streams.app import build_embedded
from streams.cli import run
from streams.engine.embedded import Embedded
from streams.engine.record import OutRecord, Record, RecordLike
from streams.engine.settings import Settings
from streams.explain import words as catalogues
from streams.explain.found import find
from streams.explain.rule_text import Versions
from streams.explain.sources import Folder, Source, holding
from streams.explain.words import LANGUAGES, Words
from tests.program_head import HEAD

Capture = pytest.CaptureFixture[str]


def rule(kind: str, id_: str, to: str, unit: str, *more: str) -> str:
    """A rule as program files have it, behind a blank line."""
    lines = [f"[[{kind}]]", f'id = "{id_}"', f'to = "{to}"', f'unit = "{unit}"', *more]
    return "\n".join([*lines, "", ""])


PROGRAM = "".join(
    [
        HEAD.replace("version = 1", "version = 3").replace("2026", "2025"),
        '\n[coupons]\nLEA10 = "lea"\n\n[[key_day]]\nuse = "black_friday"\n\n',
        "# Five percent for content partners.\n",
        rule(
            "accrual",
            "content",
            "partner",
            "money",
            'rate = "0.05"',
            'when = { partner_group = ["content"] }',
            "hold_days = 30",
        ),
        "# Only for coupon sites.\n",
        rule(
            "accrual",
            "coupon-sites",
            "partner",
            "money",
            'rate = "0.01"',
            'when = { partner_group = ["coupon"] }',
        ),
        rule("accrual", "silver-only", "partner", "points", 'flat = "1"', 'when = { tier = ["silver"] }'),
        rule("accrual", "points", "customer", "points", 'rate = "1"', "expires_days = 365"),
        rule("accrual", "large", "customer", "money", 'rate = "0.02"', 'when = { min_order = "200.00" }'),
        rule("bonus", "welcome", "customer", "points", 'flat = "5"', "when = { new_customer = true }"),
        rule("bonus", "bf-double", "customer", "points", 'on = ["black_friday"]', 'multiply = "2"'),
        '[tiers]\nmetric = "orders"\nwindow = "year"\n',
        'levels = [{ id = "bronze", from = "0" }, { id = "silver", from = "1", multiply = "1.1" }]\n',
    ]
)
ORDER = {"customer_id": "ada", "market": "FR", "currency": "EUR"}
EVENTS: dict[str, list[tuple[str, str, str, dict[str, Any]]]] = {
    "partner-events": [
        ("p1", "partner.enrolled", "2025-01-02T00:00:00Z", {"partner_id": "lea", "group": "content"})
    ],
    "orders": [
        (
            "e1",
            "order.placed",
            "2025-03-01T12:00:00Z",
            ORDER | {"order_id": "o1", "subtotal": "129.90", "coupons": ["LEA10"]},
        ),
        (
            "e2",
            "order.refunded",
            "2025-03-02T12:00:00Z",
            {
                "order_id": "o1",
                "customer_id": "ada",
                "refund_id": "r1",
                "amount": "43.30",
                "currency": "EUR",
            },
        ),
        (
            "e3",
            "order.placed",
            "2025-03-03T12:00:00Z",
            ORDER | {"order_id": "o2", "subtotal": "12.50", "partner_id": "max"},
        ),
        (
            "e4",
            "order.placed",
            "2025-03-04T12:00:00Z",
            ORDER | {"order_id": "o3", "subtotal": "10.00", "partner_id": "lea"},
        ),
    ],
}
CONTENT, POINTS = "o1~content~partner:lea", "o1~points~customer:ada"


def lines(topic: str) -> list[tuple[int, bytes]]:
    return [
        (
            parse_time(time),
            json.dumps(
                {"specversion": "1.0", "source": "shop", "id": id_, "type": type_, "time": time, "data": data}
            ).encode(),
        )
        for id_, type_, time, data in EVENTS[topic]
    ]


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the program, the input and the ledger of a replay."""
    folder = tmp_path_factory.mktemp("explain")
    (folder / "acme.toml").write_text(PROGRAM)
    (folder / "in").mkdir()
    for topic in EVENTS:
        (folder / "in" / f"{topic}.ndjson").write_bytes(b"".join(line + b"\n" for _, line in lines(topic)))
    command = ["replay", "--programs", str(folder / "acme.toml"), "--input", str(folder / "in")]
    assert run([*command, "--out", str(folder / "out")]) == 0
    return folder


def explained(folder: Path, wanted: str, capsys: Capture, *more: str, whole: bool = True) -> str:
    arguments = ["explain", wanted, "--ledger", str(folder / "out"), *more]
    if whole:
        arguments += ["--input", str(folder / "in"), "--programs", str(folder / "acme.toml")]
    capsys.readouterr()
    assert run(arguments) == 0
    said = capsys.readouterr()
    assert said.err == ""
    return said.out


def test_an_entry_says_where_it_comes_from_and_why_other_rules_granted_nothing(
    ledger: Path, capsys: Capture
) -> None:
    found = explained(ledger, CONTENT, capsys).replace("\u202f", " ")

    assert found.splitlines() == [
        "o1~content~partner:lea",
        "  What           earned",
        "  Account        partner:lea",
        "  Amount         €6.50",
        "  When           Mar 1, 2025, 1:00:00 PM (Europe/Paris)",
        "  Order          o1",
        "  Because of     event e1 of shop",
        "  Rule           content, version 3 of acme",
        "                 # Five percent for content partners.",
        "                 [[accrual]]",
        '                 id = "content"',
        '                 to = "partner"',
        '                 unit = "money"',
        '                 rate = "0.05"',
        '                 when = { partner_group = ["content"] }',
        "                 hold_days = 30",
        "  Steps          1 of net 129.90 EUR is 129.90 EUR; 129.90 EUR * 0.05 = 6.4950",
        "                 rounded half_even to 6.50 EUR",
        "                 hold 30 days from March 1, 2025",
        "  Moved          €6.50 from program:acme to partner:lea:pending",
        "  Available on   March 31, 2025",
        "  Taken back     €2.17 by r1~o1~content~partner:lea, Mar 2, 2025, 1:00:00 PM (Europe/Paris)",
        "",
        "Rules that granted nothing: partner:lea",
        "  coupon-sites  group: coupon asked, the partner has content",
        "  silver-only   tier: silver asked, the partner has bronze",
    ]


def test_the_value_of_the_order_stands_beside_what_was_asked(ledger: Path, capsys: Capture) -> None:
    found = explained(ledger, "o2~points~customer:ada", capsys)

    assert found.splitlines()[-4:] == [
        "Rules that granted nothing: customer:ada",
        "  large      minimum order: €200.00 asked, the order has €12.50",
        "  bf-double  key day: Black Friday asked, the order has none",
        "  welcome    only for new customers, and this one is not",
    ]


def test_an_order_shows_its_attribution_and_all_its_entries(ledger: Path, capsys: Capture) -> None:
    found = explained(ledger, "o1", capsys)

    assert "  Attribution    partner:lea: 100% of the order, €129.90 net (coupon)" in found
    assert [line for line in found.splitlines() if re.fullmatch(r"\S+~\S+", line)] == [
        POINTS,
        "o1~welcome~customer:ada",
        CONTENT,
        f"r1~{POINTS}",
        "r1~o1~welcome~customer:ada",
        f"r1~{CONTENT}",
    ]
    assert found.count("# Five percent") == 1
    assert "  Takes back     €6.50 of o1~content~partner:lea" in found


def test_a_partner_who_takes_no_part_says_why(ledger: Path, capsys: Capture) -> None:
    found = explained(ledger, "o2", capsys)

    assert "partner:max earned nothing: the partner is not enrolled" in found.splitlines()
    assert "Rules that granted nothing: partner:max" not in found


def test_the_tier_is_the_one_before_the_order(ledger: Path, capsys: Capture) -> None:
    found = explained(ledger, "o3~tier~partner:lea", capsys)

    assert "tier silver" in found
    assert "[tiers]" in found
    assert "silver-only" not in found
    assert "silver asked, the partner has bronze" in explained(ledger, CONTENT, capsys)


def test_what_is_missing_is_named(ledger: Path, capsys: Capture) -> None:
    bare = explained(ledger, CONTENT, capsys, whole=False)
    assert "its text is not here: give --programs PATH with version 3 of acme" in bare
    assert "To see why other rules granted nothing, give --programs PATH with version 3 of acme" in bare
    assert "(UTC)" in bare

    without_order = explained(ledger, CONTENT, capsys, "--programs", str(ledger / "acme.toml"), whole=False)
    assert "# Five percent" in without_order
    assert "give --input DIR, the folder that the replay read" in without_order


def test_another_version_is_not_taken_for_the_one_that_decided(
    ledger: Path, tmp_path: Path, capsys: Capture
) -> None:
    (tmp_path / "new.toml").write_text(PROGRAM.replace("version = 3", "version = 4"))

    found = explained(ledger, CONTENT, capsys, "--programs", str(tmp_path), whole=False)
    assert "its text is not here: give --programs PATH with version 3 of acme" in found


def test_json_has_names_and_amounts_as_the_ledger_has_them(ledger: Path, capsys: Capture) -> None:
    found = json.loads(explained(ledger, CONTENT, capsys, "--json", "--lang", "ar"))

    (entry,) = found["entries"]
    assert (entry["amount"], entry["unit"], entry["time"]) == (650, "EUR/2", "2025-03-01T12:00:00.000Z")
    assert entry["rule_text"].startswith("# Five percent for content partners.\n[[accrual]]\n")
    assert entry["reversed_by"] == [f"r1~{CONTENT}"]
    (order,) = found["orders"]
    assert order["attribution"]["reason"] == "coupon"
    assert order["beneficiaries"] == [
        {
            "account": "partner:lea",
            "inactive": None,
            "not_granted": [
                {
                    "rule": "coupon-sites",
                    "unit": "EUR/2",
                    "why": "unmet",
                    "winner": None,
                    "condition": "partner_group",
                    "asked": ["coupon"],
                    "actual": ["content"],
                },
                {
                    "rule": "silver-only",
                    "unit": "points",
                    "why": "unmet",
                    "winner": None,
                    "condition": "tier",
                    "asked": ["silver"],
                    "actual": ["bronze"],
                },
            ],
        }
    ]


@pytest.mark.parametrize(
    ("language", "shown"),
    [
        ("en", ["What", "€6.50", "March 31, 2025", "the partner has content"]),
        (
            "fr",
            [
                "Nature",
                "6,50\u00a0€",
                "31 mars 2025",
                "groupe : coupons demandé, chez le partenaire : contenu",
            ],
        ),
        (
            "es",
            ["Tipo", "6,50\u00a0€", "31 de marzo de 2025", "grupo: se pide cupones, en el socio: contenido"],
        ),
        ("de", ["Art", "6,50\u00a0€", "31. März 2025", "Gruppe: Gutschein verlangt, beim Partner: Content"]),
        ("uk", ["Сума", "6,50\u00a0EUR", "31 березня 2025", "група: потрібно купони, у партнера контент"]),  # noqa: RUF001
    ],
)
def test_every_language_has_its_words_numbers_and_dates(
    ledger: Path, capsys: Capture, language: str, shown: list[str]
) -> None:
    found = explained(ledger, CONTENT, capsys, "--lang", language)

    assert [text for text in shown if text not in found] == []
    assert "129.90 EUR * 0.05 = 6.4950" in found
    assert not re.search("[\u200f\u2066-\u2069]", found)


def test_arabic_lines_run_from_right_to_left_and_formulas_do_not(ledger: Path, capsys: Capture) -> None:
    found = explained(ledger, CONTENT, capsys, "--lang", "ar")

    assert all(line.startswith("\u200f") for line in found.splitlines() if line)
    assert found.count("\u2068") + found.count("\u2066") == found.count("\u2069")
    assert "\u2066129.90 EUR * 0.05 = 6.4950\u2069" in found
    assert "\u2066half_even\u2069" in found
    assert "\u2068partner:lea\u2069" in found
    assert "31 مارس 2025" in found


def test_every_condition_of_a_rule_has_a_name_in_words() -> None:
    asked = {*(one.name for one in structs.fields(When)), "on"} - {"new_customer"}

    for language in LANGUAGES:
        named = {name: Words(language).condition(name) for name in asked}
        assert [name for name, word in named.items() if "_" in word] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_was_asked_and_what_is_so_are_told_in_the_reader_s_words(
    ledger: Path, capsys: Capture, language: str
) -> None:
    of_customer = explained(ledger, "o2~points~customer:ada", capsys, "--lang", language)
    reasons = "\n".join(of_customer.splitlines()[-4:])

    assert day_name(language, "black_friday", "").text in reasons
    for raw in ("min_order", "black_friday", " on:", "new_customer", "true", "false"):
        assert raw not in reasons
    assert "partner_group" not in explained(ledger, CONTENT, capsys, "--lang", language).rpartition("\n\n")[2]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_catalogues_have_the_same_words_and_places(language: str) -> None:
    def places(of: str) -> dict[str, dict[str, set[str | None]]]:
        text = resources.files(catalogues).joinpath(f"{of}.toml").read_text(encoding="utf-8")
        tree = tomllib.loads(text)
        return {
            table: {
                name: {field for _, field, _, _ in string.Formatter().parse(one)} - {None}
                for name, one in sub.items()
            }
            for table, sub in tree.items()
            if table != "points"
        }

    assert places(language) == places("en")


@pytest.mark.parametrize(
    ("language", "amount", "text"),
    [
        ("en", 1, "1 point"),
        ("en", -1200, "-1,200 points"),
        ("uk", 2, "2 бали"),
        ("uk", 5, "5 балів"),
        ("uk", 21, "21 бал"),
        ("ar", 3, "3 نقاط"),
        ("fr", 1_000_000, "1\u202f000\u202f000 de points"),
    ],
)
def test_points_have_the_plural_of_the_language(language: str, amount: int, text: str) -> None:
    assert Words(language).amount(amount, "points") == text


@pytest.mark.parametrize(
    ("unit", "text"),
    [
        ("JPY/0", "¥1,234"),
        ("KWD/3", "KWD\u00a01.234"),
        ("IQD/3", "IQD\u00a01.234"),
        ("CLF/4", "CLF\u00a00.1234"),
    ],
)
def test_money_has_all_digits_of_its_unit(unit: str, text: str) -> None:
    assert Words("en").amount(1234, unit) == text


def test_the_embedded_log_has_the_order_and_the_published_program(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "acme.toml").write_text(PROGRAM)
    data = tmp_path / "data"
    assert run(["publish", str(tmp_path / "acme.toml"), "--data", str(data)]) == 0
    embedded = build_embedded(Settings(data=data), Programs())
    assert isinstance(embedded, Embedded)
    for topic, key in (("partner-events", b"lea"), ("orders", b"ada")):
        embedded.append([OutRecord(topic, 0, time, key, line, []) for time, line in lines(topic)])
    embedded.catch_up()
    embedded.close()
    capsys.readouterr()

    assert run(["explain", POINTS, "--data", str(data)]) == 0
    found = capsys.readouterr().out
    assert 'rate = "1"' in found
    (tmp_path / "acme.toml").write_text(PROGRAM.replace('flat = "5"', 'flat = "6"'))
    assert run(["explain", POINTS, "--data", str(data), "--programs", str(tmp_path / "acme.toml")]) == 0
    assert "version 3 of acme exists with other content" in capsys.readouterr().err
    assert "  large      minimum order: €200.00 asked, the order has €129.90" in found
    assert run(["explain", "o9", "--data", str(data)]) == 1
    assert "there is no entry and no order o9 in the embedded log" in capsys.readouterr().err


@pytest.mark.parametrize("wanted", ["o9", "o1~content", "ada"])
def test_what_is_not_there_is_one_line_and_status_1(ledger: Path, wanted: str, capsys: Capture) -> None:
    capsys.readouterr()
    assert run(["explain", wanted, "--ledger", str(ledger / "out")]) == 1

    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(f"keyday: there is no entry and no order {wanted} in ")
    assert "look for the id in rewards.ndjson" in said.err
    assert len(said.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["--ledger", ".", "--data", "x"], 2, "give one of --ledger and --data"),
        (["--input", "."], 2, "--input belongs to --ledger"),
        (["--data", "nowhere"], 2, "nowhere has no log"),
        (["--ledger", ".", "--lang", "xx"], 2, "xx"),
        (["--ledger", "."], 1, "has no rewards.ndjson; give the --out folder of keyday replay"),
    ],
)
def test_wrong_use_is_one_line(
    arguments: list[str],
    status: int,
    message: str,
    tmp_path: Path,
    capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["explain", "o1", *arguments]) == status

    said = capsys.readouterr()
    assert message in said.err
    assert len(said.err.splitlines()) == 1
    assert not (tmp_path / "nowhere").exists()


def test_a_ledger_of_something_else_is_one_line(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "rewards.ndjson").write_text('{"o1": 1}\n')

    assert run(["explain", "o1", "--ledger", str(tmp_path)]) == 1
    assert "holds what Keyday did not write there" in capsys.readouterr().err


def versions(tmp_path: Path, name: str, content: str) -> Versions:
    file = tmp_path / name
    file.write_text(content)
    found, programs = Versions(), Programs()
    assert programs.load(file).errors == ()
    found.load(file, programs)
    return found


def test_a_comment_belongs_to_the_rule_below_it(tmp_path: Path) -> None:
    found = versions(tmp_path, "a.toml", PROGRAM)

    text = found.text("acme", 3, "content")
    assert text is not None
    assert (text[0], text[-1]) == ("# Five percent for content partners.", "hold_days = 30")
    assert found.text("acme", 3, "bf-double") == (
        "[[bonus]]",
        'id = "bf-double"',
        'to = "customer"',
        'unit = "points"',
        'on = ["black_friday"]',
        'multiply = "2"',
    )
    assert found.text("acme", 3, "gone") is None
    assert found.text("acme", 2, "content") is None


def test_tables_of_a_rule_are_part_of_its_text(tmp_path: Path) -> None:
    head = PROGRAM[: PROGRAM.index("# Five")]
    rule = '[[accrual]]\nid = "a"\nto = "customer"\nunit = "points"\nrate = "1"\n\n[accrual.when]\nmarket = ["FR"]\n'
    found = versions(
        tmp_path,
        "a.toml",
        head + rule + "\n# Later.\n[referral]\nwindow_days = 30\n"
        'min_order = "1.00"\nadvocate_points = 1\nfriend_points = 1\n',
    )

    assert found.text("acme", 3, "a") == tuple(rule.splitlines())
    referral = found.text("acme", 3, "referral")
    assert referral is not None
    assert referral[:2] == ("# Later.", "[referral]")


def test_rules_in_another_form_are_written_out_with_their_digits(tmp_path: Path) -> None:
    head = PROGRAM[: PROGRAM.index("[markets")]
    inline = 'accrual = [{ id = "a", to = "customer", unit = "money", rate = 0.050 }]\n'
    found = versions(tmp_path, "a.toml", inline + head + '[markets.FR]\ntz = "Europe/Paris"\n')

    assert found.text("acme", 3, "a") == (
        "[[accrual]]",
        'id = "a"',
        'to = "customer"',
        'unit = "money"',
        'rate = "0.050"',
    )


def test_an_id_is_found_however_its_writer_escapes_it() -> None:
    values = [
        b'{"a":"caf\xc3\xa9/1"}',
        rb'{"a":"caf\u00e9/1"}',
        b'{"a":"caf\xc3\xa9\\/1"}',
        b'{"a":"cafe/1"}',
    ]
    records = [Record("orders", 0, at, 0, None, value) for at, value in enumerate(values)]

    assert [record.offset for record in holding(records, "caf\u00e9/1")] == [0, 1, 2]


def test_records_of_others_are_passed_by_also_where_they_have_headers() -> None:
    headers = [("content-type", b"application/cloudevents+json")]
    records = [Record("rewards", 0, at, 0, None, b'{"a":"o%d"}' % at, headers) for at in range(3)]

    assert [record.offset for record in holding(records, "o1")] == [1]


class Counted:
    """A source that knows how often each topic was read."""

    place, has_input = "here", True

    def __init__(self, source: Source) -> None:
        self._source = source
        self.passes: Counter[str] = Counter()

    def records(self, topic: str, starts: Mapping[int, int] = MappingProxyType({})) -> Iterator[RecordLike]:
        self.passes[topic] += 1
        return self._source.records(topic, starts)


@pytest.mark.parametrize("wanted", [CONTENT, f"r1~{CONTENT}", "o3~tier~partner:lea"])
def test_the_ledger_is_read_once_and_only_what_belongs_to_the_entry_is_kept(
    ledger: Path, wanted: str
) -> None:
    source = Counted(Folder(ledger / "out", None))
    found = find(source, Versions(), wanted)

    assert found is not None
    assert source.passes["rewards"] == 1
    assert {one.data.order_id for one in found.related} == {found.entries[0].data.order_id}


CASE = "click_to_order_time~lea~2025-03-05"


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger in which a case held two orders' grants: one was dismissed, one upheld on the next day."""
    folder = tmp_path_factory.mktemp("cases")
    (folder / "acme.toml").write_text(
        f'{PROGRAM}\n[compliance]\nclick_to_order_time = {{ action = "hold" }}\n'
    )
    (folder / "in").mkdir()
    events: dict[str, list[tuple[str, str, str, dict[str, Any]]]] = {
        "partner-events": list(EVENTS["partner-events"]),
        "clicks": [],
        "orders": [],
    }
    for day, decision in ((5, "dismissed"), (6, "upheld")):
        date, case_id = f"2025-03-0{day}", f"click_to_order_time~lea~2025-03-0{day}"
        click = {"click_id": f"c{day}", "customer_id": "ada", "partner_id": "lea", "market": "FR"}
        order = ORDER | {"order_id": f"o{day}", "subtotal": "20.00", "click_id": f"c{day}"}
        resolved = {"case_id": case_id, "partner_id": "lea", "decision": decision, "actor": "mia"}
        events["clicks"].append((f"c{day}", "link.clicked", f"{date}T12:00:00Z", click))
        events["orders"].append((f"p{day}", "order.placed", f"{date}T12:00:01Z", order))
        events["partner-events"].append(
            (f"d{day}", "compliance.case_resolved", f"{date}T13:00:00Z", resolved)
        )
    for topic, those in events.items():
        bodies = [
            {"specversion": "1.0", "source": "shop", "id": id_, "type": type_, "time": time, "data": data}
            for id_, type_, time, data in those
        ]
        (folder / "in" / f"{topic}.ndjson").write_text("".join(json.dumps(body) + "\n" for body in bodies))
    command = ["replay", "--programs", str(folder / "acme.toml"), "--input", str(folder / "in")]
    assert run([*command, "--out", str(folder / "out")]) == 0
    return folder


def test_a_grant_says_which_case_held_it_and_gave_it_free(cases: Path, capsys: Capture) -> None:
    found = explained(cases, "o5~content~partner:lea", capsys).replace("\u202f", " ")

    assert [line.strip() for line in found.splitlines() if "hold~" in line] == [
        f"Held back      €1.00 by hold~{CASE}~o5~content~partner:lea, Mar 5, 2025, 1:00:01 PM (Europe/Paris)",
        f"€1.00 given free by unhold~{CASE}~o5~content~partner:lea, Mar 5, 2025, 2:00:00 PM (Europe/Paris)",
    ]


@pytest.mark.parametrize(
    ("wanted", "what"),
    [
        (f"hold~{CASE}~o5~content~partner:lea", "held back"),
        (f"unhold~{CASE}~o5~content~partner:lea", "given free"),
        ("click_to_order_time~lea~2025-03-06~o6~content~partner:lea", "reversed"),
    ],
)
def test_what_a_case_did_names_the_case_and_the_grant(
    cases: Path, capsys: Capture, wanted: str, what: str
) -> None:
    found = explained(cases, wanted, capsys)

    rows = dict(re.findall(r"^  (\S.*?\S)  +(\S.*)$", found, re.MULTILINE))
    day = 6 if what == "reversed" else 5
    assert rows["What"] == what
    assert rows["Case"] == f"click_to_order_time~lea~2025-03-0{day}"
    grant = rows["Takes back" if what == "reversed" else "Of"]
    assert grant == f"€1.00 of o{day}~content~partner:lea"
    assert rows["Steps"].startswith(f"case {rows['Case']}: ")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_tells_of_cases(cases: Path, capsys: Capture, language: str) -> None:
    found = explained(cases, "o5", capsys, "--lang", language)

    assert found.count(f"unhold~{CASE}~o5~content~partner:lea") == 2  # of the grant, and by itself


def test_json_names_the_case(cases: Path, capsys: Capture) -> None:
    (entry,) = json.loads(explained(cases, f"hold~{CASE}~o5~content~partner:lea", capsys, "--json"))[
        "entries"
    ]

    assert (entry["case"], entry["held_by"]) == (CASE, [])
