from __future__ import annotations

import datetime as dt

from streams.engine.record import OutRecord
from streams.imports.feed import with_midnights


def at(text: str) -> int:
    return int(dt.datetime.fromisoformat(text).timestamp()) * 1000


def order(text: str) -> OutRecord:
    return OutRecord("orders", 0, at(text), b"lea", b"{}")


def shown(records: list[OutRecord]) -> list[tuple[str, int, int]]:
    return [(record.topic, record.partition, record.timestamp) for record in records]


def test_midnights_stand_before_what_happens_at_their_instant() -> None:
    first, second = order("2025-11-27T12:00:00+01:00"), order("2025-11-29T00:00:00+01:00")

    found = list(with_midnights([first, second], ["Europe/Paris"], partitions=2))

    friday, saturday = at("2025-11-28T00:00:00+01:00"), at("2025-11-29T00:00:00+01:00")
    assert shown(found) == [
        ("orders", 0, first.timestamp),
        ("clock", 0, friday),
        ("clock", 1, friday),
        ("clock", 0, saturday),
        ("clock", 1, saturday),
        ("orders", 0, saturday),
    ]
    assert found[1].value == b'{"type":"clock.midnight","zone":"Europe/Paris","date":"2025-11-28"}'


def test_an_order_at_the_very_first_midnight_comes_after_it() -> None:
    noon, midnight = order("2025-11-27T12:00:00+01:00"), order("2025-11-28T00:00:00+01:00")

    found = list(with_midnights([noon, midnight], ["Europe/Paris"], partitions=1))

    assert [record.topic for record in found] == ["orders", "clock", "orders"]


def test_no_midnight_before_the_first_order_or_after_the_last() -> None:
    records = [order("2025-11-28T00:00:00+01:00"), order("2025-11-28T23:59:59+01:00")]

    assert list(with_midnights(records, ["Europe/Paris"], partitions=1)) == records


def test_each_zone_has_its_own_midnights() -> None:
    records = [order("2025-11-27T12:00:00+00:00"), order("2025-11-28T12:00:00+00:00")]

    found = list(with_midnights(records, ["America/New_York", "Europe/Paris"], partitions=1))

    assert [record.key for record in found if record.topic == "clock"] == [
        b"Europe/Paris",
        b"America/New_York",
    ]


def test_without_zones_nothing_is_added() -> None:
    records = [order("2025-11-27T12:00:00+00:00"), order("2025-12-28T12:00:00+00:00")]

    assert list(with_midnights(records, [], partitions=4)) == records
