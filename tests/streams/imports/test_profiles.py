from __future__ import annotations

from pathlib import Path

import pytest

from schemas.program_file import parse_toml
from streams.imports.profiles import guess
from streams.imports.starter_program import starter_program


@pytest.mark.parametrize(
    ("text", "separator", "columns"),
    [
        (
            "Name,Email,Created at,Subtotal,Currency,Shipping Country\n",
            ",",
            {
                "order_id": "Name",
                "customer_id": "Email",
                "time": "Created at",
                "subtotal": "Subtotal",
                "currency": "Currency",
                "market": "Shipping Country",
            },
        ),
        (
            "order_id;customer_id;time;amount\n1;2;3;4\n",
            ";",
            {"order_id": "order_id", "customer_id": "customer_id", "time": "time", "subtotal": "amount"},
        ),
        ("id\tcustomer\tdate\tdate\n", "\t", {"order_id": "id", "customer_id": "customer"}),
        ("", ",", {}),
    ],
)
def test_headers_reveal_columns(tmp_path: Path, text: str, separator: str, columns: dict[str, str]) -> None:
    file = tmp_path / "orders.csv"
    file.write_text(text)

    found = guess(file, "utf-8-sig")

    assert (found.separator, found.columns, found.profile) == (separator, columns, None)


def test_the_cdnow_file_is_known_by_its_lines(tmp_path: Path) -> None:
    file = tmp_path / "any.txt"
    file.write_text(" 00001 20210101  1   11.77\n 00002 20210112  1   12.00\n")

    assert guess(file, "utf-8-sig").profile == "cdnow"


@pytest.mark.parametrize(
    ("currencies", "markets"),
    [({"USD": 1}, {"US": 1}), ({"EUR": 2, "SEK": 1}, {"FR": 2, 'Atlantis "x"': 1}), ({}, {})],
)
def test_the_starter_program_is_valid(currencies: dict[str, int], markets: dict[str, int]) -> None:
    parsed = parse_toml(starter_program(currencies, markets))

    assert parsed.errors == ()
    assert parsed.warnings == ()
    assert parsed.program is not None
    assert set(parsed.program.markets) == set(markets or {"US": 1})
