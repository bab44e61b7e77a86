from __future__ import annotations

import pytest

from streams.engine.envelope import Envelope, read_envelope

TIME = b'"time":"2026-01-01T00:00:00.0019+01:00"'
AT = 1_767_222_000_001


@pytest.mark.parametrize(
    ("topic", "data", "key"),
    [
        ("orders", b'{"order_id":"o","customer_id":"c1"}', b"c1"),
        ("clicks", b'{"customer_id":"c\xc3\xa9"}', b"c\xc3\xa9"),
        ("referrals", b'{"friend_id":"f","advocate_id":"a"}', b"f"),
        ("partner-events", b'{"partner_id":"lea"}', b"lea"),
        ("account-requests", b'{"account":"customer:c:1"}', b"c:1"),
        ("programs", b'{"program":{"id":"acme"}}', b"acme"),
        ("programs", b'{"program":"acme"}', None),
        ("orders", b'{"customer_id":7}', None),
        ("orders", b"[]", None),
    ],
)
def test_the_key_of_a_record_is_in_its_data(topic: str, data: bytes, key: bytes | None) -> None:
    assert read_envelope(topic, b'{%b,"data":%b}' % (TIME, data)) == Envelope(AT, key)


@pytest.mark.parametrize(
    "value",
    [
        b'{"time":"yesterday","data":{"customer_id":"c1"}}',
        b'{"time":12,"data":{"customer_id":"c1"}}',
        b'{"data":{"customer_id":"c1"}}',
    ],
)
def test_a_time_that_cannot_be_read_is_none(value: bytes) -> None:
    assert read_envelope("orders", value) == Envelope(None, b"c1")


DEEP = b'{"x":' * 100_000 + b"1" + b"}" * 100_000


@pytest.mark.parametrize("value", [b"", b"\xff\xfe", b"[1]", b'{"time":', b"null", DEEP])
def test_what_is_no_event_has_neither(value: bytes) -> None:
    assert read_envelope("orders", value) == Envelope(None, None)
