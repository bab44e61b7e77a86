from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.engine.record import OutRecord
from streams.imports.ndjson import write_ndjson

RECORDS = [OutRecord("orders", 0, 1, b"a", b"{}"), OutRecord("clicks", 0, 2, b"b", b"[]")] * 2


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_each_topic_has_its_file_in_the_order_of_the_records(tmp_path: Path) -> None:
    counts = write_ndjson(tmp_path, RECORDS, topics=["referrals"])

    assert counts == {"orders": 2, "clicks": 2}
    assert (tmp_path / "orders.ndjson").read_bytes() == b"{}\n{}\n"
    assert (tmp_path / "referrals.ndjson").read_bytes() == b""
    assert names(tmp_path) == ["clicks.ndjson", "orders.ndjson", "referrals.ndjson"]


def test_compressed_files_are_the_same_bytes_and_replace_plain_ones(tmp_path: Path) -> None:
    write_ndjson(tmp_path, RECORDS)
    write_ndjson(tmp_path, RECORDS, gzipped=True)
    write_ndjson(tmp_path / "again", RECORDS, gzipped=True)

    packed = (tmp_path / "orders.ndjson.gz").read_bytes()
    assert gzip.decompress(packed) == b"{}\n{}\n"
    assert packed == (tmp_path / "again" / "orders.ndjson.gz").read_bytes()
    assert names(tmp_path / "again") == ["clicks.ndjson.gz", "orders.ndjson.gz"]
    assert "orders.ndjson" not in names(tmp_path)

    write_ndjson(tmp_path / "again", RECORDS)
    assert names(tmp_path / "again") == ["clicks.ndjson", "orders.ndjson"]


@pytest.mark.parametrize("gzipped", [True, False])
def test_nothing_is_left_of_files_that_were_interrupted(tmp_path: Path, *, gzipped: bool) -> None:
    def interrupted() -> Iterator[OutRecord]:
        yield RECORDS[0]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_ndjson(tmp_path, interrupted(), gzipped=gzipped)

    assert names(tmp_path) == []
