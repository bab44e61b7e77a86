from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from streams.engine.limits import LINE_BYTES
from streams.imports.table import WHITESPACE, Row, Table


def rows(tmp_path: Path, content: bytes, separator: str = ",", **how: str) -> list[Row]:
    file = tmp_path / "file"
    file.write_bytes(content)
    return list(Table(file, separator, **how).rows())


def test_lines_count_from_one_and_blank_ones_count_too(tmp_path: Path) -> None:
    assert rows(tmp_path, b"a,b\n\nc,d\n") == [Row(1, ["a", "b"]), Row(3, ["c", "d"])]


def test_a_quoted_cell_may_hold_separators_and_line_ends(tmp_path: Path) -> None:
    assert rows(tmp_path, b'"a\nb",1\r\n"c,d",2\r\n') == [Row(1, ["a\nb", "1"]), Row(3, ["c,d", "2"])]


def test_whitespace_is_any_run_of_blanks_and_tabs(tmp_path: Path) -> None:
    assert rows(tmp_path, b" 00001 20210101  1\t  11.77\r\n", WHITESPACE) == [
        Row(1, ["00001", "20210101", "1", "11.77"])
    ]


def test_a_byte_order_mark_is_no_part_of_the_first_cell(tmp_path: Path) -> None:
    assert rows(tmp_path, b"\xef\xbb\xbfa,b\n") == [Row(1, ["a", "b"])]


def test_gzip_is_known_by_its_content(tmp_path: Path) -> None:
    assert rows(tmp_path, gzip.compress(b"a;b\n"), ";") == [Row(1, ["a", "b"])]


def test_other_encodings(tmp_path: Path) -> None:
    assert rows(tmp_path, "L\xe9a,1\n".encode("latin-1"), encoding="latin-1") == [Row(1, ["Léa", "1"])]


def test_bytes_of_another_encoding_spoil_their_row_alone(tmp_path: Path) -> None:
    assert rows(tmp_path, b"L\xe9a,1\nb,2\n") == [Row(1, ["L\udce9a", "1"]), Row(2, ["b", "2"])]


@pytest.mark.parametrize("separator", [",", WHITESPACE])
def test_an_endless_line_is_refused_alone_and_not_kept(tmp_path: Path, separator: str) -> None:
    found = rows(tmp_path, b"x" * (3 * LINE_BYTES) + b"\nb\n", separator)

    assert [(row.line, row.broken is not None) for row in found] == [(1, True), (2, False)]
    assert found[1].cells == ["b"]


def test_the_position_follows_the_bytes_read(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"a,b\n" * 100_000)
    position = [0]
    table = Table(file)

    seen = [position[0] for _ in table.rows(position)]

    assert seen == sorted(seen)
    assert seen[-1] == table.size() == 400_000
