from __future__ import annotations

import gzip
from codecs import BOM_UTF8
from pathlib import Path

import pytest

from streams.engine.input_files import (
    INPUT_TOPICS,
    LINE_BYTES,
    ReplayErrorCode,
    ReplayFailedError,
    find_inputs,
    read_entries,
)


def event(second: int) -> bytes:
    return b'{"time":"1970-01-01T00:00:%02dZ","data":{"customer_id":"c"}}' % second


def test_topics_are_in_the_order_of_causes_before_effects() -> None:
    assert INPUT_TOPICS == ("programs", "partner-events", "clicks", "referrals", "orders", "account-requests")


def test_plain_and_gzip_files_are_found_and_what_is_neither_is_named(tmp_path: Path) -> None:
    for name in ("orders.ndjson.gz", "clicks.ndjson", "Orders.ndjson", "orders.gz", "rewards.ndjson"):
        (tmp_path / name).touch()

    found = find_inputs(tmp_path)

    assert found.files == {"orders": tmp_path / "orders.ndjson.gz", "clicks": tmp_path / "clicks.ndjson"}
    assert found.unknown == ("Orders.ndjson", "orders.gz", "rewards.ndjson")


def test_blank_lines_count_as_positions_and_line_ends_are_no_content(tmp_path: Path) -> None:
    path = tmp_path / "orders.ndjson"
    path.write_bytes(b"\n" + event(2) + b"\r\n  \t\n" + event(1))

    entries = list(read_entries("orders", path))

    rank = INPUT_TOPICS.index("orders")
    assert entries == [(2_000, rank, 1, 2_000, b"c", event(2)), (1_000, rank, 3, 1_000, b"c", event(1))]


def test_a_byte_order_mark_at_the_start_is_no_content(tmp_path: Path) -> None:
    path = tmp_path / "orders.ndjson"
    path.write_bytes(BOM_UTF8 + event(1) + b"\n" + BOM_UTF8 + event(2) + b"\n")

    assert [entry[5] for entry in read_entries("orders", path)] == [event(1), BOM_UTF8 + event(2)]


def test_a_line_without_a_time_stays_behind_the_line_before_it(tmp_path: Path) -> None:
    path = tmp_path / "orders.ndjson"
    path.write_bytes(b"\n".join([b"junk", event(9), b"\xff", event(3), b"{}"]))

    entries = sorted(read_entries("orders", path))

    assert [entry[2] for entry in entries] == [0, 3, 4, 1, 2]
    assert [entry[3] for entry in entries] == [-1, 3_000, -1, 9_000, -1]


def test_gzip_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "orders.ndjson.gz"
    path.write_bytes(gzip.compress(event(1) + b"\n") + gzip.compress(event(2) + b"\n"))

    assert [entry[5] for entry in read_entries("orders", path)] == [event(1), event(2)]


def failure(topic: str, path: Path) -> ReplayErrorCode:
    with pytest.raises(ReplayFailedError) as failed:
        list(read_entries(topic, path))
    assert failed.value.error.path == str(path)
    assert "\n" not in failed.value.error.detail
    return failed.value.error.code


def test_a_file_that_cannot_be_read_is_an_error_with_its_name(tmp_path: Path) -> None:
    whole = gzip.compress(event(1) * 1_000)
    for number, raw in enumerate((b"no gzip", whole[:-9], whole[:20] + b"\0\0\0\0" + whole[24:])):
        path = tmp_path / f"{number}.ndjson.gz"
        path.write_bytes(raw)
        assert failure("orders", path) is ReplayErrorCode.INPUT_UNREADABLE
    (tmp_path / "folder.ndjson").mkdir()
    assert failure("orders", tmp_path / "folder.ndjson") is ReplayErrorCode.INPUT_UNREADABLE


def test_a_line_that_would_not_fit_into_memory_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "orders.ndjson"
    path.write_bytes(event(1) + b"\n" + b" " * (LINE_BYTES + 1))

    assert failure("orders", path) is ReplayErrorCode.LINE_TOO_LONG


def test_two_files_of_one_topic_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "orders.ndjson").touch()
    (tmp_path / "orders.ndjson.gz").touch()
    with pytest.raises(ReplayFailedError) as failed:
        find_inputs(tmp_path)

    assert failed.value.error.code is ReplayErrorCode.INPUT_TWICE


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ReplayFailedError) as failed:
        find_inputs(tmp_path / "nowhere")

    assert failed.value.error.code is ReplayErrorCode.INPUT_MISSING
