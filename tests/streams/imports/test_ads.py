from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from streams.cli import run
from streams.imports.ads import AdMapping
from streams.imports.mapping import MappingError, RowError, mapper
from streams.imports.table import Row

Capture = pytest.CaptureFixture[str]
HEADER = ["Date", "Engine", "Keyword", "Country", "Domain", "Destination", "Position", "Copy"]
CELLS = [
    "2026-03-01T10:00:00Z", "Google", "acme shoes", "FR", "lea.example", "https://acme.example/?aff=9", "2", "ACME!",
]  # fmt: skip
COLUMNS = {
    "time": "Date",
    "engine": "Engine",
    "keyword": "Keyword",
    "market": "Country",
    "display_url": "Domain",
    "destination": "Destination",
    "rank": "Position",
    "ad_copy": "Copy",
}


def event(cells: list[str], **changes: Any) -> dict[str, Any]:
    mapping = AdMapping(**({"columns": COLUMNS, "partners": {"lea.example": "lea"}} | changes))
    decoded: dict[str, Any] = json.loads(mapper(mapping, HEADER, "ads.csv")(Row(2, cells)).value)
    return decoded


def test_a_row_becomes_an_event() -> None:
    found = event(CELLS)

    assert found.pop("id").startswith("ad-")
    assert found == {
        "specversion": "1.0",
        "source": "import/ads",
        "type": "ad.observed",
        "time": "2026-03-01T10:00:00.000Z",
        "data": {
            "engine": "Google",
            "keyword": "acme shoes",
            "market": "FR",
            "display_url": "lea.example",
            "destination": "https://acme.example/?aff=9",
            "rank": 2,
            "ad_copy": "ACME!",
            "partner_id": "lea",
        },
    }


def test_the_same_row_is_the_same_event_wherever_it_stands() -> None:
    other = [*CELLS[:2], "acme bags", *CELLS[3:]]

    assert event(CELLS)["id"] == event(list(CELLS))["id"] != event(other)["id"]


@pytest.mark.parametrize(
    ("domain", "destination", "partner"),
    [
        ("www.lea.example", "", "lea"),
        ("HTTPS://Lea.Example/x", "", "lea"),
        ("lea.example", "https://go.max.example:443/a", "max"),
        ("", "//max.example", "max"),
    ],
)
def test_a_partner_is_known_by_its_domain(domain: str, destination: str, partner: str) -> None:
    cells = [*CELLS[:4], domain, destination, *CELLS[6:]]

    found = event(cells, partners={"lea.example": "lea", "max.example": "max"})

    assert found["data"]["partner_id"] == partner


@pytest.mark.parametrize(
    ("changes", "detail"),
    [
        ({4: "", 5: ""}, "partner_id: the row has neither partner_id nor a domain"),
        ({4: "x.example"}, "partner_id: the row has acme.example and x.example of no --partner"),
        ({6: "first"}, "rank: 'first' is no whole number"),
        ({2: ""}, "keyword is empty"),
        ({2: "\udce9"}, "the row does not fit the encoding of the file"),
    ],
)
def test_rows_that_cannot_be_mapped(changes: dict[int, str], detail: str) -> None:
    with pytest.raises(RowError) as caught:
        event([changes.get(at, cell) for at, cell in enumerate(CELLS)])

    assert caught.value.detail == detail


def test_what_no_file_fits_is_refused() -> None:
    with pytest.raises(MappingError, match="'order_id' is no field of an ad"):
        AdMapping(columns=COLUMNS | {"order_id": "1"})
    with pytest.raises(MappingError, match="nothing fills engine"):
        AdMapping(columns={name: at for name, at in COLUMNS.items() if name != "engine"})


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    path = tmp_path / "ads.csv"
    rows = [CELLS, [*CELLS[:4], "nobody.example", *CELLS[5:]], ["2026-02-28", *CELLS[1:]]]
    path.write_text("\n".join(";".join(row) for row in [HEADER, *rows]) + "\n", encoding="utf-8")
    return path


def test_a_tools_export_is_read_by_its_header(csv: Path, tmp_path: Path, capsys: Capture) -> None:
    refused = ["--refused", str(tmp_path / "refused.ndjson"), "--allow-refused"]
    command = [
        "import",
        "ads",
        str(csv),
        "--partner",
        "lea.example=lea",
        "--out",
        str(tmp_path / "in"),
        *refused,
    ]

    assert run(command) == 0

    said = capsys.readouterr()
    assert "3 rows of" in said.out
    assert "2 ads from 2026-02-28T00:00:00.000Z to 2026-03-01T10:00:00.000Z" in said.out
    assert "--separator ';'" in said.err
    assert "1 rows were refused (1 field_missing)" in said.err
    lines = (tmp_path / "in" / "partner-events.ndjson").read_text().splitlines()
    assert [json.loads(line)["time"][:10] for line in lines] == ["2026-02-28", "2026-03-01"]


def test_partners_are_not_written_over(csv: Path, tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "partner-events.ndjson").write_text("{}\n")

    assert run(["import", "ads", str(csv), "--partner", "lea.example=lea", "--out", str(tmp_path)]) == 2

    assert "may hold partners" in capsys.readouterr().err
    assert (tmp_path / "partner-events.ndjson").read_text() == "{}\n"


def test_ads_that_were_imported_are_evidence(csv: Path, tmp_path: Path) -> None:
    program = (Path(__file__).parents[2] / "scenarios" / "programs" / "brand.toml").read_text()
    (tmp_path / "brand.toml").write_text(program)
    folder = tmp_path / "in"
    command = [
        "import",
        "ads",
        str(csv),
        "--partner",
        "lea.example=lea",
        "--out",
        str(folder),
        "--allow-refused",
    ]
    assert run([*command, "--refused", str(tmp_path / "refused.ndjson")]) == 0
    enrolled = {"specversion": "1.0", "id": "p", "source": "shop", "type": "partner.enrolled"}
    enrolled |= {"time": "2026-01-02T00:00:00Z"}
    data = {"partner_id": "lea", "group": "content"}
    with (folder / "partner-events.ndjson").open("a") as file:
        file.write(json.dumps(enrolled | {"data": data}) + "\n")

    replay = ["replay", "--programs", str(tmp_path / "brand.toml"), "--input", str(folder)]
    assert run([*replay, "--out", str(tmp_path / "out")]) == 0

    lines = (tmp_path / "out" / "compliance.ndjson").read_text().splitlines()
    assert [json.loads(line)["id"] for line in lines] == [
        "brand_bidding~lea~2026-02-28",
        "brand_bidding~lea~2026-03-01",
    ]
